"""The README's excerpt of a real preview, and its drawing: `python -m tests.docs.excerpt` writes them anew."""

import io
import re

from rich.console import Console

from preview.picture import draw
from preview.render import render
from preview.report import make_report
from tests.support import ROOT, estate

README, DRAWING = ROOT / "README.md", ROOT / "docs" / "estate.svg"

BLOCK = re.compile(r"(?<=```text\n).*?(?=```\n)", re.DOTALL)
"""What lies in the README's one block of plain text."""

COLUMNS = 80


def preview_text(stack: str) -> str:
    """What `make preview` prints for a stack where the output is no terminal."""
    out = io.StringIO()
    render(make_report(estate(stack)), console=Console(file=out, width=COLUMNS, color_system=None), full=False)
    return out.getvalue()


def excerpt() -> str:
    """The head of the output, its machines, and what is open to the world; left-out parts are marked."""
    sections = preview_text("staging").split("\n\n")
    wanted = ("Machines", "Open to the world", "Policies")
    shown = [sections[0], *(section for section in sections if section.startswith(wanted))]
    return "\n\n[...]\n\n".join(section.rstrip("\n") for section in shown) + "\n"


def drawing() -> str:
    """The estate that the README shows."""
    return draw(estate("production"))


def main() -> None:
    """Writes the excerpt into the README, and the drawing beside it."""
    DRAWING.write_text(drawing(), encoding="utf-8")
    text = README.read_text(encoding="utf-8")
    README.write_text(BLOCK.sub(lambda _: excerpt(), text, count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
