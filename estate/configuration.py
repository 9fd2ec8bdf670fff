"""The only reader of Pulumi configuration."""

import json
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import config

from settings.faults import SettingsError
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
        return parse(raw, stack, Path(f"Pulumi.{stack}.yaml"))
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None


def _decoded(text: str) -> object:
    """Sections arrive as JSON text; a scalar where a section belongs stays as it is, for the error message."""
    try:
        return json.loads(text)
    except ValueError:
        return text
