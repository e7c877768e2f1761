import csv
import io
import json

import pytest

from skvoicefake.cli._rows import COLUMNS, open_output, read_rows
from skvoicefake.cli._scoring import Row

ROWS = [
    Row("a.wav", "real", 0.75, 1.0986122887, ["short: 1 s", "quiet"], None),
    Row('odd, "name"\nof two lines.wav', "fake", 1.0, -50.25, [], None),
    Row("bad.wav", error="no such file"),
]


def write(path, layout, rows, **options):
    options = {"resume": False, "force": False} | options
    with open_output(path, layout, **options) as (writer, done):
        writer.rows(rows)
    return done


def test_csv(tmp_path):
    write(tmp_path / "rows.csv", "csv", ROWS)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "rows.csv").read_text(), newline="")))
    assert list(rows[0]) == COLUMNS == ["path", "label", "probability", "score", "warnings", "error"]
    assert [row["path"] for row in rows] == [row.path for row in ROWS]
    assert rows[0]["warnings"] == "short: 1 s; quiet"
    assert float(rows[0]["score"]) == pytest.approx(1.0986122887, rel=1e-8)
    assert list(rows[2].values()) == ["bad.wav", "", "", "", "", "no such file"]


def test_json_lines(tmp_path):
    write(tmp_path / "rows.jsonl", "jsonl", ROWS)
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert rows == [row.as_dict() for row in ROWS]


def test_standard_output(capsys):
    write(None, "csv", ROWS[:1])
    assert capsys.readouterr().out == ",".join(COLUMNS) + "\na.wav,real,0.75,1.09861229,short: 1 s; quiet,\n"


@pytest.mark.parametrize("layout", ["csv", "jsonl"])
def test_goes_on_after_any_cut(tmp_path, layout):
    whole = tmp_path / "whole"
    write(whole, layout, ROWS)
    content = whole.read_bytes()
    path = tmp_path / "cut"
    for length in range(len(content) + 1):
        path.write_bytes(content[:length])
        done = write(path, layout, [], resume=True)
        left = [row for row in ROWS if row.path not in done]
        assert left == ROWS[len(done) :]
        assert list(done.values()) == [row.error is not None for row in ROWS[: len(done)]]
        write(path, layout, left, resume=True)
        assert path.read_bytes() == content
    assert len(done) == len(ROWS)


def test_writes_over_nothing_unasked(tmp_path):
    path = tmp_path / "rows.csv"
    write(path, "csv", ROWS)
    with pytest.raises(FileExistsError, match=r"already there\. Go on with it \(--resume\)"):
        write(path, "csv", ROWS)
    write(path, "csv", ROWS[:1], force=True)
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("layout", "content"),
    [("csv", b"path,label\na.wav,real\n"), ("csv", b"notes\n"), ("jsonl", b"notes\n"), ("jsonl", b'{"file": 1}\n')],
)
def test_goes_on_with_its_own_files_alone(tmp_path, layout, content):
    path = tmp_path / "notes"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="row 1 is none of `skvoicefake predict`"):
        write(path, layout, ROWS, resume=True)
    assert path.read_bytes() == content


def test_names_that_are_not_utf8_come_back(tmp_path):
    name = b"caf\xe9.wav".decode("utf-8", errors="surrogateescape")
    for layout in ("csv", "jsonl"):
        write(tmp_path / layout, layout, [Row(name)])
        assert list(read_rows((tmp_path / layout).read_bytes(), layout, tmp_path)[0]) == [name]
    assert b"caf\xe9.wav" in (tmp_path / "csv").read_bytes()
