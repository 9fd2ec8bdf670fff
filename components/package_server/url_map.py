"""From the table of routes to URL maps of the load balancer."""

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from components.package_server.backends import Backends
from components.package_server.routes import (
    ABSENT_STATUS,
    KEYS_PREFIX,
    PACKAGE_FOLDERS,
    MatchKind,
    PathMatch,
    Route,
    Target,
    public_routes,
    upload_routes,
)
from settings.package_server.section import PackageServerSettings, Repository, RepositoryFormat

EVERY_REQUEST = 100.0
"""Percentage of requests that an abort hits."""


def map_name(component: Component) -> str:
    """Name of the map that both hosts have."""
    return component.context.physical_name(component.name, kind="gce")


def package_url_map(component: Component, settings: PackageServerSettings, backends: Backends) -> gcp.compute.URLMap:
    """The URL map of both hosts. Its tests are run by Google before each update: a map that fails them is refused."""
    nothing = backends.link(Target.NOTHING)
    return gcp.compute.URLMap(
        component.name,
        name=map_name(component),
        description="Package server: public host and upload host",
        default_service=nothing,
        # Another host name, or none: whoever asks for an address does not want packages.
        default_route_action=gcp.compute.URLMapDefaultRouteActionArgs(
            fault_injection_policy=gcp.compute.URLMapDefaultRouteActionFaultInjectionPolicyArgs(
                abort=gcp.compute.URLMapDefaultRouteActionFaultInjectionPolicyAbortArgs(
                    http_status=ABSENT_STATUS, percentage=EVERY_REQUEST
                )
            )
        ),
        host_rules=[
            gcp.compute.URLMapHostRuleArgs(hosts=[settings.hosts.public], path_matcher="public"),
            gcp.compute.URLMapHostRuleArgs(hosts=[settings.hosts.upload], path_matcher="upload"),
        ],
        path_matchers=[
            gcp.compute.URLMapPathMatcherArgs(
                name=name,
                default_service=nothing,
                route_rules=[_rule(route, backends.link(route.target)) for route in routes],
            )
            for name, routes in (("public", public_routes(settings)), ("upload", upload_routes()))
        ],
        tests=[
            gcp.compute.URLMapTestArgs(host=host, path=path, service=backends.link(target))
            for host, path, target in _samples(settings)
        ],
        opts=component.child(),
    )


def redirect_url_map(component: Component) -> gcp.compute.URLMap:
    """Sends plain HTTP to HTTPS. apt and dnf follow it; signatures protect packages, but not what somebody installs."""
    return gcp.compute.URLMap(
        f"{component.name}-redirect",
        name=component.context.physical_name(component.name, "redirect", kind="gce"),
        default_url_redirect=gcp.compute.URLMapDefaultUrlRedirectArgs(
            https_redirect=True, redirect_response_code="MOVED_PERMANENTLY_DEFAULT", strip_query=False
        ),
        opts=component.child(),
    )


def _rule(route: Route, service: pulumi.Input[str]) -> gcp.compute.URLMapPathMatcherRouteRuleArgs:
    return gcp.compute.URLMapPathMatcherRouteRuleArgs(
        priority=route.priority,
        match_rules=[_match(match) for match in route.matches],
        service=service,
        route_action=_action(route),
        header_action=None if route.cache_control is None else _replace_cache_control(route.cache_control),
    )


def _match(match: PathMatch) -> gcp.compute.URLMapPathMatcherRouteRuleMatchRuleArgs:
    match match.kind:
        case MatchKind.PREFIX:
            return gcp.compute.URLMapPathMatcherRouteRuleMatchRuleArgs(prefix_match=match.value)
        case MatchKind.TEMPLATE:
            return gcp.compute.URLMapPathMatcherRouteRuleMatchRuleArgs(path_template_match=match.value)


def _action(route: Route) -> gcp.compute.URLMapPathMatcherRouteRuleRouteActionArgs | None:
    if route.abort is not None:
        abort = gcp.compute.URLMapPathMatcherRouteRuleRouteActionFaultInjectionPolicyAbortArgs(
            http_status=route.abort, percentage=EVERY_REQUEST
        )
        return gcp.compute.URLMapPathMatcherRouteRuleRouteActionArgs(
            fault_injection_policy=gcp.compute.URLMapPathMatcherRouteRuleRouteActionFaultInjectionPolicyArgs(
                abort=abort
            )
        )
    if route.rewrite is not None:
        return gcp.compute.URLMapPathMatcherRouteRuleRouteActionArgs(
            url_rewrite=gcp.compute.URLMapPathMatcherRouteRuleRouteActionUrlRewriteArgs(
                path_template_rewrite=route.rewrite
            )
        )
    return None


def _replace_cache_control(value: str) -> gcp.compute.URLMapPathMatcherRouteRuleHeaderActionArgs:
    return gcp.compute.URLMapPathMatcherRouteRuleHeaderActionArgs(
        response_headers_to_adds=[
            gcp.compute.URLMapPathMatcherRouteRuleHeaderActionResponseHeadersToAddArgs(
                header_name="Cache-Control", header_value=value, replace=True
            )
        ]
    )


def _samples(settings: PackageServerSettings) -> list[tuple[str, str, Target]]:
    """Paths that clients ask for, with where each must lead: one repository of each format that is not stopped."""
    public, stop = settings.hosts.public, settings.emergency_stop
    served = (
        [] if stop.everything else [entry for entry in settings.repositories if entry.path not in stop.repositories]
    )
    samples = [
        (public, f"{KEYS_PREFIX}{settings.keys.metadata.file}", Target.KEYS),
        (settings.hosts.upload, "/pulp/api/v3/status/", Target.UPLOAD),
    ]
    for kind in RepositoryFormat:
        if repository := next((entry for entry in served if entry.format is kind), None):
            samples += [(public, path, target) for path, target in _repository_samples(repository)]
    return samples


def _repository_samples(repository: Repository) -> list[tuple[str, Target]]:
    root = f"/{repository.path}"
    day = f"{root}/snapshots/20260101T000000Z"
    packages = PACKAGE_FOLDERS[repository.format]
    if repository.format is RepositoryFormat.APT:
        release = f"dists/{repository.codename}"
        return [
            (f"{root}/{release}/InRelease", Target.METADATA),
            (f"{root}/{release}/main/binary-amd64/Packages.gz", Target.METADATA),
            (f"{root}/{release}/main/binary-amd64/by-hash/SHA256/{'0' * 64}", Target.IMMUTABLE),
            (f"{root}/{packages}/main/e/example/example_1.0.0_amd64.deb", Target.IMMUTABLE),
            (f"{day}/{release}/InRelease", Target.IMMUTABLE),
        ]
    return [
        (f"{root}/repodata/repomd.xml", Target.METADATA),
        (f"{root}/mirrorlist", Target.METADATA),
        (f"{root}/repodata/{'0' * 64}-primary.xml.gz", Target.IMMUTABLE),
        (f"{root}/{packages}/e/example-1.0.0-1.x86_64.rpm", Target.IMMUTABLE),
        (f"{day}/repodata/repomd.xml", Target.IMMUTABLE),
    ]
