"""The dev instance: GitLab from nightly packages on one machine, which builds official packages."""

from typing import Annotated

from pydantic import Field, model_validator

from settings.addresses import is_world
from settings.base import Section
from settings.faults import SectionError
from settings.machine.section import GceSize
from settings.ssh import HOST_KEY_TYPES, SshHostPublicKey
from settings.vocabulary import AnyCidr, Days, DnsName, EmailAddress, GiB, HttpsUrl, Port, TimeOfDay

WORLD = "0.0.0.0/0"
"""Everyone."""

ADMINISTRATION_PORT = 22
"""sshd of the operators, through IAP alone."""

TAKEN_PORTS = {ADMINISTRATION_PORT: "operators' SSH", 80: "HTTP", 443: "HTTPS"}
"""Ports of the machine that no other service can have."""


class GuardedPort(Section):
    """A port with the networks that may reach it."""

    port: Annotated[Port, Field(examples=[2222])]
    """TCP port; 22, 80 and 443 are taken."""
    allowed_cidrs: tuple[AnyCidr, ...] = ()
    """Networks that may connect. Empty, with `openToWorld` false, lets in nobody from outside."""
    open_to_world: bool = False
    """True in words, because 0.0.0.0/0 in a list, or two halves of it, is too easily read over."""

    @model_validator(mode="after")
    def _world_is_said_in_words(self) -> "GuardedPort":
        if is_world(self.allowed_cidrs):
            raise SectionError("allowedCidrs", "lets in the world", "openToWorld: true, which says so in words")
        if self.open_to_world and self.allowed_cidrs:
            raise SectionError("allowedCidrs", "means nothing while openToWorld is true", "leave one of them out")
        return self

    @property
    def source_ranges(self) -> tuple[str, ...]:
        """Who may connect."""
        return (WORLD,) if self.open_to_world else self.allowed_cidrs


class GitSsh(GuardedPort):
    """Git over SSH, served by gitlab-sshd with host keys of its own: it has no shell to offer."""

    host_public_keys: Annotated[tuple[SshHostPublicKey, ...], Field(examples=[["ssh-ed25519 ...", "ssh-rsa ..."]])]
    """Public halves of the three host keys. They outlive every rebuild, so clients are told them once."""

    @model_validator(mode="after")
    def _one_key_of_each_type(self) -> "GitSsh":
        kinds = [key.partition(" ")[0] for key in self.host_public_keys]
        if sorted(kinds) != sorted(HOST_KEY_TYPES):
            raise SectionError(
                "hostPublicKeys", f"has {', '.join(kinds) or 'nothing'}", f"one each of {', '.join(HOST_KEY_TYPES)}"
            )
        return self


class ObjectStorage(Section):
    """The buckets of GitLab's objects, which neither gitlab-backup nor a disk snapshot covers."""

    soft_delete_days: Annotated[int, Field(ge=7, le=90, examples=[14])]
    """Days for which a deleted object can be restored; Cloud Storage accepts 7 to 90."""
    noncurrent_days: Days
    """Days after which a replaced or deleted version is removed."""


class InstanceBackup(Section):
    """gitlab-backup for the data and, elsewhere, gitlab-ctl backup-etc for the secrets that decrypt it."""

    time: TimeOfDay
    """Time of day of the backup, in UTC; at least an hour before the upgrade."""
    keep_days: Days
    """GitLab's own default keeps everything until the disk is full."""


class NightlyUpgrade(Section):
    """The upgrade to each night's package, with a snapshot before it."""

    time: TimeOfDay
    """Time of day of the upgrade, in UTC. The nightly pipeline starts at 01:30 UTC and needs hours (GitLab release
    documentation)."""
    minimum_free_gib: Annotated[GiB, Field(alias="minimumFreeGiB", examples=[20])]
    """Free space without which no upgrade starts: the package backs the database up first, onto the same disk."""
    keep_snapshots: Annotated[int, Field(ge=1, le=30, examples=[7])]
    """Snapshots made before upgrades; older ones are deleted by the upgrader. Scheduled ones are apart."""
    package_source: HttpsUrl
    """The nightly repository; a mirror has to serve the same packages."""


class DevInstanceSettings(Section):
    """One GitLab CE on one machine."""

    machine: GceSize
    host_name: DnsName
    """Public name of the instance, in the zone of the stack. Clones, tokens and certificates hold it, so a change is a
    migration."""
    git_ssh: GitSsh
    registry: GuardedPort
    """The container registry, on the instance's own name. Machines of the estate reach port 80 and 443 alone, so
    none of them reaches it."""
    pages_domain: Annotated[DnsName | None, Field(examples=["pages.staging.packyard.example.com"])] = None
    """GitLab Pages below this name; left out, Pages is off. The wildcard certificate is put into a secret by hand."""
    object_storage: ObjectStorage
    backup: InstanceBackup
    nightly_upgrade: NightlyUpgrade
    certificate_contact: EmailAddress
    """Let's Encrypt writes there when a certificate was not renewed."""
    monitoring_allowed_cidrs: tuple[AnyCidr, ...] = ()
    """Who may ask for readiness besides the machine itself (GitLab's `monitoring_whitelist`)."""

    @model_validator(mode="after")
    def _every_service_has_its_port(self) -> "DevInstanceSettings":
        for key, port in (("gitSsh", self.git_ssh.port), ("registry", self.registry.port)):
            if port in TAKEN_PORTS:
                raise SectionError(
                    f"{key}.port", f"{port} is the port of {TAKEN_PORTS[port]}", "for example 2222 or 5050"
                )
        if self.git_ssh.port == self.registry.port:
            raise SectionError(
                "registry.port",
                f"gitSsh and registry both have port {self.registry.port}",
                "another port, for example 5050",
            )
        return self

    @model_validator(mode="after")
    def _monitoring_is_not_for_everyone(self) -> "DevInstanceSettings":
        if is_world(self.monitoring_allowed_cidrs):
            raise SectionError(
                "monitoringAllowedCidrs", "would show the instance's inside to everyone", "the ranges that watch it"
            )
        return self
