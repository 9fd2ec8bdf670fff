"""Two resources of one physical name."""

from collections.abc import Iterator

from capture import Capture, Registration
from policies.physical_names import REFERENCES, UNIQUE_NAMES, Place, unique_name
from policies.policy import Finding

RIGHT = "give one of them another name, or leave it out"


def names_are_taken_once(capture: Capture) -> Iterator[Finding]:
    """A second one is refused in the middle of an update, or overwrites the first and nobody is told."""
    first: dict[tuple[str, ...], Registration] = {}
    for entry in capture.resources:
        provider = capture.by_urn.get(entry.provider)
        place = Place.of({} if provider is None else provider.inputs)
        name = unique_name(entry.type, entry.inputs, place, entry.property_dependencies)
        if not name:
            continue
        other = first.setdefault(name, entry)
        if other is not entry:
            yield Finding(entry, f"{_same(entry, name)} as {other.name}: {_then(entry)}. HINT: {RIGHT}")


def _same(entry: Registration, name: tuple[str, ...]) -> str:
    """What is the same; ids of other resources may be invented, and are not shown."""
    parts = zip(UNIQUE_NAMES[entry.type].properties, name[2:], strict=True)
    told = [key if key in REFERENCES else f"{key} {part[:100]}" for key, part in parts if part]
    return f"has the same {', '.join(told)}"


def _then(entry: Registration) -> str:
    error = UNIQUE_NAMES[entry.type].error
    return f"the cloud answers {error}" if error else "one of the two is lost in silence"
