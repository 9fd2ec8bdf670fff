"""Each policy has a mutation of the good graph that it alone catches."""

import pytest

from capture import Secret
from policies import (
    POLICIES,
    Policy,
    buckets,
    check,
    egress,
    encryption,
    iam,
    logs,
    open_ports,
    providers,
    secrets_in_clear,
    stateful,
    tags,
)
from tests.policies.alarm_mutations import ALARM_MUTATIONS
from tests.policies.ci_identity_mutations import CI_IDENTITY_MUTATIONS
from tests.policies.edge_mutations import EDGE_MUTATIONS
from tests.policies.limit_mutations import LIMIT_MUTATIONS
from tests.policies.loss_mutations import LOSS_MUTATIONS, PRODUCTION_LOSS_MUTATIONS
from tests.policies.machine_mutations import MACHINE_MUTATIONS
from tests.policies.mutations import GONE, Mutation, Pick, add, change, document, drop, trust
from tests.policies.served_mutations import SERVED_MUTATIONS
from tests.policies.silence_mutations import SILENCE_MUTATIONS
from tests.policies.tier_mutations import TIER_MUTATIONS
from tests.policies.version_mutations import VERSION_MUTATIONS
from tests.policies.who_may_mutations import FORBIDDEN
from tests.support import STACKS, estate

S3_BUCKET = Pick("aws:s3/bucket:Bucket")
GCS_BUCKET = Pick("gcp:storage/bucket:Bucket")
DISK = Pick("gcp:compute/disk:Disk")
FIREWALL = Pick("gcp:compute/firewall:Firewall", "-allow-iap")
INGRESS = Pick("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", has={"ipProtocol": "tcp"})
EGRESS = Pick("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
ROLE = Pick("aws:iam/role:Role")
ROLE_POLICY = Pick("aws:iam/rolePolicy:RolePolicy")
GCE = Pick("gcp:compute/instance:Instance")
EC2 = Pick("aws:ec2/instance:Instance")
LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
ASG = Pick("aws:autoscaling/group:Group")
EC2_TEMPLATE = Pick("aws:ec2/launchTemplate:LaunchTemplate", "shard-")
SUBNETWORK = Pick("gcp:compute/subnetwork:Subnetwork")
VPC = Pick("aws:ec2/vpc:Vpc")


MUTATIONS: tuple[tuple[Policy, Mutation], ...] = (
    (stateful.stateful_resources_are_protected, change(DISK, {}, protect=False)),
    (stateful.stateful_resources_are_protected, change(S3_BUCKET, {}, retain_on_delete=False)),
    (stateful.stateful_resources_are_deletion_protected, change(DISK, {"deletionPolicy": "DELETE"})),
    (stateful.stateful_resources_are_deletion_protected, change(S3_BUCKET, {"forceDestroy": True})),
    (buckets.buckets_are_private, change(GCS_BUCKET, {"publicAccessPrevention": "inherited"})),
    (buckets.buckets_are_private, change(GCS_BUCKET, {"uniformBucketLevelAccess": GONE})),
    (
        buckets.buckets_are_private,
        drop(Pick("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"), S3_BUCKET),
    ),
    (buckets.s3_buckets_take_tls_alone, drop(Pick("aws:s3/bucketPolicy:BucketPolicy"), S3_BUCKET)),
    (buckets.buckets_keep_versions, change(GCS_BUCKET, {"versioning": {"enabled": False}})),
    (buckets.buckets_keep_versions, drop(Pick("aws:s3/bucketVersioning:BucketVersioning"), S3_BUCKET)),
    (
        buckets.nobody_is_anonymous,
        add(
            GCS_BUCKET,
            "gcp:storage/bucketIAMMember:BucketIAMMember",
            {"bucket": "b", "role": "roles/storage.objectViewer", "member": "allUsers"},
        ),
    ),
    (encryption.disks_are_encrypted, change(Pick("aws:ebs/volume:Volume"), {"encrypted": GONE})),
    (encryption.disks_are_encrypted, change(EC2, {"rootBlockDevice.encrypted": False})),
    (encryption.disks_are_encrypted, change(EC2_TEMPLATE, {"blockDeviceMappings.0.ebs.encrypted": "false"})),
    (
        encryption.stores_are_encrypted,
        drop(Pick("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"), S3_BUCKET),
    ),
    (encryption.stores_are_encrypted, add(S3_BUCKET, "aws:sqs/queue:Queue", {"tags": {"component": "backup-vault"}})),
    (encryption.keys_rotate, change(Pick("aws:kms/key:Key"), {"enableKeyRotation": False})),
    (
        open_ports.only_named_ports_are_open_to_the_world,
        change(FIREWALL, {"sourceRanges": ("0.0.0.0/0",), "allows": ({"protocol": "tcp", "ports": ("5432",)},)}),
    ),
    (
        open_ports.only_named_ports_are_open_to_the_world,
        change(INGRESS, {"cidrIpv4": "0.0.0.0/0", "fromPort": 5432, "toPort": 5432}),
    ),
    (
        open_ports.only_named_ports_are_open_to_the_world,
        change(FIREWALL, {"sourceRanges": ("0.0.0.0/1", "128.0.0.0/1"), "allows": ({"protocol": "udp"},)}),
    ),
    (open_ports.no_ssh_from_the_world, change(FIREWALL, {"sourceRanges": ("0.0.0.0/0",)})),
    (open_ports.no_ssh_from_the_world, change(FIREWALL, {"sourceRanges": GONE})),
    (open_ports.no_ssh_from_the_world, change(INGRESS, {"cidrIpv6": "::/0", "fromPort": 20, "toPort": 30})),
    (
        open_ports.security_groups_take_rules_apart,
        change(Pick("aws:ec2/securityGroup:SecurityGroup"), {"ingress": ({"protocol": "tcp"},)}),
    ),
    (egress.egress_is_named, change(EGRESS, {"cidrIpv4": "0.0.0.0/0", "ipProtocol": "-1"})),
    (
        open_ports.default_security_groups_are_closed,
        drop(Pick("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"), VPC),
    ),
    (open_ports.machines_hide_behind_nat, change(Pick("aws:ec2/subnet:Subnet"), {"mapPublicIpOnLaunch": True})),
    (
        secrets_in_clear.no_secret_in_clear,
        change(
            Pick("gcp:dns/managedZone:ManagedZone"),
            {"description": "a-secret-of-the-stack", "forwardingConfig": Secret("digest", "a-secret-of-the-stack")},
        ),
    ),
    (
        secrets_in_clear.nothing_looks_like_a_secret,
        change(GCE, {"description": "-----BEGIN OPENSSH PRIVATE KEY-----"}),
    ),
    (secrets_in_clear.nothing_looks_like_a_secret, change(GCE, {"description": "token=glrt-0123456789abcdefghij"})),
    (secrets_in_clear.nothing_looks_like_a_secret, change(GCE, {"description": "AKIAIOSFODNN7EXAMPLE"})),
    (
        secrets_in_clear.secret_inputs_are_secrets,
        add(GCS_BUCKET, "gcp:compute/vPNTunnel:VPNTunnel", {"sharedSecret": "hunter2", "labels": {"component": "dns"}}),
    ),
    (iam.actions_and_resources_are_named, change(ROLE_POLICY, {"policy": document("s3:*", "arn:aws:s3:::b")})),
    (iam.actions_and_resources_are_named, change(ROLE_POLICY, {"policy": document("s3:GetObject", "*")})),
    (iam.nobody_is_trusted_blindly, change(ROLE, {"assumeRolePolicy": trust({"AWS": "*"}, {})})),
    (
        iam.federated_trust_is_pinned,
        change(
            ROLE,
            {
                "assumeRolePolicy": trust(
                    {"Federated": "accounts.google.com"}, {"StringEquals": {"accounts.google.com:aud": "packyard"}}
                )
            },
        ),
    ),
    (
        iam.retention_is_for_operators,
        change(ROLE_POLICY, {"policy": document("s3:PutObjectRetention", "arn:aws:s3:::b/*")}),
    ),
    (
        iam.managed_policies_are_reviewed,
        change(
            Pick("aws:iam/rolePolicyAttachment:RolePolicyAttachment"),
            {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        ),
    ),
    (
        iam.basic_roles_are_never_granted,
        add(GCS_BUCKET, "gcp:projects/iAMMember:IAMMember", {"project": "p", "role": "roles/editor", "member": "m"}),
    ),
    (
        iam.project_wide_grants_are_reviewed,
        add(
            GCS_BUCKET,
            "gcp:projects/iAMMember:IAMMember",
            {"project": "p", "role": "roles/compute.admin", "member": "m"},
        ),
    ),
    (
        iam.grants_leave_others_alone,
        add(GCS_BUCKET, "gcp:storage/bucketIAMBinding:BucketIAMBinding", {"bucket": "b", "role": "r", "members": ()}),
    ),
    (iam.nobody_has_static_keys, add(GCS_BUCKET, "gcp:serviceaccount/key:Key", {"serviceAccountId": "a"})),
    (
        iam.actions_and_resources_are_named,
        change(Pick(ROLE_POLICY.type, "pg-b"), {"policy": document("ec2:*", "arn:a", "DeployManagesItsServices")}),
    ),
    (
        iam.project_wide_grants_are_reviewed,
        change(Pick("gcp:projects/iAMMember:IAMMember", "deploy-granter"), {"condition": GONE}),
    ),
    (
        iam.project_wide_grants_are_reviewed,
        change(
            Pick("gcp:projects/iAMCustomRole:IAMCustomRole", "cache-ender"),
            {"permissions": ("compute.urlMaps.invalidateCache", "compute.urlMaps.update")},
            reported_on=Pick("gcp:projects/iAMMember:IAMMember", "cache-ender"),
        ),
    ),
    *MACHINE_MUTATIONS,
    (
        open_ports.only_named_machines_have_public_addresses,
        change(Pick(GCE.type, "package-server"), {"networkInterfaces.0.accessConfigs": ({"natIp": "203.0.113.9"},)}),
    ),
    (
        open_ports.only_named_machines_have_public_addresses,
        change(Pick("aws:ec2/eip:Eip", "-nat-"), {"instance": "i-00000000000000000"}),
    ),
    (
        open_ports.only_named_ports_are_open_to_the_world,
        change(
            Pick("aws:eks/cluster:Cluster"),
            {"vpcConfig.endpointPublicAccess": True, "vpcConfig.publicAccessCidrs": ("0.0.0.0/0",)},
        ),
    ),
    (
        open_ports.no_ssh_from_the_world,
        change(
            Pick("gcp:compute/firewall:Firewall", "-git-ssh"),
            {"sourceRanges": ("0.0.0.0/0",), "allows": ({"protocol": "tcp", "ports": ("22",)},)},
        ),
    ),
    (
        buckets.gcs_buckets_give_back_what_was_deleted,
        change(GCS_BUCKET, {"softDeletePolicy": {"retentionDurationSeconds": 0}}),
    ),
    (
        buckets.locked_buckets_lock_what_is_written,
        drop(Pick(LOCK), Pick(S3_BUCKET.type, has={"objectLockEnabled": True})),
    ),
    (providers.every_resource_names_its_provider, change(VPC, {}, provider="")),
    (providers.every_resource_names_its_plugin_version, change(VPC, {}, version="")),
    (providers.providers_pin_their_account, change(Pick("pulumi:providers:aws"), {"allowedAccountIds": GONE})),
    (providers.providers_pin_their_account, change(Pick("pulumi:providers:gcp"), {"project": GONE})),
    (providers.providers_set_the_owner, change(Pick("pulumi:providers:gcp"), {"defaultLabels": "{}"})),
    (tags.everything_says_its_component, change(VPC, {"tags": {"Name": "vpc"}})),
    (tags.groups_hand_their_tags_on, change(ASG, {"tags.0.propagateAtLaunch": False})),
    (logs.log_groups_expire, change(Pick("aws:cloudwatch/logGroup:LogGroup"), {"retentionInDays": GONE})),
    (logs.networks_log_their_flows, drop(Pick("aws:ec2/flowLog:FlowLog"), VPC)),
    (logs.networks_log_their_flows, change(SUBNETWORK, {"logConfig": GONE})),
    *SILENCE_MUTATIONS,
    *CI_IDENTITY_MUTATIONS,
    *VERSION_MUTATIONS,
    *LIMIT_MUTATIONS,
    *LOSS_MUTATIONS,
    *ALARM_MUTATIONS,
    *EDGE_MUTATIONS,
    *SERVED_MUTATIONS,
)

ALSO = {
    "egress_rules_keep_their_order": {"workers_reach_no_private_address"},
    "silence_rings": {"alarms_on_gcp_watch_what_exists", "alarms_on_gcp_are_heard"},
    "alarms_on_gcp_watch_what_exists": {"silence_rings"},
    "github_subjects_come_in_both_forms": {"deployments_come_from_one_branch"},
    "pool_providers_name_their_jobs": {"deployments_come_from_one_branch"},
    "metadata_fits": {"metadata_holds_known_keys"},
    "interfaces_are_changed_by_their_mark": {"managed_policies_are_reviewed"},
}
"""Policies that rightly see the same mistake from another side."""

THE_TABLE = {policy.__name__ for policy in POLICIES if policy.__module__.startswith("policies.who_may.")}
"""Whoever gets somewhere by a mistake is told by the table as well, whatever the mistake was."""

PRODUCTION_MUTATIONS: tuple[tuple[Policy, Mutation], ...] = (*PRODUCTION_LOSS_MUTATIONS,)
"""What is allowed elsewhere, and in production is not."""


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("preview", [False, True], ids=["final", "preview"])
def test_the_estate_keeps_every_promise(stack: str, preview: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    assert not [str(violation) for violation in check(estate(stack, preview=preview))]


@pytest.mark.parametrize(
    ("policy", "mutation"),
    MUTATIONS,
    ids=[f"{policy.__name__}-{index}" for index, (policy, _) in enumerate(MUTATIONS)],
)
def test_a_policy_alone_catches_its_mutation(policy: Policy, mutation: Mutation) -> None:
    broken = mutation(estate("staging"))

    violations = check(broken.capture)

    found = {violation.policy for violation in violations}
    assert policy.__name__ in found
    assert found - THE_TABLE <= {policy.__name__, *ALSO.get(policy.__name__, ())}
    assert broken.urn in {violation.urn for violation in violations if violation.policy == policy.__name__}
    assert all("HINT: " in violation.message for violation in violations), "a message must say how to mend"


@pytest.mark.parametrize(
    ("policy", "mutation"),
    TIER_MUTATIONS,
    ids=[f"{policy.__name__}-{index}" for index, (policy, _) in enumerate(TIER_MUTATIONS)],
)
def test_what_two_trust_tiers_share_is_seen(policy: Policy, mutation: Mutation) -> None:
    broken = mutation(estate("production"))

    violations = [violation for violation in check(broken.capture) if violation.policy == policy.__name__]

    assert broken.urn in {violation.urn for violation in violations}
    assert all("HINT: " in violation.message for violation in violations), "a message must say how to mend"


@pytest.mark.parametrize(
    ("policy", "mutation"),
    PRODUCTION_MUTATIONS,
    ids=[f"{policy.__name__}-{index}" for index, (policy, _) in enumerate(PRODUCTION_MUTATIONS)],
)
def test_production_alone_refuses_what_is_too_short_for_it(policy: Policy, mutation: Mutation) -> None:
    for stack, expected in (("staging", set[str]()), ("production", {policy.__name__})):
        assert {violation.policy for violation in check(mutation(estate(stack)).capture)} == expected


def test_production_takes_no_lock_that_can_be_lifted() -> None:
    capture = estate("production")
    lock = capture.of_type(LOCK)[0]
    lifted = change(Pick(LOCK), {"rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 42}}})(capture)

    assert {(violation.policy, violation.urn) for violation in check(lifted.capture)} == {
        ("locked_buckets_lock_what_is_written", lock.property_dependencies["bucket"][0])
    }


def test_only_a_draining_manager_may_say_that_it_is_unprotected() -> None:
    """The same words from any other machine change nothing."""
    capture = estate("staging")
    said = change(Pick("packyard:machine:GceMachine", "dev-instance"), {}, outputs={"protected": False})(capture)
    broken = change(Pick(DISK.type, "dev-instance"), {}, protect=False)(said.capture)

    assert [violation.urn for violation in check(broken.capture)] == [broken.urn]


def test_a_stack_that_says_so_is_unprotected_but_production_never() -> None:
    for stack, expected in (("staging", set[str]()), ("production", {"stateful_resources_are_protected"})):
        root, capture = Pick("pulumi:pulumi:Stack"), estate(stack)
        said = change(root, {}, outputs={**capture.root.outputs, "protected": False})(capture)
        broken = change(DISK, {}, protect=False)(said.capture)

        assert {violation.policy for violation in check(broken.capture)} == expected


def test_every_policy_has_a_mutation() -> None:
    without = {policy.__name__ for policy in POLICIES} - {
        *(policy.__name__ for policy, _ in (*MUTATIONS, *TIER_MUTATIONS, *PRODUCTION_MUTATIONS)),
        *(forbidden.policy.__name__ for forbidden in FORBIDDEN),
    }

    assert not without, "add a mutation of the good graph that this policy alone catches"


def test_every_policy_says_its_reason() -> None:
    assert all(policy.__doc__ for policy in POLICIES)
