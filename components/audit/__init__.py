"""The audit trail of both clouds."""

from components.audit.audit import Audit, AuditArgs
from components.audit.names import AuditNames

__all__ = ["Audit", "AuditArgs", "AuditNames"]
