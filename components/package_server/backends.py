"""What stands behind the load balancer: the release bucket, the keys' bucket, the machine, and nothing at all."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from components.gcp_firewall import gcp_ingress
from components.machine import GceMachine
from components.network import GcpNetwork
from components.package_server.armor import upload_allow_list
from components.package_server.release import ReleaseBackends
from components.package_server.routes import Target
from settings.package_server.section import PackageServerSettings

LOAD_BALANCER_RANGES = ("35.191.0.0/16", "130.211.0.0/22")
"""Sources of all requests and health checks of Google's load balancers (Google, "Firewall rules")."""

UPLOAD_PORT = 8444
"""nginx before Pulp's API and the pre-release content."""

UPLOAD_HEALTH_PATH = "/healthz/upload"

UPLOAD_TIMEOUT_SECONDS = 1800
"""As long as GitLab's own upload job waits (omnibus-gitlab, PULP_UPLOAD_TIMEOUT)."""


@dataclass(frozen=True, kw_only=True)
class Backends:
    """Whatever a URL map can lead to."""

    release: ReleaseBackends
    keys: gcp.compute.BackendBucket
    upload: gcp.compute.BackendService
    nothing: gcp.compute.BackendService

    def link(self, target: Target) -> pulumi.Output[str]:
        """The link that a URL map wants for a target."""
        match target:
            case Target.METADATA:
                return self.release.metadata.self_link
            case Target.IMMUTABLE:
                return self.release.immutable.self_link
            case Target.KEYS:
                return self.keys.self_link
            case Target.UPLOAD:
                return self.upload.self_link
            case Target.NOTHING:
                return self.nothing.self_link


def no_backend(component: Component) -> gcp.compute.BackendService:
    """A service that nothing stands behind, for what the load balancer answers by itself.

    Only a service can have its requests aborted, and a backend bucket can't. Borrowed from the machine, an abort that
    Google left out one day would let strangers through to it; here the answer would be a 503 of the load balancer. Two
    things are left out on purpose: a health check, which only backends need, and Cloud Armor, which has none to guard.
    """
    return gcp.compute.BackendService(
        f"{component.name}-nothing",
        name=component.context.physical_name(component.name, "nothing", kind="gce"),
        description="Nothing: carries the statuses that the load balancer answers by itself",
        load_balancing_scheme="EXTERNAL_MANAGED",
        protocol="HTTPS",
        opts=component.child(),
    )


def upload_backend(
    component: Component,
    machine: GceMachine,
    network: GcpNetwork,
    settings: PackageServerSettings,
    publish_addresses: Sequence[pulumi.Input[str]],
) -> gcp.compute.BackendService:
    """The one way to the machine: instance group, firewall rule, health check, allow-list and service."""
    name = component.name
    group = gcp.compute.InstanceGroup(
        name,
        name=component.context.physical_name(name, kind="gce"),
        zone=component.context.gcp_zone,
        network=network.network_id,
        instances=[machine.instance_self_link],
        named_ports=[gcp.compute.InstanceGroupNamedPortArgs(name="upload", port=UPLOAD_PORT)],
        opts=component.child(),
    )
    gcp_ingress(
        component,
        "load-balancer",
        network.network_id,
        sources=LOAD_BALANCER_RANGES,
        ports=[str(UPLOAD_PORT)],
        service_accounts=[machine.service_account_email],
    )
    return gcp.compute.BackendService(
        f"{name}-upload",
        name=component.context.physical_name(name, "upload", kind="gce"),
        load_balancing_scheme="EXTERNAL_MANAGED",
        # To a certificate that the machine signs itself; Google's front ends do not check it.
        protocol="HTTPS",
        port_name="upload",
        timeout_sec=UPLOAD_TIMEOUT_SECONDS,
        connection_draining_timeout_sec=60,
        backends=[gcp.compute.BackendServiceBackendArgs(group=group.self_link, balancing_mode="UTILIZATION")],
        health_checks=_health_check(component).self_link,
        enable_cdn=False,
        security_policy=upload_allow_list(component, settings.upload_allowed_cidrs, publish_addresses).self_link,
        log_config=gcp.compute.BackendServiceLogConfigArgs(enable=True, sample_rate=1.0),
        opts=component.child(),
    )


def _health_check(component: Component) -> gcp.compute.HealthCheck:
    return gcp.compute.HealthCheck(
        f"{component.name}-upload",
        name=component.context.physical_name(component.name, "upload", kind="gce"),
        check_interval_sec=10,
        timeout_sec=5,
        healthy_threshold=2,
        unhealthy_threshold=3,
        https_health_check=gcp.compute.HealthCheckHttpsHealthCheckArgs(
            port=UPLOAD_PORT, request_path=UPLOAD_HEALTH_PATH
        ),
        log_config=gcp.compute.HealthCheckLogConfigArgs(enable=True),
        opts=component.child(),
    )
