import json
import sys

import numpy as np
import pandas as pd
import pytest
import soundfile

from skvoicefake import load
from skvoicefake.cli import _demo, main
from skvoicefake.neural_network import _cnn_lstm
from skvoicefake.neural_network._validation import hold_out

for module in ("pyworld", "matplotlib"):
    pytest.importorskip(module, reason=f"needs {module}, of the demo extra")


def speech_like(seed, f0):
    rng = np.random.default_rng(seed)
    t = np.arange(16_000) / 16_000
    pitch = f0 * (1 + 0.05 * np.sin(2 * np.pi * rng.uniform(2, 5) * t))
    phase = 2 * np.pi * np.cumsum(pitch) / 16_000
    buzz = sum(np.sin(k * phase + rng.uniform(0, 6)) / k for k in range(1, 30))
    return 0.1 * buzz * (0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(2, 4) * t)) + 0.001 * rng.normal(size=len(t))


def test_split_keeps_sentences_and_the_unseen_speaker_apart():
    rows = [
        (f"{speaker}{sentence}{generator}", "real" if generator == "-" else "fake", speaker, sentence, generator)
        for speaker in ("anna", "ben", "cleo")
        for sentence in map(str, range(12))
        for generator in ("-", "world", "griffinlim")
    ]
    clips = pd.DataFrame(rows, columns=["path", "target", "speaker", "sentence", "generator"])
    train, held_out, unseen = _demo.split(clips, "ben", seed=0)
    assert set(unseen["speaker"]) == {"ben"}
    assert "ben" not in set(train["speaker"]) | set(held_out["speaker"])
    assert not set(train["sentence"]) & set(held_out["sentence"])
    assert len(train) + len(held_out) + len(unseen) == len(clips)
    with pytest.raises(ValueError, match="--unseen-speaker dora"):
        _demo.split(clips, "dora", seed=0)
    with pytest.raises(ValueError, match="too little speech"):
        _demo.split(clips[clips["sentence"] < "2"], None, seed=0)


def test_says_at_once_that_matplotlib_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["demo", "--real", str(tmp_path / "nowhere"), "--output", str(tmp_path / "out")]) == 1
    assert "pip install 'skvoicefake[demo]'" in capsys.readouterr().err


# Two epochs on one voice may tell the other one upside down, of which the demo warns.
@pytest.mark.filterwarnings("ignore::skvoicefake.metrics.UpsideDownWarning")
@pytest.mark.slow
def test_demo_on_a_folder_of_speech(tmp_path, capsys, monkeypatch):
    for speaker, f0 in (("anna", 200.0), ("ben", 110.0)):
        (tmp_path / "speech" / speaker).mkdir(parents=True)
        for i in range(12):
            soundfile.write(tmp_path / "speech" / speaker / f"{i}.wav", speech_like(i, f0), 16_000)
    splits = []

    def watched(targets, groups, *args, **options):
        train, validation = hold_out(targets, groups, *args, **options)
        splits.append(set(groups[train]) & set(groups[validation]))
        return train, validation

    monkeypatch.setattr(_cnn_lstm, "hold_out", watched)
    output = tmp_path / "out"
    options = ["--output", str(output), "--epochs", "2", "--jobs", "1"]
    assert main(["demo", "--real", str(tmp_path / "speech"), *options]) == 0
    assert splits == [set()] * 13  # 12 fits of the search and the last one: no sentence on both sides
    printed = capsys.readouterr().out
    for part in (
        "called fake",
        "precision",
        "AUC",
        "EER",
        "95% interval",
        "Sentences never heard",
        "Unseen speaker ben",
        "process",
    ):
        assert part in printed
    results = json.loads((output / "results.json").read_text())
    assert 0 <= results["Unseen speaker ben"]["eer"] <= 1
    assert results["Unseen speaker ben"]["n_clips"] == 36  # 12 sentences: real, WORLD, Griffin-Lim
    assert np.sum(results["Unseen speaker ben"]["confusion_matrix"]) == 36
    for picture in ("confusion-sentences.png", "confusion-unseen.png", "roc.png", "det.png", "history.png"):
        assert (output / picture).stat().st_size > 5000
    for report in ("report-sentences.html", "report-unseen.html"):
        assert "data:image/png" in (output / report).read_text()
    pipeline = load(output / "pipeline.skvf")
    reloaded = results["reloaded"]
    assert pipeline.predict_proba([reloaded["file"]])[0, 1] == pytest.approx(reloaded["probability"], abs=1e-6)
