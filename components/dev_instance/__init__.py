"""The dev instance: GitLab from nightly packages on one machine of testground."""

from components.dev_instance.dev_instance import DevInstance, DevInstanceArgs

__all__ = ["DevInstance", "DevInstanceArgs"]
