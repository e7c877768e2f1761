import json
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import skvoicefake
from skvoicefake.cli import main
from skvoicefake.cli._detector import load_detector
from skvoicefake.persistence import fingerprint
from tests.checks.kept import entries

pytestmark = pytest.mark.filterwarnings("default")
TINY = ["--duration", "0.3", "--jobs", "1"]
for name, value in {"filters": 4, "lstm_units": 4, "dense_units": 4, "learning_rate": 0.02}.items():
    TINY += ["--set", f"clf__{name}={value}"]


def kinds_of(paths):
    return np.array(["real" if "/real/" in path else "fake" for path in paths])


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory):
    """A detector trained once for all tests, and what the training said."""
    folder = tmp_path_factory.mktemp("trained") / "detector"
    command = [sys.executable, "-m", "skvoicefake", "train", str(corpus), "-o", str(folder), "--epochs", "3", *TINY]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return folder, answer


def test_writes_a_detector_and_its_report(trained, corpus):
    folder, answer = trained
    assert sorted(path.name for path in folder.iterdir()) == [
        "detector.json",
        "pipeline.skvf",
        "report.html",
        "report.json",
        "report.md",
    ]
    assert answer.stdout == (folder / "report.md").read_text() + "\n"
    assert "24 real and 24 fake clips" in answer.stderr
    assert "Groups: 6 (sub-folders of the class folders)" in answer.stderr
    assert "training on 40 clips, at most 3 epochs; 8 clips (17%) are held out." in answer.stderr
    assert "at random" not in answer.stderr
    assert "skvoicefake audit tells of the same recordings" in answer.stderr
    assert "Warning" not in answer.stderr
    about = json.loads((folder / "detector.json").read_text())
    assert (about["format"], about["classes"], about["real"], about["duration"]) == (1, ["fake", "real"], "real", 0.3)
    assert about["threshold"] == 0.0
    training, held_out = about["training"], about["held_out"]
    assert training["n_real"] + held_out["n_real"] == training["n_fake"] + held_out["n_fake"] == 24
    assert held_out["n_real"] == 4  # a speaker
    figures = json.loads((folder / "report.json").read_text())["figures"]
    assert held_out["figures"] == figures
    assert str(corpus) == training["source"]


def test_the_figures_are_those_of_the_clips_held_out(trained, corpus):
    folder, _ = trained
    about = json.loads((folder / "detector.json").read_text())
    parts = {}
    for speaker in sorted(path.name for path in (corpus / "real").iterdir()):
        paths = sorted(map(str, corpus.glob(f"*/{speaker}/*.wav")))
        others = sorted(set(map(str, corpus.rglob("*.wav"))) - set(paths))
        parts[fingerprint(paths, kinds_of(paths))] = paths, fingerprint(others, kinds_of(others))
    paths, others = parts[about["held_out"]["fingerprint"]]
    assert about["training"]["fingerprint"] == others
    pipeline = skvoicefake.load(folder / "pipeline.skvf")
    figures = about["held_out"]["figures"]
    assert figures["accuracy"]["value"] == np.mean(pipeline.predict(paths) == kinds_of(paths))
    scores = pipeline.decision_function(paths)
    assert figures["roc_auc"]["value"] == pytest.approx(roc_auc_score(kinds_of(paths), scores))


def test_the_pipeline_is_ready_for_use(trained, corpus):
    detector = load_detector(trained[0])
    transformer, network = detector.estimator
    assert transformer.cache is transformer.n_jobs is None
    assert (transformer.verbose, transformer.on_error, network.verbose) == (0, "raise", 0)
    assert (network.class_weight, network.filters, network.random_state) == ("balanced", 4, 0)
    assert detector.estimator.predict_proba([str(corpus / "real" / "ben" / "0.wav")]).shape == (1, 2)


def test_predict_and_info_know_it(trained, corpus, capsys):
    folder, _ = trained
    assert main(["predict", str(folder), str(corpus / "real" / "ben")]) == 0
    lines = capsys.readouterr().out.splitlines()
    pipeline = skvoicefake.load(folder / "pipeline.skvf")
    for line in lines[1:]:
        path, label, probability, score, *_ = line.split(",")
        fake, real = pipeline.predict_proba([path])[0]
        assert float(probability) == pytest.approx(real if label == "real" else fake, abs=1e-6)
        assert float(score) == pytest.approx(np.log(real / fake), abs=1e-4)
    assert main(["info", str(folder)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^Network: \d+ parameters$", said, re.MULTILINE)
    assert re.search(r"^  equal_error_rate: \d\.\d{4}$", said, re.MULTILINE)  # a single group: no interval
    assert "on 20 real and 20 fake clips" in said


def test_writes_over_no_detector(trained, corpus, capsys):
    folder, _ = trained
    before = (folder / "detector.json").read_bytes()
    assert main(["train", str(corpus), "-o", str(folder)]) == 1
    error = capsys.readouterr().err
    assert error == (
        f"skvoicefake: {folder}: there is a detector already. Choose another folder, or write into it: --force.\n"
    )
    assert (folder / "detector.json").read_bytes() == before


@pytest.mark.slow
def test_search_and_bad_clips_and_force(corpus, tmp_path, capsys):
    for path in corpus.rglob("*.wav"):
        link = tmp_path / "data" / path.relative_to(corpus)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    (tmp_path / "data" / "real" / "ben" / "bad.wav").write_text("no sound")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "notes.txt").touch()
    options = [*TINY, "--epochs", "1", "--search", "--cache", str(tmp_path / "cache"), "--test-size", "0"]
    command = ["train", str(tmp_path / "data"), "-o", str(folder), *options]
    assert main(command) == 1
    assert "there is something else (notes.txt) already" in capsys.readouterr().err
    assert main([*command, "--force"]) == 1
    assert "1 of 49 clips cannot be used: " in capsys.readouterr().err
    assert main([*command, "--force", "--on-error", "skip"]) == 0
    captured = capsys.readouterr()
    assert "left out: " in captured.err
    # The learning rate was set, so it is not searched.
    assert "searching 2 settings over 3 folds" in captured.err
    about = json.loads((folder / "detector.json").read_text())
    assert about["training"]["n_left_out"] == 1
    assert [row["mfcc__pre_emphasis"] for row in about["search"]] == [0.0, 0.97]
    best = max(about["search"], key=lambda row: row["AUC"])
    assert skvoicefake.load(folder / "pipeline.skvf")[0].pre_emphasis == best["mfcc__pre_emphasis"]
    assert any(path.is_file() for path in (tmp_path / "cache").rglob("*"))


def test_a_table_without_groups_says_that_figures_flatter(corpus, tmp_path, capsys):
    rows = [f"{path},{int('/real/' in str(path))}" for path in sorted(corpus.rglob("[01].wav"))]
    (tmp_path / "clips.csv").write_text("path,label\n" + "\n".join(rows) + "\n")
    command = ["train", str(tmp_path / "clips.csv"), "-o", str(tmp_path / "out"), *TINY, "--epochs", "1"]
    command += ["--test-size", "0", "--set", "clf__early_stopping=False"]
    assert main(command) == 1
    assert "Name it: --real-label." in capsys.readouterr().err
    assert main([*command, "--real-label", "1"]) == 0
    captured = capsys.readouterr()
    assert "the figures will flatter the detector" in captured.err
    assert captured.out == ""
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["detector.json", "pipeline.skvf"]


@pytest.mark.slow
def test_ctrl_c_keeps_features_and_nothing_half_done(start, corpus, tmp_path):
    folder = tmp_path / "out"
    command = ["train", str(corpus), "-o", str(folder), *TINY, "--set", "clf__early_stopping=False"]
    process = start(*command, "--epochs", 100_000)
    while "training on" not in (line := process.stderr.readline()):
        assert line
    process.send_signal(signal.SIGINT)
    errors = process.communicate()[1]
    assert process.returncode == 130
    assert errors.strip().endswith("skvoicefake: stopped. What was finished is kept.")
    assert "Traceback" not in errors
    assert [path.name for path in folder.iterdir()] == ["features"]
    kept = stamps(folder / "features")
    assert len(kept) == 48
    # The next training finds them there.
    assert main([*command, "--epochs", "1", "--test-size", "0", "--cache", str(folder / "features")]) == 0
    assert stamps(folder / "features") == kept
    assert (folder / "detector.json").exists()


def stamps(folder):
    return {path: path.stat().st_mtime_ns for path in entries(folder)}


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ("nowhere -o out", 1, "nowhere: no such folder or file"),
        ("CORPUS/real -o out", 1, "expected a folder with real/ and fake/ inside"),
        ("CORPUS -o file", 1, "file: expected a folder for the detector, there is a file of that name"),
        ("CORPUS -o out --real-label 1", 1, "is a folder. Only CSV and TSV files take --real-label."),
        ("CORPUS -o out --set foo=3", 2, "--set foo: names of parameters begin with mfcc__ or clf__."),
        ("CORPUS -o out --set clf__nothing=1", 1, "Invalid parameter 'nothing'"),
        ("CORPUS -o out --set clf__epochs=many", 1, "The 'epochs' parameter of CNNLSTMClassifier must be"),
    ],
)
def test_errors_are_one_line(arguments, status, message, corpus, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert main(["train", *arguments.replace("CORPUS", str(corpus)).split()]) == status
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("skvoicefake train: " if status == 2 else "skvoicefake: ")
    assert message in last
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments", ["", "corpus", "corpus -o out --epochs 0", "corpus -o out --test-size 0.9", "c -o d --set filters"]
)
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", *arguments.split()])
    assert stop.value.code == 2
    assert "usage: skvoicefake train" in capsys.readouterr().err
