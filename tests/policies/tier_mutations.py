"""Mutations of trust tiers: a place, a manager or an admitted address that two of them have."""

from collections.abc import Callable, Mapping

from capture import Capture, Value
from policies import Policy, trust_tiers
from policies.values import text
from tests.policies.mutations import Broken, Mutation, Pick, change

UNTRUSTED_GROUP = Pick("aws:autoscaling/group:Group", "shard-amd64-untrusted-blue")
PUBLISH_GROUP = Pick("aws:autoscaling/group:Group", "shard-amd64-publish-blue")
UNTRUSTED_TEMPLATE = Pick("gcp:compute/instanceTemplate:InstanceTemplate", "untrusted")
PROTECTED_TEMPLATE = Pick("gcp:compute/instanceTemplate:InstanceTemplate", "protected")
UNTRUSTED_MANAGER = Pick("aws:iam/rolePolicy:RolePolicy", "runner-manager-aws-blue-fleet")
UPLOAD = Pick("gcp:compute/securityPolicy:SecurityPolicy", "package-server-upload")


def taken_from(pick: Pick, inputs: Callable[[Capture], Mapping[str, Value]]) -> Mutation:
    """Gives a registration inputs that come from another one."""

    def mutation(capture: Capture) -> Broken:
        return change(pick, inputs(capture))(capture)

    return mutation


def in_the_project_of_strangers(capture: Capture) -> Broken:
    """A trusted template is made by the provider of the untrusted project."""
    provider = UNTRUSTED_TEMPLATE.of(capture).provider
    return change(PROTECTED_TEMPLATE, {}, provider=provider)(capture)


def reaches_publish_workers(capture: Capture) -> Mapping[str, Value]:
    """The policy of the untrusted manager, with the one publish group in place of one of its own."""
    strangers = text(UNTRUSTED_GROUP.of(capture).inputs["name"])
    signers = text(PUBLISH_GROUP.of(capture).inputs["name"])
    return {"policy": text(UNTRUSTED_MANAGER.of(capture).inputs["policy"]).replace(strangers, signers)}


def admits(kind: str, name: str) -> Mutation:
    """An address of the estate in the allow-list of the upload host."""

    def mutation(capture: Capture) -> Broken:
        return change(UPLOAD, {}, property_dependencies={"rules": (Pick(kind, name).of(capture).urn,)})(capture)

    return mutation


TIER_MUTATIONS: tuple[tuple[Policy, Mutation], ...] = (
    (
        trust_tiers.tiers_share_no_place,
        taken_from(
            PUBLISH_GROUP,
            lambda capture: {"vpcZoneIdentifiers": UNTRUSTED_GROUP.of(capture).inputs["vpcZoneIdentifiers"]},
        ),
    ),
    (trust_tiers.tiers_share_no_place, in_the_project_of_strangers),
    (trust_tiers.a_manager_scales_groups_of_one_tier, taken_from(UNTRUSTED_MANAGER, reaches_publish_workers)),
    (
        trust_tiers.allow_lists_admit_publish_jobs_alone,
        admits("aws:ec2/eip:Eip", "aws-nat-a"),
    ),
    (
        trust_tiers.allow_lists_admit_publish_jobs_alone,
        admits("aws:ec2/eip:Eip", "aws-nat-protected-a"),
    ),
    (
        trust_tiers.allow_lists_admit_publish_jobs_alone,
        admits("gcp:compute/address:Address", "build-runners-nat"),
    ),
)
