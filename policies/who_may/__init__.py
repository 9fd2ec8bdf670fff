"""Who may do what, as a table: for each right everybody who may have it, and everyone else is a violation."""
