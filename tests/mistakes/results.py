"""What was seen, kept from one run to the next: under a digest of the project and of the mistake."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from threading import Lock

from tests.mistakes.mistake import Mistake
from tests.mistakes.seeing import Seen, Sight


def tree_digest(folder: Path, names: list[str]) -> str:
    """The project without the lists, which say their own digests."""
    whole = hashlib.sha256()
    for name in sorted(names):
        if not name.startswith("tests/mistakes/lists/") and (folder / name).is_file():
            whole.update(f"{name}\0".encode() + hashlib.sha256((folder / name).read_bytes()).digest())
    return whole.hexdigest()


class Results:
    """A file of lines, one for each mistake that was looked at."""

    def __init__(self, file: Path, tree: str) -> None:
        self._file = file
        self._tree = tree
        self._lock = Lock()
        self._known: dict[str, Sight] = {}
        if file.is_file():
            for line in file.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                self._known[entry["key"]] = Sight(Seen(entry["seen"]), entry["line"])

    def of(self, mistake: Mistake, look: Callable[[], Sight]) -> Sight:
        """What was seen before, or what is seen now."""
        return self.once(str(mistake), look)

    def once(self, what: str, look: Callable[[], Sight]) -> Sight:
        """The same of anything that has a text of its own, such as all tests of the project without a mistake."""
        key = hashlib.sha256(f"{self._tree}{what}".encode()).hexdigest()
        if key not in self._known:
            sight = look()
            with self._lock:
                self._known[key] = sight
                with self._file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"key": key, **asdict(sight)}) + "\n")
        return self._known[key]
