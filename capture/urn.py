"""URNs, by the engine's own rules."""

STACK_TYPE = "pulumi:pulumi:Stack"


def make_urn(stack: str, project: str, parent: str, resource_type: str, name: str) -> str:
    """Types of all parents but the stack, joined by "$", then the name. An empty parent is the stack."""
    parent_types = type_chain(parent) if parent else STACK_TYPE
    chain = resource_type if parent_types == STACK_TYPE else f"{parent_types}${resource_type}"
    return f"urn:pulumi:{stack}::{project}::{chain}::{name}"


def type_chain(urn: str) -> str:
    """Types of all parents and of the resource itself, joined by "$"."""
    return urn.split("::")[2]


def urn_name(urn: str) -> str:
    """The logical name; it may hold "::" itself."""
    return urn.split("::", 3)[3]
