"""What there is on AWS to be acted on, by its ARN and its tags (service authorisation reference, resource types)."""

from collections.abc import Iterator

from capture import Capture, Registration
from capture.registration import parsed
from reach.model import Target
from reach.values import account_of_provider, answer, mapping, provider_input, records, text

WORDS = {
    "aws:s3/bucket:Bucket": "bucket",
    "aws:secretsmanager/secret:Secret": "secret",
    "aws:ssm/parameter:Parameter": "parameter",
    "aws:kms/key:Key": "key",
    "aws:iam/role:Role": "role",
    "aws:iam/user:User": "user",
    "aws:iam/policy:Policy": "policy",
    "aws:ec2/instance:Instance": "machine",
    "aws:ebs/volume:Volume": "disk",
    "aws:autoscaling/group:Group": "group",
    "aws:ec2/launchTemplate:LaunchTemplate": "launch template",
    "aws:sns/topic:Topic": "topic",
    "aws:sqs/queue:Queue": "queue",
    "aws:ecr/repository:Repository": "image repository",
    "aws:eks/cluster:Cluster": "cluster",
    "aws:cloudwatch/logGroup:LogGroup": "log group",
    "aws:cloudtrail/trail:Trail": "trail",
}
"""What each kind of resource is called."""

GROUP_TAG = "aws:autoscaling:groupName"
"""Auto Scaling marks its instances with it (EC2 Auto Scaling user guide, "Tag lifecycle")."""


def targets(capture: Capture) -> Iterator[Target]:
    """Every resource that is known here; of a bucket its objects as well, of a group one of its instances."""
    for entry in capture.resources:
        if entry.type not in WORDS:
            continue
        target = target_of(capture, entry)
        yield target
        if entry.type == "aws:s3/bucket:Bucket":
            yield objects(target, "*")
        if entry.type == "aws:autoscaling/group:Group":
            yield worker(capture, entry)


def target_of(capture: Capture, entry: Registration) -> Target:
    """A registration as something that is acted on."""
    facts: dict[str, tuple[str, ...]] = {key: (value,) for key, value in _tag_facts(_tags(capture, entry))}
    if boundary := text(entry.inputs.get("permissionsBoundary")):
        facts["iam:permissionsboundary"] = (boundary,)
    elif entry.type in ("aws:iam/role:Role", "aws:iam/user:User"):
        facts["iam:permissionsboundary"] = ()
    return Target(
        words=f"{WORDS[entry.type]} {entry.name}",
        cloud="aws",
        name=answer(capture, entry, "arn") or _unlike_any_other(capture, entry),
        urn=entry.urn,
        account=account_of_provider(capture, entry),
        facts=tuple(facts.items()),
    )


BEFORE_IT_EXISTS = {
    "aws:ec2/instance:Instance": "ec2:{place}:instance/i-of-{name}",
    "aws:ebs/volume:Volume": "ec2:{place}:volume/vol-of-{name}",
    "aws:ec2/launchTemplate:LaunchTemplate": "ec2:{place}:launch-template/lt-of-{name}",
    "aws:secretsmanager/secret:Secret": "secretsmanager:{place}:secret:{name}-of-it",
    "aws:ssm/parameter:Parameter": "ssm:{place}:parameter{name}",
    "aws:kms/key:Key": "kms:{place}:key/of-{name}",
    "aws:autoscaling/group:Group": "autoscaling:{place}:autoScalingGroup:of-it:autoScalingGroupName/{name}",
}
"""ARNs of what has no id yet: patterns for its kind and its name fit, and those of no other (service authorisation
reference, resource types)."""


def _unlike_any_other(capture: Capture, entry: Registration) -> str:
    account, region = account_of_provider(capture, entry), provider_input(capture, entry, "region")
    if entry.type not in BEFORE_IT_EXISTS or not account:
        return ""
    name = text(entry.inputs.get("name")) or entry.name
    return f"arn:aws:{BEFORE_IT_EXISTS[entry.type].format(place=f'{region}:{account}', name=name)}"


def objects(bucket: Target, key: str) -> Target:
    """Objects of a bucket: one key, or with a "*" whatever there is below it."""
    what = "objects" if key == "*" else key
    return Target(f"{what} of {bucket.words}", "aws", f"{bucket.name}/{key}", bucket.urn, account=bucket.account)


def named_bucket(name: str, account: str) -> Target:
    """A bucket that the program only names."""
    return Target(f"bucket {name}", "aws", f"arn:aws:s3:::{name}", account=account)


def worker(capture: Capture, group: Registration) -> Target:
    """An instance of a group. It has no id before it runs, so it has one that no other has."""
    account, region = account_of_provider(capture, group), provider_input(capture, group, "region")
    tags = {
        text(tag.get("key")): text(tag.get("value"))
        for tag in records(group.inputs.get("tags"))
        if tag.get("propagateAtLaunch") is True
    }
    tags[GROUP_TAG] = text(group.inputs.get("name"))
    return Target(
        words=f"a worker of {group.name}",
        cloud="aws",
        name=f"arn:aws:ec2:{region}:{account}:instance/i-of-{group.name}",
        urn=group.urn,
        account=account,
        facts=tuple((key, (value,)) for key, value in _tag_facts(tags)),
    )


def _tags(capture: Capture, entry: Registration) -> dict[str, str]:
    """The tags of a resource, those that its provider adds included."""
    provider = capture.by_urn.get(entry.provider)
    found: dict[str, str] = {}
    if provider is not None:
        found |= {key: text(value) for key, value in _default_tags(provider).items()}
    return found | {key: text(value) for key, value in mapping(entry.inputs.get("tags")).items()}


def _default_tags(provider: Registration) -> dict[str, str]:
    # Providers take their inputs as JSON.
    given = parsed(text(provider.inputs.get("defaultTags")))
    return {key: text(value) for key, value in mapping(mapping(given).get("tags")).items()}


def _tag_facts(tags: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each service has its own spelling of the same key."""
    for key, value in tags.items():
        for service in ("aws", "ec2", "iam", "secretsmanager", "ssm", "autoscaling"):
            yield f"{service}:resourcetag/{key.lower()}", value
