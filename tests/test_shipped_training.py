"""The training of the detector in the package, on a tiny corpus of pseudo-speech."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile

from benchmarks.shipped.__main__ import main
from skvoicefake.detectors import _shipped
from skvoicefake.detectors._frozen import FORMAT
from tests.checks.speech import speech

RATE = 16_000


def put(folder, rows):
    table = pd.DataFrame(rows).assign(duration_s=1.2)
    for seed, row in enumerate(rows):
        y = speech(seed, seconds=1.2, voice=hash_of(row["speaker"]))
        if row["label"] == "fake":
            y = y * (1 + 0.9 * np.sin(2 * np.pi * 30 * np.arange(len(y)) / RATE)) / 2
        (folder / row["path"]).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / row["path"], y, RATE)
    table.to_csv(folder / "manifest.csv", index=False)


def hash_of(name):
    return sum(map(ord, name))


@pytest.fixture
def corpus(tmp_path):
    def row(i, split, label, source):
        generator = "-" if label == "real" else "tremble"
        path = f"{split}/{source}-{label}-{i}.flac"
        known = {"path": path, "split": split, "label": label, "generator": generator, "speaker": f"{source}{i % 3}"}
        return known | {"source": source, "licence": "CC0"}

    trained = [row(i, "train", label, f"home{i % 6}") for label in ("real", "fake") for i in range(24)]
    tested = [row(i, "dev", label, f"away{i % 3}") for label in ("real", "fake") for i in range(6)]
    put(tmp_path / "corpus", trained + tested)
    made = [dict(row(i, "train", "fake", f"home{i % 6}"), generator="fargan", source_path="-") for i in range(6)]
    other = [dict(row(i + 6, "train", "fake", "home0"), generator="kokoro", source_path="-") for i in range(3)]
    put(tmp_path / "farm", made + other)
    return tmp_path


def test_the_detector_is_written_with_its_card(corpus, capsys):
    out = corpus / "out"
    arguments = [str(corpus / "corpus"), str(corpus / "farm"), "--out", str(out), "--folder", str(corpus / "kept")]
    main([*arguments, "--conditions", "noise 20 dB", "--jobs", "1", "--page", str(corpus / "card.md")])
    assert "trained in" in capsys.readouterr().out
    detector = _shipped._load(out)
    assert detector.classes_.tolist() == ["fake", "real"]
    assert (corpus / "card.md").read_text(encoding="utf-8") == detector.card.to_markdown()
    card = detector.card.content
    # Of the farm, what helps.
    assert {row["generators"] for row in card["training"]} == {"-", "tremble", "fargan"}
    assert sum(row["clips"] for row in card["training"]) == 66
    figures, generators, changed, followed = card["figures"]
    assert [row[0] for row in figures["rows"]] == ["clean", "noise 20 dB"]
    eer, low, high = figures["rows"][0][1]
    assert 0 <= low <= eer <= high <= 100
    assert [row[:4] for row in generators["rows"]] == [["tremble", f"away{i}", 2, "2, of its source"] for i in range(3)]
    assert changed["rows"][1][0] == "20 dB quieter"
    assert abs(changed["rows"][0][1] - eer) < 1e-9
    assert all(-1 <= value <= 1 for row in followed["rows"] for value in row[1:] if value is not None)
    point = card["operating_points"][0]
    assert point["name"] == "equal error rate"
    assert 100 * point["real_called_fake"] == pytest.approx(100 * point["fake_called_real"], abs=100 / 6)
    assert 100 * point["real_called_fake"] == pytest.approx(eer, abs=100 / 6)
    assert json.loads((out / "detector.json").read_text())["format"] == FORMAT
