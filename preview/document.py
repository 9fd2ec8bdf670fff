"""The preview as one JSON document, for programs. docs/preview.md describes it; VERSION grows when a key changes."""

import json
from dataclasses import asdict
from typing import Any

from capture import Capture, Registration, urn_name
from policies.versions import Ending
from preview.able import AbilityChange
from preview.compare import Change, Comparison
from preview.difference import PropertyChange
from preview.effects import later
from preview.reached import DoorChange
from preview.report import NO_CLOUD, Against, Report
from preview.symbols import symbolic_inputs, symbolic_outputs
from preview.text import shown
from reach.step import documented

VERSION = 1
"""New keys may come without a new version; none goes and none changes its meaning."""


def document_text(report: Report) -> str:
    """The document, sorted and indented, so that two of them can be compared as text."""
    return json.dumps(document(report), indent=2, ensure_ascii=False) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The document as plain values."""
    capture = report.capture
    return {
        "version": VERSION,
        "note": NO_CLOUD,
        "project": capture.project,
        "stack": capture.stack,
        "exitCode": report.exit_code,
        "resourceCount": len(capture.resources),
        "against": None if report.against is None else _against(report.against),
        "machines": [asdict(machine) for machine in report.machines],
        "groups": [asdict(group) for group in report.groups],
        "openToTheWorld": [asdict(door) for door in report.exposures],
        "secretsToFill": [asdict(secret) for secret in report.empty_secrets],
        "placeholders": [asdict(placeholder) for placeholder in report.placeholders],
        "endingVersions": [_ending(ending) for ending in report.endings],
        "violations": [asdict(violation) for violation in report.violations],
        "outputs": shown(symbolic_outputs(capture, urn_name)),
        "resources": [_resource(capture, entry) for entry in capture.registrations if entry is not capture.root],
    }


def _resource(capture: Capture, entry: Registration) -> dict[str, Any]:
    return {
        "urn": entry.urn,
        "type": entry.type,
        "name": entry.name,
        "component": not entry.custom,
        "parent": entry.parent,
        "provider": entry.provider,
        "source": entry.source,
        "protect": entry.protect,
        "retainOnDelete": entry.retain_on_delete,
        "dependencies": list(entry.dependencies),
        "inputs": shown(symbolic_inputs(capture, entry, urn_name).inputs),
    }


def _ending(ending: Ending) -> dict[str, Any]:
    return {
        "product": ending.product.value,
        "version": ending.version,
        "ends": ending.life.ends.isoformat() if ending.life.ends else None,
        "days": ending.life.days,
        "usedBy": list(ending.names),
    }


def _against(against: Against) -> dict[str, Any]:
    comparison: Comparison = against.comparison
    return {
        "revision": against.revision,
        "commit": against.commit,
        "stackExists": against.exists,
        "statefulLosses": [change.registration.urn for change in comparison.losses if change.loses_state],
        "guardLosses": [change.registration.urn for change in comparison.losses if not change.loses_state],
        "changes": [_change(change) for change in comparison.changes],
        "renames": [{"from": rename.old_urn, "to": rename.registration.urn} for rename in comparison.renames],
        "outputs": [_property(change) for change in comparison.outputs],
        "paths": [{**asdict(path), "lost": path.is_lost} for path in comparison.paths],
        "later": [
            {"urn": found.machine.urn, "when": found.when, **_property(found.change)} for found in later(comparison)
        ],
        "abilities": [_ability(change) for change in against.abilities],
        "doors": [_door(door) for door in against.doors],
        "bundle": [{"path": file.path, "diff": file.diff()} for file in against.bundle.files],
    }


def _ability(change: AbilityChange) -> dict[str, Any]:
    return {
        "words": str(change),
        "gained": change.is_gained,
        "who": change.who,
        "rights": list(change.rights),
        "perhaps": change.perhaps,
        "path": documented(change.path),
    }


def _door(door: DoorChange) -> dict[str, Any]:
    return {
        "words": str(door),
        "gained": door.is_gained,
        "places": list(door.places),
        "door": door.door,
        "part": door.part,
        "perhaps": door.perhaps,
        "path": documented(door.path),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "step": change.step.value,
        "urn": change.registration.urn,
        "type": change.registration.type,
        "losesState": change.loses_state,
        "losesGuard": bool(change.lost_guard),
        "protected": change.registration.protect,
        "retained": change.registration.retain_on_delete,
        "properties": [_property(found) for found in change.properties],
        "options": [_property(found) for found in change.options],
    }


def _property(change: PropertyChange) -> dict[str, Any]:
    return {
        "path": change.path,
        "old": shown(change.old),
        "new": shown(change.new),
        "replaces": change.replaces,
    }
