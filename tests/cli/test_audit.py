import json

import numpy as np
import pandas as pd
import pytest
import soundfile

from skvoicefake.cli import main
from skvoicefake.datasets import load_table
from skvoicefake.model_selection import audit

RATE = 16_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a table of 30 clips a class, of 20 speakers, fakes with a DC offset."""
    folder = tmp_path_factory.mktemp("audit")
    rng = np.random.default_rng(0)
    rows = []
    for i in range(60):
        label = ("bonafide", "spoof")[i % 2]
        sound = rng.uniform(0.05, 0.2) * rng.normal(size=RATE // 4) + (0.02 if label == "spoof" else 0)
        soundfile.write(folder / f"{i:02}.wav", sound, RATE)
        rows.append((f"{i:02}.wav", label, f"s{i // 3}", "dev" if i < 12 else "train"))
    pd.DataFrame(rows, columns=["path", "label", "speaker", "split"]).to_csv(folder / "clips.csv", index=False)
    return folder


def run(*arguments):
    return main(["audit", *map(str, arguments), "--jobs", "1", "--resamples", "20"])


def test_the_report_is_that_of_the_function(folder, tmp_path, capsys):
    outputs = [tmp_path / name for name in ("a.html", "a.md", "a.json", "a.csv")]
    assert run(folder / "clips.csv", *[option for path in outputs for option in ("-o", path)]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert all(f"wrote {path}" in printed.err for path in outputs)
    assert printed.err.splitlines()[-1].startswith("skvoicefake: 60 clips in 20 groups: 30 fake, 30 real.")
    report = audit(load_table(folder / "clips.csv"), n_resamples=20)
    assert outputs[1].read_text() == report.to_markdown()
    assert json.loads(outputs[2].read_text()) == json.loads(report.to_json())
    clips = pd.read_csv(outputs[3])
    assert clips["dc"].to_numpy() == pytest.approx(report.clips["dc"].to_numpy())
    # The table goes in again, as any other.
    assert len(load_table(outputs[3]).data) == 60


def test_it_prints_where_no_file_is_named(folder, capsys):
    assert run(folder / "clips.csv", "--title", "Mine") == 0
    printed = capsys.readouterr().out
    assert printed.startswith("# Mine\n")
    assert "| shortcut: DC offset | problem |" in printed


def test_a_split_alone(folder, capsys):
    assert run(folder / "clips.csv", "--split", "train") == 0
    assert "48 clips in 16 groups" in capsys.readouterr().out


def test_strict_tells_problems_by_the_exit_status(folder, tmp_path, capsys):
    assert run(folder / "clips.csv", "--strict") == 3
    table = pd.read_csv(folder / "clips.csv")
    rng = np.random.default_rng(1)
    table["label"] = rng.permutation(table["label"])
    table["path"] = [str(folder / path) for path in table["path"]]
    table.to_csv(tmp_path / "any.csv", index=False)
    assert run(tmp_path / "any.csv", "--strict") == 0
    capsys.readouterr()


def test_it_writes_over_nothing_unless_told(folder, tmp_path, capsys):
    path = tmp_path / "a.md"
    path.write_text("mine")
    assert run(folder / "clips.csv", "-o", path) == 1
    assert "already there" in capsys.readouterr().err
    assert path.read_text() == "mine"
    assert run(folder / "clips.csv", "-o", path, "--force") == 0
    assert path.read_text().startswith("# Audit of")


def test_data_is_never_written_over(folder, capsys):
    before = (folder / "clips.csv").read_bytes()
    assert run(folder / "clips.csv", "-o", folder / "clips.csv", "--force") == 2
    assert "that is DATA itself" in capsys.readouterr().err
    assert (folder / "clips.csv").read_bytes() == before


def test_other_files_are_refused_before_anything_is_read(tmp_path, capsys):
    assert run(tmp_path / "nowhere", "-o", "a.pdf") == 2
    assert "ends in .html, .md, .json or .csv" in capsys.readouterr().err
    assert run(tmp_path / "nowhere") == 1
    assert "no such folder or file" in capsys.readouterr().err
