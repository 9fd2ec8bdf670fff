"""The nouns of this room: who acts, on what, what came out, and what could not be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from reach.step import Path, Step


class Kind(StrEnum):
    """What a principal is; the value is how it is called in answers."""

    ROLE = "role"
    USER = "user"
    SERVICE_ACCOUNT = "service account"
    FEDERATED = "federated identity"
    """What a pool of workload identities makes of somebody from outside."""
    MACHINE = "root on"
    """Whoever runs code as root on a machine, or on one of a group of workers."""
    JOB = "jobs of"
    """Pipelines of a forge, and whatever else has a token of a trusted issuer."""
    OUTSIDER = "outsider"
    """A principal that the program names and does not make, such as a role of operators."""
    ADMINISTRATOR = "administrator of"
    """Whoever administers an account or a project beside the program: everything but what is denied to him."""
    EVERYONE = "everyone"
    SERVICE = "service"
    POWER = "power over"
    """Not a person: what somebody has who may rewrite what guards a thing. Stands between steps alone."""


@dataclass(frozen=True, order=True)
class Principal:
    """Who acts."""

    kind: Kind
    name: str
    """The logical name, or for those who are not registered how they are named in grants."""
    identifier: str = field(default="", compare=False)
    """ARN on AWS, member on GCP; empty for machines and powers."""
    urn: str = ""
    """Of the registration that makes it; empty where the program only names it."""

    def __str__(self) -> str:
        """As a person says it, for example "role pg-b-machine"."""
        return self.name if self.kind is Kind.EVERYONE else f"{self.kind} {self.name}"


@dataclass(frozen=True, order=True)
class Target:
    """What is acted on."""

    words: str
    """As a person says it, for example "secret package-server-package-signing-key"."""
    cloud: str
    """ "aws" or "gcp"."""
    name: str
    """On AWS the ARN, where "*" stands for any; on GCP the name that conditions see, or how grants name it."""
    urn: str = ""
    """Of the registration behind it; empty for what the program only names."""
    type: str = ""
    """GCP: the type that conditions see, for example "storage.googleapis.com/Object"; empty where they see none."""
    scopes: tuple[str, ...] = ()
    """GCP: where grants count for it, for example ("bucket:store", "project:testground")."""
    account: str = ""
    """AWS: the account that owns it."""
    facts: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), compare=False)
    """Condition keys of the resource that are known, with their values."""

    @cached_property
    def known(self) -> "Facts":
        """The facts by their keys."""
        return dict(self.facts)


@dataclass(frozen=True)
class Holding:
    """One thing that somebody is granted, whatever else may deny it."""

    action: str
    """A pattern in lower case on AWS; on GCP the role."""
    on: tuple[str, ...]
    """Patterns of ARNs on AWS, one scope such as "bucket:store" on GCP."""
    by: str
    """URN of what grants it."""


@dataclass(frozen=True)
class Fault:
    """Something that cannot be read, so that an answer "may not" would be a guess."""

    urn: str
    place: str
    """File and line that register it, or the input; for people."""
    message: str
    """What is wrong, and after "HINT:" what would be right."""

    def __str__(self) -> str:
        """One line, as faults are shown everywhere."""
        return f"{self.place}: {self.urn.rpartition('::')[2]}: {self.message}"


@dataclass(frozen=True)
class Answer:
    """Whether somebody may do something by himself, with what says so."""

    allowed: bool
    grants: tuple[Step, ...] = ()
    """What allows it, taken alone."""
    denials: tuple[Step, ...] = ()
    """What denies it, whatever allows it."""
    doubt: str = ""
    """The condition that is not understood and counts as holding, or in a denial as not holding; empty where none is
    needed."""

    @property
    def is_sure(self) -> bool:
        """Whether it is allowed, and no doubt is left."""
        return self.allowed and not self.doubt

    def __bool__(self) -> bool:
        """Whether it is allowed, in doubt as well."""
        return self.allowed

    def step(self, words: str, doubt: str = "") -> Step:
        """One step with what allows it, the surest of the grants first; a doubt of one's own comes on top."""
        first = min(self.grants, key=lambda grant: bool(grant.perhaps))
        return Step(words, first.by, " and ".join(part for part in (first.perhaps, doubt) if part))


@dataclass(frozen=True)
class Way:
    """Who gets somewhere, and by which steps, the first of them his own."""

    principal: Principal
    path: Path

    @property
    def is_sure(self) -> bool:
        """Whether no step hangs on a condition that is not understood."""
        return not any(step.perhaps for step in self.path)


Facts = Mapping[str, tuple[str, ...]]
"""Condition keys with their values; keys of AWS are in lower case, since AWS compares them so."""

NOTHING: Facts = {}


@dataclass(frozen=True)
class Request:
    """One request that was really made, as far as it is known."""

    principals: tuple[Principal, ...]
    """Whoever asks: one, but for tokens that a pool has made, which may be several members at once."""
    action: str
    target: Target
    """One thing with one name, in which a "*" is no pattern."""
    facts: Facts = field(default_factory=dict[str, tuple[str, ...]])
    """Its condition keys, or attributes of its call on GCP; one without a value it lacks."""
    lacks: tuple[str, ...] = ()
    """Beginnings of condition keys that it lacks, too. Of every other key nothing is known."""
