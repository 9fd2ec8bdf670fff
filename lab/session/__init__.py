"""A lab that somebody works with: `make lab` and the commands that reach it from other terminals."""
