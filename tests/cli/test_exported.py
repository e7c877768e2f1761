import csv
import io
import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvoicefake import MFCCTransformer, export
from skvoicefake.cli import main
from skvoicefake.detectors import CepstralStatisticsTransformer, DomainGuard, GuardedClassifier
from tests.checks.clips import wav_bytes
from tests.checks.shipped import sounds

CLIPS, LABELS = sounds(4)


def exported(path, front_end, labels=LABELS):
    pipeline = make_pipeline(front_end, StandardScaler(), LogisticRegression()).fit(CLIPS, labels)
    export(pipeline, path, verify_on=CLIPS)
    return pipeline


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with an exported detector, its pipeline, and recordings, of which some are odd."""
    folder = tmp_path_factory.mktemp("exported")
    front_end = MFCCTransformer(duration=1.0, n_mfcc=8, n_mels=16, output="stats")
    exported(folder / "detector.onnx", front_end)
    recordings = folder / "recordings"
    recordings.mkdir()
    for i, clip in enumerate(CLIPS):
        (recordings / f"{i}.wav").write_bytes(wav_bytes(clip, 16_000))
    (recordings / "short.wav").write_bytes(wav_bytes(CLIPS[0][:8000], 16_000))
    (recordings / "low.wav").write_bytes(wav_bytes(CLIPS[0], 8000))
    (recordings / "zero.wav").write_bytes(wav_bytes(np.zeros(16_000), 16_000))
    (recordings / "broken.wav").write_text("no sound")
    return folder


def rows(capsys, *args):
    status = main(["predict", *map(str, args)])
    return status, list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def test_rows_are_those_of_the_pipeline(folder, capsys, tmp_path):
    from skvoicefake import save

    status, found = rows(capsys, folder / "detector.onnx", folder / "recordings")
    assert status == 1
    save(
        exported(tmp_path / "again.onnx", MFCCTransformer(duration=1.0, n_mfcc=8, n_mels=16, output="stats")),
        tmp_path / "p.skvf",
    )
    _, expected = rows(capsys, tmp_path / "p.skvf", folder / "recordings")
    assert len(found) == 12
    for row, other in zip(found, expected, strict=True):
        assert {**row, "probability": "", "score": "", "detector": ""} == {
            **other,
            "probability": "",
            "score": "",
            "detector": "",
        }
        for name in ("probability", "score"):
            assert row[name] == other[name] == "" or float(row[name]) == pytest.approx(float(other[name]), abs=1e-3)
        assert row["detector"].startswith("detector.onnx@")
    by_name = {row["path"].rpartition("/")[2]: row for row in found}
    assert by_name["short.wav"]["warnings"].startswith("short: 0.50 of 1 s")
    assert "low rate: 8000 Hz" in by_name["low.wav"]["warnings"]
    assert by_name["zero.wav"]["error"] == "silent: all 16000 samples read are zero."
    assert by_name["broken.wav"]["error"].startswith("not audio")


def test_scores_rise_towards_the_real_voice(tmp_path, capsys):
    labels = ["bonafide" if label == "real" else "spoof" for label in LABELS]
    exported(tmp_path / "words.onnx", CepstralStatisticsTransformer(duration=1.0), labels)
    (tmp_path / "real.wav").write_bytes(wav_bytes(CLIPS[0], 16_000))
    _, (row,) = rows(capsys, tmp_path / "words.onnx", tmp_path / "real.wav")
    assert (row["label"], float(row["score"]) > 0) == ("bonafide", True)
    assert row["warnings"] == "long: the first 1 of 1.5 s were heard, not the rest"


def test_a_guard_gives_no_verdict(tmp_path, capsys):
    front_end = MFCCTransformer(duration=0.5, n_mfcc=8, n_mels=16, output="stats")
    guarded = GuardedClassifier(make_pipeline(front_end, LogisticRegression(max_iter=1000)))
    guarded.set_params(guard=DomainGuard(min_speech=0.2)).fit([0.1 * clip for clip in CLIPS], LABELS)
    export(guarded, tmp_path / "guarded.onnx", tolerance=0.01)
    noise = 0.1 * np.random.default_rng(0).normal(size=16_000)
    (tmp_path / "noise.wav").write_bytes(wav_bytes(noise, 16_000))
    status, (row,) = rows(capsys, tmp_path / "guarded.onnx", tmp_path / "noise.wav")
    assert (status, row["label"], row["probability"], row["score"]) == (0, "", "0.5", "0")
    assert row["warnings"] == "no verdict: not enough speech"
    late = np.concatenate([np.zeros(8000), CLIPS[0]])
    (tmp_path / "late.wav").write_bytes(wav_bytes(late, 16_000))
    _, (row,) = rows(capsys, tmp_path / "guarded.onnx", tmp_path / "late.wav")
    assert row["error"] == "silent: all 8000 samples read are zero."
    assert main(["info", str(tmp_path / "guarded.onnx")]) == 0
    assert "With a guard" in capsys.readouterr().out


def test_other_commands_take_it(folder, capsys):
    assert main(["info", str(folder / "detector.onnx")]) == 0
    said = capsys.readouterr().out
    assert "Classes: fake, real (the real voice: real)" in said
    assert "Label: the likelier class\nVerified on 8 clips: probabilities differ by at most " in said
    assert "guard" not in said


def test_wrong_files_are_one_line(tmp_path, capsys):
    for content in (b"", b"no model"):
        (tmp_path / "wrong.onnx").write_bytes(content)
        assert main(["predict", str(tmp_path / "wrong.onnx"), "clip.wav"]) == 1
        message = capsys.readouterr().err
        assert message.count("\n") == 1
        assert "wrong.onnx: no ONNX model that onnxruntime can run" in message
    assert main(["predict", str(tmp_path / "nowhere.onnx"), "clip.wav"]) == 1
    assert "nowhere.onnx: no such file" in capsys.readouterr().err


def test_it_runs_where_little_is_installed(folder):
    """Neither loaded nor needed: a machine at the edge has NumPy, onnxruntime, soundfile and soxr alone."""
    heavy = ["tensorflow", "keras", "scikeras", "librosa", "sklearn", "scipy", "pandas", "joblib", "tqdm", "matplotlib"]
    script = f"""
import sys
for name in {heavy}:
    sys.modules[name] = None
from skvoicefake.cli import main
status = main(["predict", *sys.argv[1:]])
loaded = {{name.partition(".")[0] for name, module in sys.modules.items() if module is not None}}
print(*(loaded - set(sys.stdlib_module_names)), file=sys.stderr)
sys.exit(status)
"""
    command = [sys.executable, "-c", script, folder / "detector.onnx", folder / "recordings"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stderr  # two of the recordings are none
    assert len(run.stdout.splitlines()) == 13
    assert {"numpy", "onnxruntime", "soundfile", "skvoicefake"} <= set(run.stderr.splitlines()[-1].split())
