"""The front of a host: what Google's load balancer, its edge and its cache make of a request, from what is registered.

Clients of the lab come in here, so that what they get is what the captured URL map, backend buckets and policies give
them, and never a folder that a test has filled.
"""
