"""Short-lived identities of pipelines: one that only reads, for previews, and one that deploys."""

from components.ci_identity.boundary import RoleBoundary
from components.ci_identity.claims import Purpose
from components.ci_identity.identity import CiIdentity, CiIdentityArgs

__all__ = ["CiIdentity", "CiIdentityArgs", "Purpose", "RoleBoundary"]
