"""Changes that give a stack file of the tests exactly the trust tiers that a test wants."""

from collections.abc import Collection, Mapping

from settings.vocabulary import Trust
from tests.support import raw_sections

PROJECT_KEYS = {Trust.PROTECTED: "protectedBuildRunners", Trust.PUBLISH: "publishBuildRunners"}
PROJECTS = {Trust.PROTECTED: "example-protected-runners", Trust.PUBLISH: "example-publish-runners"}
NETWORKS = {Trust.PROTECTED: "10.44.0.0/20", Trust.PUBLISH: "10.44.16.0/20"}


def tiers(
    stack: str, aws: Collection[Trust], gcp: Collection[Trust], colours: Mapping[str, str] | None = None
) -> dict[str, object]:
    """Managers, projects and networks for the tiers that have shards on each cloud, and for no other."""
    changes: dict[str, object] = {}
    sections = raw_sections(stack, {})
    for section, used in (("awsManagers", aws), ("gcpManagers", gcp)):
        managers = sections["runnerFleet"][section]
        like = managers["untrusted"] if colours is None else {**managers["untrusted"], "colours": dict(colours)}
        changes[f"runnerFleet.{section}"] = {trust.value: like for trust in used}
    for trust, key in PROJECT_KEYS.items():
        if trust in gcp:
            changes |= {f"gcp.projects.{key}": PROJECTS[trust], f"network.gcp.{key}": NETWORKS[trust]}
        elif key in sections["gcp"]["projects"]:
            changes |= {f"gcp.projects.{key}": None, f"network.gcp.{key}": None}
    return changes


def worker_image(stack: str, trust: Trust) -> str:
    """An image in the project of a tier."""
    own = raw_sections(stack, {})["gcp"]["projects"]["omnibusBuildRunners"]
    return f"projects/{PROJECTS.get(trust, own)}/global/images/worker-amd64-debian-13-v20261110"


def publish_shard_on_gcp(stack: str) -> dict[str, object]:
    """All shards of a stack, and one on GCP that publishes."""
    shards = raw_sections(stack, {})["runnerFleet"]["shards"]
    (like, *_) = (shard for shard in shards if shard["cloud"] == "gcp")
    own = {"name": "gcp-publish", "runnerId": 4900, "trust": "publish", "capacity": "onDemand", "maxInstances": 2}
    images = {shard["name"]: worker_image(stack, Trust(shard["trust"])) for shard in shards if shard["cloud"] == "gcp"}
    told = [shard | {"image": images[shard["name"]]} if shard["name"] in images else shard for shard in shards]
    return {"runnerFleet.shards": [*told, like | own | {"image": worker_image(stack, Trust.PUBLISH)}]}
