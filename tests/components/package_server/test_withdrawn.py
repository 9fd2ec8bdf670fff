"""A withdrawn package is served in no spelling of its path, and everything else goes on being served."""

import itertools
import string
from collections.abc import Iterable
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capture import Capture
from components.package_server.routes import VIEWS
from lab.front.edge import matches
from policies.values import records
from settings.package_server import withdrawn
from tests.components.package_server.registered import NAME, named, public
from tests.registrations import differing
from tests.support import estate, variant

POOL = "gitlab/gitlab-ce/debian/trixie/pool/main/g/x"
PACKAGES = "gitlab/gitlab-ce/el/9/Packages/g"
REPOSITORIES = ("gitlab/gitlab-ce/debian/trixie", "gitlab/gitlab-ce/el/9")
LETTERS = string.ascii_letters + string.digits

deb_versions = st.text(f"{LETTERS}.+-:~", min_size=1, max_size=14)
deb_names = st.text("abcdefghij0123456789+-.", min_size=1, max_size=6).map(lambda rest: f"g{rest}")
debs = st.builds(f"{POOL}/{{}}_{{}}_amd64.deb".format, deb_names, deb_versions)
rpm_names = st.text(f"{LETTERS}.-_+%{{}}", min_size=1, max_size=8).map(lambda rest: f"g{rest}")
rpm_versions = st.text(f"{LETTERS}._+%{{}}~^", min_size=1, max_size=12)
rpms = st.builds(f"{PACKAGES}/{{}}-{{}}-1.x86_64.rpm".format, rpm_names, rpm_versions)
files = st.one_of(debs, rpms)


def encoded(character: str) -> tuple[str, str]:
    """In both cases of its digits."""
    return f"%{ord(character):02X}", f"%{ord(character):02x}"


def spellings_of(character: str) -> tuple[str, ...]:
    """How a client may write a character of a name: "%" itself is never raw, since it would begin something else."""
    return encoded(character) if character == "%" else (character, *encoded(character))


def all_spellings(path: str) -> Iterable[str]:
    """Every combination for what is no letter and no digit in the name of the file."""
    folder, _, name = path.rpartition("/")
    choices = [(each,) if each.isalnum() else spellings_of(each) for each in name]
    return (f"/{folder}/{''.join(spelt)}" for spelt in itertools.product(*choices))


@st.composite
def written(draw: st.DrawFn, path: str) -> str:
    """A path in which any character may be encoded, letters and slashes included."""
    ways = draw(st.lists(st.integers(0, 2), min_size=len(path), max_size=len(path)))
    return "/" + "".join(
        spellings_of(each)[way % len(spellings_of(each))] for each, way in zip(path, ways, strict=True)
    )


@st.composite
def spelt(draw: st.DrawFn) -> tuple[str, str]:
    path = draw(files)
    return path, draw(written(path))


def staging_without(*paths: str) -> Capture:
    return variant("staging", {"packageServer.withdrawnPaths": list(paths)})


def is_gone(capture: Capture, request: str) -> bool:
    """Whether the edge denies it, or no rule of the map leads to a store."""
    answer = public(capture, request)
    return 404 in (answer.denied, answer.abort)


def matched(path: str, request: str) -> bool:
    return any(matches(rule, request) for rule in withdrawn.expressions([path], REPOSITORIES))


@pytest.mark.parametrize("name", ["x_1:18.7.0~rc1_amd64.deb", "g++_1.0+ce~rc1_amd64.deb", "x_1%3a2_amd64.deb"])
def test_a_withdrawn_package_is_gone_in_every_spelling_before_every_cache(name: str) -> None:
    without = staging_without(f"{POOL}/{name}")

    for request in all_spellings(f"{POOL}/{name}"):
        assert public(without, request).denied == 404, request
    assert public(without, f"/{POOL}/x_1_amd64.deb").denied is None
    assert public(without, f"/{POOL}/x_1_amd64.deb").cached


def test_what_apt_of_bookworm_asks_for_is_denied() -> None:
    """Measured with apt 2.6: ":" as it is, and "~" as "%7e"."""
    without = staging_without(f"{POOL}/x_1:18.7.0~rc1_amd64.deb")

    assert public(without, f"/{POOL}/x_1:18.7.0%7erc1_amd64.deb").denied == 404
    assert public(estate("staging"), f"/{POOL}/x_1:18.7.0%7erc1_amd64.deb").denied is None


@settings(max_examples=5, deadline=None)
@given(st.lists(files, min_size=1, max_size=40, unique=True), st.data())
def test_of_many_withdrawn_packages_each_is_denied_by_what_is_registered(paths: list[str], data: st.DataObject) -> None:
    without = staging_without(*paths)

    for path in paths:
        assert is_gone(without, data.draw(written(path))), path
    changed = {urn for urn in differing(estate("staging"), without) if "PackageServer" in urn}
    assert changed == {named(without, "SecurityPolicy", f"{NAME}-edge").urn}


@given(spelt())
def test_no_spelling_of_any_name_that_deb_or_rpm_allow_is_missed(case: tuple[str, str]) -> None:
    path, request = case

    assert matched(path, request), request


@given(spelt(), files)
def test_nothing_else_is_withdrawn(case: tuple[str, str], other: str) -> None:
    """But the file that a name with an encoding in it would mean."""
    path, request = case
    if path != other and "%" not in other:
        assert not matched(other, request)


@given(debs, st.data())
def test_a_name_that_differs_in_one_character_is_another(path: str, data: st.DataObject) -> None:
    at_index = data.draw(st.integers(0, len(path) - 1))
    other = data.draw(st.sampled_from(f"{LETTERS}.+-:~_^").filter(lambda each: each != path[at_index]))
    changed = path[:at_index] + other + path[at_index + 1 :]

    assert not matched(path, f"/{changed}".replace("+", "%2B"))
    assert not matched(path, f"/{path}x")
    assert not matched(path, f"/{path}%0a")


@pytest.mark.parametrize("slash", ["//", "/./", "%2F", "%2f/", "/%2e/"])
def test_what_a_server_takes_for_one_slash_is_one(slash: str) -> None:
    path = f"{POOL}/x_1_amd64.deb"

    assert matched(path, "/" + path.replace("/", slash))


def test_a_name_as_apt_prints_it_withdraws_the_file_that_it_means() -> None:
    assert matched(f"{POOL}/x_1%3a2%7erc1_amd64.deb", f"/{POOL}/x_1:2~rc1_amd64.deb")
    assert matched(f"{POOL}/x_1%3a2%7erc1_amd64.deb", f"/{POOL}/x_1%253a2%257erc1_amd64.deb")


@given(debs, st.text(max_size=12), st.sampled_from(VIEWS))
@example(f"{POOL}/x_1_amd64.deb", "a/b", "snapshots")
@example(f"{POOL}/x_1_amd64.deb", "a\nb", "snapshots")
@example(f"{POOL}/x_1_amd64.deb", "\udcff", "pointers")
def test_a_withdrawn_package_is_gone_from_every_day_whatever_a_client_calls_the_day(
    path: str, day: str, view: str
) -> None:
    (root,) = (each for each in REPOSITORIES if path.startswith(f"{each}/"))
    called = quote(day, safe="", errors="surrogateescape")
    asked = f"/{root}/{view}/{called}/{quote(path.removeprefix(f'{root}/'))}"

    denied = any(matches(each, asked) for each in (withdrawn.NO_NAME, *withdrawn.expressions([path], REPOSITORIES)))
    assert denied, asked


@pytest.mark.parametrize("name", ["x%0a", "%ff", "%00", "caf%c3%a9", "a%7f"])
def test_what_no_file_is_called_is_404_before_a_store_is_asked(name: str) -> None:
    capture = estate("staging")

    assert public(capture, f"/{POOL}/{name}").denied == 404
    assert public(capture, f"/{POOL}/g++_1%3a1.0%7erc1+b1_amd64.deb").denied is None


@given(st.lists(files, min_size=1, max_size=120))
def test_expressions_keep_the_limits_of_cloud_armor(paths: list[str]) -> None:
    for expression in withdrawn.expressions(paths, REPOSITORIES):
        assert len(expression) <= withdrawn.EXPRESSION_LIMIT
        parts = expression.split(" || ")
        assert len(parts) <= 5
        assert all(len(part) <= withdrawn.SUBEXPRESSION_LIMIT for part in parts)


def test_both_ways_to_the_release_bucket_ask_the_edge_and_the_upload_host_does_not() -> None:
    capture = estate("staging")
    policy = named(capture, "SecurityPolicy", f"{NAME}-edge")

    assert [rule["action"] for rule in records(policy.inputs["rules"])] == ["deny(404)", "allow"]
    for what in ("metadata", "immutable"):
        backend = named(capture, "BackendBucket", f"{NAME}-release-{what}")
        assert policy.urn in backend.property_dependencies["edgeSecurityPolicy"], what
    assert "edgeSecurityPolicy" not in named(capture, "BackendService", f"{NAME}-upload").inputs
