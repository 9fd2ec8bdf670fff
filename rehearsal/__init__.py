"""The real Pulumi engine on simulated clouds: the life of a stack without credentials and without a network."""
