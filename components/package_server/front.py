"""The front: address, names, certificates, TLS, and the listeners on ports 443 and 80."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from components.dns import PublicZone, address_record
from components.package_server.url_map import redirect_url_map
from settings.package_server.section import PackageHosts


@dataclass(frozen=True)
class Front:
    """The addresses of the front."""

    ipv4: gcp.compute.GlobalAddress
    """Of both hosts."""
    ipv6: gcp.compute.GlobalAddress
    """Of the public host alone: the allow-list of the upload host knows IPv4 addresses."""


def front(component: Component, url_map: gcp.compute.URLMap, hosts: PackageHosts, zone: PublicZone) -> Front:
    """Everything between a client and the URL map."""
    addresses = Front(ipv4=_address(component, "ipv4"), ipv6=_address(component, "ipv6"))
    certificate_map = _certificates(component, hosts, zone)
    proxy = gcp.compute.TargetHttpsProxy(
        component.name,
        name=component.context.physical_name(component.name, kind="gce"),
        url_map=url_map.self_link,
        certificate_map=pulumi.Output.concat("//certificatemanager.googleapis.com/", certificate_map.id),
        ssl_policy=_tls(component).self_link,
        opts=component.child(),
    )
    redirect = gcp.compute.TargetHttpProxy(
        f"{component.name}-redirect",
        name=component.context.physical_name(component.name, "redirect", kind="gce"),
        url_map=redirect_url_map(component).self_link,
        opts=component.child(),
    )
    for version, address in (("ipv4", addresses.ipv4), ("ipv6", addresses.ipv6)):
        _listener(component, f"https-{version}", address, proxy.self_link, "443")
        _listener(component, f"http-{version}", address, redirect.self_link, "80")
    address_record(component, "public", zone, hosts.public, [addresses.ipv4.address])
    address_record(component, "public-ipv6", zone, hosts.public, [addresses.ipv6.address], ipv6=True)
    address_record(component, "upload", zone, hosts.upload, [addresses.ipv4.address])
    return addresses


def _address(component: Component, version: str) -> gcp.compute.GlobalAddress:
    # Users allow-list it, and DNS keeps it for a while after it is gone.
    return gcp.compute.GlobalAddress(
        f"{component.name}-{version}",
        name=component.context.physical_name(component.name, version, kind="gce"),
        address_type="EXTERNAL",
        ip_version=version.upper(),
        deletion_policy=component.deletion_policy,
        labels=component.labels(),
        opts=component.stateful(),
    )


def _certificates(component: Component, hosts: PackageHosts, zone: PublicZone) -> gcp.certificatemanager.CertificateMap:
    """Certificates that Google renews by itself.

    They are authorised by DNS, so they are there before the names point here, and stay when the names point elsewhere.
    """
    certificate_map = gcp.certificatemanager.CertificateMap(
        component.name,
        name=component.context.physical_name(component.name, kind="gce"),
        labels=component.labels(),
        opts=component.child(),
    )
    for what, host in (("public", hosts.public), ("upload", hosts.upload)):
        gcp.certificatemanager.CertificateMapEntry(
            f"{component.name}-{what}",
            name=component.context.physical_name(component.name, what, kind="gce"),
            map=certificate_map.name,
            hostname=host,
            certificates=[_certificate(component, what, host, zone).id],
            labels=component.labels(),
            opts=component.child(),
        )
    return certificate_map


def _certificate(component: Component, what: str, host: str, zone: PublicZone) -> gcp.certificatemanager.Certificate:
    authorization = gcp.certificatemanager.DnsAuthorization(
        f"{component.name}-{what}", domain=host, labels=component.labels(), opts=component.child()
    )
    challenge = authorization.dns_resource_records.apply(lambda records: records[0])
    gcp.dns.RecordSet(
        f"{component.name}-{what}-challenge",
        managed_zone=zone.zone_name,
        name=challenge.apply(lambda record: record.name or ""),
        type="CNAME",
        ttl=300,
        rrdatas=[challenge.apply(lambda record: record.data or "")],
        opts=component.child(),
    )
    # Without a name of its own, so that a new certificate is made before the old one goes.
    return gcp.certificatemanager.Certificate(
        f"{component.name}-{what}",
        scope="DEFAULT",
        managed=gcp.certificatemanager.CertificateManagedArgs(domains=[host], dns_authorizations=[authorization.id]),
        labels=component.labels(),
        opts=component.child(),
    )


def _tls(component: Component) -> gcp.compute.SSLPolicy:
    """TLS 1.2 and newer with forward secrecy. Every system that packages are built for speaks it, EL 8 included."""
    return gcp.compute.SSLPolicy(
        component.name,
        name=component.context.physical_name(component.name, kind="gce"),
        profile="MODERN",
        min_tls_version="TLS_1_2",
        opts=component.child(),
    )


def _listener(
    component: Component, what: str, address: gcp.compute.GlobalAddress, target: pulumi.Input[str], port: str
) -> None:
    gcp.compute.GlobalForwardingRule(
        f"{component.name}-{what}",
        name=component.context.physical_name(component.name, what, kind="gce"),
        load_balancing_scheme="EXTERNAL_MANAGED",
        ip_address=address.self_link,
        ip_protocol="TCP",
        port_range=port,
        target=target,
        labels=component.labels(),
        opts=component.child(),
    )
