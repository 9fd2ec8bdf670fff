"""Every alarm of both stacks, tried on what machines and clouds really write."""
