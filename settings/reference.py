"""The reference of all keys of a stack file, docs/reference/settings.md: `python -m settings.reference` prints it.

`make records` writes the page; a test compares it with the file.
"""

import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from settings.declarations import example, first_sentence, item, keys, meaning, nested_models, one_line
from settings.places import told_by
from settings.stack import Settings
from settings.words import default_words, member_meanings, type_words

WIDTH = 120

INTRODUCTION = """\
# Settings: every key of a stack file

Made by `make records` from the docstrings in `settings/`; a change here is lost.

Each part below is a key of `config:` in `Pulumi.<stack>.yaml`, written there with the namespace: `packyard:estate`. A
key with a dot lies inside another one, `[]` stands for each item of a list. Whatever is wrong in a stack file is told
at once, each fault with its line: `make preview STACK=staging`.
"""


def page() -> str:
    """The whole page."""
    sections = {key: field for key, field in keys(Settings).items() if key != "stack"}
    contents = [
        _item(f"[`{key}`](#{key.lower()}): {first_sentence(meaning(field))}.") for key, field in sections.items()
    ]
    blocks = [INTRODUCTION, "\n".join(contents)]
    for key, field in sections.items():
        blocks += _section(key, field, "##")
    return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


def _section(path: str, field: FieldInfo, heading: str) -> Iterator[str]:
    """A section with its values, then the sections inside it."""
    inside = path if item(field) is None else f"{path}[]"
    forms = list(dict.fromkeys(nested_models(field.annotation)))
    yield f"{heading} `{inside}`"
    facts = "" if item(field) is None else f"{type_words(field)[:1].upper()}{type_words(field)[1:]}. "
    yield _paragraphs(f"{facts}{default_words(field)}. {meaning(field)}")
    if len(forms) == 1:
        about = _own_words(forms[0])
        if about != meaning(field):
            yield _paragraphs(about)
        yield from _keys(inside, keys(forms[0]))
        return
    shared = set(_same(forms))
    yield from _keys(inside, {key: known for key, known in keys(forms[0]).items() if key in shared})
    for form in forms:
        yield f"### `{inside}` with `{told_by(form)}`"
        yield _paragraphs(_own_words(form))
        yield from _keys(inside, {key: known for key, known in keys(form).items() if key not in shared})


def _same(forms: Sequence[type[BaseModel]]) -> Iterator[str]:
    """Keys that are declared alike in every form."""
    for key, field in keys(forms[0]).items():
        others = [keys(other).get(key) for other in forms]
        if all(other is not None and repr(other) == repr(field) for other in others):
            yield key


def _keys(path: str, fields: Mapping[str, FieldInfo]) -> Iterator[str]:
    values = {key: field for key, field in fields.items() if not any(nested_models(field.annotation))}
    for key, field in values.items():
        yield from _value(f"{path}.{key}", field)
    for key, field in fields.items():
        if key not in values:
            yield from _section(f"{path}.{key}", field, "###")


def _value(path: str, field: FieldInfo) -> Iterator[str]:
    """A value: what it is, then what it means, then what each of its words means."""
    shown = example(field)
    sample = "" if shown is None else f" For example `{json.dumps(shown, ensure_ascii=False)}`."
    yield _item(f"`{path}`: {type_words(field)}. {default_words(field)}.{sample}")
    yield textwrap.indent(_paragraphs(meaning(field)), "  ")
    if meant := member_meanings(field):
        yield "\n".join(textwrap.indent(_item(f"`{word}`: {text}"), "  ") for word, text in meant.items())


def _own_words(model: type[BaseModel]) -> str:
    return inspect.cleandoc(model.__doc__ or "")


def _paragraphs(text: str) -> str:
    paragraphs = [one_line(paragraph) for paragraph in re.split(r"\n\s*\n", text)]
    return "\n\n".join(_wrapped(_safe(paragraph)) for paragraph in paragraphs)


def _item(text: str) -> str:
    return _wrapped(f"- {_safe(one_line(text))}", "  ")


def _wrapped(text: str, indent: str = "") -> str:
    # Not at a hyphen, nor before one: a line that begins with it would be an item of a list.
    wrapper = textwrap.TextWrapper(WIDTH - 2, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return wrapper.fill(text)


def _safe(text: str) -> str:
    """Angle brackets outside of code would be taken for HTML."""
    parts = text.split("`")
    return "`".join(part if index % 2 else part.replace("<", "&lt;") for index, part in enumerate(parts))


if __name__ == "__main__":
    sys.stdout.write(page())
