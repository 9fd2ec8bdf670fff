"""Every machine of both stacks boots from what is registered, converges, stays as it is, and does so after a reboot."""

from tests.machines.booted.lives import Life


def test_it_boots_from_what_is_registered_and_converges(life: Life) -> None:
    life.be_sound()

    assert "extended_status: done" in life.cloud_init, life.cloud_init
    assert life.failed_units == ""
    assert life.refused == (), "it never asks for anything with no right to it"


def test_its_second_run_changes_nothing(life: Life) -> None:
    life.be_sound()

    assert "changed=0 " in life.second_run, life.second_run
    assert "failed=0 " in life.second_run, life.second_run
    assert life.changed_by_second_run == ""


def test_after_a_reboot_it_converges_by_itself_with_nothing_changed(life: Life) -> None:
    life.be_sound()

    assert life.reported_after_reboot
    assert life.changed_by_reboot == ""
