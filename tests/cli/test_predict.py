import io
import json
import math
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from skvoicefake.cli import main
from tests.checks.addresses import served
from tests.checks.rows import rows_of

HEADER = "path,label,probability,score,warnings,error,detector\n"


def test_files_and_folders(quick_detector, quick_pipeline, corpus, clips, capsys):
    one = clips("one.wav")
    assert main(["predict", str(quick_detector), str(corpus / "real"), one, str(corpus)]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith(HEADER)
    assert captured.err == ""
    rows = rows_of(captured.out)
    paths = [row["path"] for row in rows]
    assert len(paths) == len(set(paths)) == 49
    assert paths[24] == one
    assert paths[:24] == sorted(map(str, (corpus / "real").rglob("*.wav")))
    assert sum(row["label"] == Path(row["path"]).parts[-3] for row in rows if row["path"] != one) >= 46
    expected = quick_pipeline.predict_proba(paths)
    for row, (fake, real) in zip(rows, expected, strict=True):
        assert float(row["probability"]) == pytest.approx(max(fake, real), rel=1e-6)
        assert (float(row["score"]) > 0) == (real > fake)


def test_json_lines_to_a_file(quick_detector, corpus, tmp_path, capsys):
    output = tmp_path / "new" / "scores.jsonl"
    arguments = ["predict", str(quick_detector), str(corpus / "fake" / "ben"), "-o", str(output), "--format", "jsonl"]
    assert main(arguments) == 0
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [row["path"] for row in rows] == sorted(map(str, (corpus / "fake" / "ben").iterdir()))
    assert all(row["error"] is None and row["warnings"] == [] for row in rows)
    assert capsys.readouterr().out == ""


def test_a_bad_file_is_a_row_and_the_status(quick_detector, clips, bad, tmp_path, capsys):
    good, empty = clips("good.wav"), tmp_path / "empty"
    empty.mkdir()
    assert main(["predict", str(quick_detector), bad, good, "nowhere.wav", str(empty)]) == 1
    captured = capsys.readouterr()
    rows = rows_of(captured.out)
    assert [row["path"] for row in rows] == [bad, good, "nowhere.wav", str(empty)]
    assert [bool(row["error"]) for row in rows] == [True, False, True, True]
    assert rows[3]["error"] == "no audio below this folder."
    assert captured.err == "skvoicefake: 3 of 4 clips could not be scored; their rows say why.\n"


def test_reads_paths_from_the_standard_input(quick_detector, clips, capsys, monkeypatch):
    one, two = clips("one.wav"), clips("two words.wav")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{one}\n\n{two}\r\n{one}\n"))
    assert main(["predict", str(quick_detector), "-"]) == 0
    assert [row["path"] for row in rows_of(capsys.readouterr().out)] == [one, two]
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert main(["predict", str(quick_detector), "-"]) == 0
    assert capsys.readouterr().out == HEADER


def test_addresses(quick_detector, clips, tmp_path, capsys):
    folder = Path(clips("web/a.wav")).parent
    clips("web/b.wav", 1e-5 * np.random.default_rng(0).normal(size=8000), 8000)
    (folder / "notes.txt").write_text("no sound")
    with served(folder) as (root, asked):
        given = [root + "nowhere.wav", root + "a.wav", root, root + "403", root + "a.wav"]
        assert main(["predict", str(quick_detector), *given]) == 1
        assert asked[0] == "/"
        assert sorted(asked) == ["/", "/403", "/a.wav", "/b.wav", "/nowhere.wav"]  # each once
        rows = {row["path"].removeprefix(root): row for row in rows_of(capsys.readouterr().out)}
        assert main(["predict", root + "a.wav?clip", str(folder / "a.wav")]) == 0  # no name of a detector
    assert list(rows) == ["nowhere.wav", "a.wav", "b.wav", "403"]
    assert [row["error"] for row in rows.values()] == [
        "no such file, or no such bucket. Check the address.",
        "",
        "",
        "cannot be fetched: the server answered 403. Check the address and your credentials.",
    ]
    # The header of what was fetched is looked at too.
    assert "low rate: 8000 Hz" in rows["b.wav"]["warnings"]


def test_a_folder_of_a_server_without_audio(quick_detector, tmp_path, capsys):
    with served(tmp_path) as (root, _):
        assert main(["predict", str(quick_detector), root, root + "403/", "memory://nowhere/"]) == 1
    assert [row["error"] for row in rows_of(capsys.readouterr().out)] == [
        "no audio below this folder.",
        "cannot be fetched: the server answered 403. Check the address and your credentials.",
        "no audio below this folder.",
    ]


def test_ctrl_c_keeps_what_is_done(start, quick_detector, corpus):
    paths = sorted(map(str, corpus.rglob("*.wav")))
    process = start("predict", quick_detector, "-", "--batch-size", 1)
    process.stdin.write(paths[0] + "\n")
    process.stdin.flush()
    lines = [process.stdout.readline(), process.stdout.readline()]
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate()
    assert process.returncode == 130
    assert rows_of("".join(lines) + rest)[0]["path"] == paths[0]
    assert rest == ""
    assert errors.strip() == "skvoicefake: stopped. What was finished is kept."


def test_a_closed_pipe_ends_quietly(start, quick_detector, corpus):
    process = start("predict", quick_detector, "-", "--batch-size", 1)
    assert process.stdout.readline() == HEADER
    process.stdout.close()
    process.stdin.write("\n".join(map(str, corpus.rglob("*.wav"))))
    process.stdin.close()
    assert process.stderr.read() == ""
    assert process.wait() == 141


def test_a_pipe_closed_before_anything_is_said(start, quick_detector):
    process = start("info", quick_detector)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 141


def test_names_that_are_not_utf8(quick_detector, clips, tmp_path, monkeypatch, capsysbinary):
    name = os.fsencode(tmp_path) + b"/caf\xe9.wav"
    try:
        os.rename(clips("name.wav"), name)  # noqa: PTH104
    except OSError:
        pytest.skip("the file system takes names in UTF-8 alone")
    for given, stdin in ((os.fsdecode(name), b""), ("-", name)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        assert main(["predict", str(quick_detector), given]) == 0
        assert capsysbinary.readouterr().out.splitlines()[1].startswith(name + b",")


NOTE = "skvoicefake: no detector is named: this is the detector in the package. `skvoicefake info` prints its card.\n"


def test_without_a_detector_that_of_the_package_scores(shipped, speech_corpus, capsys):
    assert main(["predict", str(speech_corpus)]) == 0
    captured = capsys.readouterr()
    assert captured.err == NOTE
    rows = rows_of(captured.out)
    paths = [row["path"] for row in rows]
    assert paths == sorted(map(str, speech_corpus.rglob("*.wav")))
    scores = shipped.decision_function(paths)
    for row, verdict, score in zip(rows, shipped.verdict(paths), scores, strict=True):
        assert row["error"] == ""
        assert float(row["score"]) == pytest.approx(score, abs=1e-6)
        if "noise" in row["path"]:
            assert (row["label"], row["probability"], row["score"]) == ("", "0.5", "0")
            assert row["warnings"] == f"no verdict: {verdict}"
        else:
            assert row["label"] == verdict == ("real" if score > 0 else "fake")
            assert float(row["probability"]) == pytest.approx(1 / (1 + math.exp(-abs(score))), abs=1e-6)
            assert row["warnings"] == ""


def test_what_the_package_hears_nothing_in(shipped, clips, bad, capsys):
    silent, short = clips("silent.wav", np.zeros(8000)), clips("short.wav", np.full(1, 0.1))
    assert main(["predict", "--format", "jsonl", silent, short, bad, "nowhere"]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["label"] for row in rows] == [None] * 4
    assert [row["probability"] for row in rows] == [0.5, 0.5, None, None]
    assert rows[0]["warnings"] == ["no verdict: not enough speech", "silent: all 8000 samples read are zero"]
    assert rows[1]["warnings"][0] == "no verdict: not enough speech"
    assert ["not audio" in str(row["error"]) for row in rows] == [False, False, True, False]
    assert rows[3]["error"].startswith("no such file")


def test_a_clip_that_is_not_there_is_no_detector(shipped, speech_corpus, capsys):
    paths = ["nowhere.WAV", str(speech_corpus / "real" / "0.wav")]
    for given in (paths, paths[:1], ["nowhere"]):
        assert main(["predict", *given]) == 1
        rows = rows_of(capsys.readouterr().out)
        assert [row["path"] for row in rows] == given
        assert rows[0]["error"].startswith("no such file")


@pytest.mark.parametrize(
    "order", ["{detector} -o {output} {a} {b}", "{detector} {a} -o {output} {b}", "-o {output} {detector} {a} {b}"]
)
def test_files_may_stand_behind_options(order, quick_detector, clips, tmp_path):
    names = {"detector": quick_detector, "output": tmp_path / "scores.csv", "a": clips("a.wav"), "b": clips("b.wav")}
    assert main(["predict", *order.format(**names).split()]) == 0
    assert [row["path"] for row in rows_of(names["output"].read_text())] == [names["a"], names["b"]]


def test_files_may_begin_with_a_dash(shipped, clips, monkeypatch, capsys):
    monkeypatch.chdir(Path(clips("-odd.wav")).parent)
    assert main(["predict", "--batch-size", "1", "--", "-odd.wav"]) == 0
    assert main(["predict", clips("a.wav"), "--batch-size", "1", "--", "-odd.wav"]) == 0
    assert capsys.readouterr().out.count("\n-odd.wav,") == 2


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ("nowhere.joblib a.wav", 1, "nowhere.joblib: no such file or folder. A detector is a folder"),
        ("DETECTOR", 2, "expected files to judge with the detector"),
        ("DETECTOR a.wav --resume", 2, "--resume and --force go with -o FILE"),
        ("DETECTOR a.wav -o x.csv --retry-errors", 2, "--retry-errors goes with --resume"),
        ("DETECTOR a.wav --real-label yes", 1, "--real-label yes is none of the detector's classes ['fake', 'real']"),
        ("a.pkl a.wav", 1, "a.pkl: cannot be loaded as a pickled classifier"),
        # No clips: what is in the package is not to score in the place of a detector that is misspelt or not whole.
        ("detctor a.wav", 1, "detctor: no such file or folder. A detector is a folder"),
        ("runs/detector.v2 -", 1, "detector.v2: no such file or folder. A detector is a folder"),
        (f"{'long' * 999} a.wav", 1, "long: no such file or folder. A detector is a folder"),
        ("DETECTOR a.wav -o cut", 1, "cut: a folder. Name a file to write rows to"),
        ("cut a.wav", 1, "cut: no detector in this folder: pipeline.skvf is missing"),
    ],
)
def test_errors_are_one_line(arguments, status, message, quick_detector, clips, capsys, monkeypatch):
    monkeypatch.chdir(Path(clips("a.wav")).parent)
    Path("a.pkl").write_text("no pickle")
    Path("cut").mkdir()
    Path("cut", "detector.json").write_text("{}")
    assert main(["predict", *arguments.replace("DETECTOR", str(quick_detector)).split()]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert message in captured.err


@pytest.mark.parametrize("arguments", ["a.wav --bach-size 1", "a.wav -o x b.wav --bach-size 1"])
def test_unknown_options(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["predict", *arguments.split()])
    assert stop.value.code == 2
    assert "unrecognized arguments:" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", ["", "d a.wav --batch-size 0", "d a -o x --resume --force"])
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["predict", *arguments.split()])
    assert stop.value.code == 2
    assert "usage: skvoicefake predict" in capsys.readouterr().err
