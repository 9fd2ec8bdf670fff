"""Who hears an alarm of Cloud Monitoring: channels of its project that are on and have an address."""

from capture import Capture, Registration
from lab.alarms.google_alarms import project_of
from lab.alarms.reading import listed, mapping, text
from lab.placement import output

CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
ADDRESS = "email_address"


def receivers(entry: Registration, capture: Capture) -> set[str]:
    """Addresses of its channels; none while it is off."""
    if entry.inputs.get("enabled") is False:
        return set()
    named, project = listed(entry.inputs.get("notificationChannels")), project_of(entry, capture)
    return {
        address
        for channel in capture.of_type(CHANNEL)
        if channel.inputs.get("enabled") is not False
        and project_of(channel, capture) == project
        and output(capture, channel, "name") in named
        and (address := text(mapping(channel.inputs.get("labels")).get(ADDRESS)))
    }
