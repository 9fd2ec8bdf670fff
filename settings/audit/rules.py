"""Rules between the audit trail and the rest of a stack file."""

from collections.abc import Iterator

from settings.backup_vault.section import LockMode
from settings.faults import Fault, disagreement
from settings.stack import Settings


def production_records_cannot_be_deleted(settings: Settings) -> Iterator[Fault]:
    """Whoever breaks in deletes the traces first, with the rights of whoever may lift the lock."""
    audit = settings.audit
    if settings.is_production and audit is not None and audit.lock_mode is not LockMode.COMPLIANCE:
        yield Fault(("audit", "lockMode"), "production must be locked in COMPLIANCE mode", "lockMode: COMPLIANCE")


def audit_operator_is_of_this_account(settings: Settings) -> Iterator[Fault]:
    """A role of another account (that of the other stack, by copying) would hold the records of this one."""
    audit = settings.audit
    if audit is not None and (account := audit.operator_role_arn.split(":")[4]) != settings.aws.account_id:
        yield disagreement(
            ("audit", "operatorRoleArn"),
            ("aws", "accountId"),
            f"the role is of account {account}, the stack of {settings.aws.account_id}",
        )


def records_lie_in_a_project_of_their_own(settings: Settings) -> Iterator[Fault]:
    """Pipelines have rights in every project of the estate; records of what they did must be out of their reach.

    They read the project of the state as well, and whoever takes them over should find no records in it.
    """
    if (audit := settings.audit) is None:
        return
    project = audit.gcp_log_bucket.split("/")[1]
    if settings.ci_identity is not None and project == settings.ci_identity.state.project:
        yield Fault(
            ("audit", "gcpLogBucket"),
            f"{project} is the project of the state and of the pipelines' identities",
            "a log bucket of a project that the program makes nothing in",
        )
    if project in settings.gcp.projects.ids().values():
        yield Fault(
            ("audit", "gcpLogBucket"),
            f"{project} is a project of this estate, in which pipelines have rights",
            "a log bucket of a project that the program makes nothing in",
        )


AUDIT_RULES = (
    production_records_cannot_be_deleted,
    audit_operator_is_of_this_account,
    records_lie_in_a_project_of_their_own,
)
