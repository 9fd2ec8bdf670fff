"""Mutations beyond what the clouds take: values, and what adds up."""

import json
from dataclasses import replace

from capture import Capture
from policies import Policy, equal_names, sums, value_limits
from tests.policies.mutations import Broken, Mutation, Pick, change

ALARM = Pick("aws:cloudwatch/metricAlarm:MetricAlarm", "-disk")
CLUSTER = Pick("aws:eks/cluster:Cluster")
DISK = Pick("gcp:compute/disk:Disk")
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
FIREWALL = Pick("gcp:compute/firewall:Firewall", "-allow-iap")
GCE = Pick("gcp:compute/instance:Instance")
GCS_BUCKET = Pick("gcp:storage/bucket:Bucket")
POOL = Pick("gcp:iam/workloadIdentityPool:WorkloadIdentityPool")
POOL_PROVIDER = Pick("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider", "database-pair-pg-b")
ROLE = Pick("aws:iam/role:Role")
S3_BUCKET = Pick("aws:s3/bucket:Bucket")
ORPHANS = "example-pkg-staging-runner-manager-aws-blue-orphans"
"""A composite alarm; it shares its names with the others."""
VPC = Pick("aws:ec2/vpc:Vpc")

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
BUCKET_POLICY = Pick("aws:s3/bucketPolicy:BucketPolicy", "machine-store")
PG_B = Pick(ROLE.type, "pg-b-machine")
GROUP = Pick("aws:ec2/securityGroup:SecurityGroup", "pg-b-machine")


def _longer(pick: Pick, key: str, characters: int, reported_on: Pick) -> Mutation:
    """The first statement of a policy document gets a long name."""

    def mutation(capture: Capture) -> Broken:
        old = pick.of(capture)
        document = json.loads(str(old.inputs[key]))
        document["Statement"][0]["Sid"] = "a" * characters
        broken = change(pick, {key: json.dumps(document)})(capture)
        return replace(broken, urn=reported_on.of(capture).urn)

    return mutation


def _many_rules(count: int) -> Mutation:
    """A group gets that many more rules, each for a port of its own."""

    def mutation(capture: Capture) -> Broken:
        rule = Pick(EGRESS, "database-pair-wireguard").of(capture)
        more = (
            replace(rule, urn=f"{rule.urn}-{port}", inputs={**rule.inputs, "fromPort": port, "toPort": port})
            for port in range(1000, 1000 + count)
        )
        return Broken(replace(capture, registrations=(*capture.registrations, *more)), GROUP.of(capture).urn)

    return mutation


_ONCE = equal_names.names_are_taken_once
_FIT = value_limits.values_fit_their_limits

LIMIT_MUTATIONS: tuple[tuple[Policy, Mutation], ...] = (
    (_FIT, change(POOL_PROVIDER, {"workloadIdentityPoolProviderId": "aws"})),
    (_FIT, change(POOL, {"workloadIdentityPoolId": "gcp-example"})),
    (_FIT, change(GCS_BUCKET, {"name": "example-google"})),
    (_FIT, change(S3_BUCKET, {"bucket": "xn--example"})),
    (_FIT, change(FIREWALL, {"name": "a" * 64})),
    (_FIT, change(DISK, {"size": 4})),
    (_FIT, change(DISK, {"createSnapshotBeforeDestroyPrefix": "a" * 49})),
    (_FIT, change(GCE, {"bootDisk.initializeParams.size": 9})),
    (_FIT, change(ALARM, {"alarmDescription": "a" * 1025 + " Runbook: docs/runbooks/database/disk-full.md"})),
    (_FIT, change(ALARM, {"period": 90})),
    (_FIT, change(ROLE, {"name": "a" * 65})),
    (_FIT, change(VPC, {"tags.note": "a" * 257})),
    (_FIT, change(GCS_BUCKET, {"labels.note": "Capitals"})),
    (_FIT, change(CLUSTER, {"vpcConfig.publicAccessCidrs": tuple(f"203.0.113.{last}/32" for last in range(41))})),
    (sums.policies_of_a_role_fit_together, _longer(Pick(ROLE_POLICY, "pg-b-machine"), "policy", 10_240, PG_B)),
    (sums.trust_policies_fit, _longer(PG_B, "assumeRolePolicy", 2_048, PG_B)),
    (sums.rules_of_a_security_group_fit, _many_rules(60)),
    (sums.bucket_policies_fit, _longer(BUCKET_POLICY, "policy", 20_480, BUCKET_POLICY)),
    (sums.metadata_fits, change(GCE, {f"metadata.note-{number}": "a" * 200_000 for number in range(3)})),
    # The machine's own alarm about its disk, under the name of the pair's: PutMetricAlarm would keep one of them.
    (_ONCE, change(Pick(ALARM.type, "pg-b-disk"), {"name": "example-pkg-staging-pg-b-database-disk"})),
    (_ONCE, change(Pick(ALARM.type, "shard-"), {"name": ORPHANS})),
    (
        _ONCE,
        change(
            Pick("gcp:monitoring/alertPolicy:AlertPolicy", "pg-a-disk"), {"displayName": "staging pg-a: database-disk"}
        ),
    ),
    (_ONCE, change(Pick(ROLE.type, "offsite-packages"), {"name": "example-pkg-staging-offsite-dev-instance-etc"})),
    (_ONCE, change(Pick(FIREWALL.type, "testground-deny"), {"name": "example-pkg-staging-testground-allow-iap"})),
    (_ONCE, change(Pick(EGRESS, "pg-b-machine-https"), {"fromPort": 80, "toPort": 80})),
)
