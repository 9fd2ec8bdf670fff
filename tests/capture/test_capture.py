"""What the recorder sees of a program, and what it refuses. Programs of a few lines stand for the real one."""

import textwrap
from pathlib import Path

import pytest

from capture import Capture, ProgramError, Secret, StackFileError, Unknown, capture_stack, leaves, read_stack_file

THING = """
import pulumi

class Thing(pulumi.CustomResource):
    def __init__(self, name, opts=None, **inputs):
        super().__init__("test:index:Thing", name, {**inputs, "later": None}, opts)

class System(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("packyard:test:System", name, None, opts)
"""

STACK = "urn:pulumi:dev::small::pulumi:pulumi:Stack::small-dev"


def project(folder: Path, program: str, config: str = "config: {}") -> Path:
    (folder / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text(config)
    (folder / "__main__.py").write_text(THING + textwrap.dedent(program))
    return folder


def run(folder: Path, program: str, config: str = "config: {}", *, preview: bool = False) -> Capture:
    root = project(folder, program, config)
    return capture_stack(root, read_stack_file(root, "dev"), preview=preview)


def test_parent_protection_and_dependencies_are_recorded(tmp_path: Path) -> None:
    capture = run(
        tmp_path,
        """
        system = System("system")
        first = Thing("first", pulumi.ResourceOptions(parent=system, protect=True, retain_on_delete=True), size=1)
        Thing("second", pulumi.ResourceOptions(parent=system), of=first.id, also=[first.urn])
        """,
    )
    system = "urn:pulumi:dev::small::packyard:test:System::system"
    first = "urn:pulumi:dev::small::packyard:test:System$test:index:Thing::first"
    assert {entry.urn for entry in capture.registrations if entry.parent == STACK} == {system}
    assert {entry.name for entry in capture.children(system)} == {"first", "second"}
    assert capture.by_urn[first].protect
    assert capture.by_urn[first].retain_on_delete
    (second,) = (entry for entry in capture.resources if entry.name == "second")
    assert second.property_dependencies == {"of": (first,), "also": (first,)}
    assert capture.component_of(second).urn == system


def test_a_registration_knows_the_line_that_made_it(tmp_path: Path) -> None:
    capture = run(tmp_path, 'Thing("only")')
    (only,) = capture.resources
    line = (tmp_path / "__main__.py").read_text().splitlines().index('Thing("only")') + 1
    # The class stands in the program too, so its own line is the innermost one.
    assert only.source.startswith("__main__.py:")
    assert int(only.source.partition(":")[2]) <= line


def test_an_alias_is_recorded_as_the_urn_that_it_means(tmp_path: Path) -> None:
    capture = run(
        tmp_path,
        """
        system = System("system")
        Thing("new", pulumi.ResourceOptions(parent=system, aliases=[pulumi.Alias(name="old")]))
        Thing("moved", pulumi.ResourceOptions(parent=system, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]))
        """,
    )
    aliases = {entry.name: entry.aliases for entry in capture.resources}
    assert aliases["new"] == ("urn:pulumi:dev::small::packyard:test:System$test:index:Thing::old",)
    assert aliases["moved"] == ("urn:pulumi:dev::small::test:index:Thing::moved",)


def test_the_same_urn_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="'twin' is registered twice"):
        run(tmp_path, 'Thing("twin"); Thing("twin")')


def test_asking_a_cloud_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="aws:ec2/getAmi:getAmi"):
        run(tmp_path, 'pulumi.runtime.invoke("aws:ec2/getAmi:getAmi", {})')


def test_reading_a_resource_from_a_cloud_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="'there' from a cloud"):
        run(tmp_path, 'Thing("there", pulumi.ResourceOptions(id="id"))')


def test_a_fault_of_the_program_comes_out_as_it_is_and_leaves_no_noise(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyError, match="zone"):
        run(tmp_path, 'first = Thing("first"); Thing("second", of=first.id); raise KeyError("zone")')
    with pytest.raises(ValueError, match="inside"):
        run(
            tmp_path,
            """
            def fail(_):
                raise ValueError("inside")
            first = Thing("first")
            Thing("second", of=first.id.apply(fail))
            Thing("third", of=first.id)
            """,
        )
    assert capfd.readouterr().err == ""


def test_secrets_stay_wrapped_and_show_no_value(tmp_path: Path) -> None:
    capture = run(
        tmp_path,
        'Thing("one", token=pulumi.Output.secret("hunter2"), nested={"token": pulumi.Output.secret("hunter2")})',
    )
    (one,) = capture.resources
    found = dict(leaves(one.inputs))
    assert isinstance(found["token"], Secret)
    assert isinstance(one.inputs["nested"], Secret | dict)
    assert "hunter2" not in repr(capture)


def test_ids_are_unknown_in_a_preview_and_invented_with_final_values(tmp_path: Path) -> None:
    program = 'first = Thing("first"); Thing("second", of=first.id)'
    before = {entry.name: entry for entry in run(tmp_path, program, preview=True).resources}
    final_capture = run(tmp_path, program)
    final = {entry.name: entry for entry in final_capture.resources}
    assert before["second"].inputs["of"] == Unknown()
    assert final["second"].inputs["of"] == final["first"].id
    assert final_capture.invented[final["first"].urn] == {final["first"].id: "id"}


def test_an_output_that_nothing_invents_is_visible_as_unknown(tmp_path: Path) -> None:
    program = """
    class Known(pulumi.CustomResource):
        later: pulumi.Output[str]
        def __init__(self, name):
            super().__init__("test:index:Thing", name, {"later": None})
    Thing("second", of=Known("first").later)
    """
    (second,) = (entry for entry in run(tmp_path, program).resources if entry.name == "second")
    assert second.inputs["of"] == Unknown()


def test_many_stacks_in_one_process_do_not_leak_into_each_other(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    program = 'pulumi.export("size", pulumi.Config("small").get("size")); Thing("only")'
    big = run(first, program + '; Thing("more")', 'config: {"small:size": big}')
    none = run(second, program)
    assert big.root.outputs == {"size": "big"}
    assert none.root.outputs == {}
    assert {entry.name for entry in none.resources} == {"only"}
    assert none.resources[0].parent == none.root.urn


def test_two_runs_of_one_program_are_equal(tmp_path: Path) -> None:
    program = 'things = [Thing(f"thing-{n}") for n in range(20)]; Thing("last", all=[t.id for t in things])'
    assert run(tmp_path, program) == run(tmp_path, program)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"config:\n  a: [b: c\n", "Pulumi.dev.yaml: line "),
        (b"config:\n  a: \xff\n", "Pulumi.dev.yaml: line 2: not UTF-8"),
        (b"config:\n  a: 1\n  a: 2\n", "Pulumi.dev.yaml: line 3: key 'a' stands twice"),
        (b"encryptionsalt: v1\n", "no section `config:`"),
        (b"", "no section `config:`"),
        (b"config:\n- a\n", "no section `config:`"),
        (b"config: !!python/object:os.system {}\n", "Pulumi.dev.yaml: line 1: "),
    ],
)
def test_a_broken_stack_file_is_refused_with_file_and_place(tmp_path: Path, content: bytes, message: str) -> None:
    project(tmp_path, "")
    (tmp_path / "Pulumi.dev.yaml").write_bytes(content)
    with pytest.raises(StackFileError) as caught:
        read_stack_file(tmp_path, "dev")
    assert message in str(caught.value)
    assert "HINT: " in str(caught.value)


@pytest.mark.parametrize("stack", ["production", "../dev", "", "dev/../dev"])
def test_a_stack_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path, stack: str) -> None:
    project(tmp_path, "")
    with pytest.raises(StackFileError, match=r"no such stack.* one of dev"):
        read_stack_file(tmp_path, stack)


def test_a_secure_value_is_not_opened_and_its_place_is_known(tmp_path: Path) -> None:
    project(tmp_path, "", 'config: {"small:a": {"b": [{"secure": "v1:xyz"}]}, "small:c": 1}')
    stack_file = read_stack_file(tmp_path, "dev")
    assert stack_file.secure_paths == ("small:a.b[0]",)
    assert stack_file.secret_keys == ("small:a",)
    assert "xyz" not in repr(stack_file)
