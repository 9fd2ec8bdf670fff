"""What pairctl leaves to systemd."""

from host.programs import run

PAIRCTL = "/usr/local/sbin/pairctl"


def settle_unit(epoch: int) -> str:
    """Name of the unit that follows a promotion."""
    return f"pair-settle-{epoch}.service"


def settle_in_background(epoch: int) -> None:
    """Starts `pairctl settle`; a backup takes longer than a person should wait. Raises CommandError."""
    words = ["systemd-run", "--no-block", "--collect", f"--unit={settle_unit(epoch)}", PAIRCTL, "settle"]
    run(words, timeout=10)
