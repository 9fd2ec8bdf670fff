"""A package server that would overwrite, publish or lose something is refused before anything is made."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from settings.faults import Fault, Path, SettingsError
from settings.package_server.releases import BUILD, RELEASES
from settings.parse import parse
from tests.support import ROOT, changed_stack_file

SERVER = ("packageServer",)
REPOSITORIES = (*SERVER, "repositories")
TRIXIE, NOBLE, EL = 0, 1, 2

REQUIREMENTS = ROOT / "machines/roles/package_server/files/requirements"


def raw_after(changes: Mapping[str, object], stack: str) -> dict[str, Any]:
    """The stack file with values below packyard:packageServer changed, by dotted path; None removes a key."""
    changed = changed_stack_file(stack, {f"packageServer.{path}": value for path, value in changes.items()})
    return {key.removeprefix("packyard:"): json.loads(text) for key, text in changed.config.items()}


def faults_after(changes: Mapping[str, object], stack: str = "staging") -> tuple[Fault, ...]:
    with pytest.raises(SettingsError) as caught:
        parse(raw_after(changes, stack), stack)
    return caught.value.faults


@pytest.mark.parametrize(
    ("changed", "value", "path", "wrong"),
    [
        ("repositories.0.codename", "bookworm", (*REPOSITORIES, TRIXIE, "path"), "must end in its codename"),
        ("repositories.0.codename", None, (*REPOSITORIES, TRIXIE), "needs its one codename"),
        ("repositories.2.codename", "el9", (*REPOSITORIES, EL, "codename"), "an rpm repository has no codename"),
        ("repositories.2.path", "gitlab/gitlab-ce/debian/trixie/9", (*REPOSITORIES, EL, "path"), "lies inside"),
        ("repositories.2.path", "pulp/el/9", (*REPOSITORIES, EL, "path"), "reserved"),
        ("repositories.0.components", [], (*REPOSITORIES, TRIXIE), "needs its components"),
        ("repositories.2.components", ["main"], (*REPOSITORIES, EL, "components"), "rpm repository has no components"),
        ("repositories.0.retentionDays", 2, (*REPOSITORIES, TRIXIE, "retentionDays"), "equal to 3"),
        ("repositories.0.uploaders", ["bild"], (*REPOSITORIES, TRIXIE, "uploaders", 0), "no pipeline is called bild"),
        ("repositories.1.releasers", ["x"], (*REPOSITORIES, NOBLE, "releasers", 0), "no pipeline is called x"),
        ("pipelines.0.ref", "refs/heads/*", (*SERVER, "pipelines", 0, "ref"), "one branch or tag"),
        ("hosts.public", "packages.example.org", (*SERVER, "hosts", "public"), "not in the zone"),
        ("hosts.upload", "packages.staging.packyard.example.com", (*SERVER, "hosts", "upload"), "API to the world"),
        ("hosts.public", "dev.staging.packyard.example.com", (*SERVER, "hosts", "public"), "belongs to the dev"),
        ("uploadAllowedCidrs.0", "0.0.0.0/0", (*SERVER, "uploadAllowedCidrs", 0), "far more than the team's own"),
        ("pulp.pulpcore", "3.108.9", (*SERVER, "pulp"), "have no requirements"),
        ("pulp.pulpDeb", ">=3.11", (*SERVER, "pulp", "pulpDeb"), "not an exact version"),
        ("pulp.uploadTempGiB", 51, (*SERVER, "pulp", "uploadTempGiB"), "51 of the data disk's 100 GiB"),
        ("keys.package.fingerprint", f"{1:040}", (*SERVER, "keys", "package", "fingerprint"), "signed with one key"),
        ("keys.package.file", "gpg.key", (*SERVER, "keys", "package", "file"), "published as one file"),
        ("emergencyStop.repositories", ["gitlab/gitlab-ce/debian/trixi"], (*SERVER, "emergencyStop", "repositories", 0),
         "nothing would be stopped"),
        ("withdrawnPaths", ["gitlab/gitlab-ce/debian/sid/pool/main/a/a/a_1_amd64.deb"], (*SERVER, "withdrawnPaths", 0),
         "nothing would be withdrawn"),
        ("withdrawnPaths", ["gitlab/gitlab-ce/debian/trixie/"], (*SERVER, "withdrawnPaths", 0), "of one .deb or"),
    ],
)  # fmt: skip
def test_a_fault_of_the_package_server_is_named_alone(changed: str, value: object, path: Path, wrong: str) -> None:
    faults = faults_after({changed: value})

    assert [fault.path for fault in faults] == [path]
    assert wrong in faults[0].wrong


POOL = "gitlab/gitlab-ce/debian/trixie/pool/main/g/gitlab-ce"


@pytest.mark.parametrize(
    "name",
    ["x_1:18.7.0~rc1_amd64.deb", "g++_1.0+dfsg-2~bpo12+1_all.deb", "x-1^20260101git.{a}%b-1.x86_64.rpm", "x=1.deb"],
)
def test_a_name_that_debian_or_rpm_allows_can_be_withdrawn(name: str) -> None:
    settings = parse(raw_after({"withdrawnPaths": [f"{POOL}/{name}"]}, "staging"), "staging")

    assert settings.package_server is not None
    assert settings.package_server.withdrawn_paths == (f"{POOL}/{name}",)


@pytest.mark.parametrize("path", [f"/{POOL}/x.deb", f"{POOL}//x.deb", f"{POOL}/../x.deb", f"{POOL}/a b.deb"])
def test_what_is_no_path_of_a_file_is_refused(path: str) -> None:
    (fault,) = faults_after({"withdrawnPaths": [path]})

    assert fault.path == (*SERVER, "withdrawnPaths", 0)


def test_more_withdrawn_packages_than_rules_hold_are_refused_with_the_sum() -> None:
    many = [f"{POOL}/gitlab-ce_18.{number}.0-ce.0_amd64.deb" for number in range(400)]
    (fault,) = faults_after({"withdrawnPaths": many})
    filled, room = (int(number) for number in re.findall(r"\b(\d+)\b", fault.wrong)[1:3])

    assert fault.path == (*SERVER, "withdrawnPaths")
    assert fault.wrong.startswith("the 400 withdrawn packages fill ")
    assert filled > room
    half = raw_after({"withdrawnPaths": many[: 400 * room // filled - 20]}, "staging")
    assert parse(half, "staging").package_server is not None


def test_a_withdrawn_package_whose_expression_is_too_long_is_named() -> None:
    (fault,) = faults_after({"withdrawnPaths": [f"{POOL}/ok.deb", f"{POOL}/{'+' * 300}.deb"]})

    assert fault.path == (*SERVER, "withdrawnPaths", 1)
    assert "characters, and Cloud Armor takes" in fault.wrong


def test_a_repository_with_the_path_of_another_is_named() -> None:
    """Uploads to one would overwrite the other's packages."""
    faults = faults_after(
        {"repositories.1.path": "gitlab/gitlab-ce/debian/trixie", "repositories.1.codename": "trixie"}
    )

    assert [fault.path for fault in faults] == [(*REPOSITORIES, NOBLE, "path")]


def test_a_repository_with_the_name_of_another_is_named() -> None:
    faults = faults_after({"repositories.1.name": "gitlab-ce-debian-trixie"})

    assert [fault.path for fault in faults] == [(*REPOSITORIES, NOBLE, "name")]


def test_a_pipeline_that_no_repository_names_is_named() -> None:
    known = raw_after({}, "staging")["packageServer"]["pipelines"]
    another = {**known[0], "name": "more", "environment": "packages-of-another"}
    (fault,) = faults_after({"pipelines": [*known, another]})

    assert fault.path == (*SERVER, "pipelines", len(known))
    assert "no repository names it" in fault.wrong


def test_two_pipelines_for_jobs_of_one_kind_are_named() -> None:
    (fault,) = faults_after({"pipelines.1.environment": "packages-staging"})

    assert fault.path[:3] == (*SERVER, "pipelines", 1)


@pytest.mark.parametrize("purpose", ["metadata", "package"])
def test_production_must_know_when_its_keys_expire(purpose: str) -> None:
    faults = faults_after({f"keys.{purpose}.expires": None}, "production")

    assert [fault.path for fault in faults] == [(*SERVER, "keys", purpose, "expires")]


def test_staging_may_have_keys_that_never_expire() -> None:
    raw = raw_after({"keys.metadata.expires": None, "keys.package.expires": None}, "staging")

    assert parse(raw, "staging").package_server is not None


def test_the_stack_may_have_no_package_server() -> None:
    raw = raw_after({}, "staging")
    del raw["packageServer"]

    assert parse(raw, "staging").package_server is None


@pytest.mark.parametrize("name", [BUILD[0], *(release.name for release in RELEASES)])
def test_each_release_of_pulp_has_requirements_of_which_every_one_has_a_hash(name: str) -> None:
    lines = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    pinned = [line for line in lines if line and not line.lstrip().startswith("#")]

    assert pinned
    assert [line for line in pinned if not re.match(r"[a-z0-9-]+(\[\w+\])?==\S+ .*--hash=sha256:", line)] == []


def test_no_requirements_are_left_of_a_release_that_is_not_in_the_list() -> None:
    assert {file.stem for file in REQUIREMENTS.iterdir()} == {BUILD[0], *(release.name for release in RELEASES)}


def test_each_requirement_is_what_the_list_says() -> None:
    for release in RELEASES:
        text = (REQUIREMENTS / f"{release.name}.txt").read_text(encoding="utf-8")
        assert [
            wanted for wanted in release.requirements if f"\n{wanted.replace('[google]', '')} " not in f"\n{text}"
        ] == []
