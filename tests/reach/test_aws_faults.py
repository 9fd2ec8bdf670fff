"""What cannot be read on AWS is told with its place, and never taken for "may not"."""

import pytest

from capture import Unknown
from reach.aws.index import Index
from tests.reach.building import Building, allow
from tests.support import STACKS, estate


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("no JSON", "is no JSON"),
        ("{}", 'has no "Statement"'),
        ('{"Statement": ["no object"]}', "has a statement that is no object"),
        ('{"Statement": {"Effect": "allow", "Action": "s3:*"}}', "has the effect allow"),
        ('{"Statement": {"Effect": "Allow", "Resource": "*"}}', 'without "Action"'),
        ('{"Statement": {"Effect": "Allow", "Action": "s3:*", "Ressource": "*"}}', "has an element Ressource"),
        ('{"Statement": {"Effect": "Allow", "Action": "s3:*", "Principal": "x"}}', 'has the principal "x"'),
        ('{"Statement": {"Effect": "Allow", "Action": "s3:*", "Condition": "x"}}', "has a condition that is no object"),
        ('{"Statement": {"Effect": "Allow", "Action": "s3:*", "Condition": {"Bool": 1}}}', "has no keys below Bool"),
        ('{"Statement": {"Effect": "Allow", "Action": {}}}', "has a value in Action that is no text"),
        ('{"Statement": {"Effect": "Allow", "Action": "s3:GetObjekt"}}', "names the action s3:getobjekt"),
        (Unknown(), "is known only after an update"),
    ],
)
def test_a_document_that_is_none_is_a_fault_with_its_place(policy: object, said: str) -> None:
    building = Building()
    building.role("asker")
    urn = building.add("aws:iam/rolePolicy:RolePolicy", "own", role="asker", policy=policy)

    (fault,) = Index(building.capture()).faults

    assert (fault.urn, fault.place) == (urn, "aws:iam/rolePolicy:RolePolicy (policy)")
    assert said in fault.message
    assert "HINT: " in fault.message


def test_a_policy_of_aws_without_an_entry_is_a_fault() -> None:
    building = Building()
    building.role("asker")
    arn = "arn:aws:iam::aws:policy/AmazonNothingAtAll"
    building.add("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "attached", role="asker", policyArn=arn)

    (fault,) = Index(building.capture()).faults

    assert f'names "{arn}", of which nothing is known' in fault.message


def test_a_role_that_does_not_exist_and_a_policy_of_an_unknown_kind_are_faults() -> None:
    building = Building()
    policy = '{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
    building.add("aws:iam/rolePolicy:RolePolicy", "own", role="nobody", policy=policy)
    building.add("aws:backup/vaultPolicy:VaultPolicy", "vault", policy=policy)
    building.add("aws:kms/keyPolicy:KeyPolicy", "key", keyId=Unknown(), policy=policy)

    said = sorted(str(fault) for fault in Index(building.capture()).faults)

    assert len(said) == 3
    assert any('names "nobody"' in line for line in said)
    assert any("of a kind that is not read" in line for line in said)
    assert any("guards a resource that is not known" in line for line in said)


def test_a_boundary_that_is_not_there_allows_nothing_and_is_told() -> None:
    building = Building()
    building.role("asker", allow(), boundary="arn:aws:iam::111111111111:policy/nothing")

    (fault,) = Index(building.capture()).faults

    assert "permissionsBoundary" in fault.place


@pytest.mark.parametrize("stack", STACKS)
def test_every_policy_of_the_program_can_be_read(stack: str) -> None:
    assert [str(fault) for fault in Index(estate(stack)).faults] == []
