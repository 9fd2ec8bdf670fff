"""Networks: a GCP VPC for each project with machines, and one AWS VPC over three zones."""

from components.network.aws_network import AwsNetwork, AwsNetworkArgs
from components.network.gcp_network import IAP_TAG, GcpNetwork, GcpNetworkArgs

__all__ = ["IAP_TAG", "AwsNetwork", "AwsNetworkArgs", "GcpNetwork", "GcpNetworkArgs"]
