"""Versions that have ended, wherever a registration names one."""

import json

from policies import Policy, versions
from tests.policies.mutations import Mutation, Pick, change

GCE = Pick("gcp:compute/instance:Instance")
GCE_TEMPLATE = Pick("gcp:compute/instanceTemplate:InstanceTemplate")

VERSION_MUTATIONS: tuple[tuple[Policy, Mutation], ...] = (
    (versions.versions_have_not_ended, change(Pick("aws:eks/cluster:Cluster"), {"version": "1.33"})),
    (versions.versions_have_not_ended, change(Pick("aws:eks/cluster:Cluster"), {"version": "1.9"})),
    (
        versions.versions_have_not_ended,
        change(GCE, {"bootDisk.initializeParams.image": "projects/debian-cloud/global/images/debian-12-bookworm-v1"}),
    ),
    (
        versions.versions_have_not_ended,
        change(GCE_TEMPLATE, {"disks.0.sourceImage": "projects/p/global/images/worker-amd64-debian-11-v20261110"}),
    ),
    *(
        (
            versions.versions_have_not_ended,
            change(
                Pick("gcp:storage/bucketObject:BucketObject", "dev-instance-document"),
                {"content": json.dumps({"settings": settings})},
            ),
        )
        for settings in ({"postgresqlVersion": 13}, {"database": {"version": 13}}, {"runnerVersion": "19.3.2-1"})
    ),
)
