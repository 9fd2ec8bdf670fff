"""The package server: Pulp behind a CDN, its repositories, keys and storage, and the switches that stop it."""

import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from settings.base import Section
from settings.ci_identity.section import EnvironmentName, Issuer, PlatformId
from settings.distinct import Distinct
from settings.forms import pattern_type
from settings.machine.section import GceSize
from settings.package_server.withdrawn import PATH_CHARACTERS
from settings.vocabulary import AnyCidr, Architecture, Days, DnsName, GiB, Slug, TimeOfDay

Version = Annotated[str, pattern_type(r"[0-9]+\.[0-9]+\.[0-9]+", "an exact version", "3.123.1")]
"""An exact version of a Python package."""

RepositoryPath = Annotated[
    str,
    pattern_type(
        r"(?=.{1,120}$)[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*",
        "a path of lower-case segments without a slash at either end (120 characters at most)",
        "gitlab/gitlab-ce/debian/trixie",
    ),
]
"""Where a repository lies below the public host. It becomes part of patterns, which GCP limits to 255 characters."""

PackagePath = Annotated[
    str,
    pattern_type(
        rf"(?!.*/\.{{0,2}}/)[A-Za-z0-9][/{PATH_CHARACTERS}]{{0,500}}\.(deb|rpm)",
        "the path of one .deb or .rpm file, without a leading slash",
        "gitlab/gitlab-ce/debian/trixie/pool/main/g/gitlab-ce/gitlab-ce_18.7.0-ce.0_amd64.deb",
    ),
]

KeyFile = Annotated[
    str,
    pattern_type(r"[a-z0-9][a-z0-9._-]*\.(key|asc)", "a file name that ends in .key or .asc", "gpg.key"),
]

Fingerprint = Annotated[
    str,
    pattern_type(
        r"[0-9A-F]{40}",
        "an OpenPGP fingerprint (40 hexadecimal digits, upper case, no spaces)",
        "0000000000000000000000000000000000000001",
    ),
]


Ref = Annotated[
    str,
    pattern_type(
        r"refs/(heads|tags)/[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*",
        "the whole name of one branch or tag (a wildcard would admit others)",
        "refs/heads/main",
    ),
]

Component = Annotated[
    str, pattern_type(r"[a-z0-9][a-z0-9-]{0,39}", "a component (lower-case letters, digits, hyphens)", "main")
]
"""A component of an apt repository."""

SHORTEST_RETENTION_DAYS = 3
"""Metadata that a client has begun to read stays valid for as long (pulpcore#7546)."""

LONGEST_RETENTION_DAYS = 3650


class RepositoryFormat(StrEnum):
    """What a repository serves."""

    APT = "apt"
    RPM = "rpm"


class Repository(Section):
    """One repository. It exists twice: as a release, and as a pre-release that only the allow-list can read."""

    name: Slug
    """Name of the Pulp repository and distribution, for example gitlab-ce-debian-trixie."""
    path: RepositoryPath
    """Public path; of an apt repository, it ends in the codename."""
    format: RepositoryFormat
    """What its clients speak: apt or dnf."""
    codename: Annotated[Slug | None, Field(examples=["trixie"])] = None
    """The one codename of an apt repository. Packages of one version differ between codenames, so in one repository
    they would overwrite each other (omnibus-gitlab; tuna/issues#2395)."""
    components: Annotated[tuple[Component, ...], Field(examples=[["main"]])] = ()
    """Components of an apt repository, which clients name after the codename. An rpm one has none."""
    architectures: Annotated[tuple[Architecture, ...], Field(min_length=1, examples=[["amd64", "arm64"]])]
    """Processor architectures that it serves; those of an apt repository are named in its Release file."""
    retention_days: Annotated[int, Field(ge=SHORTEST_RETENTION_DAYS, le=LONGEST_RETENTION_DAYS, examples=[365])]
    """Days for which any day's state can be installed. What no kept day names any more is removed."""
    uploaders: Annotated[tuple[Slug, ...], Field(examples=[["build"]])] = ()
    """Names of the pipelines that may upload to its pre-release."""
    releasers: Annotated[tuple[Slug, ...], Field(examples=[["release"]])] = ()
    """Names of the pipelines that may make a release of what its pre-release holds."""


class Pipeline(Section):
    """Jobs of one project that the upload host lets in by their identity token, whose audience is that host.

    All of it must be as the token says, and the ref must be protected.
    """

    name: Slug
    """What repositories call it."""
    issuer: Issuer
    """Address of the forge, as its tokens name it (`iss`)."""
    project_id: PlatformId
    """Numeric id of the project, in quotes (GitLab `project_id`, GitHub `repository_id`)."""
    ref: Ref
    """Branch or tag that it runs for (GitLab `ref_path`, GitHub `ref`)."""
    environment: Annotated[EnvironmentName, Field(examples=["packages-release"])]
    """Environment that its jobs name, which the forge guards."""


class PulpSettings(Section):
    """Versions and size of Pulp. Upgrades are made here, in staging first."""

    pulpcore: Version
    """With both plugins a release of settings/package_server/releases.py, of which machines have the hashes."""
    pulp_deb: Version
    """The plugin for apt repositories."""
    pulp_rpm: Version
    """The plugin for rpm repositories."""
    pulp_cli: Version
    """In a virtual environment of its own, since its dependencies and those of the server exclude each other."""
    pulp_cli_deb: Version
    """The command line's plugin for apt repositories; it wants a certain range of pulp-cli."""
    workers: Annotated[int, Field(ge=1, le=16, examples=[2])]
    """Each takes 1 to 3 GB of memory and one processor (pulpcore documentation, hardware requirements)."""
    upload_temp_gib: Annotated[GiB, Field(alias="uploadTempGiB")]
    """Part of the data disk that uploads spool to; a full one has taken a public package host down for ten hours."""


class PackageStorage(Section):
    """Buckets of the packages: one for releases, one for pre-releases."""

    location: Annotated[str, pattern_type(r"[A-Z]+[0-9]?|[A-Z]+-[A-Z]+[0-9]+", "a bucket location in upper case", "US")]
    """A multi-region such as US keeps every object in two places; a region such as US-EAST1 is cheaper."""
    noncurrent_days: Days
    """Days for which an old version of an object is kept."""
    soft_delete_days: Annotated[int, Field(ge=7, le=90, examples=[30])]
    """Days for which a deleted object can be restored; Cloud Storage accepts 7 to 90."""


class SigningKey(Section):
    """The public half of a signing key. The private half is in a secret of its own, which an operator fills."""

    file: KeyFile
    """File name below /gpgkey/. Users hold it in their configuration, so it never changes."""
    fingerprint: Fingerprint
    """OpenPGP fingerprint. What the server signs is held against it, so a wrong private half signs nothing."""
    expires: Annotated[datetime.date | None, Field(examples=["2028-02-06"])] = None
    """Day on which the key expires, in quotes. It is extended, not rotated: rotation makes every user change keys."""


class SigningKeys(Section):
    """Metadata and packages are signed with different keys."""

    metadata: SigningKey
    """Signs InRelease and repomd.xml."""
    package: SigningKey
    """Signs .rpm and .deb files."""


class PackageHosts(Section):
    """Both names lie in the zone of the stack."""

    public: Annotated[DnsName, Field(examples=["packages.staging.packyard.example.com"])]
    """Where the world installs from. Pulp's API is not routed here."""
    upload: Annotated[DnsName, Field(examples=["upload.staging.packyard.example.com"])]
    """Pulp's API and the pre-release repositories, for the allow-list alone."""


class PackageAlerts(Section):
    """Ages and amounts that raise an alert."""

    metadata_age_hours: Annotated[int, Field(ge=1, le=720, examples=[48])]
    """Hours since the newest InRelease or repomd.xml was signed."""
    backup_age_hours: Annotated[int, Field(ge=2, le=168, examples=[26])]
    """Hours since the last finished backup: a stalled upload has once ended all backups without a word."""
    upload_temp_free_percent: Annotated[int, Field(ge=5, le=50, examples=[20])]
    """Free part of the space for uploads, in percent, below which an alert rings: a full one stops uploads."""


class EmergencyStop(Section):
    """The emergency stop: what it names answers 503 after one `pulumi up`, from the load balancer itself."""

    everything: bool = False
    """All of the public host but the public keys."""
    repositories: tuple[RepositoryPath, ...] = ()
    """Paths of single repositories."""


class PackageServerSettings(Section):
    """The package server of a stack."""

    machine: GceSize
    hosts: PackageHosts
    upload_allowed_cidrs: Annotated[tuple[AnyCidr, ...], Field(min_length=1, examples=[["203.0.113.0/24"]])]
    """Who reaches the upload host, beside publish jobs of the estate itself: operators and outside CI."""
    pulp: PulpSettings
    storage: PackageStorage
    repositories: Annotated[
        tuple[Repository, ...],
        Field(min_length=1, max_length=60),
        Distinct(("name",), "a name for each, or they overwrite each other"),
        Distinct(("path",), "a path for each, or they overwrite each other"),
    ]
    """Each takes three of the 200 route rules that a path matcher may have."""
    pipelines: Annotated[
        tuple[Pipeline, ...],
        Distinct(("name",), "a name for each, since repositories name them"),
        Distinct(("issuer", "projectId", "ref", "environment"), "jobs of one kind are one pipeline"),
    ] = ()
    """Who is let in by the identity of a job. Which of them may do what is said at each repository."""
    keys: SigningKeys
    backup_time: TimeOfDay
    """Daily time of the database dump and its copy to the backup vault, UTC."""
    alerts: PackageAlerts
    emergency_stop: EmergencyStop = EmergencyStop()
    withdrawn_paths: Annotated[
        tuple[PackagePath, ...],
        Field(examples=[["gitlab/gitlab-ce/debian/trixie/pool/main/g/gitlab-ce/gitlab-ce_18.7.0-ce.0_amd64.deb"]]),
    ] = ()
    """Packages that were taken back: whoever asks for one, in whatever spelling and below whatever day, gets 404 at the
    edge, before any cache. Each is the path of a file, not of a URL: what a URL writes as %7e is "~" here."""
