"""The words of pairctl, a module each. None uses another."""
