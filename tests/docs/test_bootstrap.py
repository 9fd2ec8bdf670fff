"""docs/bootstrap.md can be followed: in its order, with commands that the tools take, and names that the stack uses."""

import json
import re
import warnings
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from policies.sums import TRUST_CHARACTERS
from stack_yaml.reader import read
from tests.docs import aws_arguments, gcloud_arguments
from tests.docs.bootstrap import PAGE, BootstrapError, Call, out_of_order, run, script, shellcheck
from tests.support import ROOT, estate, stack_file_text

TEXT = PAGE.read_text(encoding="utf-8")

ROLES = "arn:aws:iam::000000000000:role"

API_OF_MODULE: Mapping[str, str] = {
    "certificatemanager": "certificatemanager.googleapis.com",
    "compute": "compute.googleapis.com",
    "dns": "dns.googleapis.com",
    "iam": "iam.googleapis.com",
    "kms": "cloudkms.googleapis.com",
    "logging": "logging.googleapis.com",
    "monitoring": "monitoring.googleapis.com",
    "projects/iAMAuditConfig": "cloudresourcemanager.googleapis.com",
    "projects/iAMCustomRole": "iam.googleapis.com",
    "projects/iAMMember": "cloudresourcemanager.googleapis.com",
    "secretmanager": "secretmanager.googleapis.com",
    "serviceaccount": "iam.googleapis.com",
    "storage": "storage.googleapis.com",
}
"""Which API the provider calls for the types of a module (services of terraform-provider-google, by folder)."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bootstrap")


@pytest.fixture(scope="module")
def calls(folder: Path) -> tuple[Call, ...]:
    return run(TEXT, folder)


def test_the_commands_run_in_their_order_to_the_end(calls: tuple[Call, ...]) -> None:
    assert {"aws", "gcloud", "pulumi"} <= {call.words[0] for call in calls}
    assert out_of_order(calls) == []


def test_shellcheck_finds_nothing_in_the_commands() -> None:
    assert shellcheck(TEXT) == []


def test_one_block_sets_all_variables_and_the_rest_uses_each() -> None:
    blocks = re.findall(r"^```bash\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    names = re.findall(r"^(?:export )?([A-Z_]+)=", blocks[0], re.MULTILINE)
    rest = "\n".join(blocks[1:])
    used = set(re.findall(r"\$\{?([A-Z_]+)", script(TEXT)))

    # The AWS CLI and the provider read this one themselves.
    assert {*names} - used == {"AWS_REGION"}
    assert set(re.findall(r"\$\{?([A-Z_]+)", rest)) <= {*names, "AWS_IMAGE", "POOL", "SECRET"}


def test_aws_commands_are_operations_with_their_parameters(calls: tuple[Call, ...]) -> None:
    assert [fault for call in calls if call.words[0] == "aws" for fault in aws_arguments.faults(call.words)] == []


def test_gcloud_commands_are_what_its_parser_takes(calls: tuple[Call, ...]) -> None:
    table = gcloud_arguments.read_table()
    used = [call.words for call in calls if call.words[0] == "gcloud"]

    assert [fault for words in used for fault in gcloud_arguments.faults(words, table)] == []


def test_the_trust_document_lets_in_whoever_holds_the_permission_set_and_nobody_else(folder: Path) -> None:
    document = _trust(folder)
    statement = document["Statement"][0]
    pattern = statement["Condition"]["ArnLike"]["aws:PrincipalArn"]
    people = f"{ROLES}/aws-reserved/sso.amazonaws.com"

    assert _trust_findings(document) == []
    assert len(re.sub(r"\s", "", json.dumps(document))) <= TRUST_CHARACTERS
    assert fnmatchcase(f"{people}/AWSReservedSSO_AdministratorAccess_0a1b", pattern)
    assert fnmatchcase(f"{people}/eu-west-1/AWSReservedSSO_AdministratorAccess_0", pattern)
    assert not fnmatchcase(f"{people}/AWSReservedSSO_ReadOnly_0a1b", pattern)
    assert not fnmatchcase(f"{ROLES}/AWSReservedSSO_AdministratorAccess_0a1b", pattern), "anybody may name a role so"


def test_a_misspelt_action_or_condition_of_the_trust_document_is_seen(folder: Path) -> None:
    text = json.dumps(_trust(folder))

    for right, wrong in (("AssumeRole", "AssumRole"), ("aws:PrincipalArn", "aws:PrincipalArm"), ("Sid", "Sld")):
        assert _trust_findings(json.loads(text.replace(right, wrong))), wrong


def test_every_api_that_a_resource_needs_is_switched_on(calls: tuple[Call, ...]) -> None:
    enabled = {word for call in calls if call.words[1:3] == ("services", "enable") for word in call.words[3:]}
    kinds = {entry.type.split(":")[1] for entry in estate("staging").resources if entry.cloud == "gcp"}
    needed = {kind: API_OF_MODULE.get(kind) or API_OF_MODULE[kind.partition("/")[0]] for kind in kinds}

    assert {kind: api for kind, api in needed.items() if api not in enabled} == {}


def test_the_variables_are_those_of_the_stack_file() -> None:
    values = set(_texts(read(stack_file_text("staging").encode())))
    block = re.search(r"^```bash\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    assert block is not None
    place = r"(?:estate|gcp|aws|machines|ciIdentity)\."
    said = re.findall(rf'^(?:export )?[A-Z_]+="?([^\s"$]+)"? +# {place}', block[1], re.MULTILINE)

    assert len(said) > 5
    assert [value for value in said if value not in values] == []


def test_names_in_the_clouds_are_those_that_the_stack_registers(calls: tuple[Call, ...]) -> None:
    prefix = "example-pkg-staging-"
    registered = {
        value
        for entry in estate("staging").resources
        for key in ("name", "bucket", "secretId", "workloadIdentityPoolId")
        if isinstance(value := entry.inputs.get(key), str)
    }
    named = {match for call in calls for word in call.words for match in re.findall(rf"{prefix}[a-z0-9-]+", word)}

    assert named
    assert named <= registered


def test_the_agent_comes_from_where_the_machines_take_it() -> None:
    role = (ROOT / "machines/roles/base/tasks/install.yml").read_text(encoding="utf-8")
    address = r"https://\S+amazon-ssm-agent\.deb(?=\")"

    assert re.findall(address, re.sub(r"\{\{ \S*version \}\}", "$SSM_AGENT_VERSION", role)) == re.findall(
        address, script(TEXT)
    )


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("--assume-role-policy-document", "--assume-role-policy"),
        ("aws iam create-role ", "aws iam make-role "),
        ("--query Parameter.Value", "--query Parameter.Valu"),
        ("--policy-arn arn:aws:iam::aws:policy/AdministratorAccess", ""),
        ('--owners 136693071363 --image-ids "$AWS_IMAGE"', '--owner 136693071363 --image-ids "$AWS_IMAGE"'),
        ("file://$KEEP/operator-trust.json", "file://$KEEP/trust.json"),
    ],
)
def test_a_wrong_aws_command_is_seen(right: str, wrong: str, tmp_path: Path) -> None:
    calls = run(_changed(right, wrong), tmp_path)

    assert [fault for call in calls if call.words[0] == "aws" for fault in aws_arguments.faults(call.words)]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("--public-access-prevention", "--public-access-preventoin"),
        ("gcloud kms keyrings create", "gcloud kms keyring create"),
        ("--purpose=encryption ", "--purpose=encription "),
        ("--purpose=encryption ", ""),
        ("--uniform-bucket-level-access", "--uniform-bucket-level-access=yes"),
        ("--rotation-period=90d", "--rotation-period"),
        ('gcloud secrets versions add "$secret"', "gcloud secrets versions add"),
    ],
)
def test_a_wrong_gcloud_command_is_seen(right: str, wrong: str, tmp_path: Path) -> None:
    calls, table = run(_changed(right, wrong), tmp_path), gcloud_arguments.read_table()

    assert [
        fault for call in calls if call.words[0] == "gcloud" for fault in gcloud_arguments.faults(call.words, table)
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("gcloud storage buckets create", "pulumi login"),
        ("gcloud auth login", "gcloud projects create"),
        ("aws iam create-role", "aws iam attach-role-policy"),
        ("pulumi stack init", "pulumi stack output"),
        ("aws configure set source_profile", "aws sts get-caller-identity --query Arn"),
    ],
)
def test_a_step_before_what_it_needs_is_seen(first: str, second: str, calls: tuple[Call, ...]) -> None:
    moved = [call for call in calls if call.text.startswith(second)]
    before = next(index for index, call in enumerate(calls) if call.text.startswith(first.split(" set ")[0]))

    assert moved
    assert out_of_order((*calls[:before], *moved, *calls[before:]))


def test_a_variable_that_nothing_sets_is_seen(tmp_path: Path) -> None:
    page = _changed('gcloud auth login "$GOOGLE_ACCOUNT"', 'gcloud auth login "$GOOGLE_ACOUNT"')

    assert any("GOOGLE_ACOUNT" in line for line in shellcheck(page))
    with pytest.raises(BootstrapError, match="GOOGLE_ACOUNT: unbound variable"):
        run(page, tmp_path)


def test_a_program_that_the_page_does_not_ask_for_is_seen(tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="jq: command not found"):
        run(_changed("pulumi install\n", "jq . package.json\n"), tmp_path)


def _changed(right: str, wrong: str) -> str:
    assert right in TEXT
    return TEXT.replace(right, wrong)


def _trust(folder: Path) -> Any:
    return json.loads((folder / "home" / "packyard-staging" / "operator-trust.json").read_text(encoding="utf-8"))


def _trust_findings(document: Any) -> list[str]:
    """parliament reads policies of identities, so the one difference of a trust policy is turned round."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # parliament leaves its data files open when it is imported
        import parliament
    before: list[dict[str, Any]] = document["Statement"]
    statements = [
        {key: value for key, value in each.items() if key != "Principal"} | {"Resource": f"{ROLES}/a"}
        for each in before
    ]
    checked: Any = parliament.analyze_policy_string(json.dumps({**document, "Statement": statements}))
    return [f"{finding.issue} {finding.detail}" for finding in checked.findings]


def _texts(value: Any) -> list[str]:
    if not isinstance(value, (dict, list)):
        return [str(value)]
    entries: list[Any] = [*value.values()] if isinstance(value, dict) else [*value]
    return [text for each in entries for text in _texts(each)]
