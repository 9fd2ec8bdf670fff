"""`packagectl admin`: Pulp's admin has the password of the secret store; no pipeline needs it."""

import argparse
import sys

from host import programs
from host.errors import HostError

from packages import places
from packages.settings import PackageSettings

MINUTES_3 = 180

SCRIPT = """
from django.contrib.auth import get_user_model
user, _ = get_user_model().objects.get_or_create(
    username="admin", defaults={{"is_staff": True, "is_superuser": True}}
)
if not user.check_password({password!r}):
    user.set_password({password!r})
    user.save()
    print("changed")
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""
    del parser


def run(options: argparse.Namespace, settings: PackageSettings) -> int:
    """Says "changed" where it had another one. The password is in no argument, environment or file of a disk."""
    del options
    script = SCRIPT.format(password=password())
    done = programs.run(
        ["runuser", f"--user={places.PULP_USERS[0]}", "--", str(settings.manager), "shell", "-v", "0"],
        timeout=MINUTES_3,
        environment={"PULP_SETTINGS": str(places.PULP_SETTINGS)},
        given=script.encode(),
    )
    if "Traceback" in done.errors:
        raise HostError(f"Pulp's admin was not made: {done.errors.strip().splitlines()[-1]}")
    sys.stdout.write(done.output)
    return 0


def password() -> str:
    """Of Pulp's admin. Raises HostError where `packagectl secrets` has not run."""
    try:
        return places.ADMIN_PASSWORD.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise HostError(f"{error.filename}: {error.strerror}", "sudo systemctl restart packages-secrets") from None
