"""A kept root is made anew whenever something changes that it is made from, and only then."""

import shutil
from pathlib import Path

import pytest

from lab.machines import bare_proof, kept_root, packages
from settings.vocabulary import Cloud


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the bundle's folder, which the digests are taken of."""
    folder = tmp_path / "machines"
    shutil.copytree(packages.MACHINES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for module in (bare_proof, kept_root, packages):
        monkeypatch.setattr(module, "MACHINES", folder)
    image = tmp_path / "machine-image-0"
    monkeypatch.setattr(kept_root, "image_folder", lambda: image)
    return folder


def change(file: Path) -> None:
    file.write_text(file.read_text() + "\n# changed\n")


def test_whatever_makes_a_bare_machine_one_with_base_makes_another_root(machines: Path) -> None:
    before = kept_root.base_digest(Cloud.GCP)
    seen = {before}

    for file in ("first_boot/user-data.yaml", "converge/converge.py", "roles/base/tasks/configure.yml"):
        change(machines / file)
        seen.add(kept_root.base_digest(Cloud.GCP))
    (machines / "roles/base/templates/new.j2").write_text("new")
    seen.add(kept_root.base_digest(Cloud.GCP))

    assert len(seen) == 5


def test_so_does_what_base_includes_or_installs(machines: Path) -> None:
    (machines / "roles/included/tasks").mkdir(parents=True)
    (machines / "library").mkdir()
    included, program = machines / "roles/included/tasks/main.yml", machines / "library/files.py"
    included.write_text("---\n")
    program.write_text("")
    change(program)
    with (machines / "roles/base/tasks/converge.yml").open("a") as file:
        file.write("\n- name: Include\n  ansible.builtin.include_role:\n    name: included\n")
        file.write("  vars:\n    program_name: library\n")

    seen = {kept_root.base_digest(Cloud.AWS)}
    for file in (included, program):
        change(file)
        seen.add(kept_root.base_digest(Cloud.AWS))

    assert len(seen) == 3


def test_another_role_or_a_page_for_people_leaves_the_root_of_base_as_it_is(machines: Path) -> None:
    before = kept_root.base_digest(Cloud.GCP)

    change(machines / "roles/database/tasks/main.yml")
    change(machines / "roles/base/README.md")

    assert kept_root.base_digest(Cloud.GCP) == before
    assert kept_root.base_digest(Cloud.AWS) != before


def test_playbooks_whose_roles_install_the_same_share_a_root(machines: Path) -> None:
    for name in ("one", "other", "none"):
        (machines / f"roles/{name}/defaults").mkdir(parents=True)
    for name in ("one", "other"):
        (machines / f"roles/{name}/defaults/main.yml").write_text("_tools_packages: [jq, zstd]\n")
    for name, roles in {"one": "[base, one]", "other": "[base, none, other]", "none": "[base, none]"}.items():
        (machines / f"playbooks/{name}.yml").write_text(f"- hosts: localhost\n  roles: {roles}\n")

    assert packages.packages_beside_base("one") == packages.packages_beside_base("other") == ("jq", "zstd")
    assert packages.packages_beside_base("none") == ()


def test_a_change_of_any_role_of_a_playbook_asks_for_a_new_proof_from_bare_debian(machines: Path) -> None:
    before = {role: bare_proof.proof_digest(Cloud.GCP, role) for role in ("database-pair", "dev-instance")}

    change(machines / "roles/database/tasks/main.yml")

    after = {role: bare_proof.proof_digest(Cloud.GCP, role) for role in before}
    assert after["database-pair"] != before["database-pair"]
    assert after["dev-instance"] == before["dev-instance"]
