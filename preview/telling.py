"""What of a change is told one by one; the rest is told once for all, as files of the bundle and as paths."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from preview.bundle import BundleChange, FileChange
from preview.compare import Change
from preview.difference import PropertyChange
from preview.served_paths import ROUTES, URL_MAP

FOLDED_DIFF = 30
"""Lines of a file's difference that are shown without --full."""


@dataclass(frozen=True)
class Told:
    """Changes of one step."""

    changes: tuple[Change, ...]
    """Without the properties that are told elsewhere."""
    by_bundle: int
    """Resources that only name the new bundle, and are not among them."""


def told(changes: Sequence[Change], bundle: BundleChange) -> Told:
    """Leaves out what the bundle's files and the served paths tell."""
    kept: list[Change] = []
    for change in changes:
        others = [found for found in change.properties if not bundle.explains(found)]
        if others or change.options or not change.properties:
            kept.append(replace(change, properties=tuple(found for found in others if not _is_route(change, found))))
    return Told(tuple(kept), len(changes) - len(kept))


def _is_route(change: Change, found: PropertyChange) -> bool:
    return change.registration.type == URL_MAP and ROUTES.match(found.path) is not None


def file_lines(change: FileChange, *, full: bool) -> list[str]:
    """A head with a sign, then the difference, cut unless `full`."""
    sign = "+" if change.old is None else "-" if change.new is None else "~"
    lines = change.diff()
    kept = lines if full or len(lines) <= FOLDED_DIFF else lines[:FOLDED_DIFF]
    rest = [f"and {len(lines) - len(kept)} more lines (--full)"] if len(kept) < len(lines) else []
    return [f"{sign} machines/{change.path}", *kept, *rest]
