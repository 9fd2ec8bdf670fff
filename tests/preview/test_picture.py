"""The drawing of the estate: all of it, nothing invented, and nothing that hides something else."""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import pytest

from capture import Capture, Registration
from policies.open_ports import openings
from preview.exposure import exposures
from preview.machines import groups, machines
from preview.picture.assemble import picture
from preview.picture.boxes import BUCKETS
from preview.picture.colours import DARK, LIGHT, TIERS
from preview.picture.geometry import Area
from preview.picture.labels import along
from preview.picture.model import Arrow, ArrowKind, Box, BoxKind, Picture
from preview.picture.placing import LABEL_LETTER, LETTER, TITLE_LETTER, Placed, label_lines, place
from preview.picture.svg import svg
from preview.picture.traffic import INTERNET
from tests.components.link.test_link import HA_VPN
from tests.support import STACKS, changed_stack_file, estate, variant

SVG = "{http://www.w3.org/2000/svg}"
SCREEN, SCROLLED = 1280, 40
"""Pixels of a small screen, and what an estate of another shape may have more."""

READABLE = 4.5
"""Least contrast of small text (WCAG 2.2, 1.4.3)."""


def many_shards() -> Capture:
    """Production with four of each of its shards."""
    config = changed_stack_file("production", {}).config["packyard:runnerFleet"]
    shards = json.loads(config)["shards"]
    more = [
        shard | {"name": f"{shard['name']}-n{number}", "runnerId": shard["runnerId"] + 1000 * number}
        for number in (1, 2, 3)
        for shard in shards
    ]
    return variant("production", {"runnerFleet.shards": [*shards, *more]})


def without(*sections: str) -> Capture:
    return variant("production", dict.fromkeys(sections))


ESTATES: Mapping[str, Callable[[], Capture]] = {
    **{stack: (lambda stack=stack: estate(stack)) for stack in STACKS},
    "much left out": lambda: without("runnerFleet", "cloudNativeCluster", "devInstance", "databasePair", "ciIdentity"),
    "the pair alone": lambda: without("runnerFleet", "cloudNativeCluster", "devInstance", "packageServer"),
    "many shards": many_shards,
    "joined networks": lambda: variant("production", {"link": HA_VPN}),
}


@cache
def captured(which: str) -> Capture:
    return ESTATES[which]()


@cache
def drawn(which: str) -> tuple[Picture, Placed]:
    found = picture(captured(which))
    return found, place(found)


every_estate = pytest.mark.parametrize("which", ESTATES)


@every_estate
def test_every_machine_bucket_and_public_endpoint_is_in_a_box(which: str) -> None:
    capture, (found, _) = captured(which), drawn(which)
    shown = {urn for box in found.boxes for urn in box.urns}
    there = {
        *(machine.urn for machine in machines(capture)),
        *(group.urn for group in groups(capture)),
        *(bucket.urn for kind in BUCKETS for bucket in capture.of_type(kind)),
        *(door.urn for door in exposures(capture) if door.kind in ("address", "load balancer", "CDN")),
    }

    assert there
    assert {urn.rpartition("::")[2] for urn in there - shown} == set()


@every_estate
def test_every_port_that_is_open_to_the_world_is_an_arrow_from_the_internet(which: str) -> None:
    capture, (found, _) = captured(which), drawn(which)
    ports = {
        (arrow.end, port)
        for arrow in found.arrows
        if arrow.start == INTERNET
        for label in arrow.labels
        for port in re.findall(r"[0-9-]+", label)
    }
    for opening in filter(lambda opening: opening.to_the_world, openings(capture)):
        rule = opening.registration
        named = {rule.urn, *rule.property_dependencies.get("targetServiceAccounts", ())}
        ends = [box.key for box in found.boxes if named & box.urns]

        assert ends, rule.name
        assert all((end, opening.ports) in ports for end in ends), rule.name


@every_estate
def test_no_arrow_runs_through_a_box_at_which_it_does_not_end(which: str) -> None:
    _, placed = drawn(which)
    crossed = [
        f"{arrow.arrow.start} to {arrow.arrow.end} runs through {box.box.title}"
        for arrow in placed.arrows
        for box in placed.boxes
        if box.box.key not in (arrow.arrow.start, arrow.arrow.end)
        and any(box.area.holds(point) for point in along(arrow.points))
    ]

    assert placed.arrows
    assert crossed == []


@every_estate
def test_no_label_lies_on_a_box_or_on_another_label(which: str) -> None:
    _, placed = drawn(which)
    hidden = [
        (arrow.arrow.labels, box.box.title)
        for arrow in placed.arrows
        for box in placed.boxes
        if arrow.label.common(box.area)
    ]
    hidden += [
        (one.arrow.labels, str(other.arrow.labels))
        for one, other in itertools.combinations(placed.arrows, 2)
        if one.label.common(other.label)
    ]

    assert hidden == []


@every_estate
def test_boxes_lie_apart_and_in_their_own_frames(which: str) -> None:
    _, placed = drawn(which)
    for one, other in itertools.combinations(placed.boxes, 2):
        assert not one.area.common(other.area), (one.box.title, other.box.title)
    for frame, box in itertools.product(placed.frames, placed.boxes):
        inside = box.area.common(frame.area)
        belongs = box.box.frame[: len(frame.frame)] == frame.frame

        assert inside == (pytest.approx(box.area.width * box.area.height) if belongs else 0), box.box.title


@every_estate
def test_text_is_whole_and_fits_its_box_and_the_screen(which: str) -> None:
    _, placed = drawn(which)
    width = float(ElementTree.fromstring(svg(*drawn(which))).attrib["width"])  # noqa: S314 -- our own text

    assert width <= SCREEN + (0 if which in STACKS else SCROLLED)
    for box in placed.boxes:
        assert "".join([*box.title, *box.lines]).replace(" ", "") == _told(box.box).replace(" ", "")
        assert max(len(line) for line in box.title) * TITLE_LETTER <= box.area.width
        assert all(len(line) * LETTER <= box.area.width for line in box.lines)
    for arrow in placed.arrows:
        assert all(len(line) * LABEL_LETTER <= arrow.label.width for line in label_lines(arrow.arrow))


def _told(box: Box) -> str:
    return "".join([box.title, *box.lines])


def test_geometry_sees_an_arrow_behind_a_box_and_a_label_on_one() -> None:
    _, placed = drawn("staging")
    arrow = placed.arrows[0]
    inside = next(itertools.islice(along(arrow.points), 12, None))
    wall = Area(inside[0] - 5, inside[1] - 5, 10, 10)

    assert any(wall.holds(point) for point in along(arrow.points))
    assert arrow.label.common(arrow.label.grown(-1))


SOURCES: Mapping[ArrowKind, tuple[str, ...]] = {
    ArrowKind.TRAFFIC: (
        *("gcp:compute/firewall:Firewall", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"),
        *(
            "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
            "gcp:compute/globalForwardingRule:GlobalForwardingRule",
        ),
        *("gcp:compute/uRLMap:URLMap", "gcp:compute/routerNat:RouterNat", "aws:ec2/natGateway:NatGateway"),
    ),
    ArrowKind.OBJECTS: ("gcp:storage/bucketIAMMember:BucketIAMMember", "aws:iam/rolePolicy:RolePolicy"),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_no_arrow_is_drawn_without_a_rule_or_a_grant(kind: ArrowKind) -> None:
    capture = _only(captured("production"), lambda entry: entry.type not in SOURCES[kind])
    kinds = (ArrowKind.TRAFFIC,) if kind is ArrowKind.TRAFFIC else (ArrowKind.OBJECTS, ArrowKind.BACKUP)

    assert not [arrow for arrow in picture(capture).arrows if arrow.kind in kinds]


RULES = re.compile(r"Firewall|SecurityGroup(In|E)gressRule|IAMMember|RolePolicy")


@pytest.mark.parametrize(
    ("rule", "start", "end"),
    [
        ("dev-instance-web", "the internet", "dev-instance"),
        ("database-pair-wireguard", "pg-b", "pg-a"),
        ("database-pair-pg-b-repo2", "pg-b", "backup-vault-gcs"),
        ("backup-vault-offsite-packages", "package-server", "backup-vault"),
        (
            "runner-manager-gcp-protected-blue-ssh",
            "runner-manager-gcp-protected-blue",
            "shard-protected-gcp-amd64-protected-blue",
        ),
    ],
)
def test_an_arrow_goes_with_its_rule(rule: str, start: str, end: str) -> None:
    whole = captured("production")
    less = _only(whole, lambda entry: entry.name != rule or not RULES.search(entry.type))

    assert _between(whole, start, end)
    assert not _between(less, start, end)


@every_estate
def test_what_a_machine_reaches_in_its_own_network_has_no_box_of_its_own(which: str) -> None:
    capture, (found, _) = captured(which), drawn(which)
    own = {str(subnet.inputs["ipCidrRange"]) for subnet in capture.of_type("gcp:compute/subnetwork:Subnetwork")}

    assert own
    assert {box.title for box in found.boxes} & own == set()


def _between(capture: Capture, start: str, end: str) -> list[Arrow]:
    found = picture(capture)
    names = {box.key: set(box.names) for box in found.boxes}
    wanted = {start, end}
    return [
        arrow
        for arrow in found.arrows
        if wanted <= names[arrow.start] | names[arrow.end] and (arrow.both or start in names[arrow.start])
    ]


def _only(capture: Capture, is_kept: Callable[[Registration], bool]) -> Capture:
    return replace(capture, registrations=tuple(filter(is_kept, capture.registrations)))


def test_backups_of_every_machine_that_has_some_lead_to_the_vault() -> None:
    found, _ = drawn("production")
    titles = {box.key: box.title for box in found.boxes}
    leading = {(titles[arrow.start], titles[arrow.end]) for arrow in found.arrows if arrow.kind is ArrowKind.BACKUP}

    assert leading == {
        *(("dev-instance", "backup-vault"), ("package-server", "backup-vault")),
        *((host, vault) for host in ("pg-a", "pg-b") for vault in ("backup-vault", "backup-vault-gcs")),
    }


@every_estate
def test_sizes_of_machines_and_disks_stand_in_their_boxes(which: str) -> None:
    found, _ = drawn(which)
    told = {urn: _told(box) for box in found.boxes for urn in box.urns if box.kind is BoxKind.MACHINE}
    for machine in machines(captured(which)):
        assert machine.type in told[machine.urn]
        assert all(f"{disk.gib} GiB {disk.type}" in told[machine.urn] for disk in machine.disks)


def test_tiers_and_arrows_differ_without_a_colour() -> None:
    root = ElementTree.fromstring(svg(*drawn("production")))  # noqa: S314 -- our own text
    shapes = {tier: {_without_colour(shape, tier) for shape in _of_class(root, f"trust-{tier}")} for tier in TIERS}
    lines = {kind: {shape.get("stroke-dasharray") for shape in _of_class(root, f"arrow-{kind}")} for kind in ArrowKind}
    names = {text.text for text in root.iter(f"{SVG}text")}

    for one, other in (*itertools.combinations(shapes.values(), 2), *itertools.combinations(lines.values(), 2)):
        assert one
        assert one != other
    assert {tier.upper() for tier in TIERS} <= names


def _of_class(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    yield from (entry for entry in root.iter() if name in entry.get("class", "").split())


def _without_colour(shape: ElementTree.Element, tier: str) -> tuple[str, str]:
    return shape.get("class", "").replace(tier, ""), shape.get("stroke-dasharray", "")


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_light_and_on_dark_screens(colours: Mapping[str, str]) -> None:
    texts = ("text", "faint", *TIERS, *ArrowKind)
    for text, ground in itertools.product(texts, ("paper", "box", "place", "GCP", "AWS")):
        assert _contrast(colours[text], colours[ground]) >= READABLE, (text, ground)


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_many_shards_of_one_tier_are_one_box_that_names_each() -> None:
    found, placed = drawn("many shards")
    workers = [box for box in placed.boxes if box.box.kind is BoxKind.WORKERS]

    assert len(workers) == len([box for box in drawn("production")[0].boxes if box.kind is BoxKind.WORKERS])
    assert {name for box in workers for name in box.box.names} == {
        group.name for group in groups(captured("many shards")) if _is_drawn_apart(found, group.urn)
    }


def _is_drawn_apart(found: Picture, urn: str) -> bool:
    return any(urn in box.urns and box.kind is BoxKind.WORKERS for box in found.boxes)


def test_a_name_that_the_layout_engine_would_read_does_no_harm() -> None:
    found = drawn("much left out")[0]
    box = replace(found.boxes[-1], frame=("GCP", 'project "}; <b> \\N'), title='"} -> <x>')
    placed = place(replace(found, boxes=(*found.boxes[:-1], box)))

    assert len(placed.boxes) == len(found.boxes)
    assert box.frame[-1] in {text.text for text in ElementTree.fromstring(svg(found, placed)).iter(f"{SVG}text")}  # noqa: S314


def test_an_estate_without_anything_is_drawn_too() -> None:
    empty = _only(captured("staging"), lambda entry: not entry.custom)

    assert ElementTree.fromstring(svg(picture(empty), place(picture(empty)))).tag == f"{SVG}svg"  # noqa: S314
