"""The cloud-native EKS cluster: its section of the stack file."""
