"""IAM of AWS: documents, conditions and decisions, as the IAM user guide describes them."""
