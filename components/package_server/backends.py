"""What stands behind the load balancer: one machine, three ways to reach it, each with its own rules of caching."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from components.gcp_firewall import gcp_ingress
from components.machine import GceMachine
from components.network import GcpNetwork
from components.package_server.armor import denied_to_all, rate_limit, upload_allow_list
from components.package_server.routes import PRE_RELEASE_PREFIX, PULP_PREFIX, Target
from settings.package_server.section import PackageServerSettings

LOAD_BALANCER_RANGES = ("35.191.0.0/16", "130.211.0.0/22")
"""Sources of all requests and health checks of Google's load balancers (Google, "Firewall rules")."""

CONTENT_PORT = 8443
"""nginx before Pulp's content app. Pulp's API is not behind it."""

UPLOAD_PORT = 8444
"""nginx before Pulp's API and the pre-release content."""

CONTENT_HEALTH_PATH = "/healthz/content"
UPLOAD_HEALTH_PATH = "/healthz/upload"

YEAR_SECONDS = 31536000

UPLOAD_TIMEOUT_SECONDS = 1800
"""As long as GitLab's own upload job waits (omnibus-gitlab, PULP_UPLOAD_TIMEOUT)."""

READ_TIMEOUT_SECONDS = 3600
"""For the whole answer: a slow line takes an hour for a package of 1.4 GB that is not in the cache."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How requests of one kind reach the machine."""

    port_name: str
    check: gcp.compute.HealthCheck
    policy: gcp.compute.SecurityPolicy
    edge_policy: gcp.compute.SecurityPolicy | None = None
    """Asked before a cache answers."""
    sampling: float
    """Part of the requests that are logged, 0 to 1."""
    timeout_seconds: int


@dataclass(frozen=True)
class ServerBackends:
    """The three ways to the machine."""

    metadata: gcp.compute.BackendService
    immutable: gcp.compute.BackendService
    upload: gcp.compute.BackendService

    def link(self, target: Target, keys: gcp.compute.BackendBucket) -> pulumi.Output[str]:
        """The link that a URL map wants for a target."""
        match target:
            case Target.METADATA:
                return self.metadata.self_link
            case Target.IMMUTABLE:
                return self.immutable.self_link
            case Target.UPLOAD:
                return self.upload.self_link
            case Target.KEYS:
                return keys.self_link


def server_backends(
    component: Component,
    machine: GceMachine,
    network: GcpNetwork,
    settings: PackageServerSettings,
    publish_addresses: Sequence[pulumi.Input[str]],
) -> ServerBackends:
    """Instance group, firewall rule, health checks and backend services."""
    name = component.name
    group = gcp.compute.InstanceGroup(
        name,
        name=component.context.physical_name(name, kind="gce"),
        zone=component.context.gcp_zone,
        network=network.network_id,
        instances=[machine.instance_self_link],
        named_ports=[
            gcp.compute.InstanceGroupNamedPortArgs(name="content", port=CONTENT_PORT),
            gcp.compute.InstanceGroupNamedPortArgs(name="upload", port=UPLOAD_PORT),
        ],
        opts=component.child(),
    )
    _firewall(component, machine, network)
    # What is read, the same for what changes and what never does.
    reading = Way(
        port_name="content",
        check=_health_check(component, "content", CONTENT_PORT, CONTENT_HEALTH_PATH),
        policy=rate_limit(component, settings.edge.requests_per_minute),
        # Of both services: a path in another spelling may reach the one without a cache.
        edge_policy=denied_to_all(
            component,
            (PULP_PREFIX, PRE_RELEASE_PREFIX),
            settings.withdrawn_paths,
            settings.emergency_stop.repositories,
        ),
        sampling=settings.edge.access_log_sampling,
        timeout_seconds=READ_TIMEOUT_SECONDS,
    )
    uploading = Way(
        port_name="upload",
        # Apart, so that a broken API does not end the reading.
        check=_health_check(component, "upload", UPLOAD_PORT, UPLOAD_HEALTH_PATH),
        policy=upload_allow_list(component, settings.upload_allowed_cidrs, publish_addresses),
        sampling=1.0,
        timeout_seconds=UPLOAD_TIMEOUT_SECONDS,
    )
    return ServerBackends(
        metadata=_service(component, "metadata", group, reading),
        immutable=_service(component, "immutable", group, reading, cached=True),
        upload=_service(component, "upload", group, uploading),
    )


def _firewall(component: Component, machine: GceMachine, network: GcpNetwork) -> None:
    gcp_ingress(
        component,
        "load-balancer",
        network.network_id,
        sources=LOAD_BALANCER_RANGES,
        ports=[str(CONTENT_PORT), str(UPLOAD_PORT)],
        service_accounts=[machine.service_account_email],
    )


def _health_check(component: Component, what: str, port: int, path: str) -> gcp.compute.HealthCheck:
    return gcp.compute.HealthCheck(
        f"{component.name}-{what}",
        name=component.context.physical_name(component.name, what, kind="gce"),
        check_interval_sec=10,
        timeout_sec=5,
        healthy_threshold=2,
        unhealthy_threshold=3,
        https_health_check=gcp.compute.HealthCheckHttpsHealthCheckArgs(port=port, request_path=path),
        log_config=gcp.compute.HealthCheckLogConfigArgs(enable=True),
        opts=component.child(),
    )


def _service(
    component: Component,
    what: str,
    group: gcp.compute.InstanceGroup,
    way: Way,
    *,
    cached: bool = False,
) -> gcp.compute.BackendService:
    return gcp.compute.BackendService(
        f"{component.name}-{what}",
        name=component.context.physical_name(component.name, what, kind="gce"),
        load_balancing_scheme="EXTERNAL_MANAGED",
        # To a certificate that the machine signs itself; Google's front ends do not check it.
        protocol="HTTPS",
        port_name=way.port_name,
        timeout_sec=way.timeout_seconds,
        connection_draining_timeout_sec=60,
        backends=[gcp.compute.BackendServiceBackendArgs(group=group.self_link, balancing_mode="UTILIZATION")],
        health_checks=way.check.self_link,
        enable_cdn=cached,
        cdn_policy=_immutable_policy() if cached else None,
        security_policy=way.policy.self_link,
        edge_security_policy=None if way.edge_policy is None else way.edge_policy.self_link,
        log_config=gcp.compute.BackendServiceLogConfigArgs(enable=way.sampling > 0, sample_rate=way.sampling),
        opts=component.child(),
    )


def _immutable_policy() -> gcp.compute.BackendServiceCdnPolicyArgs:
    """Everything for a year, whatever the server says.

    Cloud CDN stores objects above 10 MB only if the origin answers byte ranges with Content-Length, a strong ETag and
    Last-Modified, which nginx on the machine sees to; it then fetches them in pieces, which no setting turns on.
    """
    return gcp.compute.BackendServiceCdnPolicyArgs(
        cache_mode="FORCE_CACHE_ALL",
        default_ttl=YEAR_SECONDS,
        client_ttl=YEAR_SECONDS,
        # Neither a redirect nor an error is a package: a 404 from before the publish must not outlive it.
        negative_caching=False,
        # One fetch for many clients that ask for a new package at once.
        request_coalescing=True,
        cache_key_policy=gcp.compute.BackendServiceCdnPolicyCacheKeyPolicyArgs(
            include_host=True,
            include_protocol=False,
            # With the query in the key, anybody could pass the cache with "?1", "?2" and so on.
            include_query_string=False,
        ),
    )
