"""What the world gets from the package server, what it never gets, and what stops it."""

import json
import re
from collections.abc import Iterator

import pytest

from capture import Capture, Registration
from policies.values import at, items, mapping, records, text, texts
from tests.components.package_server.registered import NAME, document, named, public, upload
from tests.components.package_server.url_maps import ask, backend_at, url_map
from tests.registrations import differing
from tests.support import STACKS, estate, variant

DIGEST = "0" * 64
APT_METADATA = (
    "dists/{}/InRelease",
    "dists/{}/Release",
    "dists/{}/Release.gpg",
    "dists/{}/main/binary-amd64/Packages",
    "dists/{}/main/binary-amd64/Packages.gz",
    "dists/{}/main/binary-arm64/Packages.xz",
)
APT_IMMUTABLE = (
    f"dists/{{}}/main/binary-amd64/by-hash/SHA256/{DIGEST}",
    f"dists/{{}}/main/by-hash/SHA256/{DIGEST}",
    f"dists/{{}}/by-hash/SHA256/{DIGEST}",
    "pool/main/g/gitlab-ce/gitlab-ce_18.7.0-ce.0_amd64.deb",
    "gitlab-ce_18.7.0-ce.0_amd64.deb",
)
RPM_METADATA = (
    "repodata/repomd.xml",
    "repodata/repomd.xml.asc",
    "repodata/repomd.xml.key",
    "repodata/primary.xml.gz",
    "config.repo",
)
RPM_IMMUTABLE = (
    f"repodata/{DIGEST}-primary.xml.gz",
    f"repodata/{DIGEST}-filelists.xml.gz",
    "Packages/g/gitlab-ce-18.7.0-ce.0.el9.x86_64.rpm",
)


@pytest.fixture(params=STACKS)
def capture(request: pytest.FixtureRequest) -> Capture:
    return estate(request.param)


def paths(capture: Capture, apt: tuple[str, ...], rpm: tuple[str, ...]) -> Iterator[str]:
    """Paths of every release repository."""
    for repository in document(capture)["repositories"]:
        if repository["channel"] == "release":
            for path in apt if repository["format"] == "apt" else rpm:
                yield f"/{repository['basePath']}/{path.format(repository['codename'])}"


def test_metadata_is_never_cached(capture: Capture) -> None:
    for path in paths(capture, APT_METADATA, RPM_METADATA):
        answer = public(capture, path)

        assert not answer.cached, path
        assert answer.cache_control == "no-store", path
        assert answer.abort is None, path


def test_a_path_that_nobody_thought_of_is_not_cached(capture: Capture) -> None:
    first = document(capture)["repositories"][0]["basePath"]
    for path in ("/", "/install.sh", f"/{first}/", f"/{first}/new/kind/of/file.gz", "/other/dists/x/InRelease"):
        assert not public(capture, path).cached, path


def test_what_never_changes_is_kept_for_a_year(capture: Capture) -> None:
    year = 365 * 24 * 3600
    for path in paths(capture, APT_IMMUTABLE, RPM_IMMUTABLE):
        answer = public(capture, path)

        assert answer.cached, path
        assert at(answer.backend.inputs, "cdnPolicy.cacheMode") == "FORCE_CACHE_ALL"
        assert at(answer.backend.inputs, "cdnPolicy.defaultTtl") == year
        assert answer.cache_control == f"public, max-age={year}, immutable"


def test_neither_errors_nor_redirects_are_kept_and_a_query_passes_no_cache(capture: Capture) -> None:
    """A redirect to a signed URL, kept as if it were the file, would outlive the signature."""
    policy = mapping(named(capture, "BackendService", f"{NAME}-immutable").inputs["cdnPolicy"])

    assert policy["negativeCaching"] is False
    assert at(policy, "cacheKeyPolicy.includeQueryString") is False
    assert document(capture)["pulp"]["redirectToObjectStorage"] is False


def test_the_public_keys_need_no_server(capture: Capture) -> None:
    """In an incident users must be able to fetch a key while Pulp is down."""
    for key in document(capture)["signingKeys"]:
        backend = public(capture, f"/{key['publicFile']}").backend

        assert backend.kind == "BackendBucket"
        assert not any("Instance" in urn or "Machine" in urn for urn in needs(capture, backend))


def needs(capture: Capture, registration: Registration) -> set[str]:
    """Everything that a resource depends on, through others as well; its parents' own children do not count."""
    found: set[str] = set()
    waiting = [registration]
    while waiting:
        for urn in waiting.pop().dependencies:
            if urn not in found:
                found.add(urn)
                waiting.append(capture.by_urn[urn])
    return found


def test_pulps_api_is_on_the_upload_host_alone(capture: Capture) -> None:
    for path in ("/pulp/api/v3/status/", "/pulp/release/api/v3/users/", "/pulp/", "/pre-release/any/InRelease"):
        assert public(capture, path).abort == 404, path
        assert upload(capture, path).abort is None, path
        assert not upload(capture, path).cached, path
    assert upload(capture, "/gitlab/gitlab-ce/debian/trixie/dists/trixie/InRelease").abort == 404


def test_no_spelling_of_what_is_hidden_passes_the_edge(capture: Capture) -> None:
    for path in ("/%70ulp/api/v3/status/", "//pulp/", "/./pulp/", "/pre%2Drelease/any/InRelease", "/pulp%2Fcontent/"):
        assert public(capture, path).denied == 404, path
    for path in ("/", "/pulp-tools/x", "/gitlab/pulp/x", "/healthz"):
        assert public(capture, path).denied is None, path


def test_the_public_host_does_not_even_share_a_port_with_the_api(capture: Capture) -> None:
    """An encoded path may pass a route; the port behind it knows no API."""
    told = document(capture)["listeners"]
    ports = {
        text(port.get("name")): port["port"]
        for port in records(named(capture, "InstanceGroup", NAME).inputs["namedPorts"])
    }

    assert named(capture, "BackendService", f"{NAME}-metadata").inputs["portName"] == "content"
    assert named(capture, "BackendService", f"{NAME}-immutable").inputs["portName"] == "content"
    assert named(capture, "BackendService", f"{NAME}-upload").inputs["portName"] == "upload"
    assert ports == {"content": told["contentPort"], "upload": told["uploadPort"]}
    assert told["contentPort"] != told["uploadPort"]


def test_nothing_is_stopped_or_withdrawn_by_default(capture: Capture) -> None:
    text_of_map = json.dumps(url_map(capture, NAME).inputs, default=str)

    assert "503" not in text_of_map
    for path in paths(capture, (*APT_METADATA, *APT_IMMUTABLE), (*RPM_METADATA, *RPM_IMMUTABLE)):
        assert public(capture, path).denied is None, path


def test_the_emergency_stop_closes_one_repository_in_every_spelling_and_changes_nothing_else() -> None:
    stopped_path, other = "gitlab/gitlab-ce/debian/trixie", "gitlab/gitlab-ce/ubuntu/noble"
    stopped = variant("staging", {"packageServer.emergencyStop.repositories": [stopped_path]})

    for path in ("dists/trixie/InRelease", "pool/main/g/gitlab-ce/gitlab-ce_1_amd64.deb"):
        answer = public(stopped, f"/{stopped_path}/{path}")
        assert (answer.abort, answer.cached) == (503, False)
    assert public(stopped, f"/{other}/dists/noble/InRelease").abort is None
    assert public(stopped, f"/{other}/pool/main/a/a/a_1_amd64.deb").cached
    for spelt in (
        "gitlab%2Fgitlab-ce/debian/trixie",
        "/gitlab//gitlab-ce/./debian/trixie",
        "gitla%62/gitlab-ce/debian/trixie",
    ):
        assert public(stopped, f"/{spelt}/dists/trixie/InRelease").denied == 502, spelt
        assert public(estate("staging"), f"/{spelt}/dists/trixie/InRelease").denied is None, spelt
    for served in (
        f"{other}/dists/noble/InRelease",
        f"{stopped_path}-backports/dists/x/InRelease",
        f"mirror/{stopped_path}/x",
    ):
        assert public(stopped, f"/{served}").denied is None, served
    assert public(stopped, "/gpgkey/gpg.key").abort is None
    edge = named(stopped, "SecurityPolicy", f"{NAME}-edge")
    assert differing(estate("staging"), stopped) == {url_map(stopped, NAME).urn, edge.urn}


def test_the_emergency_stop_closes_everything_but_the_keys_and_changes_nothing_else() -> None:
    stopped = variant("staging", {"packageServer.emergencyStop.everything": True})

    for path in ("/", *paths(stopped, (*APT_METADATA, *APT_IMMUTABLE), (*RPM_METADATA, *RPM_IMMUTABLE))):
        answer = public(stopped, path)
        assert (answer.abort, answer.cached) == (503, False), path
    assert public(stopped, "/gpgkey/gpg.key").abort is None
    assert upload(stopped, "/pulp/api/v3/status/").abort is None, "operators mend it through the API"
    assert differing(estate("staging"), stopped) == {url_map(stopped, NAME).urn}


def test_the_url_maps_own_tests_say_what_it_does(capture: Capture) -> None:
    """Google runs them before each update; one that is wrong would block an emergency stop."""
    tests = list(records(url_map(capture, NAME).inputs["tests"]))

    assert len(tests) >= 9
    for case in tests:
        answer = ask(capture, NAME, text(case["host"]), text(case["path"]))
        assert answer.backend == backend_at(capture, text(case["service"])), case["path"]


def test_the_url_map_keeps_googles_limits(capture: Capture) -> None:
    for matcher in records(url_map(capture, NAME).inputs["pathMatchers"]):
        rules = list(records(matcher["routeRules"]))
        assert len(rules) <= 200
        assert len({str(rule["priority"]) for rule in rules}) == len(rules)
        for match in (match for rule in rules for match in records(rule["matchRules"])):
            template = text(match.get("pathTemplateMatch"))
            operators = re.findall(r"\*+", template)
            assert len(operators) <= 5
            assert len(template) <= 255
            assert all(operator == "*" for operator in operators[:-1]), f"** must be the last operator: {template}"


def test_plain_http_is_only_redirected(capture: Capture) -> None:
    redirect = url_map(capture, f"{NAME}-redirect")

    assert at(redirect.inputs, "defaultUrlRedirect.httpsRedirect") is True
    assert "pathMatchers" not in redirect.inputs
    assert redirect.urn in named(capture, "TargetHttpProxy", f"{NAME}-redirect").property_dependencies["urlMap"]


def test_both_hosts_have_a_record_and_a_certificate_that_needs_no_record(capture: Capture) -> None:
    """Authorised by DNS, a certificate is there before the name points here."""
    for what, host in (("public", document(capture)["publicHost"]), ("upload", document(capture)["uploadHost"])):
        certificate = named(capture, "Certificate", f"{NAME}-{what}")
        entry = named(capture, "CertificateMapEntry", f"{NAME}-{what}")

        assert named(capture, "RecordSet", f"{NAME}-{what}").inputs["name"] == f"{host}."
        assert texts(at(certificate.inputs, "managed.domains")) == (host,)
        assert items(at(certificate.inputs, "managed.dnsAuthorizations"))
        assert entry.inputs["hostname"] == host
        assert certificate.urn in entry.property_dependencies["certificates"]


def test_the_upload_host_has_no_ipv6_address(capture: Capture) -> None:
    """Its allow-list knows IPv4 addresses, so a build job that prefers IPv6 would be refused."""
    hosts = {
        text(entry.inputs["name"])
        for entry in capture.of_type("gcp:dns/recordSet:RecordSet")
        if entry.inputs["type"] == "AAAA" and "package_server:PackageServer" in entry.urn
    }

    assert hosts == {f"{document(capture)['publicHost']}."}


def test_old_tls_is_refused(capture: Capture) -> None:
    policy = named(capture, "SSLPolicy", NAME)

    assert (policy.inputs["minTlsVersion"], policy.inputs["profile"]) == ("TLS_1_2", "MODERN")
    assert policy.urn in named(capture, "TargetHttpsProxy", NAME).property_dependencies["sslPolicy"]
