"""The only reader of Pulumi configuration."""

import json
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import config

from settings.faults import Fault, SettingsError
from settings.link.section import HaVpnLink
from settings.parse import parse
from settings.stack import Settings

NAMESPACE = "packyard:"


def read_settings() -> Settings:
    """The settings of the stack that runs. Raises pulumi.RunError, which the CLI prints without a traceback."""
    stack = pulumi.get_stack()
    # Pulumi's public Config asks for one key at a time; all keys are needed to find misspelt ones.
    values: dict[str, Any] = {**config.get_config_env(), **config.CONFIG.get()}
    raw: dict[str, object] = {key.removeprefix(NAMESPACE): _decoded(text) for key, text in values.items()}
    try:
        settings = parse(raw, stack, Path(f"Pulumi.{stack}.yaml"))
        _refuse_keys_in_clear(settings)
        return settings
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None


def _refuse_keys_in_clear(settings: Settings) -> None:
    """A key that is no secure value lies in the repository for all to read. Only Pulumi knows which values are."""
    if isinstance(settings.link, HaVpnLink) and not config.is_config_secret(f"{NAMESPACE}link"):
        fault = Fault(
            ("link", "presharedKeys"),
            "the keys are written in clear",
            "new keys, with pulumi config set --path --secret 'packyard:link.presharedKeys[0]'",
        )
        raise SettingsError(f"Pulumi.{settings.stack}.yaml", [fault])


def _decoded(text: str) -> object:
    """Sections arrive as JSON text; a scalar where a section belongs stays as it is, for the error message."""
    try:
        return json.loads(text)
    except ValueError:
        return text
