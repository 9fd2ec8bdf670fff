"""How the world reads releases: the load balancer takes them out of their bucket, and no machine stands in the way."""

from dataclasses import dataclass

import pulumi_gcp as gcp

from components.component import Component
from components.package_server.armor import denied_to_all
from components.package_server.storage import let_front_read
from settings.package_server.section import PackageServerSettings

YEAR_SECONDS = 31536000


@dataclass(frozen=True)
class ReleaseBackends:
    """One bucket behind two backends."""

    metadata: gcp.compute.BackendBucket
    """Never cached."""
    immutable: gcp.compute.BackendBucket
    """Cached for a year."""


def release_backends(
    component: Component, bucket: gcp.storage.Bucket, settings: PackageServerSettings
) -> ReleaseBackends:
    """Both backends, their policy at the edge, and the right to get objects."""
    repositories = [repository.path for repository in settings.repositories]
    edge = denied_to_all(component, settings.withdrawn_paths, repositories)
    metadata = _backend(component, "release-metadata", bucket, edge)
    immutable = _backend(component, "release-immutable", bucket, edge, cache=_immutable_policy())
    let_front_read(component, "release", bucket, metadata)
    return ReleaseBackends(metadata=metadata, immutable=immutable)


def _backend(
    component: Component,
    what: str,
    bucket: gcp.storage.Bucket,
    edge: gcp.compute.SecurityPolicy,
    *,
    cache: gcp.compute.BackendBucketCdnPolicyArgs | None = None,
) -> gcp.compute.BackendBucket:
    return gcp.compute.BackendBucket(
        f"{component.name}-{what}",
        name=component.context.physical_name(component.name, what, kind="gce"),
        description="Released packages and their indexes, served without the package server",
        bucket_name=bucket.name,
        enable_cdn=cache is not None,
        cdn_policy=cache,
        # Of both: a path in another spelling may reach the one without a cache.
        edge_security_policy=edge.self_link,
        opts=component.child(),
    )


def _immutable_policy() -> gcp.compute.BackendBucketCdnPolicyArgs:
    """Everything for a year, whatever the object says.

    A bucket's cache key has no query, so nobody passes the cache with "?1" (Google, "Caching overview", cache keys).
    """
    return gcp.compute.BackendBucketCdnPolicyArgs(
        # Google's advice for private buckets; otherwise their objects count as private and are never cached.
        cache_mode="FORCE_CACHE_ALL",
        default_ttl=YEAR_SECONDS,
        client_ttl=YEAR_SECONDS,
        # A 404 from before the publish must not outlive it.
        negative_caching=False,
        # One fetch for many clients that ask for a new package at once.
        request_coalescing=True,
    )
