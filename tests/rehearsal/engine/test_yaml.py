"""The engine itself is asked what scalars without quotes mean; the preview must answer the same."""

import json
import random
from typing import Any

import pytest

import stack_yaml
from rehearsal.engine import Engine, succeeded

pytestmark = pytest.mark.engine

PARTS = (
    *("0", "1", "7", "8", "9", "12", "2027", "02", "29", "31", "-", "+", ".", "_", "e", "E", "x", "X", "o", "O", "b"),
    *("B", "T", "t", "Z", ":", "a", "F", "inf", "nan", "no", "true", "True", "~", "null", "00", "60", "24", " "),
)

SCALARS = 3000


def test_scalars_mean_to_the_preview_what_they_mean_to_the_engine(branch: Engine) -> None:
    generator = random.Random(branch.stack)  # noqa: S311 -- the same ones in every run
    scalars = [scalar for _ in range(SCALARS) if _is_read(scalar := _scalar(generator))]
    text = "config:\n  packyard:all:\n" + "".join(f"    k{n}: {scalar}\n" for n, scalar in enumerate(scalars))
    (branch.project / f"Pulumi.{branch.stack}.yaml").write_text(text, encoding="utf-8")
    ours: Any = stack_yaml.read(text.encode())

    answer = succeeded(branch.run("config", "--json", "--stack", branch.stack)).document
    theirs = json.loads(answer["packyard:all"]["value"])

    differing = {
        scalar: (ours["config"]["packyard:all"][f"k{n}"], theirs[f"k{n}"])
        for n, scalar in enumerate(scalars)
        if json.dumps(ours["config"]["packyard:all"][f"k{n}"]) != json.dumps(theirs[f"k{n}"])
    }
    assert differing == {}
    assert len(scalars) > SCALARS / 2


def _scalar(generator: random.Random) -> str:
    if generator.random() < 0.2:
        clock = generator.choice(("", "T3:04:5Z", " 1:2:3", "t01:02:03.50+02:00", " 01:02:03.000", "T1:2:3", " 25:0:0"))
        return (
            f"{generator.choice(('2027', '2028', '1900'))}-{generator.randint(0, 13)}-{generator.randint(0, 32)}{clock}"
        )
    return "".join(generator.choice(PARTS) for _ in range(generator.randint(1, 7)))


def _is_read(scalar: str) -> bool:
    try:
        stack_yaml.read(f"config:\n  packyard:all:\n    k: {scalar}\n".encode())
    except stack_yaml.YamlFault:
        return False
    return True
