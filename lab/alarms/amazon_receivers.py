"""Who hears an alarm of CloudWatch: subscribers of a topic that lets CloudWatch publish."""

from collections.abc import Iterator

from capture import Capture, Registration
from lab.alarms.amazon_composite import COMPOSITE, PART
from lab.alarms.reading import listed, text
from lab.clouds.aws_policy import statements
from lab.placement import output

TOPIC = "aws:sns/topic:Topic"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
PUBLISHER = "cloudwatch.amazonaws.com"


def receivers(entry: Registration, capture: Capture) -> set[str]:
    """Of the alarm itself, else of the composite alarms that it is a part of."""
    told = _told(entry, capture)
    if told or entry.type == COMPOSITE:
        return told
    name = entry.inputs.get("name")
    wholes = [each for each in capture.of_type(COMPOSITE) if name in PART.findall(text(each.inputs.get("alarmRule")))]
    return {address for whole in wholes for address in _told(whole, capture)}


def is_part(entry: Registration, capture: Capture) -> bool:
    """Whether it tells nobody by itself, and is a part of a composite alarm."""
    return entry.type != COMPOSITE and not listed(entry.inputs.get("alarmActions")) and bool(receivers(entry, capture))


def _told(entry: Registration, capture: Capture) -> set[str]:
    if entry.inputs.get("actionsEnabled") is False:
        return set()
    actions = listed(entry.inputs.get("alarmActions"))
    return {address for topic in _topics(capture) if topic in actions for address in _subscribers(topic, capture)}


def _topics(capture: Capture) -> Iterator[str]:
    """ARNs of topics that CloudWatch may publish to."""
    for entry in capture.of_type(TOPIC):
        arn = output(capture, entry, "arn")
        account = arn.split(":")[4]
        policies = [each for each in capture.of_type(TOPIC_POLICY) if each.inputs.get("arn") == arn]
        if any(_may_publish(policy, arn, account) for policy in policies):
            yield arn


def _may_publish(policy: Registration, arn: str, account: str) -> bool:
    return any(
        entry["Effect"] == "Allow"
        and "sns:Publish" in entry["Action"]
        and arn in entry["Resource"]
        and PUBLISHER in entry["Principal"].get("Service", [])
        and entry.get("Condition", {}) in ({}, {"StringEquals": {"aws:SourceAccount": account}})
        for entry in statements(policy.inputs.get("policy"))
    )


def _subscribers(topic: str, capture: Capture) -> Iterator[str]:
    for entry in capture.of_type(SUBSCRIPTION):
        # A filter on what is sent would keep some of it from the subscriber.
        if entry.inputs.get("topic") == topic and not entry.inputs.get("filterPolicy"):
            yield text(entry.inputs.get("endpoint"))
