"""Steps between two captures, on captures made by hand."""

import pickle
from dataclasses import replace

import pytest

from capture import Capture, Registration, Secret, Value, make_urn
from preview.compare import Comparison, Step, all_new, compare
from preview.wire import without_plain_secrets

ROOT = "urn:pulumi:dev::small::pulumi:pulumi:Stack::small-dev"
PROVIDER = "urn:pulumi:dev::small::pulumi:providers:gcp::gcp"
DISK = "gcp:compute/disk:Disk"
INSTANCE = "gcp:compute/instance:Instance"
BUCKET = "aws:s3/bucket:Bucket"
TAGGED = "gcp:monitoring/alertPolicy:AlertPolicy"


def urn(resource_type: str, name: str, parent: str = ROOT) -> str:
    return make_urn("dev", "small", parent, resource_type, name)


def resource(resource_type: str, name: str, parent: str = ROOT, /, **inputs: Value) -> Registration:
    return Registration(
        urn=urn(resource_type, name, parent),
        type=resource_type,
        name=name,
        custom=True,
        inputs=inputs,
        parent=parent,
        provider=PROVIDER if resource_type.startswith("gcp") else "",
    )


def component(name: str, *aliases: str) -> Registration:
    kind = "packyard:test:System"
    return Registration(urn(kind, name), kind, name, custom=False, inputs={}, parent=ROOT, aliases=aliases)


def estate(*entries: Registration, project: str = "one", invented: dict[str, dict[str, str]] | None = None) -> Capture:
    root = Registration(ROOT, "pulumi:pulumi:Stack", "small-dev", custom=False, inputs={})
    provider = resource("pulumi:providers:gcp", "gcp", project=project)
    everything = sorted((root, provider, *entries), key=lambda entry: entry.urn)
    return Capture("small", "dev", preview=False, registrations=tuple(everything), invented=invented or {})


def steps(comparison: Comparison) -> dict[str, Step]:
    return {change.registration.name: change.step for change in comparison.changes}


def paths(comparison: Comparison) -> list[str]:
    return [found.path for change in comparison.changes for found in change.properties]


def test_equal_captures_have_no_changes() -> None:
    same = estate(resource(DISK, "data", size=10), component("system"))
    assert compare(same, same) == Comparison((), (), ())


def test_what_comes_is_created_and_what_goes_is_deleted() -> None:
    comparison = compare(estate(resource(TAGGED, "old")), estate(resource(TAGGED, "new")))
    assert steps(comparison) == {"old": Step.DELETE, "new": Step.CREATE}
    assert comparison.losses == ()


def test_components_have_no_step() -> None:
    comparison = compare(estate(component("old")), estate(component("new")))
    assert comparison.changes == ()


def test_a_stack_that_did_not_exist_is_all_new() -> None:
    present = estate(resource(TAGGED, "alarm"), component("system"))
    assert steps(all_new(present)) == {"alarm": Step.CREATE, "gcp": Step.CREATE}


def test_a_changed_property_is_an_update_with_its_place() -> None:
    comparison = compare(
        estate(resource(TAGGED, "alarm", conditions=({"threshold": {"value": 1}},))),
        estate(resource(TAGGED, "alarm", conditions=({"threshold": {"value": 2}},))),
    )
    assert steps(comparison) == {"alarm": Step.UPDATE}
    assert paths(comparison) == ["conditions[0].threshold.value"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"zone": "us-east1-b"}, {"zone": "us-east1-c"}),
        ({"name": "data"}, {"name": "other"}),
        ({"size": 20}, {"size": 10}),
        ({"snapshot": None}, {"snapshot": "yesterday"}),
    ],
)
def test_a_disk_that_moves_or_shrinks_is_replaced_and_its_data_lost(
    old: dict[str, Value], new: dict[str, Value]
) -> None:
    comparison = compare(estate(resource(DISK, "data", **old)), estate(resource(DISK, "data", **new)))
    assert steps(comparison) == {"data": Step.REPLACE}
    assert [change.registration.name for change in comparison.losses] == ["data"]


def test_a_disk_that_grows_is_updated() -> None:
    comparison = compare(estate(resource(DISK, "data", size=10)), estate(resource(DISK, "data", size=20)))
    assert steps(comparison) == {"data": Step.UPDATE}


def test_a_deleted_bucket_is_a_loss() -> None:
    comparison = compare(estate(resource(BUCKET, "packages")), estate())
    assert [change.step for change in comparison.losses] == [Step.DELETE]


def test_another_project_of_the_provider_replaces_all_that_names_none_itself() -> None:
    entries = resource(DISK, "data"), resource(DISK, "pinned", project="one")
    comparison = compare(estate(*entries, project="one"), estate(*entries, project="two"))
    assert steps(comparison) == {"data": Step.REPLACE, "gcp": Step.UPDATE}


@pytest.mark.parametrize("key", ["allowedAccountIds", "region"])
def test_another_account_or_region_of_the_provider_is_told_as_a_loss_of_what_lies_in_the_old_one(key: str) -> None:
    provider = resource("pulumi:providers:aws", "aws", allowedAccountIds=("1",), region="one")
    bucket = replace(resource(BUCKET, "packages"), provider=provider.urn)
    moved = replace(provider, inputs={**provider.inputs, key: ("two",)})
    comparison = compare(estate(provider, bucket), estate(moved, bucket))

    assert steps(comparison) == {"packages": Step.REPLACE, "aws": Step.UPDATE}
    assert [change.registration.name for change in comparison.losses] == ["packages"]


def test_what_takes_an_output_of_a_replaced_resource_follows_it() -> None:
    disk = resource(DISK, "data", zone="a")
    attachment = resource("gcp:compute/attachedDisk:AttachedDisk", "data", disk="id-1")
    alarm = resource(TAGGED, "alarm", filter="disk id-1 is full")
    depends = {"disk": (disk.urn,)}
    before = estate(
        disk,
        replace(attachment, property_dependencies=depends),
        replace(alarm, property_dependencies={"filter": (disk.urn,)}),
        invented={disk.urn: {"id-1": "id"}},
    )
    moved = resource(DISK, "data", zone="b")
    after = replace(
        before, registrations=tuple(moved if entry.urn == disk.urn else entry for entry in before.registrations)
    )
    comparison = compare(before, after)
    by_type = {change.registration.kind: change.step for change in comparison.changes}
    assert by_type == {"Disk": Step.REPLACE, "AttachedDisk": Step.REPLACE, "AlertPolicy": Step.UPDATE}


def test_a_rename_with_an_alias_changes_nothing_also_where_it_is_referred_to() -> None:
    old = resource(BUCKET, "old", bucket="same")
    new = replace(resource(BUCKET, "new", bucket="same"), aliases=(old.urn,))
    user = resource(TAGGED, "alarm", of="arn-old")
    before = estate(
        old, replace(user, property_dependencies={"of": (old.urn,)}), invented={old.urn: {"arn-old": "arn"}}
    )
    after = estate(
        new,
        replace(user, inputs={"of": "arn-new"}, property_dependencies={"of": (new.urn,)}),
        invented={new.urn: {"arn-new": "arn"}},
    )
    comparison = compare(before, after)
    assert comparison.changes == ()
    assert [(rename.old_urn, rename.registration.urn) for rename in comparison.renames] == [(old.urn, new.urn)]


def test_a_rename_without_an_alias_is_a_deletion_and_a_creation() -> None:
    comparison = compare(estate(resource(BUCKET, "old")), estate(resource(BUCKET, "new")))
    assert steps(comparison) == {"old": Step.DELETE, "new": Step.CREATE}
    assert len(comparison.losses) == 1


def test_children_of_a_renamed_component_keep_their_lives() -> None:
    old, new = component("vault"), component("safe", urn("packyard:test:System", "vault"))
    comparison = compare(
        estate(old, resource(BUCKET, "vault-data", old.urn), resource(BUCKET, "other", old.urn)),
        estate(new, resource(BUCKET, "safe-data", new.urn), resource(BUCKET, "other", new.urn)),
    )
    assert comparison.changes == ()
    # A URN holds the types of the parents, not their names, so "other" is not even renamed.
    assert [rename.registration.name for rename in comparison.renames] == ["safe-data"]


def test_ignored_properties_do_not_count() -> None:
    ignored = ("metadata.user-data", 'labels["a"]', "bootDisk")
    old = resource(INSTANCE, "host", metadata={"user-data": "1"}, labels={"a": "1"}, bootDisk={"source": "1"})
    new = resource(INSTANCE, "host", metadata={"user-data": "2"}, labels={"a": "2"}, bootDisk={"source": "2"})
    assert compare(estate(old), estate(replace(new, ignore_changes=ignored))).of(Step.UPDATE) == ()
    assert steps(compare(estate(old), estate(new))) == {"host": Step.REPLACE}


def test_lost_protection_is_reported_though_no_cloud_is_touched() -> None:
    bucket = resource(BUCKET, "data")
    comparison = compare(estate(replace(bucket, protect=True, retain_on_delete=True)), estate(bucket))
    assert steps(comparison) == {"data": Step.OPTIONS}
    assert [found.path for found in comparison.changes[0].options] == ["protect", "retainOnDelete"]


def test_a_changed_secret_is_an_update_that_shows_no_value() -> None:
    def with_secret(digest: str) -> Capture:
        return without_plain_secrets(estate(resource(TAGGED, "alarm", token=Secret(digest, "hunter2"))))

    assert compare(with_secret("1"), with_secret("1")).changes == ()
    comparison = compare(with_secret("1"), with_secret("2"))
    assert steps(comparison) == {"alarm": Step.UPDATE}
    assert "hunter2" not in repr(comparison)
    assert b"hunter2" not in pickle.dumps(with_secret("1"))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('{"a": [1, {"b": 2}]}', '{"a": [1, {"b": 3}]}', ["policy.a[1].b"]),
        ("plain", "other", ["policy"]),
        ('{"a": 1}', '{"a":1}', ["policy"]),
        (("x", "y"), ("y", "z", "x"), ["policy[]"]),
        (("x", "y"), ("y", "x"), ["policy"]),
        ({"a": 1}, {"b": 1}, ["policy.a", "policy.b"]),
    ],
)
def test_a_difference_is_shown_where_it_is(old: Value, new: Value, expected: list[str]) -> None:
    comparison = compare(estate(resource(TAGGED, "x", policy=old)), estate(resource(TAGGED, "x", policy=new)))
    assert paths(comparison) == expected
