"""packagectl: repositories of the package server, who may reach its bucket, and what it tells."""
