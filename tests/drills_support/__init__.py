"""Tests of what the drills are made of; they need no machine."""
