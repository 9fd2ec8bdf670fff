"""A network of the lab's own, the servers in it, and what may go wrong with it."""
