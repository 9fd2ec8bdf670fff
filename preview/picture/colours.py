"""How the drawing looks on light and on dark screens: the viewer decides."""

from collections.abc import Iterator, Mapping

from preview.picture.model import ArrowKind

LIGHT: Mapping[str, str] = {
    "paper": "#ffffff",
    "text": "#1f2328",
    "faint": "#57606a",
    "box": "#ffffff",
    "GCP": "#eef3fd",
    "AWS": "#fff5e5",
    "place": "#ffffff",
    "edge": "#4b5563",
    "line": "#6e7781",
    "traffic": "#1f5fbf",
    "objects": "#57606a",
    "backup": "#7a2be0",
    "untrusted": "#c2410c",
    "protected": "#0f6b3a",
    "publish": "#7a1fa2",
}
DARK: Mapping[str, str] = {
    "paper": "#0d1117",
    "text": "#e6edf3",
    "faint": "#9ba6b2",
    "box": "#161b22",
    "GCP": "#111b2e",
    "AWS": "#241b0c",
    "place": "#0d1117",
    "edge": "#b3bcc6",
    "line": "#7d8590",
    "traffic": "#79b0ff",
    "objects": "#8b949e",
    "backup": "#c39bff",
    "untrusted": "#ff9a62",
    "protected": "#56d38a",
    "publish": "#d9a0f5",
}

TIERS = ("untrusted", "protected", "publish")

LETTERS = """
text { font-family: "Liberation Sans", Arial, Helvetica, "DejaVu Sans", sans-serif }
.title { font-size: 17px; font-weight: 700 }
.cloud { font-size: 14px; font-weight: 700 }
.name { font-size: 11px; font-weight: 700 }
.line { font-size: 10.5px }
.label { font-size: 10px }
.tier { font-size: 9.5px; font-weight: 700; letter-spacing: 0.6px }
"""


def style() -> str:
    """The style sheet."""
    light, dark = ("\n".join(_rules(of)) for of in (LIGHT, DARK))
    return f"{LETTERS}{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def _rules(of: Mapping[str, str]) -> Iterator[str]:
    yield f"text {{ fill: {of['text']} }}"
    yield f".line {{ fill: {of['faint']} }}"
    yield f".paper {{ fill: {of['paper']} }}"
    yield f".halo {{ fill: {of['place']}; opacity: 0.8 }}"
    for name in ("box", "place", "GCP", "AWS"):
        yield f".{name} {{ fill: {of[name]}; stroke: {of['line']} }}"
    yield ".inner { fill: none }"
    for kind in ArrowKind:
        yield f".arrow-{kind} {{ stroke: {of[kind]} }}"
        yield f".head-{kind}, .label-{kind} {{ fill: {of[kind]} }}"
    for tier in TIERS:
        yield f".trust-{tier} {{ stroke: {of[tier]} }}"
        yield f".tier-{tier} {{ fill: {of[tier]} }}"
