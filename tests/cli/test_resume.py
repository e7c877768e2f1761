"""``skvoicefake predict --resume``: what is done stays, and nothing is done twice."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone

from skvoicefake.cli import main
from tests.checks.rows import rows_of


def test_goes_on_with_a_file(quick_detector, corpus, bad, tmp_path, capsys):
    output = tmp_path / "scores.csv"
    ben, whole = str(corpus / "real" / "ben"), str(corpus / "real")
    arguments = ["predict", str(quick_detector), "-o", str(output)]
    assert main([*arguments, bad, ben]) == 1
    content = output.read_text()
    assert main([*arguments, whole]) == 1
    assert "scores.csv: already there. Go on with it (--resume), or write it anew (--force)" in capsys.readouterr().err
    assert output.read_text() == content
    # The last line is half written, and what is there counts: the bad file too.
    output.write_text(content[:-20])
    assert main([*arguments, whole, bad, "--resume"]) == 1
    assert "4 clips are in" in capsys.readouterr().err
    rows = rows_of(output.read_text())
    assert output.read_text().startswith(content[: content.rfind("\n", 0, -20) + 1])
    assert sorted(row["path"] for row in rows) == sorted([bad, *map(str, (corpus / "real").rglob("*.wav"))])
    assert main([*arguments, ben, "--force"]) == 0
    assert len(rows_of(output.read_text())) == 4


def test_a_kill_loses_nothing_done(start, quick_detector, corpus, tmp_path):
    paths = sorted(map(str, corpus.rglob("*.wav")))
    output = tmp_path / "scores.csv"
    process = start("predict", quick_detector, "-", "-o", output, "--batch-size", 1)
    process.stdin.write("\n".join(paths[:3]) + "\n")
    process.stdin.flush()  # The process waits for more, so it is in the middle.
    while process.poll() is None and not (output.exists() and output.read_text().count("\n") >= 4):
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    process.kill()
    process.communicate()
    assert [row["path"] for row in rows_of(output.read_text())] == paths[:3]
    assert main(["predict", str(quick_detector), str(corpus), "-o", str(output), "--resume"]) == 0
    assert sorted(row["path"] for row in rows_of(output.read_text())) == paths


# Runs a command line in a fork of itself, which costs no imports; buries it when it is told to.
FORKING = """\
import json, os, sys
import joblib, pandas, soundfile
import skvoicefake.cli._predict, skvoicefake.datasets, skvoicefake.detectors
for line in sys.stdin:
    child = os.fork()
    if not child:
        os._exit(skvoicefake.cli.main(json.loads(line)))
    print(child, flush=True)
    sys.stdin.readline()
    os.waitpid(child, 0)
    print("over", flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_kills_at_random_places_repeat_a_batch_at_most(quick_detector, corpus, tmp_path):
    rng = np.random.default_rng(0)
    paths = [*map(str, corpus.rglob("*.wav")), *(str(tmp_path / f"nowhere{i}.wav") for i in range(12))]
    rng.shuffle(paths)
    output, scored, n_killed = tmp_path / "scores.csv", [], 0
    options = ["-o", str(output), "--resume", "--batch-size", "4", "--jobs", "1"]
    arguments = ["predict", str(quick_detector), *paths, *options]
    command = [sys.executable, "-c", FORKING]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as forking:
        while len(scored) < len(paths):
            forking.stdin.write(json.dumps(arguments) + "\n")
            forking.stdin.flush()
            child = int(forking.stdout.readline())
            enough = len(scored) + rng.integers(1, 12)
            while not (output.exists() and output.read_bytes().count(b"\n") > min(enough, len(paths))):
                time.sleep(0.005)
            n_killed += enough < len(paths)
            os.kill(child, signal.SIGKILL)
            forking.stdin.write("over?\n")
            forking.stdin.flush()
            assert forking.stdout.readline() == "over\n"
            # What was there is there, and what came is a batch or several.
            lines = output.read_text().splitlines(keepends=True)
            whole = [row["path"] for row in rows_of("".join(line for line in lines if line.endswith("\n")))]
            assert whole == paths[: len(whole)]
            assert len(scored) <= len(whole)
            scored = whole
        forking.stdin.close()
    assert n_killed >= 3
    assert main(arguments) == 1
    assert [row["path"] for row in rows_of(output.read_text())] == paths


def test_another_detector_does_not_go_on(quick_detector, quick_pipeline, clips, tmp_path, capsys):
    output, one, two = tmp_path / "scores.csv", clips("one.wav"), clips("two.wav")
    assert main(["predict", str(quick_detector), one, "-o", str(output)]) == 0
    # The same under another name does.
    copy = tmp_path / "copy.joblib"
    copy.write_bytes(Path(quick_detector).read_bytes())
    assert main(["predict", str(copy), one, two, "-o", str(output), "--resume"]) == 0
    content = output.read_text()
    names = [row["detector"].partition("@")[0] for row in rows_of(content)]
    assert names == [quick_detector.name, "copy.joblib"]
    other = tmp_path / "other.joblib"
    joblib.dump(clone(quick_pipeline).fit([one, two], ["real", "fake"]), other)
    capsys.readouterr()
    for given in ([str(other)], [str(copy), "--real-label", "fake"]):
        assert main(["predict", *given, one, clips("three.wav"), "-o", str(output), "--resume"]) == 1
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert f"scores.csv: another detector wrote rows in it, {quick_detector.name}@" in error
    assert output.read_text() == content


@pytest.mark.parametrize("layout", ["csv", "jsonl"])
def test_what_failed_leaves_no_row_though_its_path_is_written_otherwise(
    layout, quick_detector, clips, bad, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    clips("one.wav")
    arguments = ["predict", str(quick_detector), "-o", "scores", "--format", layout]
    assert main([*arguments, "text.wav", "one.wav", "late.wav"]) == 1
    clips("late.wav")
    capsys.readouterr()
    assert main([*arguments, bad, "./one.wav", "./late.wav", "--resume", "--retry-errors"]) == 1
    read = (lambda text: [json.loads(line) for line in text.splitlines()]) if layout == "jsonl" else rows_of
    rows = [(row["path"], bool(row["error"])) for row in read(Path("scores").read_text())]
    assert rows == [("one.wav", False), (bad, True), ("./late.wav", False)]
    assert capsys.readouterr().err.splitlines() == [
        "skvoicefake: 3 clips are in scores already.",
        "skvoicefake: 2 clips with an error are scored once more.",
        "skvoicefake: 1 of 3 clips could not be scored; their rows say why.",
    ]


def test_another_folder_than_it_was_begun_in_is_noticed(quick_detector, clips, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(Path(clips("a/one.wav")).parent)
    clips("a/two.wav")
    absolute = clips("b/one.wav")
    arguments = ["predict", str(quick_detector), "-o", str(tmp_path / "scores.csv"), "--resume"]
    assert main([*arguments, "one.wav", "two.wav", absolute, "nowhere.wav"]) == 1
    capsys.readouterr()
    assert main([*arguments, "one.wav"]) == 1
    assert "not in this folder" not in capsys.readouterr().err
    monkeypatch.chdir(tmp_path / "b")
    assert main([*arguments, "one.wav"]) == 1
    assert "skvoicefake: 1 of them are not in this folder, 'b'. If it was another one that" in capsys.readouterr().err


@pytest.mark.parametrize("layout", ["csv", "jsonl"])
def test_what_failed_is_scored_once_more_if_asked(layout, quick_detector, clips, bad, tmp_path, capsys, monkeypatch):
    output, one, late = tmp_path / "scores", clips("one.wav"), tmp_path / "late.wav"
    arguments = ["predict", str(quick_detector), "-o", str(output), "--format", layout]
    assert main([*arguments, bad, one, str(late), "nowhere.wav"]) == 1
    clips("late.wav")
    read = (lambda text: [json.loads(line) for line in text.splitlines()]) if layout == "jsonl" else rows_of
    assert main([*arguments, one, str(late), "--resume"]) == 1
    assert [bool(row["error"]) for row in read(output.read_text())] == [True, False, True, True]
    capsys.readouterr()
    # Those that are named alone; the others stay as they are.
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{late}\n{bad}\n"))
    assert main([*arguments, one, "-", "--resume", "--retry-errors"]) == 1
    rows = {row["path"]: bool(row["error"]) for row in read(output.read_text())}
    assert rows == {one: False, "nowhere.wav": True, str(late): False, bad: True}
    assert len(output.read_text().splitlines()) == 4 + (layout == "csv")
    assert capsys.readouterr().err.splitlines() == [
        f"skvoicefake: 4 clips are in {output} already.",
        "skvoicefake: 2 clips with an error are scored once more.",
        "skvoicefake: 2 of 4 clips could not be scored; their rows say why.",
    ]
