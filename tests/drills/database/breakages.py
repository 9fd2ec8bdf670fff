"""What the drills break on purpose, each undone when its block ends; and protections taken away for a moment."""

import contextlib
import json
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.clouds.objects import flip_a_byte
from tests.drills.database.pair import CERTIFICATES, DATA, UNIT, Pair

CONFIGURATION = "/etc/postgresql/17/main/conf.d"
HBA = "/etc/postgresql/17/main/pg_hba.conf"

CLOCK = {
    "LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "FAKETIME": "+1h",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
}
"""Environment in which a program of the lab's hosts lives an hour ahead."""

HOSTILE = Path(__file__).with_name("hostile.py")


@contextmanager
def setting(pair: Pair, host: str, name: str, value: str) -> Generator[None]:
    """A parameter of PostgreSQL changed for a while, in a file that sorts after the pair's own and earlier ones."""
    path = f"{CONFIGURATION}/90-drill-{time.time_ns()}.conf"
    pair.write(host, path, f"{name} = '{value}'\n")
    _reload(pair, host)
    try:
        yield
    finally:
        pair.run(host, f"rm {path}")
        _reload(pair, host)


@contextmanager
def impatient_push(pair: Pair, host: str) -> Generator[None]:
    """The archive is pushed as ever, but a store that is away is given up after a second and not after five."""
    with setting(pair, host, "archive_command", "pgbackrest --stanza=main --io-timeout=1 archive-push %p"):
        yield


@contextmanager
def no_watch(pair: Pair, host: str) -> Generator[None]:
    """Nobody who watches the fence; the guard of PostgreSQL's unit stays."""
    pair.run(host, "systemctl stop pair-watch")
    try:
        yield
    finally:
        pair.run(host, "systemctl start pair-watch")


@contextmanager
def no_guard(pair: Pair, host: str) -> Generator[None]:
    """The unit of PostgreSQL without its guard, and nobody who watches the fence."""
    drop_in = f"/run/systemd/system/{UNIT}.service.d/zz-drill.conf"
    with no_watch(pair, host):
        pair.write(host, drop_in, "[Service]\nExecStartPre=\n")
        pair.run(host, f"systemctl daemon-reload; systemctl reset-failed {UNIT}")
        try:
            yield
        finally:
            pair.run(host, f"systemctl stop {UNIT}; rm {drop_in}; systemctl daemon-reload")


@contextmanager
def no_certificates(pair: Pair, host: str) -> Generator[None]:
    """A PostgreSQL that lets its peer in without looking at certificates."""
    pair.run(host, f"cp -p {HBA} {HBA}.drill")
    pair.run(host, f"sed -i -e '1i hostssl replication replicator all trust' -e 's/ cert\\b.*/ reject/' {HBA}")
    try:
        with setting(pair, host, "ssl_ca_file", ""):
            yield
    finally:
        pair.run(host, f"mv {HBA}.drill {HBA}")
        _reload(pair, host)


def expire_certificate(pair: Pair, host: str, kind: str) -> None:
    """Puts a certificate of the right authority in place that ended an hour ago, as if it had not been renewed."""
    authority = pair.document(host, "['certificates']['authority']")
    path = f"{CERTIFICATES}/{kind}"
    request = pair.run(host, f"openssl req -new -key {path}.key -subj /CN={kind}")
    pair.write(authority, "/run/drill/request.pem", request)
    pair.write(authority, "/run/drill/extensions", "extendedKeyUsage = clientAuth\n")
    expired = pair.run(
        authority,
        f"cd {DATA}/pair-authority && pem=$(ls *.pem | tail -n 1)"
        ' && openssl x509 -req -in /run/drill/request.pem -CA "$pem" -CAkey "${pem%.pem}.key"'
        " -extfile /run/drill/extensions"
        " -not_before $(date -u -d '30 days ago' +%Y%m%d%H%M%SZ) -not_after $(date -u -d '1 hour ago' +%Y%m%d%H%M%SZ)"
        " 2> /dev/null",
    )
    pair.run(host, f"cat > {path}.pem <<'END'\n{expired}END")
    prefix = pair.document(host, "['exchange']['prefix']")
    name = f"{prefix}/{host}/certificates"
    parameters = pair.lab.services.secrets.parameters
    parameters[name] = json.dumps({**json.loads(parameters[name]), kind: expired})


def fill_disk(pair: Pair, host: str) -> None:
    """Leaves not one byte on the data disk; what is written meanwhile may get in first."""
    for _ in range(20):
        with contextlib.suppress(OSError):
            pair.lab.machine(host).fill_data_disk()
            return
    raise AssertionError(f"the data disk of {host} cannot be filled")


def reconnect_standby(pair: Pair) -> None:
    """Ends the stream; the standby asks again at once."""
    pair.sql(pair.primary, "select pg_terminate_backend(pid) from pg_stat_replication")
    time.sleep(0.5)


@contextmanager
def clock_ahead(pair: Pair, host: str) -> Generator[None]:
    """The services of the pair on a host live an hour ahead."""
    environment = "/etc/postgresql/17/main/environment"
    services = "systemctl restart pair-watch; pairctl restart"
    lines = "".join(f"{name} = '{value}'\n" for name, value in CLOCK.items())
    words = " ".join(f"{name}={value}" for name, value in CLOCK.items())
    pair.run(host, f"cp -p {environment} {environment}.drill && cat >> {environment} <<'END'\n{lines}END")
    pair.run(host, f"systemctl set-environment {words}; {services}")
    try:
        yield
    finally:
        pair.run(
            host, f"mv {environment}.drill {environment}; systemctl unset-environment {' '.join(CLOCK)}; {services}"
        )


@contextmanager
def flipped_byte(pair: Pair, repository: int) -> Generator[None]:
    """One byte in the middle of the largest object of the newest full backup."""
    objects = pair.lab.objects(repository)
    names = objects.names("pgbackrest/backup/main/")
    newest = max(name.split("/")[3] for name in names if name.split("/")[3].endswith("F"))
    contents = {name: objects.read(name) for name in names if f"/{newest}/" in name and "manifest" not in name}
    largest = max(contents, key=lambda name: len(contents[name]))
    flip_a_byte(objects, largest)
    try:
        yield
    finally:
        objects.write(largest, contents[largest])


@dataclass(frozen=True)
class Attack:
    """What a hostile host could do."""

    hidden: int
    tried: int
    deleted: int


@contextmanager
def ransom(pair: Pair, host: str) -> Generator[Attack]:
    """A host destroys what its rights let it; in the end the owner of the account puts the earlier versions back."""
    objects = pair.lab.objects(1)
    names = objects.names("pgbackrest/archive/") + objects.names("pgbackrest/backup/")
    contents = {name: objects.read(name) for name in names}
    program = HOSTILE.read_text(encoding="utf-8")
    command = f"PYTHONPATH=/usr/local/lib/packyard /usr/bin/python3 -P - <<'END-OF-PROGRAM'\n{program}END-OF-PROGRAM"
    answer = pair.run(host, command)
    try:
        yield Attack(**json.loads(answer))
    finally:
        for name, content in contents.items():
            objects.write(name, content)


def _reload(pair: Pair, host: str) -> None:
    pair.sql(host, "select pg_reload_conf()")
    time.sleep(0.5)
