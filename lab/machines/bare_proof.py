"""What a kept root might hide, such as a package that a role uses before it installs it.

That a machine of a role converged from bare Debian is remembered under the digest of everything that it depends on.
"""

from lab.machines.cache import digest_of, folder_of, kept
from lab.machines.kept_root import base_digest
from lab.machines.packages import MACHINES, packages_beside_base, roles_of, sources_of
from settings.vocabulary import Cloud


def is_proven(cloud: Cloud, role: str) -> bool:
    """Whether a machine of this role converged from the bare image of this cloud, with all files as they are."""
    return folder_of(_kind(cloud, role), proof_digest(cloud, role)).is_dir()


def remember(cloud: Cloud, role: str) -> None:
    """That one did just now."""
    kept(_kind(cloud, role), proof_digest(cloud, role), lambda _: None, is_told=False)


def proof_digest(cloud: Cloud, role: str) -> str:
    """Of the kept root, and of all that runs on it: the playbook with its roles and their programs."""
    files = [MACHINES / "playbooks" / f"{role}.yml", *(file for name in roles_of(role) for file in sources_of(name))]
    inputs = [base_digest(cloud), " ".join(packages_beside_base(role))]
    return digest_of([*(text.encode() for text in inputs), *(file.read_bytes() for file in files)])


def _kind(cloud: Cloud, role: str) -> str:
    return f"machine-proof-{cloud}-{role}"
