"""Who hears an alarm of CloudWatch: subscribers of a topic that lets CloudWatch publish."""

from collections.abc import Iterator
from functools import lru_cache

from capture import Capture, Registration
from lab.alarms.amazon_composite import COMPOSITE, PART
from lab.alarms.reading import listed, text
from lab.placement import output
from reach.answers import Reach
from reach.model import NOTHING, Kind, Principal, Request, Target
from reach.same import Same
from reach.values import answer

TOPIC = "aws:sns/topic:Topic"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
PUBLISHER = Principal(Kind.SERVICE, "CloudWatch", "cloudwatch.amazonaws.com")


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
    topics = [topic for topic in _topics(capture) if topic.name in actions and _may_publish(entry, topic, capture)]
    return {address for topic in topics for address in _subscribers(topic.name, capture)}


def _topics(capture: Capture) -> Iterator[Target]:
    reach = _reach(Same(capture))
    for entry in capture.of_type(TOPIC):
        if topic := reach.target(output(capture, entry, "arn")):
            yield topic


def _may_publish(alarm: Registration, topic: Target, capture: Capture) -> bool:
    """Whether the topic lets CloudWatch publish for an alarm."""
    arn = answer(capture, alarm, "arn")
    facts = {
        "aws:securetransport": ("true",),
        "aws:sourceaccount": (topic.account,),
        **({"aws:sourcearn": (arn,)} if arn else NOTHING),
    }
    return _reach(Same(capture)).decide(Request((PUBLISHER,), "sns:Publish", topic, facts)).is_sure


@lru_cache(maxsize=2)
def _reach(same: Same) -> Reach:
    return Reach(same.capture)


def _subscribers(topic: str, capture: Capture) -> Iterator[str]:
    for entry in capture.of_type(SUBSCRIPTION):
        # A filter on what is sent would keep some of it from the subscriber.
        if entry.inputs.get("topic") == topic and not entry.inputs.get("filterPolicy"):
            yield text(entry.inputs.get("endpoint"))
