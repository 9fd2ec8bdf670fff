"""Where things lie on the package server that no setting names."""

from pathlib import Path

SECRETS = Path("/run/packyard-packages")
"""In memory: gone with a reboot, and made again by `packagectl secrets`."""

FIELDS_KEY = SECRETS / "database_fields.symmetric.key"
"""What Pulp encrypts fields of its database with."""

DJANGO_KEY = SECRETS / "django.key"
"""What Django signs sessions with."""

ADMIN_PASSWORD = SECRETS / "admin-password"
"""Root's alone."""

PULP_GROUP = "packages"
"""Of all processes of Pulp."""

PULP_USERS = ("packages-api", "packages-content", "packages-worker")
"""Who of them may ask for a token."""

RELEASER = "packages-release"
"""Who signs and writes releases, and parses no package."""

KEYS = Path("/run/packages-release")
"""In memory, the releaser's alone: the key that signs metadata."""

PULP_SETTINGS = Path("/etc/packyard/pulp.py")
