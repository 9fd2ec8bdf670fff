"""Tests of packagectl."""
