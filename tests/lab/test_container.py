"""Commands on a machine end with the machine, however it ends."""

from lab.machines.container import heard


def test_a_program_that_was_stopped_goes_on_and_is_heard() -> None:
    """As nsenter is, where systemd stops everything on a machine that goes down."""
    status, said = heard(["sh", "-c", "echo before; kill -STOP $$; echo after; exit 3"])

    assert (status, said.split()) == (3, ["before", "after"])
