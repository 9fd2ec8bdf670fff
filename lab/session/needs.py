"""What a host must have before it can be a lab."""

import os
import shutil

from lab.errors import LabError

PROGRAMS = (
    *("systemd-nspawn", "mmdebstrap", "nsenter", "setpriv", "ip", "nft", "nginx", "sysctl"),
    *("openssl", "dpkg-deb", "ssh-keygen", "gpg", "gpgconf"),
)


def check() -> None:
    """Raises LabError where the user is not root, or a program is missing."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]
    if missing:
        raise LabError(f"a lab needs {', '.join(missing)}. HINT: make machine-tools, as root on Debian")
    if os.geteuid():
        raise LabError("a lab needs root, for machines and networks of its own. HINT: sudo make lab")
