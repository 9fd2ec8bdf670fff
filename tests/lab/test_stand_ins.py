"""The stand-ins refuse what the clouds refuse, or the drills would prove nothing about rights. No machine is booted."""

import json
import re
import time
import urllib.parse
from functools import cache
from unittest.mock import patch

import pytest

from lab.clouds.amazon_access import Access
from lab.clouds.amazon_requests import s3_calls
from lab.clouds.amazon_services import AmazonServices, as_registered
from lab.clouds.google_access import ACCESS_TOKEN, AWS_SUBJECT, EXCHANGE, GoogleAccess
from lab.clouds.metadata import CloudStandIn, GoogleCloud, ServiceAccount
from lab.clouds.rights import Rights
from lab.clouds.services import Services
from lab.network.web import Reply, Request
from lab.placement import place_of
from lab.registered import cloud_of
from lab.stand_in_values import StandInValues
from reach.aws.targets import named_bucket
from tests.registrations import role_settings
from tests.support import estate

ROLE = "example-pkg-staging-pg-b"
OFFSITE = "example-pkg-staging-pg-a-offsite"
CIPHER = "example-pkg-staging-database-pair-cipher-repo1"
VAULT = "example-pkg-staging-backup-vault"
AUDIENCE = "example-pkg-staging-database-pair"
MONITORING = "monitoring.googleapis.com"
PARAMETERS = "/example-pkg/staging/database-pair"


@pytest.fixture
def amazon() -> Access:
    access = Access(Rights(estate("staging")))
    access.admit(ROLE, "KEY", "session", time.time() + 60)
    return access


@pytest.fixture
def services(amazon: Access) -> AmazonServices:
    return as_registered(amazon, estate("staging"), {CIPHER: "passphrase"})


def signed(service: str, key: str = "KEY", session: str = "session") -> dict[str, str]:
    scope = f"Credential={key}/20300101/us-east-1/{service}/aws4_request"
    return {
        "authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host;x-goog-cloud-target-resource, Signature=0",
        "x-amz-security-token": session,
    }


def asked(services: AmazonServices, target: str, content: dict[str, object], headers: dict[str, str]) -> Reply:
    service = {"AmazonSSM": "ssm"}.get(target.partition(".")[0], "secretsmanager")
    request = Request("", "POST", f"{service}.us-east-1.amazonaws.com", "/", headers, body=json.dumps(content).encode())
    request.headers["x-amz-target"] = target  # pyright: ignore[reportIndexIssue] -- a dict, made above
    return services.answer(request)


def account() -> ServiceAccount:
    """The one that the trust policy of pg-a's role names."""
    (role,) = (entry for entry in estate("staging").of_type("aws:iam/role:Role") if entry.inputs.get("name") == OFFSITE)
    unique = re.search(r'google\.com:sub": "(\d+)"', str(role.inputs["assumeRolePolicy"]))
    assert unique
    return ServiceAccount("example-pkg-staging-pg-a@example-testground-stg.iam.gserviceaccount.com", unique[1])


def assumed(amazon: Access, role: str, token: str) -> Reply:
    form = {"Action": "AssumeRoleWithWebIdentity", "RoleArn": amazon.role_arn(role), "RoleSessionName": "lab"}
    body = urllib.parse.urlencode({**form, "WebIdentityToken": token}).encode()
    return amazon.token_service(Request("", "POST", "sts.amazonaws.com", "/", {}, body=body))


def test_a_role_is_given_to_the_service_account_that_it_trusts(amazon: Access) -> None:
    answer = assumed(amazon, OFFSITE, account().identity_token(AUDIENCE))
    key = re.search(rb"<AccessKeyId>(.+?)<", answer.body)

    assert answer.status == 200
    assert key
    assert amazon.callers[key[1].decode()].role == OFFSITE


def test_a_role_is_refused_to_everybody_else(amazon: Access) -> None:
    token = account().identity_token(AUDIENCE)
    stranger = ServiceAccount("stranger@example.iam.gserviceaccount.com", "1")

    assert assumed(amazon, OFFSITE, account().identity_token("another-audience")).status == 403
    assert assumed(amazon, OFFSITE, stranger.identity_token(AUDIENCE)).status == 403
    assert assumed(amazon, ROLE, token).status == 403
    assert assumed(amazon, OFFSITE, token[:-4] + "AAAA").status == 400


def test_keys_that_have_ended_are_worth_nothing(amazon: Access) -> None:
    request = Request("", "GET", f"{VAULT}.s3.us-east-1.amazonaws.com", "/", signed("s3"), body=b"")
    assert amazon.caller(request, "s3")

    amazon.admit(ROLE, "KEY", "session", time.time() - 1)
    assert amazon.caller(request, "s3") is None


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("GET", "/pgbackrest/backup/main/backup.info", True),
        ("PUT", "/pgbackrest/archive/main/x", True),
        ("GET", "/?list-type=2&prefix=pgbackrest/backup/", True),
        ("GET", "/?list-type=2", False),
        ("GET", "/dev-instance/config", False),
        ("DELETE", "/pgbackrest/backup/main/backup.info", True),
        ("DELETE", "/pgbackrest/backup/main/backup.info?versionId=1", False),
        ("PUT", "/pgbackrest/backup/main/backup.info?retention", False),
        ("PUT", "/?object-lock", False),
    ],
)
def test_a_host_has_its_own_rights_on_the_vault_and_no_others(
    amazon: Access, method: str, address: str, *, allowed: bool
) -> None:
    request = Request("", method, f"{VAULT}.s3.us-east-1.amazonaws.com", address, signed("s3"), body=b"")

    assert amazon.may_use_bucket(request, VAULT) is allowed


def test_a_host_writes_its_own_parameters_alone(services: AmazonServices) -> None:
    own, foreign = (f"{PARAMETERS}/{host}/wireguard-public-key" for host in ("pg-b", "pg-a"))
    put = "AmazonSSM.PutParameter"
    content: dict[str, object] = {"Value": "key", "Overwrite": True}

    assert asked(services, put, {"Name": own, **content}, signed("ssm")).status == 200
    assert asked(services, put, {"Name": own, "Value": "key"}, signed("ssm")).status == 400, "no overwriting unasked"
    assert asked(services, put, {"Name": own, **content}, signed("s3")).status == 400, "signed for another service"
    assert asked(services, put, {"Name": foreign, **content}, signed("ssm")).status == 400
    assert services.parameters[own] == "key"
    assert services.parameters[foreign] == "unset"


def test_parameters_come_in_pages(services: AmazonServices) -> None:
    services.parameters |= {f"{PARAMETERS}/more/{number}": "x" for number in range(12)}
    content: dict[str, object] = {"Path": PARAMETERS, "Recursive": True}
    found: list[str] = []
    while True:
        answer = json.loads(asked(services, "AmazonSSM.GetParametersByPath", content, signed("ssm")).body)
        found += [parameter["Name"] for parameter in answer["Parameters"]]
        if "NextToken" not in answer:
            break
        content["NextToken"] = answer["NextToken"]

    assert sorted(found) == sorted(services.parameters)


def test_a_secret_is_for_those_who_may_read_it(services: AmazonServices, amazon: Access) -> None:
    get = "secretsmanager.GetSecretValue"
    amazon.admit(OFFSITE, "OTHER", "session", time.time() + 60)
    other = signed("secretsmanager", "OTHER")

    assert b"passphrase" in asked(services, get, {"SecretId": CIPHER}, signed("secretsmanager")).body
    assert asked(services, get, {"SecretId": CIPHER}, other).status == 400
    assert asked(services, get, {"SecretId": "unheard-of"}, signed("secretsmanager")).status == 400


@cache
def pool() -> str:
    return str(role_settings(estate("staging"), "pg-b")["identity"]["federation"]["audience"])


def exchanged(google: GoogleAccess, headers: dict[str, str], audience: str) -> Reply:
    url = "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    all_headers = {"host": "sts.us-east-1.amazonaws.com", "x-goog-cloud-target-resource": audience, **headers}
    listed = [{"key": key, "value": value} for key, value in all_headers.items()]
    subject = urllib.parse.quote(json.dumps({"url": url, "method": "POST", "headers": listed}))
    fields = {"grant_type": EXCHANGE, "subject_token_type": AWS_SUBJECT, "subject_token": subject, "audience": pool()}
    body = urllib.parse.urlencode(fields).encode()
    return google.token_service(Request("", "POST", "sts.googleapis.com", "/v1/token", {}, body=body))


def test_a_role_of_aws_becomes_a_principal_of_google_and_reaches_its_repository_alone(amazon: Access) -> None:
    google = GoogleAccess(amazon.rights, amazon, {})
    token = json.loads(exchanged(google, signed("sts"), pool()).body)["access_token"]

    def may(permission: str, bucket: str, name: str) -> bool:
        return google.may_use(f"Bearer {token}", f"storage.objects.{permission}", bucket, name)

    assert may("create", VAULT, "pgbackrest/backup/main/backup.info")
    assert may("list", VAULT, "pgbackrest/backup/")
    assert not may("list", VAULT, "")
    assert not may("get", VAULT, "dev-instance/config")
    assert not may("setIamPolicy", VAULT, "pgbackrest/backup/main/backup.info")
    assert not may("get", "example-pkg-staging-machine-store", "machines/pg-a/document.json")


def test_no_other_role_becomes_a_principal_of_google(amazon: Access) -> None:
    google = GoogleAccess(amazon.rights, amazon, {})
    amazon.admit(OFFSITE, "OTHER", "session", time.time() + 60)

    assert exchanged(google, signed("sts", "OTHER"), pool()).status == 403
    assert exchanged(google, signed("sts", session="stolen"), pool()).status == 403
    assert exchanged(google, signed("sts"), pool() + "-of-others").status == 403, "signed for another provider"


def services_for(name: str) -> tuple[Services, CloudStandIn]:
    capture = estate("staging")
    places = {name: place_of(name, capture)}
    clouds = {name: stand_in_cloud(name)}
    return Services(capture, places, clouds, StandInValues({}, b"")), clouds[name]


def stand_in_cloud(name: str) -> CloudStandIn:
    """As registered, but for the agent, which an image of the lab has."""
    with patch("lab.registered.agent_package", return_value=b""):
        return cloud_of(name, estate("staging"))


def google_request(cloud: GoogleCloud, path: str, host: str = "storage.googleapis.com", body: bytes = b"") -> Request:
    return Request("", "GET", host, path, {"authorization": f"Bearer {cloud.token}"}, body=body)


def test_a_machine_reads_its_own_document_and_the_bundle_and_nothing_else() -> None:
    services, cloud = services_for("pg-a")
    assert isinstance(cloud, GoogleCloud)
    own = "/storage/v1/b/example-pkg-staging-machine-store/o/machines%2Fpg-a%2Fdocument.json?alt=media"

    assert services.answer(google_request(cloud, own), cloud).status == 200
    assert services.answer(google_request(cloud, own.replace("pg-a", "dev-instance")), cloud).status == 403
    assert len(cloud.bucket.refused) == 1


def test_no_machine_has_the_token_of_another() -> None:
    services, cloud = services_for("pg-a")
    _, other = services_for("dev-instance")
    assert isinstance(other, GoogleCloud)
    own = "/storage/v1/b/example-pkg-staging-machine-store/o/machines%2Fpg-a%2Fdocument.json?alt=media"

    assert services.answer(google_request(other, own), cloud).status == 403


def test_metrics_go_to_the_project_in_which_the_machine_may_write_them() -> None:
    services, cloud = services_for("pg-a")
    assert isinstance(cloud, GoogleCloud)
    body = json.dumps({"timeSeries": []}).encode()
    sent = [
        services.answer(google_request(cloud, f"/v3/projects/{project}/timeSeries", MONITORING, body), cloud).status
        for project in ("example-testground-stg", "example-build-runners-stg")
    ]

    assert sent == [200, 403]


def test_a_grant_without_a_condition_holds_for_the_whole_bucket(amazon: Access) -> None:
    google = GoogleAccess(amazon.rights, amazon, {})
    email = "staging-package-server-32245e@example-testground-stg.iam.gserviceaccount.com"
    google.admit_account("T", email, time.time() + 60)
    get = "storage.objects.get"

    assert google.may_use("Bearer T", get, "example-pkg-staging-package-server-release", "any/name")
    assert not google.may_use("Bearer T", get, "example-pkg-staging-dev-instance-lfs", "any/name")


@pytest.mark.parametrize(
    ("method", "address", "headers", "actions"),
    [
        ("GET", "/a%20b/c", {}, ["s3:GetObject on arn:aws:s3:::store/a b/c"]),
        ("PUT", "/a?partNumber=1&uploadId=x", {}, ["s3:PutObject on arn:aws:s3:::store/a"]),
        ("GET", "/a?uploadId=x", {}, ["s3:ListMultipartUploadParts on arn:aws:s3:::store/a"]),
        ("PUT", "/a?retention&versionId=1", {}, ["s3:PutObjectRetention on arn:aws:s3:::store/a"]),
        (
            "DELETE",
            "/a?versionId=1",
            {"x-amz-bypass-governance-retention": "true"},
            ["s3:DeleteObjectVersion on arn:aws:s3:::store/a", "s3:BypassGovernanceRetention on arn:aws:s3:::store/a"],
        ),
        (
            "PUT",
            "/a",
            {"x-amz-tagging": "a=b"},
            ["s3:PutObject on arn:aws:s3:::store/a", "s3:PutObjectTagging on arn:aws:s3:::store/a"],
        ),
        ("PUT", "/a?acl", {}, []),
        ("PUT", "/a", {"x-amz-copy-source": "/other/b"}, []),
        ("DELETE", "/", {}, ["s3:DeleteBucket on arn:aws:s3:::store"]),
        ("GET", "/?versions&prefix=p/", {}, ["s3:ListBucketVersions on arn:aws:s3:::store"]),
    ],
)
def test_a_request_to_s3_is_what_its_page_says(
    method: str, address: str, headers: dict[str, str], actions: list[str]
) -> None:
    """Service authorization reference, "Actions, resources, and condition keys for Amazon S3", 2026-11-28."""
    calls = s3_calls(method, address, named_bucket("store", "000000000000"), headers)

    assert [f"{call.action} on {call.target.name}" for call in calls] == actions


def test_a_token_with_a_boundary_holds_for_its_bucket_and_for_no_secret(amazon: Access) -> None:
    settings = role_settings(estate("staging"), "package-server")
    cloud = cloud_of("package-server", estate("staging"))
    assert isinstance(cloud, GoogleCloud)
    access = GoogleAccess(amazon.rights, amazon, {settings["adminPasswordSecret"]: "password"})
    access.admit_account("whole", cloud.account.email, time.time() + 60)
    held, other = (each["bucket"] for each in settings["channels"])
    resource = {"availableResource": f"//storage.googleapis.com/projects/_/buckets/{held}"}
    rule = {**resource, "availablePermissions": ["inRole:roles/storage.objectUser"]}
    form = {
        "grant_type": EXCHANGE,
        "subject_token_type": ACCESS_TOKEN,
        "subject_token": "whole",
        "options": json.dumps({"accessBoundary": {"accessBoundaryRules": [rule]}}),
    }
    body = urllib.parse.urlencode(form).encode()
    answer = access.token_service(Request("", "POST", "sts.googleapis.com", "/v1/token", {}, body=body))
    bounded = f"Bearer {json.loads(answer.body)['access_token']}"

    get = "storage.objects.get"
    assert access.may_use("Bearer whole", get, other, "x"), "the machine itself may"
    assert access.may_use(bounded, get, held, "x")
    assert not access.may_use(bounded, get, other, "x")
    secret = f"/v1/projects/p/secrets/{settings['adminPasswordSecret']}/versions/latest:access"
    asked = Request("", "GET", "secretmanager.googleapis.com", secret, {"authorization": bounded}, body=b"")
    assert access.secret_manager(asked).status == 401
