"""A release is whole at every moment, any day's state stays, and nothing that was released is replaced."""

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from host.errors import HostError
from packages.release import laying
from packages.release.signing import Signer

from tests.machines.packages.release_world import CODENAME, PATH, World, key
from tests.needed import skip_without

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
TOOLS = ("gpg", "dpkg-deb", "apt-get")


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    skip_without(TOOLS, root=False)
    folder = tmp_path_factory.mktemp("r")
    fingerprint, private = key(folder, "release")
    home = folder / "home"
    home.mkdir(mode=0o700)
    signer = Signer(home, fingerprint)
    signer.take(private)
    yield World(folder, signer)
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)


def release(world: World, now: datetime) -> list[str]:
    indexes = laying.unreleased(world.published, CODENAME)
    return list(laying.lay_down(world.place, world.signer, indexes, now, world.uploads))


def test_what_was_uploaded_is_released_with_the_very_same_bytes(world: World) -> None:
    content = world.upload("hello", "1")
    release(world, NOON)

    assert world.storage.read("release", f"{PATH}/pool/main/h/hello/hello_1_amd64.deb") == content
    assert list(laying.faults(world.place, world.signer)) == []
    text = world.signer.verified(world.storage.read("release", f"{PATH}/dists/{CODENAME}/InRelease"))
    assert "Acquire-By-Hash: yes\n" in text
    assert f"\nSnapshots: {world.place.identity.snapshots}\n" in text
    assert "Valid-Until" not in text, "clients go on while nobody can sign another"


def test_apt_itself_installs_the_present_and_any_day_from_the_files(world: World, tmp_path: Path) -> None:
    """Debian's own client reads the bucket as it lies there; a day's packages by the rewrite of the URL map."""
    world.upload("hello", "1")
    release(world, NOON)
    world.upload("hello", "2")
    release(world, NOON + timedelta(days=1))
    list(laying.keep_days(world.place, NOON + timedelta(days=2)))
    served = tmp_path / "served"
    for name in world.storage.names("release"):
        file = served / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(world.storage.read("release", name))
    for day in (served / PATH / "snapshots").iterdir():
        (day / "pool").symlink_to(served / PATH / "pool")

    assert apt_versions(served / PATH, world, tmp_path / "now") == ["1", "2"]
    assert apt_versions(served / PATH / "snapshots/20261102T000000Z", world, tmp_path / "first") == ["1"]
    assert apt_versions(served / PATH / "snapshots/20261103T000000Z", world, tmp_path / "second") == ["1", "2"]


def apt_versions(repository: Path, world: World, root: Path) -> list[str]:
    """The versions of hello that a client with an empty root knows, each of which it downloads."""
    for name in ("lists/partial", "archives/partial", "etc/preferences.d"):
        (root / name).mkdir(parents=True)
    keyring = root / "key.gpg"
    export = ["gpg", "--homedir", str(world.signer.home), "--batch", "--output", str(keyring), "--export"]
    subprocess.run([*export, world.signer.fingerprint], check=True)
    (root / "sources.list").write_text(f"deb [arch=amd64 signed-by={keyring}] file:{repository} {CODENAME} main\n")
    (root / "status").touch()
    options = {
        "Dir::Etc": root / "etc",
        "Dir::Etc::sourcelist": root / "sources.list",
        "Dir::State::lists": root / "lists",
        "Dir::State::status": root / "status",
        "Dir::Cache": root,
        "APT::Architecture": "amd64",
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "true",
    }
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]

    def run(*command: str) -> str:
        done = subprocess.run(
            [*command[:1], *words, *command[1:]], cwd=root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("apt-get", "update", "-o", "APT::Update::Error-Mode=any")
    found = sorted({line.split("|")[1].strip() for line in run("apt-cache", "madison", "hello").splitlines()})
    for version in found:
        run("apt-get", "download", f"hello={version}")
    return found


def test_the_signature_of_the_present_generation_is_written_last(world: World) -> None:
    world.upload("hello", "1")
    release(world, NOON)
    order = world.written

    assert order[-1] == f"{PATH}/dists/{CODENAME}/InRelease"
    places = ("/pool/", "/by-hash/", f"{PATH}/dists/{CODENAME}/main/binary-amd64/Packages", f"{CODENAME}/InRelease")
    last = [max(number for number, name in enumerate(order) if place in name) for place in places]
    first = [min(number for number, name in enumerate(order) if place in name) for place in places]
    assert last[0] < first[1]
    assert last[1] < first[2]
    assert last[2] < last[3]


def test_cut_off_at_any_write_the_old_generation_stands_whole_and_the_next_try_ends_well(world: World) -> None:
    world.upload("hello", "1")
    release(world, NOON)
    (whole,) = world.place.ids("generations")
    present = f"{PATH}/dists/{CODENAME}/InRelease"
    before, refused = world.storage.read("release", present), 0
    world.upload("hello", "2")
    while True:
        world.fails_at = len(world.written) + refused
        try:
            release(world, NOON + timedelta(hours=refused + 1))
        except OSError:
            refused += 1
            assert world.storage.read("release", present) == before
            assert list(laying.faults(world.place, world.signer)) == []
        else:
            break

    assert world.place.ids("generations")[0] == whole
    assert world.storage.read("release", present) != before
    assert refused > 5, "it was cut off in many places"


def test_a_version_is_never_released_again_with_other_bytes(world: World) -> None:
    world.upload("hello", "1")
    release(world, NOON)
    before = world.storage.names("release")
    world.storage.write("uploads", "unused", b"")
    shutil.rmtree(world.folder / "made")
    (world.folder / "made").mkdir()
    target = world.folder / "pool/main/h/hello/hello_1_amd64.deb"
    other = world.upload("hello", "1.0")
    target.with_name("hello_1.0_amd64.deb").unlink()
    subprocess.run(["dpkg-deb", "--raw-extract", target, world.folder / "raw"], check=True)
    (world.folder / "raw/usr/share/hello/version").write_bytes(other[:16])
    subprocess.run(["dpkg-deb", "--build", world.folder / "raw", target], check=True, capture_output=True)

    with pytest.raises(HostError, match="hello 1 amd64 was released as"):
        release(world, NOON + timedelta(days=1))
    assert world.storage.names("release") == before


def test_a_rollback_is_a_newer_generation_with_the_older_packages(world: World) -> None:
    for version, day in (("1", 0), ("2", 1)):
        world.upload("hello", version)
        release(world, NOON + timedelta(days=day))
    first, second = world.place.ids("generations")
    older = laying.indexes_of(world.place, world.signer, "generations", first)
    list(laying.lay_down(world.place, world.signer, older, NOON, None))

    third = world.place.ids("generations")[-1]
    assert third > second, "clients keep what they have where a file is older"
    assert laying.indexes_of(world.place, world.signer, "generations", third) == older
    assert list(laying.faults(world.place, world.signer)) == []


def test_every_day_has_its_state_also_those_on_which_nothing_happened(world: World) -> None:
    world.upload("hello", "1")
    release(world, NOON)
    told = list(laying.keep_days(world.place, NOON + timedelta(days=3)))

    assert world.place.ids("snapshots") == ["20261102T000000Z", "20261103T000000Z", "20261104T000000Z"]
    assert len(told) == len(world.place.ids("snapshots"))
    assert list(laying.keep_days(world.place, NOON + timedelta(days=3))) == []


def test_a_package_that_was_tampered_with_or_is_gone_is_found(world: World) -> None:
    world.upload("hello", "1")
    release(world, NOON)
    name = f"{PATH}/pool/main/h/hello/hello_1_amd64.deb"
    world.storage.write("release", name, b"other bytes")
    (fault,) = laying.faults(world.place, world.signer)
    assert "hello 1 amd64" in fault
    world.storage.remove("release", name)
    (fault,) = laying.faults(world.place, world.signer)
    assert "nothing in place of" in fault


def test_a_key_that_is_not_the_stack_files_signs_nothing(world: World, tmp_path: Path) -> None:
    home = tmp_path / "other"
    home.mkdir(mode=0o700)
    _, private = key(world.folder, "foreign")

    with pytest.raises(HostError, match=f"the stack file says {world.signer.fingerprint}"):
        Signer(home, world.signer.fingerprint).take(private)
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)


def test_an_index_signed_by_another_is_no_generation(world: World) -> None:
    world.upload("hello", "1")
    release(world, NOON)
    (name,) = world.place.ids("generations")
    signed = f"{world.place.view('generations', name)}/InRelease"
    world.storage.write("release", signed, world.storage.read("release", signed).replace(b"main/", b"mine/"))

    (fault,) = laying.faults(world.place, world.signer)
    assert "is not signed by" in fault
