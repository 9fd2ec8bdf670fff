"""What the clouds answer: metadata services, stores, secrets, and who may do what by what is registered."""
