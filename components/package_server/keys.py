"""Keys: empty secrets for the private halves, and a place for the public halves that needs no server."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.component import Component
from components.package_server.storage import let_front_read, private_bucket
from components.secrets import empty_gcp_secret, let_read_gcp_secrets
from settings.package_server.section import PackageStorage

KEY_CACHE_SECONDS = 300
"""Five minutes. An extended or revoked key must reach users soon: most reports of EXPKEYSIG are stale copies."""


@dataclass(frozen=True)
class ServerSecrets:
    """Secrets of the server, all empty at first. An operator adds a version to each (docs/bootstrap.md)."""

    metadata_key: gcp.secretmanager.Secret
    package_key: gcp.secretmanager.Secret
    database_fields_key: gcp.secretmanager.Secret
    admin_password: gcp.secretmanager.Secret

    @property
    def all(self) -> dict[str, gcp.secretmanager.Secret]:
        """All by their logical names."""
        return {
            "metadata-signing-key": self.metadata_key,
            "package-signing-key": self.package_key,
            "database-fields-key": self.database_fields_key,
            "admin-password": self.admin_password,
        }


def server_secrets(component: Component) -> ServerSecrets:
    """The secrets. They come before the machine, because its document names them; `grant_reader` comes after it."""
    return ServerSecrets(
        metadata_key=empty_gcp_secret(component, "metadata-signing-key"),
        package_key=empty_gcp_secret(component, "package-signing-key"),
        database_fields_key=empty_gcp_secret(component, "database-fields-key"),
        admin_password=empty_gcp_secret(component, "admin-password"),
    )


def grant_reader(component: Component, secrets: ServerSecrets, member: pulumi.Input[str]) -> None:
    """Lets one identity, the machine's, read the secrets. CI and operators can fill them at most."""
    grants = {f"{component.name}-{name}-machine": secret for name, secret in secrets.all.items()}
    let_read_gcp_secrets(component, member, grants)


def public_keys_backend(component: Component, storage: PackageStorage) -> gcp.compute.BackendBucket:
    """A bucket of its own that the load balancer reads itself, and no machine writes. Operators put the files there."""
    bucket = private_bucket(component, "public-keys", storage)
    backend = gcp.compute.BackendBucket(
        f"{component.name}-public-keys",
        name=component.context.physical_name(component.name, "public-keys", kind="gce"),
        description="Public signing keys, served without the package server",
        bucket_name=bucket.name,
        enable_cdn=True,
        cdn_policy=gcp.compute.BackendBucketCdnPolicyArgs(
            # Google's advice for private buckets; otherwise their objects count as private and are never cached.
            cache_mode="FORCE_CACHE_ALL",
            default_ttl=KEY_CACHE_SECONDS,
            client_ttl=KEY_CACHE_SECONDS,
            # Not a missing file: it would be missing for longer than it takes to put it there.
            negative_caching=False,
            # Otherwise the first client after a quiet day would get yesterday's key.
            serve_while_stale=0,
        ),
        opts=component.child(),
    )
    let_front_read(component, "public-keys", bucket, backend)
    return backend
