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
from lab.clouds.google_storage import GoogleStorage
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


def storage_answer(storage: GoogleStorage, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return storage.answer(
        Request("", method, "storage.googleapis.com", path, {"authorization": "Bearer x", **named}, body=body)
    )


@pytest.fixture
def storage() -> GoogleStorage:
    return GoogleStorage(lambda _, __, ___, name: name.startswith("own/"))


def test_cloud_storage_takes_an_upload_in_parts(storage: GoogleStorage) -> None:
    begun = storage_answer(storage, "POST", "/upload/storage/v1/b/b/o?name=own/x&uploadType=resumable")
    path = f"/upload/storage/v1/b/b/o?name=own/x&uploadType=resumable&upload_id={begun.headers['X-GUploader-UploadID']}"

    assert storage_answer(storage, "PUT", path, b"abc", content_range="bytes 0-2/*").status == 308
    assert storage_answer(storage, "PUT", path, b"f", content_range="bytes 5-5/6").status == 400, "not the next part"
    assert storage_answer(storage, "PUT", path, b"de", content_range="bytes 3-4/5").status == 200
    assert storage.read("b", "own/x") == b"abcde"


def test_the_address_of_an_upload_that_has_begun_is_enough_to_go_on_with_it(storage: GoogleStorage) -> None:
    """As pgBackRest sends its parts."""
    start = "/upload/storage/v1/b/b/o?name=own/x&uploadType=resumable"
    number = storage_answer(storage, "POST", start).headers["X-GUploader-UploadID"]

    def put(upload: str) -> Reply:
        headers = {"content-range": "bytes 0-2/3"}
        return storage.answer(
            Request("", "PUT", "storage.googleapis.com", f"{start}&upload_id={upload}", headers, body=b"abc")
        )

    assert put("guessed").status == 401
    assert put(number).status == 200
    assert storage.read("b", "own/x") == b"abc"
    assert put(number).status == 401, "it has ended"


def test_cloud_storage_keeps_what_was_overwritten_or_removed(storage: GoogleStorage) -> None:
    for content in (b"first", b"second"):
        storage_answer(storage, "POST", "/upload/storage/v1/b/b/o?name=own/f/x&uploadType=media", content)
    storage_answer(storage, "DELETE", "/storage/v1/b/b/o/own%2Ff%2Fx")
    present = json.loads(storage_answer(storage, "GET", "/storage/v1/b/b/o?prefix=own/").body)
    versions = json.loads(storage_answer(storage, "GET", "/storage/v1/b/b/o?prefix=own/&versions=true").body)["items"]
    past = f"/storage/v1/b/b/o/own%2Ff%2Fx?alt=media&generation={versions[0]['generation']}"

    assert present["items"] == []
    assert [version["size"] for version in versions] == ["5", "6"]
    assert storage_answer(storage, "GET", past).body == b"first"


def test_cloud_storage_lists_folders_and_names(storage: GoogleStorage) -> None:
    for name in ("own/a/1", "own/a/2", "own/b"):
        storage.write("b", name, b"")
    listed = json.loads(storage_answer(storage, "GET", "/storage/v1/b/b/o?prefix=own/&delimiter=/").body)

    assert listed["prefixes"] == ["own/a/"]
    assert [item["name"] for item in listed["items"]] == ["own/b"]


def test_cloud_storage_refuses_strangers_and_foreign_names(storage: GoogleStorage) -> None:
    nameless = Request("", "GET", "storage.googleapis.com", "/storage/v1/b/b/o/own%2Fx", {}, body=b"")

    assert storage.answer(nameless).status == 401
    assert storage_answer(storage, "GET", "/storage/v1/b/b/o/other%2Fx").status == 403
    assert storage_answer(storage, "GET", "/storage/v1/b/b/o").status == 403
    assert storage_answer(storage, "POST", "/upload/storage/v1/b/b/o?name=other/x&uploadType=media").status == 403


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


def test_overwriting_in_cloud_storage_is_removing_as_well() -> None:
    asked: list[str] = []

    def may_use(_: str, permission: str, __: str, name: str) -> bool:
        asked.append(f"{permission.rpartition('.')[2]} {name}")
        return not permission.endswith("delete")

    storage = GoogleStorage(may_use)
    path = "/upload/storage/v1/b/b/o?name=own/x&uploadType="

    assert storage_answer(storage, "POST", f"{path}media", b"new").status == 200
    assert storage_answer(storage, "POST", f"{path}media", b"over").status == 403
    assert storage_answer(storage, "POST", f"{path}resumable").status == 403
    assert asked == ["create own/x", "create own/x", "delete own/x", "create own/x", "delete own/x"]


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


CHECKED = "xFDWlw=="
"""CRC-32C of `abcde`, by another implementation (google-crc32c)."""


def two_parts(described: dict[str, str], content: bytes) -> bytes:
    """The body of a multipart upload, as Google's library writes it."""
    head = b"--x\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n" + json.dumps(described).encode()
    return head + b"\r\n--x\r\ncontent-type: text/plain\r\n\r\n" + content + b"\r\n--x--"


def test_cloud_storage_takes_a_description_with_the_content_and_refuses_a_wrong_checksum() -> None:
    storage = GoogleStorage(lambda _, __, ___, ____: True)
    path = "/upload/storage/v1/b/b/o?uploadType=multipart"
    kind = 'multipart/related; boundary="x"'
    told = {"name": "f", "contentType": "text/plain", "cacheControl": "no-store", "crc32c": CHECKED}

    assert storage_answer(storage, "POST", path, two_parts(told, b"abcde"), content_type=kind).status == 200
    assert storage_answer(storage, "POST", path, two_parts(told, b"abcdf"), content_type=kind).status == 400
    assert storage.read("b", "f") == b"abcde"
    assert storage.described("b", "f")["cacheControl"] == "no-store"


def test_cloud_storage_copies_for_whoever_may_use_both_ends_and_not_over_another() -> None:
    storage = GoogleStorage(lambda _, __, bucket, ___: bucket != "foreign")
    storage.write("from", "a/b", b"bytes")
    path = "/storage/v1/b/from/o/a%2Fb/rewriteTo/b/{}/o/c%2Fd?ifGenerationMatch=0"

    assert json.loads(storage_answer(storage, "POST", path.format("to")).body)["done"] is True
    assert storage.read("to", "c/d") == b"bytes"
    assert storage_answer(storage, "POST", path.format("to")).status == 412
    assert storage_answer(storage, "POST", path.format("foreign")).status == 403


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
