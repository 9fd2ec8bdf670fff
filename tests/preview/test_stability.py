"""The same program gives the same text, run after run: protobuf and sets have an order of their own in each process."""

import os
import subprocess
import sys

from tests.support import ROOT

SEEDS = ("1", "2", "3")

PROGRAM = """
import sys
from preview.document import document_text
from preview.picture import draw
from preview.report import make_report
from tests.support import estate

sys.stdout.write(document_text(make_report(estate("staging"))) + draw(estate("staging")))
"""


def test_document_and_drawing_are_the_same_whatever_the_hash_seed() -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
        )
        for seed in SEEDS
    ]
    texts = [process.communicate()[0] for process in running]

    assert all(process.returncode == 0 for process in running)
    assert b'"outputs"' in texts[0]
    assert b"<svg" in texts[0]
    assert len(set(texts)) == 1, "two runs of one program print different documents or drawings"
