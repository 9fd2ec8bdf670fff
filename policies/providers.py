"""Providers: each resource names its own, and each provider names the one account that it may touch."""

import json
from collections.abc import Iterator, Mapping

from capture import Capture, Registration, Value
from policies.policy import Finding
from policies.values import mapping, text

OWNER_KEYS = ("stack", "owner", "cost_centre", "repository")
"""Tags and labels that every resource gets from its provider."""


def every_resource_names_its_provider(capture: Capture) -> Iterator[Finding]:
    """The default provider takes account and project from the shell of whoever runs the update."""
    by_urn = capture.by_urn
    for registration in capture.resources:
        provider = by_urn.get(registration.provider)
        if provider is None or provider.name == "default":
            yield Finding(registration, "uses the default provider. HINT: make it a child: opts=self.child()")
        elif provider.kind != registration.cloud:
            yield Finding(registration, f"uses the {provider.kind} provider. HINT: pass one of {registration.cloud}")


def every_resource_names_its_plugin_version(capture: Capture) -> Iterator[Finding]:
    """Without a version the engine takes the newest plugin of the machine it runs on."""
    for registration in capture.registrations:
        plugin = registration.cloud in ("aws", "gcp") or registration.type.startswith("pulumi:providers:")
        if plugin and not registration.version:
            yield Finding(registration, "has no plugin version. HINT: make it through the SDK's own class")


def providers_pin_their_account(capture: Capture) -> Iterator[Finding]:
    """A shell that points at another account must be an error before anything is made."""
    for provider in capture.of_type("pulumi:providers:aws"):
        if len(_parsed_list(provider.inputs.get("allowedAccountIds"))) != 1:
            yield Finding(provider, "allows any account. HINT: allowed_account_ids with the one of the settings")
    for provider in capture.of_type("pulumi:providers:gcp"):
        if not text(provider.inputs.get("project")):
            yield Finding(provider, "names no project. HINT: project=settings.gcp.projects.id_of(...)")


def providers_set_the_owner(capture: Capture) -> Iterator[Finding]:
    """Tags that a provider sets cannot be forgotten by a component."""
    for provider in (*capture.of_type("pulumi:providers:aws"), *capture.of_type("pulumi:providers:gcp")):
        tags = default_tags_of(provider)
        missing = [key for key in OWNER_KEYS if not tags.get(key)]
        if missing:
            yield Finding(provider, f"its default tags lack {', '.join(missing)}. HINT: estate.providers.default_tags")


def default_tags_of(provider: Registration) -> Mapping[str, Value]:
    """The default tags of an AWS provider, or the default labels of a GCP one."""
    tags = _parsed(mapping(_parsed(provider.inputs.get("defaultTags"))).get("tags"))
    return mapping(tags) or mapping(_parsed(provider.inputs.get("defaultLabels")))


def _parsed(value: Value) -> Value:
    """Nested inputs of providers arrive as JSON text."""
    return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value


def _parsed_list(value: Value) -> tuple[Value, ...]:
    parsed: object = _parsed(value)
    return tuple(parsed) if isinstance(parsed, list | tuple) else ()
