import csv
import io
import json

import numpy as np
import pytest
import soundfile

from skvoicefake.cli import main
from skvoicefake.inspection import timeline
from tests.cli.conftest import RATE, sound

COLUMNS = ["path", "start", "end", "score", "probability_fake", "level", "is_silent", "remark", "error"]


@pytest.fixture
def call(tmp_path):
    """Three seconds, of which the second one is fake, in a file."""
    path = tmp_path / "call.wav"
    soundfile.write(
        path, np.concatenate([sound(kind, i, 1.0) for i, kind in enumerate(["real", "fake", "real"])]), RATE
    )
    return path


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_rows_are_those_of_the_timeline(quick_detector, quick_pipeline, call, capsys):
    assert main(["timeline", str(quick_detector), str(call)]) == 0
    captured = capsys.readouterr()
    rows = rows_of(captured.out)
    assert list(rows[0]) == COLUMNS
    # The detector hears 0.3 s of a clip.
    expected = timeline(quick_pipeline, call, window=0.3, hop=0.1)
    assert len(rows) == len(expected.rows) == 28
    for row, known in zip(rows, expected.rows, strict=True):
        assert row["path"] == str(call)
        for column in ("start", "end", "score", "probability_fake", "level"):
            assert float(row[column]) == pytest.approx(getattr(known, column), rel=1e-5)
        assert (row["is_silent"], row["remark"], row["error"]) == ("False", "", "")
    assert captured.err == f"skvoicefake: {call}: {expected}\n"


def test_json_lines_to_a_file_of_several(quick_detector, call, clips, tmp_path, capsys):
    output = tmp_path / "new" / "rows.jsonl"
    arguments = ["timeline", str(quick_detector), str(call), clips("a.wav"), "-o", str(output), "--format", "jsonl"]
    arguments += ["--window", "0.2", "--hop", "0.2", "--aggregation", "lowest"]
    assert main(arguments) == 0
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [row["end"] for row in rows if row["path"] == str(call)][:2] == [0.2, 0.4]
    assert {row["error"] for row in rows} == {row["remark"] for row in rows} == {None}
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 2
    assert " (lowest of scores " in captured.err
    assert main(arguments) == 1
    assert "already there. Write it anew (--force)." in capsys.readouterr().err
    assert main([*arguments, "--force"]) == 0


def test_bad_files_are_rows_and_cost_no_other(quick_detector, call, tmp_path, capsys):
    cut, text = tmp_path / "cut.wav", tmp_path / "text.wav"
    cut.write_bytes(call.read_bytes()[: RATE * 2])
    text.write_text("no sound")
    assert main(["timeline", str(quick_detector), str(text), str(cut), str(call)]) == 1
    captured = capsys.readouterr()
    rows = rows_of(captured.out)
    assert (rows[0]["path"], rows[0]["start"]) == (str(text), "")
    assert rows[0]["error"].startswith("not audio")
    of_cut = [row for row in rows if row["path"] == str(cut)]
    assert len(of_cut) == 8 + 1
    assert of_cut[-1]["error"].startswith("truncated wav")
    assert len(rows) == 1 + 9 + 28
    assert "2 of 3 recordings could not be judged to their end" in captured.err


def test_silence_has_no_score(quick_detector, tmp_path, capsys):
    soundfile.write(tmp_path / "a.wav", np.zeros(RATE), RATE)
    assert main(["timeline", str(quick_detector), str(tmp_path / "a.wav"), "--format", "jsonl"]) == 0
    row = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (row["score"], row["probability_fake"], row["level"], row["is_silent"]) == (None, None, None, True)
    assert row["remark"].startswith("expected sound, got a silent clip")


def test_a_picture(quick_detector, call, clips, tmp_path, capsys):
    picture = tmp_path / "call.png"
    assert main(["timeline", str(quick_detector), str(call), "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert main(["timeline", str(quick_detector), str(call), clips("b.wav"), "--plot", str(picture)]) == 2
    assert "--plot is for one recording, got 2." in capsys.readouterr().err
    assert main(["timeline", str(quick_detector), str(call), "--plot", str(tmp_path / "call.doc")]) == 1
    assert "call.doc: no picture format" in capsys.readouterr().err


def test_the_detector_in_the_package(shipped, call, capsys):
    assert main(["timeline", str(call)]) == 0
    captured = capsys.readouterr()
    assert [(row["start"], row["end"]) for row in rows_of(captured.out)] == [("0", "3")]
    assert "no detector is named" in captured.err
    assert f"{call}: not enough speech; 0 of 1 windows judged in 3.0 s" in captured.err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--force"], 2, "--force goes with -o FILE or --plot FILE"),
        (["--window", "0.5"], 1, "hears of a clip, its first 0.3 s"),
        (["--window", "0.1", "--hop", "0.2"], 1, "must be at most window=0.1 s"),
    ],
)
def test_wrong_usage(quick_detector, call, capsys, arguments, status, message):
    assert main(["timeline", str(quick_detector), str(call), *arguments]) == status
    assert message in capsys.readouterr().err


def test_folders_in_the_place_of_files(quick_detector, call, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["timeline", str(quick_detector), str(call), "-o", str(tmp_path / "empty")]) == 1
    assert "empty: a folder. Name a file to write rows to" in capsys.readouterr().err
    assert main(["timeline", str(quick_detector), str(tmp_path / "empty")]) == 1
    captured = capsys.readouterr()
    assert rows_of(captured.out)[0]["error"] == "no audio below this folder."
    assert captured.err.endswith("empty: no audio below this folder.\n")


def test_a_detector_without_files(quick_detector, capsys):
    assert main(["timeline", str(quick_detector)]) == 2
    assert "expected files to judge with the detector" in capsys.readouterr().err


def test_nothing_is_left_of_options_that_make_no_sense(quick_detector, call, tmp_path, capsys):
    output = tmp_path / "rows.csv"
    assert main(["timeline", str(quick_detector), str(call), "--window", "20", "-o", str(output)]) == 1
    assert "20" in capsys.readouterr().err
    assert not output.exists()
    assert main(["timeline", str(quick_detector), str(call), "--window", "20"]) == 1
    assert capsys.readouterr().out == ""


def test_a_picture_that_is_there_stays(quick_detector, call, tmp_path, capsys):
    picture = tmp_path / "call.png"
    picture.write_bytes(b"mine")
    arguments = ["timeline", str(quick_detector), str(call), "--plot", str(picture)]
    assert main(arguments) == 1
    assert "already there. Draw it anew (--force)." in capsys.readouterr().err
    assert picture.read_bytes() == b"mine"
    assert main([*arguments, "--force"]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
