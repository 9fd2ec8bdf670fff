"""What the world gets from the package server, what it never gets, and what stops it."""

import json
import re
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from annotated_types import MaxLen
from hypothesis import given
from hypothesis import strategies as st

from capture import Capture, Registration
from lab.front.url_map import backend_at, route, url_map
from policies.values import at, items, mapping, records, text, texts
from settings.package_server.section import PackageServerSettings
from tests.components.package_server.registered import NAME, document, named, public, upload
from tests.registrations import differing
from tests.support import STACKS, estate, raw_sections, variant

DIGEST = "0" * 64
REPOSITORIES = PackageServerSettings.model_fields["repositories"].metadata
DAY = "snapshots/20261101T000000Z"
GENERATION = "generations/20261101T101112Z"
VIEWS = (DAY, GENERATION, "pointers/known-good")
APT_METADATA = (
    "dists/{}/InRelease",
    "dists/{}/Release",
    "dists/{}/Release.gpg",
    "dists/{}/main/binary-amd64/Packages",
    "dists/{}/main/binary-amd64/Packages.gz",
    "dists/{}/main/binary-arm64/Packages.xz",
    "pointers/known-good/dists/{}/InRelease",
)
APT_IMMUTABLE = (
    f"dists/{{}}/main/binary-amd64/by-hash/SHA256/{DIGEST}",
    f"dists/{{}}/main/by-hash/SHA256/{DIGEST}",
    f"dists/{{}}/by-hash/SHA256/{DIGEST}",
    "pool/main/g/gitlab-ce/gitlab-ce_18.7.0-ce.0_amd64.deb",
    f"{DAY}/dists/{{}}/InRelease",
    f"{DAY}/dists/{{}}/main/binary-amd64/by-hash/SHA256/{DIGEST}",
    f"{GENERATION}/dists/{{}}/InRelease",
)
RPM_METADATA = (
    "repodata/repomd.xml",
    "repodata/repomd.xml.asc",
    "repodata/repomd.xml.key",
    "repodata/primary.xml.gz",
    "mirrorlist",
    "pointers/current/mirrorlist",
    "pointers/current/repodata/repomd.xml",
)
RPM_IMMUTABLE = (
    f"repodata/{DIGEST}-primary.xml.gz",
    f"repodata/{DIGEST}-filelists.xml.gz",
    "Packages/g/gitlab-ce-18.7.0-ce.0.el9.x86_64.rpm",
    f"{DAY}/repodata/repomd.xml",
    f"{GENERATION}/repodata/repomd.xml",
    f"{GENERATION}/repodata/repomd.xml.asc",
)
APT_PACKAGE = "pool/main/g/gitlab-ce/gitlab-ce_1%3a18.7.0%7erc1_amd64.deb"
RPM_PACKAGE = "Packages/g/gitlab-ce-18.7.0%7erc1.el9.x86_64.rpm"


@pytest.fixture(params=STACKS)
def capture(request: pytest.FixtureRequest) -> Capture:
    return estate(request.param)


@st.composite
def encoded(draw: st.DrawFn, path: str) -> str:
    """A path of which any character may be encoded."""
    which = draw(st.lists(st.booleans(), min_size=len(path), max_size=len(path)))
    return "".join(f"%{ord(each):02x}" if is_so else each for each, is_so in zip(path, which, strict=True))


def paths(capture: Capture, apt: tuple[str, ...], rpm: tuple[str, ...]) -> Iterator[str]:
    """Paths of every repository."""
    for repository in document(capture)["repositories"]:
        for path in apt if repository["format"] == "apt" else rpm:
            yield f"/{repository['basePath']}/{path.format(repository['codename'])}"


def test_metadata_is_never_cached(capture: Capture) -> None:
    for path in paths(capture, APT_METADATA, RPM_METADATA):
        answer = public(capture, path)

        assert answer.backend.kind == "BackendBucket", path
        assert not answer.cached, path
        assert answer.cache_control == "no-store", path
        assert answer.abort is None, path


def test_a_path_of_a_repository_that_nobody_thought_of_is_not_cached(capture: Capture) -> None:
    first = document(capture)["repositories"][0]["basePath"]
    for path in ("", "new/kind/of/file.gz", "client.sources", "poolside/x.deb", "snapshots", "dists/x/by-hashes/x"):
        answer = public(capture, f"/{first}/{path}")

        assert (answer.cached, answer.cache_control, answer.abort) == (False, "no-store", None), path


def test_what_no_repository_names_is_404_and_asks_no_store(capture: Capture) -> None:
    first = document(capture)["repositories"][0]["basePath"]
    for path in (
        *("/", "/index.html", "/robots.txt", "/other/dists/x/InRelease", "/?prefix=gitlab", "/pool/main/x.deb"),
        *(f"/{first}", f"/{first}-backports/dists/x/InRelease", f"//{first}/dists/x/InRelease", f"/./{first}/x"),
        *(f"/{first.replace('/', '%2F', 1)}/pool/x.deb", f"/{first.upper()}/pool/x.deb", f"/x/../{first}/pool/x.deb"),
        *("/pulp/api/v3/status/", "/pre-release/any/InRelease", "/healthz/upload", "/%70ulp/api/v3/", "/gpgkeys/x"),
    ):
        answer = public(capture, path)

        assert (answer.abort, answer.backend.name) == (404, f"{NAME}-nothing"), path


def test_what_never_changes_is_kept_for_a_year(capture: Capture) -> None:
    year = 365 * 24 * 3600
    for path in paths(capture, APT_IMMUTABLE, RPM_IMMUTABLE):
        answer = public(capture, path)

        assert answer.cached, path
        assert at(answer.backend.inputs, "cdnPolicy.cacheMode") == "FORCE_CACHE_ALL"
        assert at(answer.backend.inputs, "cdnPolicy.defaultTtl") == year
        assert answer.cache_control == f"public, max-age={year}, immutable"
        assert answer.path == path


@pytest.mark.parametrize("view", VIEWS)
def test_every_day_generation_and_pointer_serves_the_packages_of_the_repository(capture: Capture, view: str) -> None:
    """As apt and dnf ask for them, below the base of the view, with their characters encoded as they came."""
    of_view = paths(capture, (f"{view}/{APT_PACKAGE}",), (f"{view}/{RPM_PACKAGE}",))
    for asked, package in zip(of_view, paths(capture, (APT_PACKAGE,), (RPM_PACKAGE,)), strict=True):
        answer = public(capture, asked)

        assert (answer.path, answer.cached, answer.abort) == (package, True, None)
        assert public(capture, package).path == package


@given(st.sampled_from(range(2)), st.data())
def test_no_encoding_puts_what_changes_into_the_cache(kind: int, data: st.DataObject) -> None:
    """The store decodes a path once and takes the rest literally, so the object's name is what counts."""
    capture = estate("staging")
    path = data.draw(st.sampled_from(tuple(paths(capture, APT_METADATA, RPM_METADATA))))
    start = path.rindex("/") if kind else 1
    asked = path[:start] + data.draw(encoded(path[start:]))

    answer = public(capture, asked)

    assert not (answer.cached and unquote(answer.path) == path), asked


@pytest.mark.parametrize("way", ["pool/..", "pool/%2e%2e", "snapshots/x/../..", "Packages/./..", "generations/..%2f"])
def test_no_way_around_puts_what_changes_into_the_cache(way: str) -> None:
    """A store does not resolve dots: what is cached would be the object of just that name, and there is none."""
    capture = estate("staging")
    for path in paths(capture, APT_METADATA, RPM_METADATA):
        root = next(entry["basePath"] for entry in document(capture)["repositories"] if entry["basePath"] in path)
        asked = path.replace(root, f"{root}/{way}")

        answer = public(capture, asked)

        assert not answer.cached or ".." in unquote(answer.path), asked


def test_the_world_reads_one_bucket_of_public_files(capture: Capture) -> None:
    channels = {channel["channel"]: channel["bucket"] for channel in document(capture)["channels"]}
    read = {
        text(public(capture, path).backend.inputs["bucketName"])
        for path in paths(capture, (*APT_METADATA, *APT_IMMUTABLE), (*RPM_METADATA, *RPM_IMMUTABLE))
    }

    assert read == {channels["release"]}


def test_neither_errors_nor_queries_are_kept(capture: Capture) -> None:
    """A bucket's cache key has no query unless one is named."""
    policy = mapping(named(capture, "BackendBucket", f"{NAME}-release-immutable").inputs["cdnPolicy"])

    assert policy["negativeCaching"] is False
    assert "cacheKeyPolicy" not in policy
    assert document(capture)["pulp"]["redirectToObjectStorage"] is False


def test_keys_and_releases_need_no_server(capture: Capture) -> None:
    """Users install, and in an incident fetch a key, while Pulp and its machine are down."""
    keys = tuple(f"/{key['publicFile']}" for key in document(capture)["signingKeys"])
    for path in (*keys, *paths(capture, (*APT_METADATA, *APT_IMMUTABLE), (*RPM_METADATA, *RPM_IMMUTABLE))):
        backend = public(capture, path).backend

        assert backend.kind == "BackendBucket", path
        assert not any("Instance" in urn or "Machine" in urn for urn in needs(capture, backend)), path


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


def test_no_path_of_the_public_host_leads_to_a_machine(capture: Capture) -> None:
    """An encoded path may pass a route; behind none of them is a server."""
    found = url_map(capture, NAME)
    (matcher,) = (each for each in records(found.inputs["pathMatchers"]) if each["name"] == "public")
    led_to = [backend_at(capture, text(rule["service"])) for rule in records(matcher["routeRules"])]

    services = {entry.name for entry in led_to if entry.kind == "BackendService"}
    assert services == {f"{NAME}-nothing"}
    for link in (matcher["defaultService"], found.inputs["defaultService"]):
        assert backend_at(capture, text(link)).name == f"{NAME}-nothing"
    assert at(found.inputs, "defaultRouteAction.faultInjectionPolicy.abort.httpStatus") == 404


def test_what_the_load_balancer_answers_itself_has_nothing_behind_it(capture: Capture) -> None:
    """Were an abort left out one day, the answer would be an error and no machine would be asked."""
    nothing = named(capture, "BackendService", f"{NAME}-nothing")

    assert "backends" not in nothing.inputs
    assert "healthChecks" not in nothing.inputs
    for host in ("publicHost", "uploadHost"):
        answer = route(capture, NAME, document(capture)[host], "/nobody/knows")
        assert (answer.abort, answer.backend) == (404, nothing)


def test_nothing_is_stopped_or_withdrawn_by_default(capture: Capture) -> None:
    text_of_map = json.dumps(url_map(capture, NAME).inputs, default=str)

    assert "503" not in text_of_map
    for path in paths(capture, (*APT_METADATA, *APT_IMMUTABLE), (*RPM_METADATA, *RPM_IMMUTABLE)):
        assert public(capture, path).denied is None, path


def test_the_emergency_stop_closes_one_repository_in_every_spelling_and_changes_nothing_else() -> None:
    stopped_path, other = "gitlab/gitlab-ce/debian/trixie", "gitlab/gitlab-ce/ubuntu/noble"
    stopped = variant("staging", {"packageServer.emergencyStop.repositories": [stopped_path]})

    for path in ("dists/trixie/InRelease", APT_PACKAGE, *(f"{view}/{APT_PACKAGE}" for view in VIEWS)):
        answer = public(stopped, f"/{stopped_path}/{path}")
        assert (answer.abort, answer.backend.name) == (503, f"{NAME}-nothing"), path
    for spelt in (
        "gitlab%2Fgitlab-ce/debian/trixie",
        "/gitlab//gitlab-ce/./debian/trixie",
        "gitla%62/gitlab-ce/debian/trixie",
    ):
        assert public(stopped, f"/{spelt}/dists/trixie/InRelease").abort == 404, spelt
    assert public(stopped, f"/{other}/dists/noble/InRelease").abort is None
    assert public(stopped, f"/{other}/pool/main/a/a/a_1_amd64.deb").cached
    assert public(stopped, "/gpgkey/gpg.key").abort is None
    assert differing(estate("staging"), stopped) == {url_map(stopped, NAME).urn}


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

    assert len(tests) >= 12
    for case in tests:
        answer = route(capture, NAME, text(case["host"]), text(case["path"]))
        assert answer.backend == backend_at(capture, text(case["service"])), case["path"]


def test_the_url_map_keeps_googles_limits_with_as_many_repositories_as_a_stack_may_have() -> None:
    first = raw_sections("staging", {})["packageServer"]["repositories"][0]
    (most,) = (part.max_length for part in REPOSITORIES if isinstance(part, MaxLen))
    long = "/".join(("a" * 27,) * 4)
    many = [{**first, "name": f"r-{each}", "path": f"{long}{each}/{first['codename']}"} for each in range(most)]
    largest = variant("staging", {"packageServer.repositories": many})
    for matcher in records(url_map(largest, NAME).inputs["pathMatchers"]):
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
