"""How many mistakes are seen, and by whom: `make bench-mistakes`.

Each mistake of `lists/` is made alone in a copy of the project, with the stack files of the tests, and looked at as a
user would: a preview against the last commit, then the tests of its room. ONLY=word takes the mistakes whose room, kind
or name has the word; WHOLE=1 runs all of `make test` on what no preview shows. What was seen is kept in
`.cache/mistakes`, so that a run that was ended goes on.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from preview.revision import RevisionError, git
from tests.mistakes.copy import Copy, Look
from tests.mistakes.mistake import ListError, Mistake, all_mistakes
from tests.mistakes.results import Results, tree_digest
from tests.mistakes.seeing import Seen, Sight, own_tests, previewed, sees
from tests.mistakes.table import Row, table
from tests.support import ROOT

CACHE = ROOT / ".cache" / "mistakes"


class Bench:
    """Copies of the project, one for each core, and what was seen in them."""

    def __init__(self, folder: Path, workers: int, results: Results, *, whole: bool) -> None:
        self._copies: Queue[Copy] = Queue()
        with ThreadPoolExecutor(workers) as pool:
            for copy in pool.map(Copy, [folder / str(number) for number in range(workers)]):
                self._copies.put(copy)
        self._results = results
        self._whole = whole
        self._workers = workers
        self._sound: dict[str, Look] = {}

    def prove_sound(self, mistakes: Sequence[Mistake]) -> None:
        """Ends the program where a preview or a test fails without any mistake, since nothing could be told then."""
        copy = self._copies.get()
        for stack in {stack for mistake in mistakes for stack in previewed(mistake)}:
            self._sound[stack] = copy.preview(stack)
            _end_unless_sound(f"the preview of {stack}", self._sound[stack])
        tests = {test for mistake in mistakes for test in own_tests(mistake, whole=self._whole)}
        if tests:
            self._results.once(f"no mistake, and {sorted(tests)}", lambda: self._without_a_mistake(copy, sorted(tests)))
        self._copies.put(copy)

    def _without_a_mistake(self, copy: Copy, tests: Sequence[str]) -> Sight:
        _end_unless_sound("a test", copy.is_sound(tests, self._workers))
        return Sight(Seen.NOBODY, "")

    def row(self, mistake: Mistake) -> Row:
        """Who sees one mistake."""
        row = Row(mistake, self._results.of(mistake, lambda: self._look(mistake)))
        print(f"{row.sight.seen:<9} {mistake.room}: {mistake.name}", file=sys.stderr, flush=True)
        return row

    def _look(self, mistake: Mistake) -> Sight:
        copy = self._copies.get()
        try:
            return sees(copy, mistake, self._sound, whole=self._whole)
        except ListError as error:
            return Sight(Seen.STALE, str(error).splitlines()[0])
        finally:
            self._copies.put(copy)


def _end_unless_sound(what: str, look: Look) -> None:
    if look.status != 0:
        sys.exit(f"{what} fails without any mistake, so nothing can be told:\n{look.text[-2000:]}")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.mistakes", description="Who sees mistakes")
    parser.add_argument("--only", default="", help="a word of the room, the kind or the name")
    parser.add_argument("--whole", action="store_true", help="run all tests, and not those of the room alone")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="copies at a time")
    options = parser.parse_args()
    mistakes = [
        mistake for mistake in all_mistakes() if options.only in f"{mistake.room}: {mistake.kind}: {mistake.name}"
    ]
    if not mistakes:
        sys.exit(f"no mistake has {options.only!r} in its room, its kind or its name")
    try:
        listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard")
    except RevisionError as error:
        sys.exit(str(error))
    CACHE.mkdir(parents=True, exist_ok=True)
    tree = tree_digest(ROOT, listed.stdout.decode().splitlines()) + (" whole" if options.whole else "")
    with tempfile.TemporaryDirectory(prefix="packyard-mistakes-") as folder:
        bench = Bench(Path(folder), options.workers, Results(CACHE / "results", tree), whole=options.whole)
        bench.prove_sound(mistakes)
        with ThreadPoolExecutor(options.workers) as pool:
            rows = list(pool.map(bench.row, mistakes))
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
