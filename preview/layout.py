"""Lines of text that fit a terminal and end where their words end."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

SEPARATOR = " · "


def flow(pieces: Iterable[Text], width: int) -> list[Text]:
    """Pieces side by side with a separator, in as many lines as they need; a piece is never broken."""
    lines: list[Text] = []
    for piece in pieces:
        if lines and lines[-1].cell_len + len(SEPARATOR) + piece.cell_len <= width:
            lines[-1].append(SEPARATOR, "dim").append_text(piece)
        else:
            lines.append(piece.copy())
    return lines


def put(out: Console, text: Text | str, indent: int = 0) -> None:
    """Prints words, wrapped, with each line indented."""
    for line in (Text(text) if isinstance(text, str) else text).wrap(out, max(out.width - indent, 20)):
        line.rstrip()
        out.print(Text(" " * indent).append_text(line))


def put_flow(out: Console, pieces: Iterable[Text], indent: int = 0) -> None:
    """Prints pieces side by side."""
    for line in flow(pieces, out.width - indent):
        put(out, line, indent)


def put_hanging(out: Console, head: Text, pieces: Iterable[Text], indent: int, column: int) -> None:
    """Prints a head, and pieces beside it from a column on."""
    lines = flow(pieces, out.width - column)
    first = Text(" " * indent).append_text(head)
    first.append(" " * max(1, column - first.cell_len))
    for number, line in enumerate(lines or [Text()]):
        out.print((first if number == 0 else Text(" " * column)).append_text(line), no_wrap=True, crop=False)


def columns(rows: Sequence[Sequence[Text]]) -> list[Text]:
    """Rows as lines with aligned cells; the last cell is as long as it is."""
    widths = [max(cell.cell_len for cell in column) for column in zip(*rows, strict=True)]
    lines: list[Text] = []
    for row in rows:
        line = Text()
        for cell, width in zip(row, widths, strict=True):
            line.append_text(cell).append(" " * (width - cell.cell_len + 2))
        line.rstrip()
        lines.append(line)
    return lines
