"""The session of AWS that a job of GitLab gets by its account on GCP."""

import base64
import json
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import cast
from urllib.parse import parse_qs

import pytest
import responses

from preview.gitlab_session import main

ACCOUNT = "deploy@pipelines.iam.gserviceaccount.com"
AUDIENCE = "https://packyard.example.com/staging"
EXCHANGE = "https://sts.googleapis.com/v1/token"
SIGN = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{ACCOUNT}:generateIdToken"
SESSION = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>key-id</AccessKeyId>
<SecretAccessKey>secret-key</SecretAccessKey><SessionToken>session</SessionToken>
<Expiration>2026-11-28T18:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""
REFUSAL = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>Not authorized</Message></Error></ErrorResponse>"""


def token_of(issuer: str) -> str:
    parts = ({"alg": "RS256"}, {"iss": issuer, "aud": AUDIENCE, "exp": 2_000_000_000})
    head, claims = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return f"{head}.{claims}.c2lnbmF0dXJl"


OF_GITLAB, OF_GOOGLE = token_of("https://gitlab.example.com"), token_of("https://accounts.google.com")


@dataclass
class SecurityTokenService:
    """AWS STS on loopback: takes one token, and keeps what it was asked."""

    takes: str = OF_GOOGLE
    asked: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def answer(self, form: str) -> tuple[int, str]:
        self.asked.append({name: values[0] for name, values in parse_qs(form).items()})
        return (200, SESSION) if self.asked[-1]["WebIdentityToken"] == self.takes else (403, REFUSAL)


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecurityTokenService]:
    service = SecurityTokenService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, text = service.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())
            assert "Authorization" not in self.headers
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{server.server_port}")
    yield service
    server.shutdown()
    server.server_close()


@pytest.fixture
def google() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(EXCHANGE, json={"access_token": "federated", "token_type": "Bearer", "expires_in": 3600})
        mock.post(SIGN, json={"token": OF_GOOGLE})
        yield mock


@pytest.fixture
def job(tmp_path: Path) -> dict[str, str]:
    """Variables of a job, as the pipeline and its environment set them."""
    (tmp_path / "token").write_text(OF_GITLAB, encoding="utf-8")
    identity = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/gitlab",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": EXCHANGE,
        "service_account_impersonation_url": SIGN.replace("generateIdToken", "generateAccessToken"),
        "credential_source": {"file": str(tmp_path / "token")},
    }
    (tmp_path / "identity.json").write_text(json.dumps(identity), encoding="utf-8")
    return {
        "GCP_SERVICE_ACCOUNT": ACCOUNT,
        "AWS_ROLE_ARN": "arn:aws:iam::000000000000:role/example-pkg-staging-ci-deploy",
        "AWS_REGION": "us-east-1",
        "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "identity.json"),
        "IDENTITY_TOKEN": OF_GITLAB,
        "CI_JOB_ID": "17",
    }


def test_a_job_gets_a_session_by_the_token_of_its_account(
    amazon: SecurityTokenService, google: responses.RequestsMock, job: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "session"
    file.write_text("of the job before", encoding="utf-8")

    assert main([str(file), "--seconds", "7200"], job) == 0
    exchange, signed = (call.request for call in google.calls)
    assert parse_qs(str(exchange.body))["subject_token"] == [job["IDENTITY_TOKEN"]]
    assert signed.headers["Authorization"] == "Bearer federated"
    assert json.loads(cast("str", signed.body))["audience"] == AUDIENCE
    [asked] = amazon.asked
    assert (asked["RoleArn"], asked["DurationSeconds"]) == (job["AWS_ROLE_ARN"], "7200")
    assert asked["RoleSessionName"] == "gitlab-17", "an auditor finds the job by it"
    assert file.read_text(encoding="utf-8").splitlines() == [
        "[default]",
        "aws_access_key_id = key-id",
        "aws_secret_access_key = secret-key",
        "aws_session_token = session",
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_google_or_aws_refuses_is_told_in_one_line_and_leaves_no_file(
    amazon: SecurityTokenService,
    google: responses.RequestsMock,
    job: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "session"
    amazon.takes = "another"
    assert main([str(file), "--seconds", "3600"], job) == 1
    by_amazon = capsys.readouterr().err
    google.replace(responses.POST, EXCHANGE, status=400, json={"error": "invalid_grant", "error_description": "no"})
    assert main([str(file), "--seconds", "3600"], job) == 1
    by_google = capsys.readouterr().err

    assert "AccessDenied" in by_amazon
    assert "invalid_grant" in by_google
    for told in (by_amazon, by_google):
        assert "HINT: " in told
        assert len(told.splitlines()) == 1
        assert not any(secret in told for secret in (OF_GITLAB, OF_GOOGLE))
    assert not file.exists()


@pytest.mark.parametrize("name", ["GCP_SERVICE_ACCOUNT", "AWS_ROLE_ARN", "AWS_REGION", "IDENTITY_TOKEN", "CI_JOB_ID"])
@pytest.mark.usefixtures("amazon", "google")
def test_a_variable_that_is_missing_is_named(
    job: dict[str, str], tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "session"), "--seconds", "3600"], {**job, name: ""}) == 1
    assert name in capsys.readouterr().err


@pytest.mark.parametrize("token", ["a.b", "a.!.c", "a.e30.c", "a.W10.c"])
def test_a_token_that_is_none_is_refused(
    job: dict[str, str], tmp_path: Path, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "session"), "--seconds", "3600"], {**job, "IDENTITY_TOKEN": token}) == 1
    assert "no token of GitLab" in capsys.readouterr().err


DAMAGED = {
    "no JSON": "{",
    "no object": "[]",
    "no credential source": json.dumps({"type": "external_account", "audience": "//iam.googleapis.com/p"}),
    "a source that is no object": json.dumps({"type": "external_account", "credential_source": "file"}),
    "no text": None,
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.usefixtures("amazon", "google")
def test_an_identity_that_cannot_be_read_is_told_in_one_line_with_its_file(
    job: dict[str, str], tmp_path: Path, content: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "identity.json").write_bytes(b"\xff" if content is None else content.encode())
    assert main([str(tmp_path / "session"), "--seconds", "3600"], job) == 1
    _is_told(capsys.readouterr().err, tmp_path / "identity.json")

    (tmp_path / "identity.json").unlink()
    assert main([str(tmp_path / "session"), "--seconds", "3600"], job) == 1
    _is_told(capsys.readouterr().err, tmp_path / "identity.json")


def _is_told(message: str, file: Path) -> None:
    assert message.count("\n") == 1
    assert str(file) in message
    assert "HINT: " in message
