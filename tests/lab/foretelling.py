"""Every request that an identity of a capture can make to the stand-ins, and what reach foretells of it.

Foretold is by the questions that policies, the preview and `make who` ask; the stand-ins get requests as machines make
them.
"""

import json
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from capture import Capture
from lab.clouds.google_access import AWS_SUBJECT, EXCHANGE
from lab.clouds.google_storage import GoogleStorage
from lab.clouds.metadata import CloudStandIn, ServiceAccount
from lab.clouds.services import Services
from lab.clouds.stores import Stores
from lab.network.web import Request
from lab.placement import place_of
from lab.registered import cloud_of
from lab.stand_in_values import StandInValues
from reach.answers import Reach
from reach.aws import targets as amazon
from reach.federation import GOOGLE
from reach.gcp import targets as google
from reach.gcp.conditions import LIST_PREFIX
from reach.model import NOTHING, Facts, Kind, Principal, Target
from reach.values import answer, text

MACHINES = {"amazonaws.com": "pg-b", "googleapis.com": "pg-a"}
"""Whose cloud answers for a host; who asks is said by the credentials alone."""
KEYS = ("pgbackrest/backup/backup.info", "dev-instance/data/00", "machines/pg-a/document.json", "bundles/a.tar")
FOREVER = 2e9
GET, CREATE, DELETE, LIST = (f"storage.objects.{word}" for word in ("get", "create", "delete", "list"))
ON_OBJECTS = {
    "s3:GetObject": "GET",
    "s3:PutObject": "PUT",
    "s3:DeleteObject": "DELETE",
    "s3:DeleteObjectVersion": "DELETE",
}


@dataclass(frozen=True, order=True)
class Ask:
    """One thing that somebody tries."""

    who: str
    """An ARN or a member."""
    action: str
    what: str
    """Name of the resource."""
    detail: str = ""
    """A prefix, an audience or a provider."""

    def __str__(self) -> str:
        """As a failure shows it."""
        return f"{self.who} {self.action} {self.what} {self.detail}".rstrip()


@dataclass(frozen=True)
class World:
    """The stand-ins of one capture, and what reach says of it."""

    capture: Capture
    encrypted: bool = True
    """Whether everybody asks over TLS."""

    @cached_property
    def reach(self) -> Reach:
        """What is foretold."""
        return Reach(self.capture)

    @cached_property
    def clouds(self) -> dict[str, CloudStandIn]:
        """As registered, but for the agent, which an image of the lab has."""
        with patch("lab.registered.agent_package", return_value=b""):
            return {name: cloud_of(name, self.capture) for name in MACHINES.values()}

    @cached_property
    def services(self) -> Services:
        """Everything that answers, with credentials for everybody."""
        names = [*self._named("gcp:secretmanager/secret:Secret", "secretId")]
        names += self._named("aws:secretsmanager/secret:Secret", "name")
        values = StandInValues(dict.fromkeys(names, "value"), b"")
        places = {name: place_of(name, self.capture) for name in self.clouds}
        made = Services(self.capture, places, self.clouds, values)
        for role in self.roles:
            made.amazon.admit(_name(role), key_of(role), "session", FOREVER)
        for account in self.accounts:
            made.google.admit_account(_name(account), _name(account), FOREVER)
        return made

    @cached_property
    def stores(self) -> Stores:
        """The gate before moto, which has no network here."""
        return Stores(
            cast("Any", None), Path(), self.capture, self.services.amazon, self.services.google_storage, processes=[]
        )

    @property
    def roles(self) -> tuple[Principal, ...]:
        """Of AWS."""
        return tuple(each for each in self.reach.principals if each.kind is Kind.ROLE)

    @property
    def accounts(self) -> tuple[Principal, ...]:
        """Of GCP."""
        return tuple(each for each in self.reach.principals if each.kind is Kind.SERVICE_ACCOUNT)

    @cached_property
    def foretold(self) -> dict[Ask, bool]:
        """What reach says surely passes, and what does not."""
        return {ask: foretold(self, ask) for ask in asks(self)}

    @cached_property
    def answered(self) -> dict[Ask, bool]:
        """What the stand-ins let through, and what not."""
        return {ask: answered(self, ask) for ask in asks(self)}

    def _named(self, kind: str, key: str) -> Iterator[str]:
        yield from (str(entry.inputs[key]) for entry in self.capture.of_type(kind))

    def target(self, name: str) -> Target:
        """A resource that is there."""
        found = self.reach.target(name)
        assert found, name
        return found


def asks(world: World) -> Iterator[Ask]:
    """Everything that everybody could try."""
    by_word = {
        (target.cloud, word): target.name
        for target in world.reach.targets
        if (word := target.words) and target.words.partition(" ")[0] in ("secret", "parameter", "bucket", "project")
    }
    for role in world.roles:
        for (cloud, word), name in by_word.items():
            yield from _of_role(role.identifier, word.partition(" ")[0], name) if cloud == "aws" else ()
        for provider in aws_providers(world.capture):
            yield Ask(role.identifier, "federates", provider)
    for member in (*world.accounts, *(each for each in world.reach.principals if each.kind is Kind.FEDERATED)):
        for (cloud, word), name in by_word.items():
            yield from _of_member(member.identifier, word.partition(" ")[0], name) if cloud == "gcp" else ()
    for account in world.accounts:
        for role in world.roles:
            for audience in audiences(world.capture):
                yield Ask(account.identifier, "assumes", role.identifier, audience)


def _of_role(who: str, kind: str, name: str) -> Iterator[Ask]:
    match kind:
        case "secret":
            yield Ask(who, "secretsmanager:GetSecretValue", name)
        case "parameter":
            yield from (Ask(who, f"ssm:{word}Parameter", name) for word in ("Get", "Put"))
        case "bucket":
            yield from (Ask(who, action, f"{name}/{key}") for action in ON_OBJECTS for key in KEYS)
            yield from (Ask(who, "s3:ListBucket", name, key) for key in KEYS)
        case _:
            pass


def _of_member(who: str, kind: str, name: str) -> Iterator[Ask]:
    match kind:
        case "secret":
            yield Ask(who, "secretmanager.versions.access", name)
        case "project":
            yield Ask(who, "monitoring.timeSeries.create", name)
        case "bucket":
            yield from (Ask(who, action, f"{name}/objects/{key}") for action in (GET, CREATE, DELETE) for key in KEYS)
            yield from (Ask(who, LIST, name, key) for key in KEYS)
        case _:
            pass


def foretold(world: World, ask: Ask) -> bool:
    """Whether reach says that it surely passes."""
    asking = world.reach.principal(ask.who)
    match ask.action:
        case "assumes":
            path = world.reach.becomes(asking).get(world.reach.principal(ask.what), ())
            audience = trusted_audience(world.capture, ask.what)
            return len(path) == 1 and not path[0].perhaps and audience in ("", ask.detail)
        case "federates":
            return any(
                len(path) == 1 and other.kind is Kind.FEDERATED and _pool(ask.what) in other.identifier
                for other, path in world.reach.becomes(asking).items()
            )
        case _:
            target, facts = _about(world, ask)
            return world.reach.may(asking, ask.action, target, facts).is_sure


def _about(world: World, ask: Ask) -> tuple[Target, Facts]:
    tls: Facts = {"aws:securetransport": (str(world.encrypted).lower(),)}
    if ask.what.startswith("arn:"):
        bucket, _, key = ask.what.partition("/")
        if ask.action.startswith("s3:") and key:
            return amazon.objects(world.target(bucket), key), tls
        return world.target(ask.what), {**tls, "s3:prefix": (ask.detail,)} if ask.detail else tls
    bucket, _, key = ask.what.partition("/objects/")
    if key:
        return google.objects(world.target(bucket), key), NOTHING
    return world.target(ask.what), {LIST_PREFIX: (ask.detail,)} if ask.detail else NOTHING


def answered(world: World, ask: Ask) -> bool:
    """Whether the stand-ins let it through."""
    match ask.action:
        case "assumes":
            return _assumes(world, ask)
        case "federates":
            return _federates(world, ask)
        case _ if ask.what.startswith("arn:aws:s3"):
            return _asks_s3(world, ask)
        case _ if ask.what.startswith("arn:"):
            return _asks_amazon(world, ask)
        case _:
            return _asks_google(world, ask)


def _assumes(world: World, ask: Ask) -> bool:
    account = ServiceAccount(ask.who.partition(":")[2], numbers(world.capture)[ask.who])
    form = {"Action": "AssumeRoleWithWebIdentity", "RoleArn": ask.what, "RoleSessionName": "lab"}
    body = urllib.parse.urlencode({**form, "WebIdentityToken": account.identity_token(ask.detail)}).encode()
    return _answer(world, "POST", "sts.amazonaws.com", "/", {}, body=body) == 200


def _federates(world: World, ask: Ask) -> bool:
    audience = f"//iam.googleapis.com/{ask.what}"
    url = "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    named = {"host": "sts.us-east-1.amazonaws.com", "x-goog-cloud-target-resource": audience}
    signed = {**_signed(ask.who, "sts"), **named}
    listed = [{"key": key, "value": value} for key, value in signed.items()]
    subject = urllib.parse.quote(json.dumps({"url": url, "method": "POST", "headers": listed}))
    form = {"grant_type": EXCHANGE, "subject_token_type": AWS_SUBJECT, "subject_token": subject, "audience": audience}
    before = {*world.services.google.tokens}
    _answer(world, "POST", "sts.googleapis.com", "/v1/token", {}, body=urllib.parse.urlencode(form).encode())
    return any(world.services.google.tokens[token][0] for token in {*world.services.google.tokens} - before)


def _asks_s3(world: World, ask: Ask) -> bool:
    bucket, _, key = ask.what.removeprefix("arn:aws:s3:::").partition("/")
    address = f"/{key}" if key else f"/?list-type=2&prefix={urllib.parse.quote(ask.detail)}"
    address += "?versionId=1" if ask.action.endswith("Version") else ""
    method = ON_OBJECTS.get(ask.action, "GET")
    host = f"{bucket}.{world.stores.s3_host}"
    headers = {**_signed(ask.who, "s3"), "x-original-method": method, "x-original-uri": address}
    gate = Request("", "GET", host, "/lab-gate", headers, body=b"", is_encrypted=world.encrypted)
    return world.stores.gate(gate).status == 204


def _asks_amazon(world: World, ask: Ask) -> bool:
    service, _, action = ask.action.partition(":")
    name = ask.what if service == "secretsmanager" else ask.what.partition(":parameter")[2]
    content = {"SecretId": name, "Name": name, "Value": "value", "Overwrite": True}
    protocol = {"ssm": "AmazonSSM"}.get(service, service)
    headers = {**_signed(ask.who, service), "x-amz-target": f"{protocol}.{action}"}
    host = f"{service}.us-east-1.amazonaws.com"
    return _answer(world, "POST", host, "/", headers, body=json.dumps(content).encode()) == 200


def _asks_google(world: World, ask: Ask) -> bool:
    if ask.who not in world.services.google.tokens:
        world.services.google.admit(ask.who, (world.reach.principal(ask.who),), FOREVER)
    headers = {"authorization": f"Bearer {ask.who}"}
    match ask.action:
        case "secretmanager.versions.access":
            path = f"/v1/{ask.what}/versions/latest:access"
            return _answer(world, "GET", "secretmanager.googleapis.com", path, headers) == 200
        case "monitoring.timeSeries.create":
            path = f"/v3/{ask.what}/timeSeries"
            # A right is asked for first; that a machine has its own token alone comes after it.
            return _answer(world, "POST", "monitoring.googleapis.com", path, headers, body=b'{"timeSeries": []}') != 403
        case _:
            return _asks_storage(world, ask, headers)


def _asks_storage(world: World, ask: Ask, headers: dict[str, str]) -> bool:
    world.services.google_storage = GoogleStorage(world.services.google.may_use)
    bucket, _, key = ask.what.removeprefix("projects/_/buckets/").partition("/objects/")
    quoted = urllib.parse.quote(key, safe="")
    method, path = {
        GET: ("GET", f"/storage/v1/b/{bucket}/o/{quoted}"),
        DELETE: ("DELETE", f"/storage/v1/b/{bucket}/o/{quoted}"),
        CREATE: ("POST", f"/upload/storage/v1/b/{bucket}/o?name={quoted}&uploadType=media"),
        LIST: ("GET", f"/storage/v1/b/{bucket}/o?prefix={urllib.parse.quote(ask.detail, safe='')}"),
    }[ask.action]
    return _answer(world, method, "storage.googleapis.com", path, headers) != 403


def _answer(world: World, method: str, host: str, path: str, headers: dict[str, str], *, body: bytes = b"") -> int:
    request = Request("", method, host, path, headers, body=body, is_encrypted=world.encrypted)
    return world.services.answer(request, world.clouds[MACHINES[".".join(host.split(".")[-2:])]]).status


def _signed(role: str, service: str) -> dict[str, str]:
    scope = f"Credential={key_of_arn(role)}/20300101/us-east-1/{service}/aws4_request"
    listed = "SignedHeaders=host;x-goog-cloud-target-resource"
    return {"authorization": f"AWS4-HMAC-SHA256 {scope}, {listed}, Signature=0", "x-amz-security-token": "session"}


def key_of(role: Principal) -> str:
    """The access key of a role."""
    return key_of_arn(role.identifier)


def key_of_arn(arn: str) -> str:
    """The same by its ARN."""
    return re.sub(r"\W", "_", arn.rpartition("/")[2])


def _name(principal: Principal) -> str:
    """Of a role its name, of an account its address."""
    return principal.identifier.rpartition("/")[2].removeprefix("serviceAccount:")


def numbers(capture: Capture) -> dict[str, str]:
    """The number of each service account, by its member."""
    accounts = capture.of_type("gcp:serviceaccount/account:Account")
    return {f"serviceAccount:{answer(capture, each, 'email')}": answer(capture, each, "uniqueId") for each in accounts}


def aws_providers(capture: Capture) -> Iterator[str]:
    """Full names of providers that take sessions of AWS."""
    for entry in capture.of_type("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"):
        if entry.inputs.get("aws"):
            yield answer(capture, entry, "name")


def _pool(provider: str) -> str:
    return f"/workloadIdentityPools/{provider.split('/')[-3]}/"


def audiences(capture: Capture) -> tuple[str, ...]:
    """Those that trusts of roles name."""
    roles = capture.of_type("aws:iam/role:Role")
    found = (trusted_audience(capture, answer(capture, each, "arn")) for each in roles)
    return tuple(dict.fromkeys(each for each in found if each))


def trusted_audience(capture: Capture, role: str) -> str:
    """The audience that a role wants of a token of Google; empty where it takes any."""
    for entry in capture.of_type("aws:iam/role:Role"):
        if answer(capture, entry, "arn") == role:
            found = re.search(rf'"{GOOGLE}:oaud": "([^"]+)"', text(entry.inputs["assumeRolePolicy"]))
            return found[1] if found else ""
    return ""
