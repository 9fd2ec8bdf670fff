"""Who may be the primary, and how a host becomes it or follows it."""
