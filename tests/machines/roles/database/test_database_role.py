"""The role of the database pair: what it writes on each host, and what it leaves alone."""

import argparse
import configparser
import importlib
import re
import shlex

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from pair.repositories import in_use
from pair.server import lock

from settings.database_pair.document import DatabasePairDocument
from tests.machines.roles.database.database_role import (
    CLIENTS,
    HOSTS,
    PRIVATE_ADDRESS,
    ROLE,
    Renderer,
    document,
    units,
)
from tests.machines.support.programs import MACHINES
from tests.machines.support.roles import given, loaded, module_of

every_host = pytest.mark.parametrize("host", HOSTS)

ALIKE = ("10-pair.conf", "postgresql.conf", "pg_hba.conf", "pg_ident.conf", "start.conf", "wireguard.conf")
"""Templates in which the hosts differ by their names and addresses alone."""

PGDATA = "/var/lib/postgresql/17/main"
PEER = "[Peer]\nPublicKey = abc=\nEndpoint = 203.0.113.9:51820"
WRITERS = {"copy", "template", "file", "blockinfile", "lineinfile", "unarchive", "get_url", "replace"}


def unit(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # pyright: ignore[reportAttributeAccessIssue] -- keys of systemd have capitals
    parser.read_string(text)
    return parser


def masked(host: str, text: str) -> str:
    """A file with everything that names this host or its peer taken out."""
    identity = document(host)["settings"]["identity"]
    own = {"host": "HOST", "wireguardAddress": "ADDRESS"}
    of_peer = {"peer": "PEER", "peerWireguardAddress": "PEER_ADDRESS"}
    names = {identity[key]: word for key, word in (own | of_peer).items()}
    names |= {identity[key].replace("-", "_"): word for key, word in {"host": "HOST_NAME", "peer": "PEER_NAME"}.items()}
    names[identity["peerEndpoint"].partition(":")[0]] = "PEER_ENDPOINT"
    return re.sub("|".join(map(re.escape, names)), lambda match: names[match[0]], text)


@pytest.mark.parametrize("template", ALIKE)
def test_the_files_of_both_hosts_differ_in_names_and_addresses_alone(template: str) -> None:
    a, b = (Renderer(host, _database_tunnel="").template(f"{template}.j2") for host in HOSTS)

    assert masked("pg-a", a) == masked("pg-b", b)


def test_only_the_way_to_a_repository_differs_in_pgbackrest_conf() -> None:
    a, b = (set(Renderer(host).template("pgbackrest.conf.j2").splitlines()) for host in HOSTS)

    assert a ^ b == {"repo1-s3-key-type=web-id", "repo1-s3-key-type=auto", "repo2-gcs-key-type=auto"}


@every_host
def test_pgbackrest_conf_is_what_pgbackrest_can_read(host: str) -> None:
    lines = Renderer(host).template("pgbackrest.conf.j2").splitlines()
    options = [line for line in lines if line and not line.startswith(("#", "["))]

    assert options
    for line in options:
        name, _, value = line.partition("=")
        assert re.fullmatch(r"[a-z0-9-]+", name), line
        # A comment or a quote would be part of the value.
        assert value
        assert value == value.strip()
        assert not re.search(r"[#'\"]", value), line
    assert len({line.partition("=")[0] for line in options[:-4]}) == len(options) - 4


@every_host
def test_no_passphrase_and_no_token_is_in_a_file_that_the_role_writes(host: str) -> None:
    names = [path.name for path in (ROLE.folder / "templates").iterdir() if not path.name.startswith("pair-job")]
    text = "".join(Renderer(host, _database_tunnel="").template(name) for name in names)

    assert "cipher-pass" not in text
    assert not re.search(r"gcs-key=|s3-key=|s3-key-secret", text)
    assert "PrivateKey" not in text


@every_host
def test_asynchronous_archive_get_is_off_where_it_fails_across_timelines(host: str) -> None:
    text = Renderer(host).template("pgbackrest.conf.j2")

    assert re.search(r"^\[global:archive-get\]\narchive-async=n$", text, re.MULTILINE)
    assert text.index("archive-async=y") < text.index("[global:archive-get]")


@every_host
def test_a_repository_that_is_away_holds_up_the_push_into_the_other_for_seconds_and_not_for_minutes(host: str) -> None:
    found = re.search(
        r"^\[global:archive-push\]\nio-timeout=(\d+)$", Renderer(host).template("pgbackrest.conf.j2"), re.M
    )

    assert found is not None
    assert int(found[1]) <= 10


def test_a_value_of_postgresql_keeps_its_quotes_and_backslashes() -> None:
    given = {**document("pg-a")["settings"]["postgresql"], "archive_command": r"cp '%p' C:\x", "port": 5433}

    text = Renderer("pg-a", database_pair_postgresql=given).template("10-pair.conf.j2")

    assert r"archive_command = 'cp ''%p'' C:\\x'" in text.splitlines()
    assert "port = 5433" in text.splitlines()


@pytest.mark.parametrize(("memory", "cache", "planned"), [(7943, 1920, 3968), (7960, 1920, 3968), (400, 128, 128)])
def test_postgresql_has_a_quarter_of_the_memory_and_a_few_bytes_more_change_nothing(
    memory: int, cache: int, planned: int
) -> None:
    text = Renderer("pg-a", ansible_facts={"memtotal_mb": memory}).template("15-memory.conf.j2")

    assert text.splitlines()[-2:] == [f"shared_buffers = '{cache}MB'", f"effective_cache_size = '{planned}MB'"]


@every_host
def test_postgresql_listens_on_its_private_address_only_for_clients(host: str) -> None:
    address = document(host)["settings"]["identity"]["wireguardAddress"]

    alone, serving = (Renderer(host, with_clients=clients).template("10-pair.conf.j2") for clients in (False, True))

    assert f"listen_addresses = '{address}'" in alone.splitlines()
    assert f"listen_addresses = '{address}, {PRIVATE_ADDRESS}'" in serving.splitlines()


@every_host
def test_the_firewall_opens_the_tunnel_to_the_peer_and_postgresql_inside_it(host: str) -> None:
    identity = document(host)["settings"]["identity"]
    endpoint, _, port = identity["peerEndpoint"].partition(":")

    rules = Renderer(host).template("firewall.nft.j2").splitlines()[1:]
    serving = Renderer(host, with_clients=True).template("firewall.nft.j2").splitlines()[1:]

    opened = "add rule inet packyard services "
    assert rules == [
        f"{opened}ip saddr {endpoint} udp dport {port} accept",
        f'{opened}iifname "packyard" ip saddr {identity["peerWireguardAddress"]} tcp dport 5432 accept',
    ]
    assert set(serving) - set(rules) == {f'{opened}iifname != "packyard" ip saddr {CLIENTS} tcp dport 5432 accept'}


@every_host
def test_the_first_line_of_pg_hba_lets_root_in_by_the_socket_and_the_last_refuses_the_rest(host: str) -> None:
    lines = Renderer(host).template("pg_hba.conf.j2").splitlines()
    rules = [line.split() for line in lines if not line.startswith("#")]

    assert rules[0] == ["local", "all", "all", "peer", "map=pair"]
    assert rules[-1] == ["host", "all", "all", "all", "reject"]
    assert all(rule[0] == "hostssl" and rule[4].startswith("cert") for rule in rules[1:-1])
    assert "pair root postgres" in Renderer(host).template("pg_ident.conf.j2").splitlines()


@every_host
def test_the_identity_of_aws_is_in_the_environment_of_postgresql_where_it_is_foreign(host: str) -> None:
    web_identity = document(host)["settings"]["identity"]["webIdentity"]

    for template in ("environment.j2", "pair-as-postgres.j2"):
        text = Renderer(host).template(template)
        assert ("AWS_ROLE_ARN" in text) is (web_identity is not None)
        assert ("AWS_WEB_IDENTITY_TOKEN_FILE" in text) is (web_identity is not None)
        assert web_identity is None or web_identity["tokenFile"] in text


def test_converge_keeps_the_peer_that_the_exchange_wrote() -> None:
    fresh = Renderer("pg-a", _database_tunnel="").template("wireguard.conf.j2")
    met = Renderer("pg-a", _database_tunnel=f"{fresh}\n{PEER}\n").template("wireguard.conf.j2")
    again = Renderer("pg-a", _database_tunnel=met).template("wireguard.conf.j2")

    assert "[Peer]" not in fresh
    assert met == f"{fresh}\n{PEER}\n"
    assert again == met


@every_host
def test_the_exchange_and_converge_write_one_file_and_neither_changes_the_other_s_part(host: str) -> None:
    settings = importlib.import_module("pair.settings").parse(document(host)["settings"])
    wireguard = importlib.import_module("pair.keys.wireguard")
    fresh = Renderer(host, _database_tunnel="").template("wireguard.conf.j2")

    exchanged = wireguard.configuration(settings.link, fresh, "abc=")

    assert Renderer(host, _database_tunnel=exchanged).template("wireguard.conf.j2") == exchanged
    assert wireguard.configuration(settings.link, exchanged, "abc=") == exchanged


@every_host
def test_pairctl_understands_the_command_of_every_job(host: str) -> None:
    for job in document(host)["settings"]["jobs"]:
        service = unit(Renderer(host).template("pair-job.service.j2", item=job))
        program, command, *words = shlex.split(service["Service"]["ExecStart"])
        parser = argparse.ArgumentParser(exit_on_error=False)
        importlib.import_module(f"pair.commands.{command}").add_arguments(parser)

        assert program == "/usr/local/sbin/pairctl"
        assert parser.parse_args(words).repository == job["repository"]
        timer = unit(Renderer(host).template("pair-job.timer.j2", item=job))
        assert timer["Timer"]["OnCalendar"] == job["calendar"]


@every_host
def test_a_whole_repository_is_read_where_that_costs_nothing(host: str) -> None:
    names = [job["name"] for job in Renderer(host).value("{{ _database_jobs_here }}")]

    assert [name for name in names if name.startswith("verify")] == [f"verify-repo{2 if host == 'pg-a' else 1}"]
    assert {"full-repo1", "full-repo2", "restore-drill-repo1", "restore-drill-repo2"} <= set(names)


def test_units_call_commands_that_exist() -> None:
    commands = importlib.import_module("pair.__main__").COMMANDS
    job = document("pg-a")["settings"]["jobs"][0]
    render = Renderer("pg-a")
    templates = ("pair-job.service.j2", "pair-job.timer.j2", "postgresql.service.conf.j2")
    texts = [path.read_text() for path in units()] + [render.template(name, item=job) for name in templates]

    for text in texts:
        for command in re.findall(r"pairctl (\S+)", text):
            assert command in commands


def test_the_units_of_a_job_that_is_gone_are_removed_and_no_others() -> None:
    names = [path.name for path in units()] + ["pair-full-repo1.timer", "pair-full-repo3.timer", "pair-old.service"]
    found = {"files": [{"path": f"/etc/systemd/system/{name}"} for name in names]}
    render = Renderer("pg-a", _database_found_units=found)

    stale = render.value(ROLE.defaults["_database_stale_units"])

    assert set(stale) == {"pair-full-repo3.timer", "pair-old.service"}


def test_the_role_knows_each_of_its_own_units() -> None:
    assert ROLE.defaults["_database_own_units"] == [path.name for path in units()]


def test_no_task_writes_what_pairctl_or_postgresql_owns() -> None:
    item = {"name": "pair", "path": "/var/lib/postgresql/drill", "mode": "0700"}
    render = Renderer("pg-a", _database_tunnel="", role_path=str(ROLE.folder), item=item)
    written: list[str] = []
    for task in ROLE.tasks():
        module, arguments = module_of(task)
        if module in WRITERS:
            written.append(str(render.value(arguments.get("dest") or arguments["path"])))

    assert len(written) > 20
    assert not [path for path in written if path.startswith(PGDATA)]
    assert not [path for path in written if path.endswith(("20-alone.conf", "standby.signal", "postgresql.auto.conf"))]
    assert not [path for path in written if path.startswith("/etc/pgbackrest/conf.d/")]


def test_postgresql_is_restarted_and_upgraded_in_the_window_alone_and_under_the_lock() -> None:
    interrupting = [
        task
        for task in ROLE.tasks()
        for module, arguments in [module_of(task)]
        if module == "command" and re.search(r"pairctl restart|apt-get", str(arguments) + str(task.get("vars")))
    ]

    assert len(interrupting) == 2
    for task in interrupting:
        assert re.search(r"\bmachine_may_interrupt\b", str(task["when"])), task["name"]
        assert re.search(r"_database_lock|pairctl restart", str(task)), task["name"]
    for task in ROLE.tasks():
        module, arguments = module_of(task)
        if module == "systemd_service" and "_database_server" in str(arguments):
            assert set(arguments) == {"name"}, task["name"]


def test_an_upgrade_holds_what_commands_and_jobs_of_pairctl_hold() -> None:
    (task,) = (task for task in ROLE.tasks() if task.get("register") == "_database_upgraded")
    words = Renderer("pg-a", **task["vars"]).value(module_of(task)[1]["argv"])
    before = words[: words.index("apt-get")]

    assert [word for word in before if word.startswith("/")] == [str(lock.FILE), str(in_use.FILE)]
    assert before.count("flock") == before.count("--nonblock") == 2
    assert "--shared" not in before


def test_every_package_that_restarts_postgresql_is_kept_from_unattended_upgrades() -> None:
    (play,) = loaded(MACHINES / "playbooks/database-pair.yml")
    blocked: list[str] = play["vars"]["base_upgrade_blocklist"]

    for package in Renderer("pg-a").value(ROLE.defaults["_database_packages"]):
        assert any(re.match(pattern, package) for pattern in blocked), package


@every_host
def test_documents_are_what_the_role_is_specified_to_take(host: str) -> None:
    specified = ROLE.inputs
    fields = {f"database_pair_{name}" for name in DatabasePairDocument.model_fields}

    assert {name for name in specified if name.startswith("database_pair_")} <= fields
    passed = {name: value for name, value in given(document(host)).items() if name in specified}
    assert set(passed) == set(specified)
    validator = ArgumentSpecValidator(specified)
    assert not validator.validate(passed).error_messages
    assert validator.validate({**passed, "database_pair_jobs": [{"name": "full-repo1"}]}).error_messages
