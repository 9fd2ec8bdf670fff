"""Writes the golden comments anew: python -m tests.preview.comment.record."""

from pathlib import Path

from tests.preview.comment.estates import GOLDEN

FOLDER = Path(__file__).parent / "golden"


def record(folder: Path = FOLDER) -> None:
    for name, make in GOLDEN.items():
        comment = make()
        (folder / f"{name}.md").write_text(comment.markdown, encoding="utf-8")
        (folder / f"{name}.diff").write_text(comment.diff, encoding="utf-8")


if __name__ == "__main__":
    record()
