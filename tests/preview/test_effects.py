"""A setting that does nothing yet says so, and says when it will."""

from preview.compare import compare
from preview.effects import AT_A_REBUILD, AT_A_STOP, Later, later
from preview.report import Against, make_report
from tests.preview.test_cli import shown
from tests.support import estate, variant

IMAGE = "projects/debian-cloud/global/images/debian-13-trixie-v20270101"


def told(changes: dict[str, object]) -> tuple[Later, ...]:
    return later(compare(estate("staging"), variant("staging", changes)))


def test_an_image_holds_from_the_next_rebuild_on_in_both_clouds() -> None:
    found = told({"gcp.image": IMAGE, "aws.image": "ami-0a0a0a0a0a0a0a0a0"})

    assert {each.when for each in found} == {AT_A_REBUILD}
    assert {each.machine.type for each in found} == {"gcp:compute/instance:Instance", "aws:ec2/instance:Instance"}


def test_a_machine_type_needs_a_stop() -> None:
    (gcp,) = told({"databasePair.gcp.machineType": "n2d-standard-4"})
    (aws,) = told({"databasePair.aws.instanceType": "m7i.xlarge"})

    assert (gcp.machine.name, gcp.when) == ("pg-a", AT_A_STOP)
    assert (aws.machine.name, aws.when) == ("pg-b", AT_A_STOP)


def test_a_machine_that_is_made_takes_everything_at_once() -> None:
    assert told({"runnerFleet.awsManagers.untrusted.colours": {"blue": "serving", "green": "serving"}}) == ()


def test_what_a_machine_does_not_have_yet_is_said_beside_it() -> None:
    now = variant("staging", {"gcp.image": IMAGE})
    comparison = compare(estate("staging"), now)
    text = shown(make_report(now, Against("main", "0123456789", exists=True, comparison=comparison)), 80)

    assert text.count("some of this does not hold at once") == 4
    assert comparison.changes == ()
    assert AT_A_REBUILD in text
