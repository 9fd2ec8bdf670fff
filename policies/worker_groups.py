"""Groups of build workers: the runner manager alone makes and ends their machines.

Sources: GitLab Runner docs (docker autoscaler), READMEs of fleeting-plugin-aws and fleeting-plugin-googlecloud.
"""

from collections.abc import Iterator, Mapping

from capture import Capture, Registration, Value
from policies.policy import Finding
from policies.values import at, items, mapping, records, text, texts

GCP_LIFECYCLE: Mapping[str, Value] = {
    "defaultActionOnFailure": "DO_NOTHING",
    "onFailedHealthCheck": "DO_NOTHING",
    "forceUpdateOnRepair": "NO",
}

FEWEST_SUBNETS = 2
FEWEST_SPOT_TYPES = 2

RESCALERS = (
    "aws:autoscaling/policy:Policy",
    "aws:autoscaling/schedule:Schedule",
    "gcp:compute/autoscaler:Autoscaler",
    "gcp:compute/regionAutoscaler:RegionAutoscaler",
)


def groups_start_empty(capture: Capture) -> Iterator[Finding]:
    """The runner sets the size; an update of the program must never set it back and kill running jobs."""
    for group in _aws_groups(capture):
        if group.inputs.get("minSize") != 0:
            yield Finding(group, "its least size is not 0. HINT: min_size=0")
        if group.inputs.get("desiredCapacity") not in (None, 0) or "desiredCapacity" not in group.ignore_changes:
            yield Finding(group, "sets its size. HINT: desired_capacity=0 with ignore_changes")
        if not isinstance(group.inputs.get("maxSize"), int) or group.inputs.get("maxSize") == 0:
            yield Finding(group, "can hold no machine. HINT: max_size of the shard")
    for group in _gcp_groups(capture):
        if group.inputs.get("targetSize") != 0 or "targetSize" not in group.ignore_changes:
            yield Finding(group, "sets its size. HINT: target_size=0 with ignore_changes")
        if group.inputs.get("waitForInstances") is True:
            yield Finding(group, "waits for machines that nobody asked for. HINT: wait_for_instances=False")


def nothing_else_scales_a_group(capture: Capture) -> Iterator[Finding]:
    """Whatever else changes the size ends machines in the middle of a job."""
    for resource_type in RESCALERS:
        for rescaler in capture.of_type(resource_type):
            yield Finding(rescaler, "scales a group behind the runner. HINT: leave scaling to the runner manager")
    for group in _aws_groups(capture):
        if "AZRebalance" not in texts(group.inputs.get("suspendedProcesses")):
            yield Finding(group, "moves machines between zones. HINT: suspended_processes with AZRebalance")
        if group.inputs.get("capacityRebalance") is True:
            yield Finding(group, "replaces spot machines by itself. HINT: capacity_rebalance=False")
        if group.inputs.get("protectFromScaleIn") is not True:
            yield Finding(group, "may end busy machines. HINT: protect_from_scale_in=True")
        if group.inputs.get("instanceRefresh"):
            yield Finding(group, "an instance refresh ends busy machines. HINT: leave instance_refresh out")


def nothing_repairs_a_worker(capture: Capture) -> Iterator[Finding]:
    """A repaired worker comes back without the job, and the runner counts a machine that it does not know."""
    for group in _gcp_groups(capture):
        lifecycle = mapping(at(group.inputs, "instanceLifecyclePolicy"))
        for key, wanted in GCP_LIFECYCLE.items():
            if lifecycle.get(key) != wanted:
                yield Finding(group, f"{key} is not {wanted}. HINT: instance_lifecycle_policy")
        if group.inputs.get("autoHealingPolicies"):
            yield Finding(group, "heals its machines. HINT: leave auto_healing_policies out")
        if text(at(group.inputs, "updatePolicy.type")) != "OPPORTUNISTIC":
            yield Finding(group, 'a new template replaces busy machines. HINT: update_policy type="OPPORTUNISTIC"')


def groups_lie_in_one_zone_on_gcp(capture: Capture) -> Iterator[Finding]:
    """fleeting-plugin-googlecloud finds no regional group (plugins/googlecloud#20)."""
    for group in capture.of_type("gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager"):
        yield Finding(group, "is regional. HINT: one zonal InstanceGroupManager for each shard")


def groups_have_a_choice_on_aws(capture: Capture) -> Iterator[Finding]:
    """One zone or one spot type runs out; a choice of both seldom does."""
    for group in _aws_groups(capture):
        if len(items(group.inputs.get("vpcZoneIdentifiers"))) < FEWEST_SUBNETS:
            yield Finding(group, "lies in one zone. HINT: vpc_zone_identifiers with the runner subnets")
        mixed = mapping(at(group.inputs, "mixedInstancesPolicy"))
        share = at(mixed, "instancesDistribution.onDemandPercentageAboveBaseCapacity")
        strategy = at(mixed, "instancesDistribution.spotAllocationStrategy")
        if mixed and share not in (None, 100) and strategy != "price-capacity-optimized":
            yield Finding(group, 'buys the cheapest spot. HINT: spot_allocation_strategy="price-capacity-optimized"')
        types = items(at(mixed, "launchTemplate.overrides"))
        if mixed and share not in (None, 100) and len(types) < FEWEST_SPOT_TYPES:
            yield Finding(group, "has one spot type. HINT: several instance types of the same size")


def workers_are_powerless(capture: Capture) -> Iterator[Finding]:
    """A build runs code of others: no role, no public address, no key, no way to the metadata from a container."""
    for template in worker_templates(capture):
        if template.inputs.get("iamInstanceProfile"):
            yield Finding(template, "gives workers a role. HINT: leave iam_instance_profile out")
        if template.inputs.get("keyName"):
            yield Finding(template, "holds a key pair. HINT: the manager pushes a key by EC2 Instance Connect")
        if at(template.inputs, "metadataOptions.httpPutResponseHopLimit") != 1:
            yield Finding(template, "containers reach the metadata service. HINT: http_put_response_hop_limit=1")
        for interface in records(template.inputs.get("networkInterfaces")):
            if interface.get("associatePublicIpAddress") not in ("false", False, None):
                yield Finding(template, 'workers have public addresses. HINT: associate_public_ip_address="false"')
    for template in capture.of_type("gcp:compute/instanceTemplate:InstanceTemplate"):
        if template.inputs.get("serviceAccount"):
            yield Finding(template, "gives workers a service account. HINT: leave service_account out")
        for interface in records(template.inputs.get("networkInterfaces")):
            if interface.get("accessConfigs"):
                yield Finding(template, "workers have public addresses. HINT: leave access_configs out")


def the_runner_can_log_in_to_workers(capture: Capture) -> Iterator[Finding]:
    """The Google plugin puts its SSH key into instance metadata, which OS Login ignores."""
    for template in capture.of_type("gcp:compute/instanceTemplate:InstanceTemplate"):
        if text(mapping(template.inputs.get("metadata")).get("enable-oslogin")).upper() != "FALSE":
            yield Finding(template, "OS Login hides the runner's key. HINT: metadata enable-oslogin=FALSE")


def templates_are_replaced_before_they_go(capture: Capture) -> Iterator[Finding]:
    """A template with a name of its own cannot be replaced while a group uses it."""
    for template in (
        *capture.of_type("gcp:compute/instanceTemplate:InstanceTemplate"),
        *worker_templates(capture),
    ):
        if template.delete_before_replace:
            yield Finding(template, "goes before its successor is there. HINT: leave delete_before_replace out")
        if template.type.startswith("gcp:") and template.inputs.get("name"):
            yield Finding(template, "has a name of its own. HINT: leave name out, Pulumi makes one")


def workers_end_by_themselves(capture: Capture) -> Iterator[Finding]:
    """A manager that never comes back leaves its workers running, and paid for, for ever."""
    for template in worker_templates(capture):
        if template.inputs.get("instanceInitiatedShutdownBehavior") != "terminate":
            yield Finding(template, 'a stopped worker stays. HINT: instance_initiated_shutdown_behavior="terminate"')
    for template in capture.of_type("gcp:compute/instanceTemplate:InstanceTemplate"):
        scheduling = mapping(at(template.inputs, "scheduling"))
        if not at(scheduling, "maxRunDuration.seconds") or scheduling.get("instanceTerminationAction") != "DELETE":
            yield Finding(template, "workers have no end. HINT: scheduling with max_run_duration and DELETE")


def workers_carry_cost_tags(capture: Capture) -> Iterator[Finding]:
    """The default tags of the provider stop at the group; the bill is made by the machines."""
    for template in worker_templates(capture):
        tagged = {text(entry.get("resourceType")) for entry in records(template.inputs.get("tagSpecifications"))}
        for kind in ("instance", "volume"):
            if kind not in tagged:
                yield Finding(template, f"a worker's {kind} has no tags. HINT: tag_specifications for {kind}")


def _aws_groups(capture: Capture) -> tuple[Registration, ...]:
    return capture.of_type("aws:autoscaling/group:Group")


def worker_templates(capture: Capture) -> tuple[Registration, ...]:
    """Launch templates of worker groups; the nodes of a cluster have others, with a role."""
    used = {urn for group in _aws_groups(capture) for urn in group.dependencies}
    return tuple(entry for entry in capture.of_type("aws:ec2/launchTemplate:LaunchTemplate") if entry.urn in used)


def _gcp_groups(capture: Capture) -> tuple[Registration, ...]:
    return capture.of_type("gcp:compute/instanceGroupManager:InstanceGroupManager")
