import csv
import io
import json

import pytest

from skvoicefake._row import Row
from skvoicefake.cli._rows import COLUMNS, LONGEST, drop_rows, open_output, rows_in

ROWS = [
    Row("a.wav", "real", 0.75, 1.0986122887, ["short: 1 s", "quiet"], None),
    Row('odd, "name"\nof two lines.wav', "fake", 1.0, -50.25, [], None),
    Row("bad.wav", error="no such file"),
    Row("of an old\rsystem.wav", "real", 1.0, 1.0),
]


def write(path, layout, rows, detector="one@1", **options):
    with open_output(path, layout, detector, **options) as writer:
        writer.rows(rows)


def test_csv(tmp_path):
    write(tmp_path / "rows.csv", "csv", ROWS)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "rows.csv").read_bytes().decode(), newline="")))
    assert list(rows[0]) == COLUMNS == ["path", "label", "probability", "score", "warnings", "error", "detector"]
    assert [row["path"] for row in rows] == [row.path for row in ROWS]
    assert rows[0]["warnings"] == "short: 1 s; quiet"
    assert float(rows[0]["score"]) == pytest.approx(1.0986122887, rel=1e-8)
    assert list(rows[2].values()) == ["bad.wav", "", "", "", "", "no such file", "one@1"]


def test_json_lines(tmp_path):
    write(tmp_path / "rows.jsonl", "jsonl", ROWS)
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert rows == [{**row.as_dict(), "detector": "one@1"} for row in ROWS]


def test_standard_output(capsys):
    write(None, "csv", ROWS[:1])
    assert capsys.readouterr().out == ",".join(COLUMNS) + "\na.wav,real,0.75,1.09861229,short: 1 s; quiet,,one@1\n"


@pytest.mark.parametrize("layout", ["csv", "jsonl"])
def test_goes_on_after_any_cut(tmp_path, layout):
    whole = tmp_path / "whole"
    write(whole, layout, ROWS)
    content = whole.read_bytes()
    path = tmp_path / "cut"
    for length in range(len(content) + 1):
        path.write_bytes(content[:length])
        done = rows_in(path, layout)
        left = [row for row in ROWS if row.path not in done.paths]
        assert left == ROWS[len(done.paths) :]
        assert done.scored == [row.path for row in ROWS[: len(done.paths)] if row.error is None]
        assert list(done.detectors) == ["one@1"] * bool(done.paths)
        write(path, layout, left)
        assert path.read_bytes() == content
    assert len(done.paths) == len(ROWS)


@pytest.mark.parametrize("layout", ["csv", "jsonl"])
def test_rows_that_are_dropped_cost_no_other(tmp_path, layout):
    path, expected = tmp_path / "rows", tmp_path / "expected"
    write(path, layout, ROWS)
    write(expected, layout, [ROWS[0], *ROWS[2:]])
    drop_rows(path, layout, {ROWS[1].path, "nowhere.wav"})
    assert path.read_bytes() == expected.read_bytes()
    drop_rows(path, layout, {row.path for row in ROWS})
    assert rows_in(path, layout).paths == []
    write(path, layout, ROWS)
    assert rows_in(path, layout).paths == [row.path for row in (*ROWS[:2], ROWS[3], ROWS[2])]


def test_writes_behind_what_is_there_or_in_its_place(tmp_path):
    path = tmp_path / "rows.csv"
    write(path, "csv", ROWS)
    write(path, "csv", ROWS[:1], "two@2")
    done = rows_in(path, "csv")
    assert (len(done.scored), len(done.failed), list(done.detectors)) == (4, 1, ["one@1", "two@2"])
    write(path, "csv", ROWS[:1], anew=True)
    assert len(path.read_text().splitlines()) == 2


def test_nothing_is_done_where_there_is_no_file(tmp_path):
    assert rows_in(tmp_path / "nowhere", "csv") == ([], [], {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("layout", "content"),
    [
        ("csv", b"path,label\na.wav,real\n"),
        ("csv", b"notes\n"),
        ("csv", b"path,label,probability,score,warnings,error\n"),  # of no known detector
        ("csv", b"\n"),
        ("csv", b"\0\n"),
        ("jsonl", b"notes\n"),
        ("jsonl", b"\n"),
        ("jsonl", b"[1]\n"),
        ("jsonl", b'{"file": 1}\n'),
        ("jsonl", b'{"path": 1, "error": null, "detector": "one@1"}\n'),
        ("jsonl", b"[" * 100_000 + b"\n"),
    ],
)
def test_goes_on_with_its_own_files_alone(tmp_path, layout, content):
    path = tmp_path / "notes"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="row 1 is none of `skvoicefake predict`"):
        rows_in(path, layout)
    assert path.read_bytes() == content


def test_the_columns_of_a_stranger_are_counted(tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text("path,label\n")
    with pytest.raises(ValueError, match=r"\(2 columns, not 7\): nothing to go on with"):
        rows_in(path, "csv")


def test_a_quotation_mark_that_never_ends_cuts_no_rows_off(tmp_path):
    path = tmp_path / "rows.csv"
    write(path, "csv", [Row(f"{i:05}.wav", "real") for i in range(LONGEST // 20)])
    content = path.read_bytes().replace(b"00001.wav", b'"0001.wav')
    path.write_bytes(content)
    with pytest.raises(ValueError, match="does not end: nothing to go on with"):
        rows_in(path, "csv")
    assert path.read_bytes() == content


def test_names_that_are_not_utf8_come_back(tmp_path):
    name = b"caf\xe9.wav".decode("utf-8", errors="surrogateescape")
    for layout in ("csv", "jsonl"):
        write(tmp_path / layout, layout, [Row(name)])
        assert rows_in(tmp_path / layout, layout).paths == [name]
    assert b"caf\xe9.wav" in (tmp_path / "csv").read_bytes()
