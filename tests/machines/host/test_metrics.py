"""Metric files: what one run writes is what the next one knows."""

from pathlib import Path

import pytest
from host import metrics
from host.metrics import Sample


def nobody(*_: object) -> None:
    """Files belong to whoever runs the test."""


def test_what_is_written_is_read_again_with_its_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = (Sample("drill_failed", 0), Sample("drill_good", 1, ("repository", "2")), Sample("queue_ratio", 0.25))
    monkeypatch.setattr(metrics, "FOLDER", tmp_path)
    monkeypatch.setattr("shutil.chown", nobody)

    metrics.write("packyard_test", samples, {sample.name: "a help" for sample in samples})

    assert metrics.read("packyard_test") == {(sample.name, sample.label): sample.value for sample in samples}
    assert 'packyard_drill_good{repository="2"} 1\n' in (tmp_path / "packyard_test.prom").read_text()
    assert metrics.read("packyard_other") == {}
