"""Mutations of who passes and who is meant: firewalls, Cloud Armor, TLS, names, addresses, grants."""

import json

from capture import Capture
from policies import Policy, addresses, egress, firewalls, identities, public, secrets_in_clear
from policies.values import mapping, records
from tests.policies.mutations import GONE, Broken, Mutation, Pick, add, change, document, drop

FIREWALL = "gcp:compute/firewall:Firewall"
IAP = Pick(FIREWALL, "-allow-iap")
PROBES = Pick(FIREWALL, "package-server-load-balancer")
WORKER_SSH = Pick(FIREWALL, "runner-manager-gcp-blue-ssh")
WORKER_SSH_ON_AWS = Pick("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "shard-")
WORKERS_OUT = Pick(FIREWALL, "-workers-out-web")
MACHINE_OUT = Pick(FIREWALL, "pg-a-out-web")
LAST_OUT = Pick(FIREWALL, "testground-out-rest")
NETWORK = Pick("gcp:compute/network:Network", "testground")
EDGE_ARMOR = Pick("gcp:compute/securityPolicy:SecurityPolicy", "-edge")
UPLOAD_ARMOR = Pick("gcp:compute/securityPolicy:SecurityPolicy", "-upload")
BACKEND = Pick("gcp:compute/backendService:BackendService", "-upload")
TLS = Pick("gcp:compute/sSLPolicy:SSLPolicy")
PROXY = Pick("gcp:compute/targetHttpsProxy:TargetHttpsProxy")
RECORD = Pick("gcp:dns/recordSet:RecordSet", "dev-instance-host")
CHECK = Pick("gcp:compute/healthCheck:HealthCheck", "-upload")
GROUP = Pick("gcp:compute/instanceGroup:InstanceGroup", "package-server")
BUCKET = Pick("gcp:storage/bucket:Bucket")
GRANT = "gcp:storage/bucketIAMMember:BucketIAMMember"
TEMPLATE = Pick("gcp:compute/instanceTemplate:InstanceTemplate")
GCE = Pick("gcp:compute/instance:Instance")
DEPLOY = Pick("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider", "-deploy-gitlab")
POD_NETWORK = Pick("aws:iam/rolePolicy:RolePolicy", "cloud-native-pod-network")
NODE_POLICY = Pick("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "cloud-native-node-")
SNAPSHOTS = Pick("aws:iam/rolePolicy:RolePolicy", "pg-b-snapshots")
SNAPSHOT_ROLE = Pick("aws:iam/role:Role", "pg-b-snapshots")
S3_BUCKET = Pick("aws:s3/bucket:Bucket")


def _allows(action: str, resource: str) -> str:
    statement = {"Effect": "Allow", "Action": [action], "Resource": [resource]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _trusts(service: str) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


HALVES = ("0.0.0.0/1", "128.0.0.0/1")
"""The world, cut in two."""


def _halves_in_two_rules(capture: Capture) -> Broken:
    """A list that was cut into rules, since a rule takes ten ranges."""
    first, last = records(UPLOAD_ARMOR.of(capture).inputs["rules"])
    match = mapping(first["match"])
    rules = (
        *(
            {**first, "priority": 1000 + index, "match": {**match, "config": {"srcIpRanges": (half,)}}}
            for index, half in enumerate(HALVES)
        ),
        last,
    )
    return change(UPLOAD_ARMOR, {"rules": rules})(capture)


_ON_EVERY_BRANCH = (
    'assertion.project_id == "1000001" && assertion.environment == "staging" && assertion.ref_protected == "true"'
)

EDGE_MUTATIONS: tuple[tuple[Policy, Mutation], ...] = (
    (egress.egress_is_named, change(MACHINE_OUT, {"allows": ({"protocol": "all"},)})),
    (egress.egress_is_named, change(MACHINE_OUT, {"allows.0.ports": GONE, "destinationRanges": HALVES})),
    (egress.egress_is_named, change(MACHINE_OUT, {"allows.0.ports": ("1-65535",), "destinationRanges": GONE})),
    (egress.networks_let_nothing_out_by_themselves, drop(LAST_OUT, NETWORK)),
    (egress.networks_let_nothing_out_by_themselves, change(LAST_OUT, {"disabled": True}, reported_on=NETWORK)),
    (
        egress.networks_let_nothing_out_by_themselves,
        change(LAST_OUT, {"targetTags": ("iap-ssh",)}, reported_on=NETWORK),
    ),
    (
        egress.networks_let_nothing_out_by_themselves,
        change(LAST_OUT, {"denies.0.protocol": "udp"}, reported_on=NETWORK),
    ),
    (firewalls.allowing_rules_name_their_machines, change(MACHINE_OUT, {"targetServiceAccounts": GONE})),
    (firewalls.allowing_rules_name_their_machines, change(IAP, {"targetTags": GONE})),
    (firewalls.allowing_rules_name_their_machines, change(PROBES, {"targetServiceAccounts": ()})),
    (firewalls.ssh_comes_from_one_address, change(WORKER_SSH, {"sourceRanges": ("10.32.16.0/20",)})),
    (firewalls.ssh_comes_from_one_address, change(WORKER_SSH_ON_AWS, {"cidrIpv4": "10.36.0.0/16"})),
    (firewalls.egress_rules_keep_their_order, change(WORKERS_OUT, {"priority": 900})),
    (firewalls.egress_rules_keep_their_order, change(WORKERS_OUT, {"priority": 900, "destinationRanges": HALVES})),
    (
        firewalls.egress_rules_keep_their_order,
        change(WORKERS_OUT, {"priority": 900, "destinationRanges": ("10.0.0.0/9", "10.128.0.0/9")}),
    ),
    (firewalls.armor_lets_in_whom_it_names, change(UPLOAD_ARMOR, {"rules.0.match.config.srcIpRanges": HALVES})),
    (firewalls.armor_lets_in_whom_it_names, change(UPLOAD_ARMOR, {"rules.0.match.config.srcIpRanges": ("::/0",)})),
    (firewalls.armor_lets_in_whom_it_names, _halves_in_two_rules),
    (firewalls.armor_lets_in_whom_it_names, change(UPLOAD_ARMOR, {"rules.1.action": "allow"})),
    (firewalls.armor_lets_in_whom_it_names, change(UPLOAD_ARMOR, {"rules.1.priority": 2000})),
    (firewalls.armor_lets_in_whom_it_names, change(UPLOAD_ARMOR, {"rules.0.match.config.srcIpRanges": ("*",)})),
    (
        firewalls.armor_lets_in_whom_it_names,
        change(EDGE_ARMOR, {"rules.0.action": "allow"}),
    ),
    (firewalls.services_to_the_world_have_armor, change(BACKEND, {"securityPolicy": GONE})),
    (firewalls.tls_is_modern, change(TLS, {"minTlsVersion": "TLS_1_0"})),
    (firewalls.tls_is_modern, change(TLS, {"profile": "COMPATIBLE"})),
    (firewalls.tls_is_modern, change(PROXY, {"sslPolicy": GONE})),
    (
        public.nothing_is_public_by_a_switch,
        add(S3_BUCKET, "aws:s3/bucketAcl:BucketAcl", {"bucket": "b", "acl": "public-read"}),
    ),
    (public.metadata_holds_known_keys, change(GCE, {"metadata.ssh-keys": "me:ssh-ed25519 AAAA"})),
    (public.metadata_holds_known_keys, change(TEMPLATE, {"metadata.shutdown-script": "true"})),
    (
        public.projects_say_nothing_to_all_machines,
        add(BUCKET, "gcp:compute/projectMetadata:ProjectMetadata", {"metadata": {"enable-oslogin": "FALSE"}}),
    ),
    (addresses.public_records_are_public, change(RECORD, {"rrdatas": ("10.32.0.9",)})),
    (addresses.public_records_are_public, change(RECORD, {"rrdatas": ("198.18.0.9",)})),
    (
        addresses.firewalls_let_health_checks_in,
        change(PROBES, {"sourceRanges": ("35.191.0.0/17", "130.211.0.0/22")}, reported_on=CHECK),
    ),
    (
        addresses.public_records_are_public,
        change(
            Pick("gcp:compute/address:Address", "dev-instance-public"), {"addressType": "INTERNAL"}, reported_on=RECORD
        ),
    ),
    (addresses.health_checks_ask_the_service, change(GROUP, {"namedPorts.0.port": 8443}, reported_on=CHECK)),
    (addresses.firewalls_let_health_checks_in, change(PROBES, {"allows.0.ports": ("8443",)}, reported_on=CHECK)),
    (
        addresses.reserved_addresses_are_used,
        add(
            BUCKET,
            "gcp:compute/address:Address",
            {"addressType": "EXTERNAL", "deletionPolicy": "PREVENT", "labels": {"component": "dns"}},
        ),
    ),
    (identities.members_are_people_or_machines, add(BUCKET, GRANT, {"bucket": "b", "member": "projectEditor:p"})),
    (identities.deployments_come_from_one_branch, change(DEPLOY, {"attributeCondition": _ON_EVERY_BRANCH})),
    (
        identities.rights_over_every_machine_have_a_condition,
        change(SNAPSHOTS, {"policy": _allows("ec2:DeleteSnapshot", "arn:aws:ec2:us-east-1::snapshot/*")}),
    ),
    (
        identities.rights_over_every_machine_have_a_condition,
        change(SNAPSHOTS, {"policy": _allows("ec2:CreateSnapshot", "arn:aws:ec2:us-east-1:000000000000:volume/*")}),
    ),
    (
        identities.services_act_for_this_account_alone,
        change(SNAPSHOT_ROLE, {"assumeRolePolicy": _trusts("dlm.amazonaws.com")}),
    ),
    (
        identities.interfaces_are_changed_by_their_mark,
        change(
            POD_NETWORK,
            {"policy": _allows("ec2:DetachNetworkInterface", "arn:aws:ec2:us-east-1:0:network-interface/*")},
        ),
    ),
    (
        identities.interfaces_are_changed_by_their_mark,
        change(POD_NETWORK, {"policy": document("ec2:AssignPrivateIpAddresses", "*", "DescribeHasNoResourceLevel")}),
    ),
    (
        identities.interfaces_are_changed_by_their_mark,
        change(NODE_POLICY, {"policyArn": "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"}),
    ),
    (
        secrets_in_clear.secrets_stay_empty,
        add(S3_BUCKET, "aws:ssm/parameter:Parameter", {"type": "SecureString", "tags": {"component": "dns"}}),
    ),
)
