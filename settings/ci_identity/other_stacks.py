"""Rules between the identities of pipelines of this stack and those of the other stacks, whose files lie beside it."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from settings.faults import Fault
from settings.stack import Settings

SIDES = ("preview", "deploy")


def tiers_are_of_one_stack(settings: Settings, others: Mapping[str, Mapping[str, object]]) -> Iterator[Fault]:
    """On AWS the tier is all that tells environments of one GitLab project apart, and any job may ask for any audience.

    Whoever may run jobs in another stack's environment of that tier would get the role of this stack.
    """
    gitlab = settings.ci_identity.gitlab if settings.ci_identity else None
    if gitlab is None:
        return
    tiers = {"preview": gitlab.preview.tier, "deploy": gitlab.deploy.tier}
    for stack, raw in others.items():
        other = _section(raw, "ciIdentity", "gitlab")
        if (other.get("issuer"), other.get("projectPath")) != (gitlab.issuer, gitlab.project_path):
            continue
        for side, other_side in ((side, other_side) for side in SIDES for other_side in SIDES):
            if _section(other, other_side).get("tier") == tiers[side]:
                yield Fault(
                    ("ciIdentity", "gitlab", side, "tier"),
                    f"{tiers[side]} is the tier of the {other_side} environment of {stack} too, and on AWS whoever is"
                    " admitted there would be admitted here",
                    "stacks of one GitLab project share no tier, so one of the two files is wrong: this one",
                    against=("ciIdentity", "gitlab", other_side, "tier"),
                    against_file=f"Pulumi.{stack}.yaml",
                )


def _section(raw: Mapping[str, object], *path: str) -> Mapping[str, Any]:
    """A section of a file that may be wrong; empty where there is none."""
    current: Mapping[str, Any] = raw
    for key in path:
        inner: object = current.get(key)
        current = cast("Mapping[str, Any]", inner) if isinstance(inner, Mapping) else {}
    return current


OTHER_STACK_RULES = (tiers_are_of_one_stack,)
