"""Stack files as somebody who adopts the project would rewrite them: `python -m tests.estate.rewriting FOLDER [SEED]`.

Every placeholder becomes a value of a company's own; of every list an entry goes, one comes or one changes.
"""

import base64
import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import stack_yaml
from capture import stacks_of
from settings.declarations import item, keys, nested_models
from settings.faults import SettingsError
from settings.parse import parse
from settings.stack import Settings
from tests.estate.changing import candidates

OWN_VALUES: tuple[tuple[str, str], ...] = (
    (r"\bexample\.com\b", "acme-packages.dev"),
    (r"\bexample-", "acme-"),
    (r"(?<!\d)0{12}(?!\d)", "210987654321"),
    (r"(?<!\d)1{12}(?!\d)", "123456789098"),
    (r"\bcc-0000\b", "cc-4711"),
    (r"\b203\.0\.113\.", "45.83.12."),
    (r"\b198\.51\.100\.", "45.83.13."),
    (r"\b1000001\b", "48213377"),
    (r"\b1000002\b", "48213378"),
    (r"\b2000002\b", "733154091"),
    (r"^    example: true\n", ""),
)
"""What stands in the files as they come, and what a company would write."""

ZEROS = re.compile(r"(?<=ami-)0{16}[0-9]|\"0{38}[0-9A-F]{2}\"|\"0{64}\"")

KEY = re.compile(r"(?<=- )(ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa) (\S+)")

OWN_BYTES = {"ssh-ed25519": 32, "ecdsa-sha2-nistp256": 64, "ssh-rsa": 380}
"""How many bytes at the end of a public key are the key's own."""


def with_own_values(text: str, chance: random.Random) -> str:
    """A stack file in which no placeholder is left, with its comments."""
    for pattern, own in OWN_VALUES:
        text = re.sub(pattern, own, text, flags=re.MULTILINE)
    text = ZEROS.sub(lambda found: _digits(found[0]), text)
    return KEY.sub(lambda found: f"{found[1]} {_key(found[1], found[2], chance)}", text)


def _digits(zeros: str) -> str:
    """The same ones for the same zeros, as two machines have the same image."""
    own = random.Random(zeros)  # noqa: S311 -- an example, and the same one each time
    text = "".join(letter if letter == '"' else own.choice("0123456789abcdef") for letter in zeros)
    # A fingerprint of OpenPGP, the only one of 40 digits, is written in capitals.
    return text.upper() if len(text) == 42 else text


def _key(kind: str, encoded: str, chance: random.Random) -> str:
    blob = base64.b64decode(encoded)
    return base64.b64encode(blob[: -OWN_BYTES[kind]] + chance.randbytes(OWN_BYTES[kind])).decode()


def with_other_entries(config: dict[str, Any], stack: str, chance: random.Random) -> list[str]:
    """Changes every list of a configuration that can be changed by itself, in place; says what was done.

    A change that the settings refuse is not done: a fleet needs its last shard.
    """
    done: list[str] = []
    raw = {key.removeprefix("packyard:"): value for key, value in config.items()}
    for place, entries, kind in list(_lists(raw)):
        before = list(entries)
        variants = list(_variants(before, kind))
        chance.shuffle(variants)
        for what, after in variants:
            entries[:] = after
            if _is_accepted(raw, stack):
                done.append(f"{place}: {what}")
                break
            entries[:] = before
    return done


def _variants(entries: list[Any], kind: Any) -> Iterator[tuple[str, list[Any]]]:
    """The list without each of its entries, with one more, and with one of them changed."""
    for index in range(len(entries)):
        yield f"without {index}", [*entries[:index], *entries[index + 1 :]]
    for index, entry in enumerate(entries):
        for other in _others(entry, kind):
            yield "one more", [*entries, other]
            yield f"{index} changed", [*entries[:index], other, *entries[index + 1 :]]


def _others(entry: Any, kind: Any) -> Iterator[Any]:
    """Entries like one that is there."""
    if isinstance(entry, dict):
        named = cast("dict[str, Any]", entry)
        own = {key: value for key, value in named.items() if key in ("name", "path", "runnerId", "port")}
        yield {**named, **{key: value + 4 if isinstance(value, int) else f"{value}-two" for key, value in own.items()}}
    elif kind is not None:
        # The first few differ enough.
        yield from [other for other in candidates(kind, entry) if other not in (None, entry)][:12]


def _lists(raw: dict[str, Any]) -> Iterator[tuple[str, list[Any], Any]]:
    """Every list below a configuration, with its place and what its entries are declared as."""
    yield from _lists_below(raw, [Settings], "")


def _lists_below(raw: dict[str, Any], models: list[Any], place: str) -> Iterator[tuple[str, list[Any], Any]]:
    for key, value in raw.items():
        fields = [known[key] for model in models if key in (known := keys(model))]
        nested = [model for field in fields for model in nested_models(field.annotation)]
        if isinstance(value, list):
            entries = cast("list[Any]", value)
            yield f"{place}{key}", entries, next((item(field) for field in fields), None)
            for index, entry in enumerate(entries):
                if isinstance(entry, dict):
                    yield from _lists_below(cast("dict[str, Any]", entry), nested, f"{place}{key}[{index}].")
        elif isinstance(value, dict):
            yield from _lists_below(cast("dict[str, Any]", value), nested, f"{place}{key}.")


def _is_accepted(raw: dict[str, Any], stack: str) -> bool:
    try:
        parse(raw, stack)
    except SettingsError:
        return False
    return True


def rewrite(stack_file: Path, seed: int) -> list[str]:
    """Writes a stack file anew; says what was done to its lists."""
    chance = random.Random(seed)  # noqa: S311 -- a failure must come again
    document: Any = stack_yaml.read(with_own_values(stack_file.read_text(encoding="utf-8"), chance).encode())
    done = with_other_entries(document["config"], stack_file.name.split(".")[1], chance)
    stack_file.write_text(stack_yaml.written(document), encoding="utf-8")
    return done


if __name__ == "__main__":
    for stack in stacks_of(Path(sys.argv[1])):
        file = Path(sys.argv[1], f"Pulumi.{stack}.yaml")
        sys.stdout.write(json.dumps({file.name: rewrite(file, int(*sys.argv[2:]))}, indent=1) + "\n")
