"""What a worker on AWS is told at its boot: when to end itself. Nothing else, and no secret."""

import base64

SCRIPT = """\
#!/bin/sh
# A worker that its manager lost would run for ever: Auto Scaling's own age limit is a day at the least.
exec systemd-run --unit=worker-age-limit --on-active={hours}h systemctl poweroff
"""


def worker_user_data(max_age_hours: int) -> str:
    """User data in base64, as launch templates want it; the same for every worker of a stack.

    Poweroff ends the instance, because the template's shutdown behaviour is terminate.
    """
    return base64.b64encode(SCRIPT.format(hours=max_age_hours).encode()).decode()
