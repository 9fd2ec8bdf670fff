"""Changes of the estate, and what they do to it: the same for the engine and for the preview."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from preview.compare import Step
from tests.rehearsal.engine.support import Edits, Settings
from tests.support import stack_file_text


@dataclass(frozen=True)
class Scenario:
    """One change of a stack that is up."""

    name: str
    settings: Callable[[str], Settings] = field(default=lambda _: {})
    """By stack."""
    edits: Edits = ()
    expected: frozenset[tuple[Step, str]] = frozenset()
    """Every step, by type and name; empty where `only_below` tells them."""
    only_below: tuple[tuple[Step, str], ...] = ()
    """Where the steps are many: each is of one of these kinds, with this text in its URN."""
    renames_below: str = ""
    """A component all of whose resources are known under their new names."""
    refused: bool = False
    """Whether the engine refuses, because something protected would be lost."""


def _document(machine: str) -> tuple[Step, str]:
    kind = "aws:s3/bucketObjectv2:BucketObjectv2" if machine == "pg-b" else "gcp:storage/bucketObject:BucketObject"
    return Step.UPDATE, f"{kind}::{machine}-document"


def _with_shard(stack: str) -> Settings:
    """One more shard like the first one on AWS."""
    shards: list[dict[str, Any]] = yaml.safe_load(stack_file_text(stack))["config"]["packyard:runnerFleet"]["shards"]
    first = next(shard for shard in shards if shard["cloud"] == "aws")
    return {"runnerFleet.shards": [*shards, {**first, "name": "amd64-second", "runnerId": 9900}]}


SCENARIOS = (
    Scenario(
        "a bigger disk",
        settings=lambda _: {"databasePair.gcp.dataDiskGiB": 2000, "databasePair.aws.dataDiskGiB": 2000},
        expected=frozenset(
            {
                (Step.UPDATE, "gcp:compute/disk:Disk::pg-a-data"),
                (Step.UPDATE, "aws:ebs/volume:Volume::pg-b-data"),
                _document("pg-a"),
                _document("pg-b"),
            }
        ),
    ),
    Scenario(
        "a new image",
        settings=lambda _: {
            "gcp.image": "projects/debian-cloud/global/images/debian-13-trixie-v20270101",
            "aws.image": "ami-11111111111111111",
        },
    ),
    Scenario(
        "primary and replica swapped",
        settings=lambda stack: {"databasePair.primary": {"staging": "aws", "production": "aws"}[stack]},
        expected=frozenset({_document("pg-a"), _document("pg-b")}),
    ),
    Scenario(
        "a new runner shard",
        settings=_with_shard,
        only_below=((Step.CREATE, "amd64-second"), (Step.UPDATE, "runner-manager-aws")),
    ),
    Scenario(
        "a component taken out",
        settings=lambda _: {"cloudNativeCluster": None},
        only_below=((Step.DELETE, "packyard:cloud_native_cluster:CloudNativeCluster$"),),
        refused=True,
    ),
    Scenario(
        "the pipelines' identities in another project",
        settings=lambda stack: {
            "ciIdentity.state.kmsKey": f"projects/another-project/locations/us-east1/keyRings/pulumi/cryptoKeys/{stack}"
        },
        only_below=(
            (Step.REPLACE, "ci-identity"),
            (Step.REPLACE, "-pipelines"),
            (Step.UPDATE, "gcp-state"),
            (Step.UPDATE, "packyard:audit:Audit$"),
            (Step.UPDATE, "ci_identity:CiIdentity$aws:iam/role:Role::"),
        ),
        refused=True,
    ),
    Scenario(
        "renamed without an alias",
        edits=(("estate/program.py", '"cloud-native",', '"cloud-native-ci",'),),
        refused=True,
    ),
    Scenario(
        "renamed with an alias",
        edits=(
            ("estate/program.py", '"ci-identity",', '"ci",'),
            (
                "estate/program.py",
                ')\n    pulumi.export("ci_identity"',
                '    opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="ci-identity")]),\n'
                '    )\n    pulumi.export("ci_identity"',
            ),
        ),
        renames_below="packyard:ci_identity:CiIdentity",
    ),
)
