"""A package server takes what is uploaded, serves it as a pre-release, and its processes can do no more than that."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.lab import Lab
from lab.machines.lab_machine import LabMachine
from lab.project import registered
from tests import booted
from tests.machines.booted.debian_package import package
from tests.needed import FOR_CONTAINERS, skip_without
from tests.registrations import role_settings

NAME = "package-server"
PULP_USERS = ("packages-api", "packages-content", "packages-worker")
METADATA = "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token"
PROJECT = "http://169.254.169.254/computeMetadata/v1/project/project-id"
ASK = """
import json, ssl, sys, urllib.error, urllib.request
method, address, headers, source, target = sys.argv[1:]
body = open(source, "rb").read() if source else None
context = ssl.create_default_context()
if "127.0.0.1" in address:
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
request = urllib.request.Request(address, body, json.loads(headers), method=method)
try:
    answer = urllib.request.urlopen(request, timeout=60, context=context)
except urllib.error.HTTPError as error:
    answer = error
except OSError as error:
    sys.exit(print(0, error))
content = answer.read()
if target:
    open(target, "wb").write(content)
print(answer.status)
print("" if target else content.decode(errors="replace"), end="")
"""
"""A request of the machine itself, which has no program for it but Python."""

FLAVOR = {"Metadata-Flavor": "Google"}


@dataclass(frozen=True)
class Answer:
    """What a request was answered with; status 0 for no answer."""

    status: int
    text: str


class Server:
    """The machine, and who asks it as the load balancer would."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.machine: LabMachine = lab.machine(NAME)
        self.settings = role_settings(registered("staging"), NAME)

    def request(
        self,
        address: str,
        headers: Mapping[str, str],
        method: str = "GET",
        *,
        body: str = "",
        target: str = "",
        user: str = "root",
    ) -> Answer:
        """A request of a user of the machine; `body` and `target` are files there."""
        words = ("python3", "-c", ASK, method, address, json.dumps(dict(headers)), body, target)
        status, _, text = self.machine.run("runuser", "-u", user, "--", *words).partition("\n")
        return Answer(int(status.split()[0]), text)

    def ask(
        self, path: str, *, password: str = "", method: str = "GET", body: str = "", kind: str = "", target: str = ""
    ) -> Answer:
        """A request to the upload host, with the password of the admin or with none."""
        port = self.settings["listeners"]["uploadPort"]
        headers = {"Host": self.settings["uploadHost"]}
        if kind:
            headers["Content-Type"] = kind
        if password:
            headers["Authorization"] = "Basic " + base64.b64encode(f"admin:{password}".encode()).decode()
        return self.request(f"https://127.0.0.1:{port}{path}", headers, method, body=body, target=target)

    @property
    def password(self) -> str:
        """Of the admin, as the secret store has it."""
        return self.lab.values.secrets[self.settings["adminPasswordSecret"]]

    def asked(self, path: str) -> Any:
        """What Pulp answers its admin."""
        return json.loads(self.ask(path, password=self.password).text)

    def sent(self, path: str, kind: str, content: bytes) -> None:
        """A request of the admin that makes a task, which is waited for."""
        self.put("/srv/body", content)
        answer = self.ask(path, password=self.password, method="POST", kind=kind, body="/srv/body")
        until = time.monotonic() + 120
        while (task := self.asked(json.loads(answer.text)["task"]))["state"] in ("waiting", "running"):
            assert time.monotonic() < until, task
            time.sleep(0.5)
        assert task["state"] == "completed", task["error"]

    def put(self, path: str, content: bytes) -> None:
        """A file on its boot disk."""
        (Path(self.machine.disk.root) / path.lstrip("/")).write_bytes(content)

    def bucket(self, channel: str) -> str:
        """The bucket of releases or of pre-releases."""
        return str(next(each["bucket"] for each in self.settings["channels"] if each["channel"] == channel))

    def token(self, user: str) -> Answer:
        """What the process that hands out tokens says to a user."""
        port = json.loads(self.machine.read("/etc/packyard/packages.json"))["machine"]["metadataPort"]
        return self.request(METADATA.replace("169.254.169.254", f"127.0.0.1:{port}"), FLAVOR, user=user)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    skip_without(FOR_CONTAINERS)
    with Lab(registered("staging"), [NAME]) as lab:
        booted.keep(lambda: lab.machines.values())
        lab.wait_converged()
        yield Server(lab)


def apt_repository(server: Server) -> dict[str, str]:
    return next(each for each in server.settings["repositories"] if each["format"] == "apt")


def form(fields: Mapping[str, str], file: bytes) -> tuple[str, bytes]:
    """A form with a file, as browsers send it, and its kind."""
    parts = [f'--lab\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{fields[key]}\r\n' for key in fields]
    head = '--lab\r\nContent-Disposition: form-data; name="file"; filename="upload"\r\n\r\n'
    return "multipart/form-data; boundary=lab", "".join([*parts, head]).encode() + file + b"\r\n--lab--\r\n"


def test_what_is_uploaded_is_served_as_a_pre_release_from_the_bucket(server: Server, tmp_path: Path) -> None:
    wanted, content = apt_repository(server), package(tmp_path, "hello", "1.0")
    (found,) = server.asked(f"/pulp/api/v3/repositories/deb/apt/?name={wanted['name']}")["results"]
    fields = {"repository": found["pulp_href"], "distribution": wanted["codename"], "component": "main"}
    server.sent("/pulp/api/v3/content/deb/packages/", *form(fields, content))
    published = json.dumps({"repository": found["pulp_href"]}).encode()
    server.sent("/pulp/api/v3/publications/deb/apt/", "application/json", published)

    digest, place = hashlib.sha256(content).hexdigest(), f"/pre-release/{wanted['basePath']}"
    index = server.ask(f"{place}/dists/{wanted['codename']}/main/binary-amd64/Packages").text
    (file,) = (line.split()[1] for line in index.splitlines() if line.startswith("Filename: "))
    assert f"SHA256: {digest}" in index
    assert server.ask(f"{place}/{file}", target="/srv/back.deb").status == 200
    assert digest in server.machine.run("sha256sum", "/srv/back.deb")
    store = server.lab.services.google_storage
    assert store.read(server.bucket("preRelease"), f"artifact/{digest[:2]}/{digest[2:]}") == content
    assert store.names(server.bucket("release")) == [], "nothing that Pulp does is a release"


def test_nobody_without_a_name_uses_its_interface(server: Server) -> None:
    assert server.ask("/pulp/api/v3/repositories/").status == 401
    assert server.ask("/pulp/api/v3/repositories/", password=str(len("guess"))).status == 401
    assert server.ask("/").status == 404
    assert server.ask(server.settings["listeners"]["uploadHealthPath"]).status == 200


@pytest.mark.parametrize("user", PULP_USERS)
def test_what_parses_uploads_cannot_ask_the_metadata_service(server: Server, user: str) -> None:
    assert server.request(METADATA, FLAVOR).status == 200, "root may, so the service is there"
    assert server.request(METADATA, FLAVOR, user=user).status == 0


def test_its_token_holds_for_the_bucket_of_pre_releases_alone(server: Server) -> None:
    bearer = {"Authorization": f"Bearer {json.loads(server.token('packages-worker').text)['access_token']}"}
    server.put("/srv/body", b"x")
    store = "https://storage.googleapis.com"
    held, other = server.bucket("preRelease"), server.bucket("release")
    project = server.request(PROJECT, FLAVOR).text
    secrets = f"https://secretmanager.googleapis.com/v1/projects/{project}/secrets"
    wanted = f"{secrets}/{server.settings['adminPasswordSecret']}/versions/latest:access"

    for bucket, status in ((held, 200), (other, 403)):
        assert server.request(f"{store}/storage/v1/b/{bucket}/o", bearer).status == status
        upload = f"{store}/upload/storage/v1/b/{bucket}/o?uploadType=media&name=x"
        assert server.request(upload, bearer, "POST", body="/srv/body").status == status
    assert server.request(wanted, bearer).status == 401
    whole = json.loads(server.request(METADATA, FLAVOR).text)["access_token"]
    assert server.request(wanted, {"Authorization": f"Bearer {whole}"}).status == 200, "the machine itself may"


@pytest.mark.parametrize("user", ["nobody", "www-data", "postgres"])
def test_nobody_but_pulp_gets_that_token(server: Server, user: str) -> None:
    answer = server.token(user)

    assert (answer.status, answer.text) == (403, "no user of Pulp")


def test_no_secret_lies_on_a_disk(server: Server) -> None:
    """Neither on the boot disk nor on the data disk, nor in anybody's arguments or environment."""
    secrets = [server.settings[name] for name in ("adminPasswordSecret", "databaseFieldsKeySecret")]
    keys = [server.machine.read(f"/run/packyard-packages/{name}").strip() for name in ("django.key", "admin-password")]
    values = [*(server.lab.values.secrets[name] for name in secrets), *keys]
    patterns = [word for value in values for word in ("-e", value)]

    found = server.machine.run(
        *("grep", "--recursive", "--files-with-matches", "--fixed-strings", "--devices=skip", *patterns),
        *("/etc", "/opt", "/root", "/srv", "/usr/local", "/var", "/proc/1/environ"),
        check=False,
    )
    assert found == ""


def test_a_second_apply_changes_nothing(server: Server) -> None:
    assert "is as the stack file says" in server.machine.run("packagectl", "apply")
    assert "missing" not in server.machine.run("packagectl", "status")


def test_what_is_released_lies_in_the_bucket_signed_and_whole(server: Server) -> None:
    """Runs after the upload above; nothing of Pulp is asked for what is released."""
    wanted = apt_repository(server)
    said = server.machine.run("packagectl", "release", wanted["name"], "--yes")
    assert "clients will see hello 1.0 amd64" in said
    store, bucket, root = server.lab.services.google_storage, server.bucket("release"), wanted["basePath"]

    assert b"Package: hello" in store.read(bucket, f"{root}/dists/{wanted['codename']}/main/binary-amd64/Packages")
    assert b"BEGIN PGP SIGNED MESSAGE" in store.read(bucket, f"{root}/dists/{wanted['codename']}/InRelease")
    assert "all as signed" in server.machine.run("packagectl", "verify", wanted["name"])
    name = f"{root}/pool/main/h/hello/hello_1.0_amd64.deb"
    store.write(bucket, name, b"other bytes")
    assert "in place of" in server.machine.run("packagectl", "verify", wanted["name"], check=False)


@pytest.mark.parametrize("user", [*PULP_USERS, "packages-tokens"])
def test_nobody_but_the_releaser_enters_the_place_of_its_key(server: Server, user: str) -> None:
    said = server.machine.run("runuser", "-u", user, "--", "ls", "/run/packages-release", check=False)

    assert "Permission denied" in said
