"""Mutations of machines, and of the groups whose machines come and go."""

from policies import Policy, machines, stateful, worker_groups
from tests.policies.mutations import GONE, Mutation, Pick, add, change

ASG = Pick("aws:autoscaling/group:Group")
EC2 = Pick("aws:ec2/instance:Instance")
EC2_TEMPLATE = Pick("aws:ec2/launchTemplate:LaunchTemplate", "shard-")
GCE = Pick("gcp:compute/instance:Instance")
GCE_TEMPLATE = Pick("gcp:compute/instanceTemplate:InstanceTemplate")
MIG = Pick("gcp:compute/instanceGroupManager:InstanceGroupManager")

MACHINE_MUTATIONS: tuple[tuple[Policy, Mutation], ...] = (
    (machines.metadata_service_needs_a_token, change(EC2, {"metadataOptions.httpTokens": "optional"})),
    (machines.metadata_service_needs_a_token, change(EC2_TEMPLATE, {"metadataOptions.httpTokens": GONE})),
    (machines.administrators_log_in_by_name, change(GCE, {"metadata.enable-oslogin": "FALSE"})),
    (machines.administrators_log_in_by_name, change(GCE, {"metadata.serial-port-enable": "TRUE"})),
    (machines.gce_machines_are_shielded, change(GCE, {"shieldedInstanceConfig.enableSecureBoot": False})),
    (machines.machines_have_an_identity_of_their_own, change(GCE, {"serviceAccount": GONE})),
    (stateful.stateful_resources_are_deletion_protected, change(EC2, {"disableApiTermination": False})),
    (machines.user_data_never_rebuilds_a_machine, change(EC2, {"userDataReplaceOnChange": True})),
    (machines.user_data_never_rebuilds_a_machine, change(EC2, {}, ignore_changes=())),
    (machines.user_data_never_rebuilds_a_machine, change(GCE, {"metadataStartupScript": "echo"})),
    (machines.boot_disks_never_rebuild_a_machine, change(GCE, {}, ignore_changes=())),
    (machines.user_data_is_constant, change(Pick(GCE.type, "dev-instance"), {"metadata.user-data": "#cloud-config"})),
    (worker_groups.groups_start_empty, change(ASG, {"minSize": 1})),
    (worker_groups.groups_start_empty, change(ASG, {}, ignore_changes=())),
    (worker_groups.groups_start_empty, change(MIG, {"targetSize": 1})),
    (worker_groups.groups_start_empty, change(MIG, {}, ignore_changes=())),
    (worker_groups.nothing_else_scales_a_group, change(ASG, {"suspendedProcesses": ()})),
    (worker_groups.nothing_else_scales_a_group, change(ASG, {"protectFromScaleIn": False})),
    (worker_groups.nothing_else_scales_a_group, add(MIG, "gcp:compute/autoscaler:Autoscaler", {"target": "g"})),
    (worker_groups.nothing_repairs_a_worker, change(MIG, {"instanceLifecyclePolicy.defaultActionOnFailure": "REPAIR"})),
    (worker_groups.nothing_repairs_a_worker, change(MIG, {"updatePolicy.type": "PROACTIVE"})),
    (
        worker_groups.groups_lie_in_one_zone_on_gcp,
        add(MIG, "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager", {"targetSize": 0}),
    ),
    (worker_groups.groups_have_a_choice_on_aws, change(ASG, {"vpcZoneIdentifiers": ("subnet-1",)})),
    (worker_groups.workers_are_powerless, change(EC2_TEMPLATE, {"iamInstanceProfile": {"arn": "a"}})),
    (worker_groups.workers_are_powerless, change(EC2_TEMPLATE, {"metadataOptions.httpPutResponseHopLimit": 2})),
    (worker_groups.workers_are_powerless, change(GCE_TEMPLATE, {"serviceAccount": {"email": "e"}})),
    (worker_groups.the_runner_can_log_in_to_workers, change(GCE_TEMPLATE, {"metadata.enable-oslogin": "TRUE"})),
    (worker_groups.templates_are_replaced_before_they_go, change(GCE_TEMPLATE, {}, delete_before_replace=True)),
    (worker_groups.templates_are_replaced_before_they_go, change(GCE_TEMPLATE, {"name": "fixed"})),
    (worker_groups.workers_end_by_themselves, change(EC2_TEMPLATE, {"instanceInitiatedShutdownBehavior": "stop"})),
    (worker_groups.workers_end_by_themselves, change(GCE_TEMPLATE, {"scheduling.maxRunDuration": GONE})),
    (worker_groups.workers_carry_cost_tags, change(EC2_TEMPLATE, {"tagSpecifications": GONE})),
)
