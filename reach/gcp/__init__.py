"""IAM of GCP: roles, grants with their conditions, and decisions, as its documentation describes them."""
