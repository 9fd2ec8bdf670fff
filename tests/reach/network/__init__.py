"""The network of reach: pages of the providers, whole stacks, mutations and refactorings, and the lab."""
