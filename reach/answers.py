"""Every question of this room, asked of one capture: the one door for policies, the preview and the lab."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from capture import Capture
from reach.aws.decide import Decisions as AwsDecisions
from reach.aws.index import Index as AwsIndex
from reach.aws.takeover import Takeovers as AwsTakeovers
from reach.federation import EVERYONE, Exchange, Federation, Job
from reach.gcp.decide import Decisions as GcpDecisions
from reach.gcp.index import Index as GcpIndex
from reach.gcp.takeover import Takeovers as GcpTakeovers
from reach.graph import Edge, Graph
from reach.machines import Machine, machines
from reach.model import NOTHING, Answer, Facts, Fault, Holding, Kind, Principal, Request, Target, Way
from reach.step import Path


class Reach:
    """Who may do what in one capture, which is read once; the graph is made at the first question that needs it."""

    def __init__(self, capture: Capture) -> None:
        """A capture with final values: of one whose ids are not known, the faults say what cannot be read."""
        self.capture = capture
        self._aws_index = AwsIndex(capture)
        self._gcp_index = GcpIndex(capture)
        self._aws = AwsDecisions(self._aws_index)
        self._gcp = GcpDecisions(self._gcp_index)
        self.machines: tuple[Machine, ...] = tuple(machines(capture))
        self._aws_takeovers = AwsTakeovers(capture, self._aws_index, self._aws, self.machines)
        self._gcp_takeovers = GcpTakeovers(capture, self._gcp_index, self._gcp, self.machines)
        self._federation = Federation(
            capture, self._aws_index, self._aws, self._gcp_index, self._gcp_takeovers.accounts
        )
        self._able_by_action: dict[str, tuple[Principal, ...]] = {}
        self.targets: tuple[Target, ...] = (*self._aws_takeovers.targets, *self._gcp_takeovers.targets)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What cannot be read; as long as there is one, an answer "may not" may be wrong."""
        return tuple(dict.fromkeys((*self._aws_index.faults, *self._gcp_index.faults)))

    @cached_property
    def principals(self) -> tuple[Principal, ...]:
        """Everybody who acts, those outside included; powers, which stand between steps alone, are left out."""
        found = [
            *(record.principal for record in self._aws_index.roles.values()),
            *self._gcp_takeovers.accounts.values(),
            *self._federation.members.values(),
            *(machine.principal for machine in self.machines),
            *(edge.source for edge in self._federation.edges()),
            *self._outsiders(),
            *self.administrators,
            EVERYONE,
        ]
        return tuple(dict.fromkeys(found))

    @cached_property
    def administrators(self) -> tuple[Principal, ...]:
        """Those who administer an account or a project beside the program. Nearly everything is theirs."""
        accounts = (Principal(Kind.ADMINISTRATOR, name, name) for name in self._aws_index.accounts)
        projects = (Principal(Kind.ADMINISTRATOR, name, f"* on project:{name}") for name in self._gcp_index.projects)
        return (*accounts, *projects)

    def may(self, principal: Principal, action: str, target: Target, facts: Facts = NOTHING) -> Answer:
        """Whether somebody may do something to a resource by himself.

        The action is one of the resource's cloud: "s3:GetObject", or "storage.objects.get". `facts` are condition keys
        of the request, or on GCP attributes of the call.
        """
        if target.cloud == "aws":
            of_aws = principal.identifier.startswith("arn:") or principal.identifier[:1].isdigit()
            asked = of_aws or principal.kind in (Kind.EVERYONE, Kind.SERVICE)
            return self._aws.may(principal, action, target, facts) if asked else _NO
        return self._gcp.may(principal, action, target, facts)

    def decide(self, request: Request) -> Answer:
        """What becomes of one request that was really made; where it is not sure a cloud might still refuse it."""
        answers = [self._decided(principal, request) for principal in request.principals]
        # A denial is told before a doubt, and a doubt before nothing at all.
        return max(answers, key=lambda each: (each.is_sure, bool(each.denials), each.allowed), default=_NO)

    def exchange(self, provider: str, assertions: Mapping[str, str]) -> Exchange:
        """What becomes of a token that a provider of a pool, by its full name, is really shown."""
        return self._federation.exchange(provider, assertions)

    def principal(self, identifier: str) -> Principal:
        """The principal with an ARN or a member; whoever is not known here is an outsider."""
        return self._by_identifier.get(identifier) or Principal(Kind.OUTSIDER, identifier, identifier)

    def target(self, name: str) -> Target | None:
        """The resource with an ARN, or with the name that conditions of GCP see; None where nothing is known of it."""
        return self._by_name.get(name)

    def becomes(self, principal: Principal) -> dict[Principal, Path]:
        """Everybody that somebody turns into, by the fewest steps; root on a machine is one of them."""
        return self._graph.reached(principal)

    def holdings(self, principal: Principal) -> Iterator[Holding]:
        """What somebody who is registered, or an identity of a pool, is granted himself."""
        for entry in self._aws_index.identity(principal).policies:
            yield from (Holding(action, entry.resources, entry.urn) for action in entry.actions if entry.allows)
        for grant in self._gcp_index.by_member.get(principal.identifier, ()):
            yield Holding(grant.role, (grant.scope,), grant.urn)

    def roots(self, machine: Machine) -> tuple[Way, ...]:
        """Everybody who runs code as root on a machine, by the fewest steps."""
        return self.who_becomes(machine.principal)

    def who_becomes(self, principal: Principal) -> tuple[Way, ...]:
        """Everybody who turns into somebody, by the fewest steps."""
        return self._ways([(principal, ())], but=principal)

    def who_may(self, actions: Iterable[str], targets: Iterable[Target]) -> tuple[Way, ...]:
        """Everybody who gets to do one of the actions to one of the targets, through any number of steps.

        Actions of the other cloud than a target's are passed over. The last step is the action.
        """
        ends: list[tuple[Principal, Path]] = []
        listed = tuple(actions)
        for target in targets:
            for action in listed:
                if (":" in action) is (target.cloud == "aws"):
                    ends.extend(self._holders(action, target))
        # Who needs no doubt goes first, so that a doubtful grant does not hide a sure one.
        return self._ways(sorted(ends, key=lambda end: any(step.perhaps for step in end[1])))

    def of_job(self, job: Job) -> dict[Principal, Path]:
        """Everybody that one run of a pipeline turns into, by the claims of its token."""
        found: dict[Principal, Path] = {}
        for principal, step in self._federation.of_job(job):
            for onward, path in ((principal, ()), *self.becomes(principal).items()):
                if onward not in found or len(found[onward]) > len(path) + 1:
                    found[onward] = (step, *path)
        return found

    def _decided(self, principal: Principal, request: Request) -> Answer:
        if request.target.cloud == "aws":
            return self._aws.may(principal, request.action, request.target, request.facts, lacks=request.lacks)
        return self._gcp.may(principal, request.action, request.target, request.facts, is_made=True)

    @cached_property
    def _by_identifier(self) -> dict[str, Principal]:
        return {principal.identifier: principal for principal in self.principals if principal.identifier}

    @cached_property
    def _by_name(self) -> dict[str, Target]:
        return {target.name: target for target in self.targets}

    def _holders(self, action: str, target: Target) -> Iterator[tuple[Principal, Path]]:
        for principal in self._able(action, target):
            answer = self.may(principal, action, target)
            if answer:
                yield principal, (answer.step(f"{principal} may {action} on {target.words}"),)

    def _able(self, action: str, target: Target) -> Iterable[Principal]:
        """Everybody who has a statement or a grant with an action at all, and powers over the target."""
        if target.cloud == "aws" and self._aws.lets_in(target, action):
            found = self._acting
        else:
            if action not in self._able_by_action:
                asks = self._aws.speaks if target.cloud == "aws" else self._gcp.has
                self._able_by_action[action] = tuple(entry for entry in self._acting if asks(entry, action))
            found = self._able_by_action[action]
        return (*found, *(power for held in _holding(target) for power in self._powers.get(held, ())))

    @cached_property
    def _acting(self) -> tuple[Principal, ...]:
        """Everybody who asks a cloud for something himself; root on a machine does it with the machine's identity.

        Left out are powers over one thing, of which there are many, and which are asked for that thing alone.
        """
        known = (*self.principals, *(entry for entry in self._graph.known() if entry.kind is Kind.POWER))
        return tuple(entry for entry in known if entry.kind not in (Kind.MACHINE, Kind.JOB) and not _held_by(entry))

    @cached_property
    def _powers(self) -> dict[str, list[Principal]]:
        """Powers over one thing, by its name on AWS or its scope on GCP."""
        found: dict[str, list[Principal]] = {}
        for entry in self._graph.known():
            if held := _held_by(entry):
                found.setdefault(held, []).append(entry)
        return found

    def _ways(self, ends: Iterable[tuple[Principal, Path]], but: Principal | None = None) -> tuple[Way, ...]:
        found = self._graph.leading_to(ends)
        return tuple(
            Way(principal, path)
            for principal, path in sorted(found.items(), key=lambda item: (len(item[1]), item[0]))
            if principal.kind is not Kind.POWER and principal != but
        )

    def _outsiders(self) -> Iterator[Principal]:
        for arn in self._aws_index.outsiders():
            if not arn.isdigit() and not arn.endswith(":root"):
                yield Principal(Kind.OUTSIDER, arn.rpartition(":")[2], arn)
            elif arn not in self._aws_index.accounts:
                yield Principal(Kind.OUTSIDER, arn, arn)
        for grant in self._gcp_index.grants:
            email = grant.member.removeprefix("serviceAccount:")
            known = email in self._gcp_takeovers.accounts or grant.member in self._federation.members
            if not known and grant.member not in ("allUsers", "allAuthenticatedUsers"):
                yield Principal(Kind.OUTSIDER, grant.member, grant.member)

    @cached_property
    def _graph(self) -> Graph:
        graph = Graph()
        for edges in (
            self._federation.edges(),
            self._aws_takeovers.of_machines(),
            self._gcp_takeovers.of_machines(),
            self._aws_takeovers.of_clusters(self._by_identifier),
        ):
            for edge in edges:
                graph.add(edge)
        waiting = [entry for entry in self.principals if entry.kind not in (Kind.MACHINE, Kind.JOB)]
        rewrites: list[tuple[Principal, Edge]] = []
        seen = set(waiting)
        while waiting:
            source = waiting.pop()
            for edge in (*self._aws_edges(source), *self._gcp_takeovers.edges(source)):
                graph.add(edge)
                if edge.target.kind is Kind.POWER and edge.target not in seen:
                    seen.add(edge.target)
                    waiting.append(edge.target)
            rewrites.extend((source, edge) for edge in self._rewrites(source))
            if not waiting:
                waiting.extend(self._widened(graph, rewrites, seen))
        return graph

    def _aws_edges(self, source: Principal) -> Iterator[Edge]:
        if source.identifier.startswith("arn:") or source.identifier[:1].isdigit() or source.kind is Kind.EVERYONE:
            yield from self._aws_takeovers.edges(source)

    def _rewrites(self, source: Principal) -> Iterator[Edge]:
        of_aws = source.identifier.startswith("arn:") or source.identifier[:1].isdigit()
        if of_aws and not _held_by(source):
            yield from self._aws_takeovers.rewritable(source)
        yield from self._gcp_takeovers.rewritable(source)

    @staticmethod
    def _widened(graph: Graph, rewrites: list[tuple[Principal, Edge]], seen: set[Principal]) -> Iterator[Principal]:
        """Who rewrites the rights of somebody that he turns into has them; new powers have ways of their own."""
        led: dict[Principal, set[Principal]] = {}
        for source, edge in rewrites:
            if source not in led:
                led[source] = graph.leads(source)
            if edge.source == source or edge.source in led[source]:
                graph.add(replace(edge, source=source))
                if edge.target not in seen:
                    seen.add(edge.target)
                    yield edge.target


def _held_by(principal: Principal) -> str:
    """Of a power over one thing the name of that thing, or its scope; empty for everybody else."""
    if principal.kind is not Kind.POWER:
        return ""
    if principal.identifier.startswith("arn:"):
        return principal.identifier
    return principal.identifier.partition(" on ")[2]


def _holding(target: Target) -> Iterator[str]:
    """What a power over a target is named after: what it is, or what it lies in."""
    if target.cloud == "gcp":
        yield from target.scopes
        return
    parts = target.name.split("/")
    yield from ("/".join(parts[:count]) for count in range(len(parts), 0, -1))


_NO = Answer(allowed=False)
