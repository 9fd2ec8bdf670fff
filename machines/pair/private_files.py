"""Files of root, some of them with secrets, that are written only when they change."""

from pathlib import Path

from pair import files

ROOT = "root"


def write(path: Path, text: str, mode: int = 0o600, group: str = ROOT) -> bool:
    """Replaces a file of root at once; whether it had another content before."""
    if text_of(path) == text:
        return False
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    files.replace(path, text, mode, ROOT, group)
    return True


def text_of(path: Path) -> str | None:
    """The content of a file; None where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
