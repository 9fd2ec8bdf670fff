"""What every machine reaches, the same on both clouds."""

EVERYWHERE = "0.0.0.0/0"
"""Mirrors and the clouds' own interfaces have no fixed addresses."""

OUTGOING_PORTS = {"https": 443, "http": 80}
"""Package mirrors and cloud interfaces. DNS and time come from link-local addresses, which no rule of either cloud
filters (AWS, "Security groups for your VPC"; Google, "VPC firewall rules", always allowed traffic)."""
