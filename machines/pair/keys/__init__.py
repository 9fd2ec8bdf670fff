"""Keys and certificates of the hosts, and how they come to each other."""
