"""The documents of all roles, and the schema that people and tests read: machines/document.schema.json.

`python -m settings.documents` prints the schema; a test compares it with the file.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any, cast

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from settings.database_pair.document import DatabasePairDocument
from settings.declarations import one_line
from settings.dev_instance.document import DevInstanceDocument
from settings.machine.document import MachineDocument, RoleSettings
from settings.package_server.document import PackageServerDocument
from settings.runner_fleet.document import RunnerManagerDocument

DOCUMENTS: Mapping[str, type[RoleSettings]] = {
    "database-pair": DatabasePairDocument,
    "dev-instance": DevInstanceDocument,
    "package-server": PackageServerDocument,
    "runner-manager": RunnerManagerDocument,
}
"""The model of each role's own part. A role is the name of a playbook."""


class _WithoutTitles(GenerateJsonSchema):
    """Leaves out the titles of fields, which only repeat their names."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 -- pydantic's signature
        return False


def schema() -> dict[str, Any]:
    """JSON schema of a settings document; the role decides what its `settings` may hold."""
    models = (MachineDocument, *DOCUMENTS.values())
    references, definitions = models_json_schema(
        [(model, "serialization") for model in models], schema_generator=_WithoutTitles
    )
    parts = definitions["$defs"]
    document = parts.pop(MachineDocument.__name__)
    parts.pop(RoleSettings.__name__)
    document["properties"]["role"] = {"enum": sorted(DOCUMENTS), "description": "Name of the playbook"}
    document["properties"]["settings"] = {"type": "object"}
    document["allOf"] = [
        {
            "if": {"properties": {"role": {"const": role}}},
            "then": {"properties": {"settings": references[(model, "serialization")]}},
        }
        for role, model in sorted(DOCUMENTS.items())
    ]
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **document, "$defs": parts}
    return _with_whole_lines(whole)


def _with_whole_lines(part: Any) -> Any:
    """Descriptions are docstrings, whose line ends mean nothing."""
    if isinstance(part, dict):
        return {
            key: one_line(value) if key == "description" and isinstance(value, str) else _with_whole_lines(value)
            for key, value in cast("dict[str, Any]", part).items()
        }
    return [_with_whole_lines(entry) for entry in cast("list[Any]", part)] if isinstance(part, list) else part


def schema_text() -> str:
    """The text of the schema file."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
