"""The stores of both clouds behind their real names: nginx ends TLS, moto is S3, and stand-ins are everything else."""

import http.client
import os
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from capture import Capture
from lab.clouds.amazon_access import Access
from lab.clouds.google_storage import GoogleStorage
from lab.errors import LabError
from lab.machines.image import image_folder
from lab.network.network import GATEWAY, LabNetwork, Process
from lab.network.web import LOOPBACK, Answer, Reply, Request, serve

S3 = "198.51.100.11"
GCS = "198.51.100.12"
MOTO_PORT, STAND_INS_PORT, GATE_PORT = 5000, 8000, 8001

OWNER = "AWS4-HMAC-SHA256 Credential=OWNER/20300101/{region}/s3/aws4_request, SignedHeaders=host, Signature=0"
"""moto refuses what nobody has signed, and looks no further."""

NGINX = """
daemon off;
master_process off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 512; }}
http {{
  access_log {folder}/nginx-access.log;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/unused;
  uwsgi_temp_path {folder}/unused;
  scgi_temp_path {folder}/unused;
  client_max_body_size 0;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  server_names_hash_bucket_size 128;
  ssl_certificate {image}/server.pem;
  ssl_certificate_key {image}/server.key;
  upstream moto {{ server {loopback}:{moto}; }}
  upstream stand_ins {{ server {loopback}:{stand_ins}; keepalive 8; }}
  server {{
    listen {gateway}:443 ssl;
    listen {gcs}:443 ssl;
    listen {s3}:443 ssl;
    server_name _ {others};
    location / {{ proxy_pass http://stand_ins; }}
  }}
  server {{
    listen {s3}:443 ssl;
    server_name {s3_host} *.{s3_host};
    location / {{
      auth_request /lab-gate;
      proxy_pass http://moto;
    }}
    location = /lab-gate {{
      internal;
      proxy_pass http://{loopback}:{gate};
      proxy_pass_request_body off;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header Content-Length "";
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Original-Method $request_method;
      proxy_set_header X-Original-URI $request_uri;
    }}
  }}
}}
"""
"""One process: a second one would take the other core from the machines, and a worker would outlive its master."""


@dataclass
class Stores:
    """Programs and stand-ins of one lab."""

    network: LabNetwork
    folder: Path
    capture: Capture
    access: Access
    google_storage: GoogleStorage
    processes: list[Process]

    @property
    def s3_host(self) -> str:
        """The endpoint of S3."""
        return f"s3.{self.access.region}.amazonaws.com"

    def close(self) -> None:
        """Ends the programs."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()

    def gate(self, request: Request) -> Reply:
        """Whether a request to S3 is signed by somebody whose policies let it through."""
        asked = replace(request, method=request.headers["x-original-method"], path=request.headers["x-original-uri"])
        bucket = request.host.removesuffix(f".{self.s3_host}")
        return Reply(204) if self.access.may_use_bucket(asked, bucket) else Reply(403)

    def s3(
        self, method: str, bucket: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> bytes:
        """A request to moto with nobody in between, as whoever owns the account."""
        connection = http.client.HTTPConnection(LOOPBACK, MOTO_PORT)
        connection.sock = self.network.connect(LOOPBACK, MOTO_PORT)
        owner = OWNER.format(region=self.access.region)
        connection.request(
            method,
            path,
            body,
            {
                "Host": f"{bucket}.{self.s3_host}",
                "Authorization": owner,
                **(headers or {}),
            },
        )
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status >= 300:
            raise LabError(f"{method} {bucket}{path}: {answer.status} {content[:300]!r}")
        return content

    def make_buckets(self, others: Collection[str] = ()) -> None:
        """Every registered bucket of S3 but `others`: with versions, and with a lock that every object gets."""
        versions = {
            str(entry.inputs["bucket"])
            for entry in self.capture.of_type("aws:s3/bucketVersioning:BucketVersioning")
            if cast("dict[str, str]", entry.inputs["versioningConfiguration"])["status"] == "Enabled"
        }
        for entry in self.capture.of_type("aws:s3/bucket:Bucket"):
            name = str(entry.inputs["bucket"])
            if name in others:
                continue
            locked = entry.inputs.get("objectLockEnabled") is True
            self.s3("PUT", name, "/", headers={"x-amz-bucket-object-lock-enabled": "true"} if locked else {})
            if name in versions and not locked:
                enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
                self.s3("PUT", name, "/?versioning", enabled)
            if locked:
                self._lock(name)

    def _lock(self, bucket: str) -> None:
        locks = self.capture.of_type("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
        for rule in (entry.inputs["rule"] for entry in locks if entry.inputs["bucket"] == bucket):
            default = cast("dict[str, dict[str, str]]", rule)["defaultRetention"]
            mode = f"<Mode>{default['mode']}</Mode><Days>{default['days']}</Days>"
            retention = f"<Rule><DefaultRetention>{mode}</DefaultRetention></Rule>"
            text = f"<ObjectLockEnabled>Enabled</ObjectLockEnabled>{retention}"
            lock = f"<ObjectLockConfiguration>{text}</ObjectLockConfiguration>".encode()
            self.s3("PUT", bucket, "/?object-lock", lock)


def start_stores(
    network: LabNetwork,
    folder: Path,
    capture: Capture,
    access: Access,
    storage: GoogleStorage,
    stand_ins: Answer,
    others: tuple[str, ...],
) -> Stores:
    """Starts everything; `others` are names at S3's address that the stand-ins answer, not moto."""
    for address in (S3, GCS):
        network.add_address(address)
    stores = Stores(network, folder, capture, access, storage, processes=[])
    (folder / "nginx.conf").write_text(
        NGINX.format(
            folder=folder,
            image=image_folder(),
            loopback=LOOPBACK,
            moto=MOTO_PORT,
            stand_ins=STAND_INS_PORT,
            gate=GATE_PORT,
            gateway=GATEWAY,
            gcs=GCS,
            s3=S3,
            s3_host=stores.s3_host,
            others=" ".join(others),
        )
    )
    serve(network, LOOPBACK, STAND_INS_PORT, stand_ins)
    serve(network, LOOPBACK, GATE_PORT, stores.gate)
    environment = {"PATH": f"/usr/sbin:/sbin:{os.environ['PATH']}"}
    with (folder / "stores.log").open("ab") as log:
        moto = (sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(MOTO_PORT))
        nginx = ("nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx-error.log"))
        for command in (moto, nginx):
            stores.processes.append(network.start(*command, log=log, environment=environment))
    for address, port in ((LOOPBACK, MOTO_PORT), (GATEWAY, 443)):
        _wait(network, address, port)
    return stores


def _wait(network: LabNetwork, address: str, port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            network.connect(address, port).close()
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
