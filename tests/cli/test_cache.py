import json
import os
import re
import shutil

import joblib
import numpy as np
import pytest
from sklearn.base import clone

from skvoicefake import LFCCTransformer, MFCCTransformer
from skvoicefake.cli import main
from skvoicefake.cli._cache import size
from skvoicefake.feature_extraction._store import FeatureStore
from tests.checks.kept import entries, noises

QUICK = MFCCTransformer(duration=0.05, hop_length=80, n_mfcc=5, n_mels=20)


class Other(MFCCTransformer):
    pass


@pytest.fixture
def folder(tmp_path):
    """A store of four clips by one recipe, used long ago, and one by another; and the lengths of two."""
    folder = tmp_path / "features"
    kept = clone(QUICK).set_params(cache=folder)
    kept.transform(noises(4))
    for path in entries(folder):
        os.utime(path, (1e9, 1e9))
    clone(kept).set_params(duration=None, normalize="clip", window=("kaiser", 4.0)).fit(noises(2)).transform(noises(1))
    return folder


def test_other_transformers_of_ours_are_shown_with_their_parameters(tmp_path, capsys):
    LFCCTransformer(duration=0.05, n_lfcc=5, n_filters=20, cache=tmp_path / "kept").transform(noises(1))
    assert main(["cache", str(tmp_path / "kept")]) == 0
    assert "\nLFCCTransformer(duration=0.05, n_filters=20, n_lfcc=5)\n" in capsys.readouterr().out


def test_what_is_shown(folder, capsys):
    assert main(["cache", str(folder)]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == f"{folder}: 7 entries, 28.7 kB"
    rows = dict(zip(lines[::2], lines[1::2], strict=True))
    moments = r"used (\d{4}-\d\d-\d\d \d\d:\d\d) to (\d{4}-\d\d-\d\d \d\d:\d\d)"
    row = rows["MFCCTransformer(duration=0.05, hop_length=80, n_mels=20, n_mfcc=5)"]
    assert re.fullmatch(rf"  4 entries, 16\.4 kB, {moments}", row)[1].startswith("2001-09-")
    longest = rows.keys() - {"MFCCTransformer(duration=0.05, hop_length=80, n_mels=20, n_mfcc=5)"}
    assert longest == {
        "numbers of samples at 16000 Hz",
        "MFCCTransformer(duration=None, hop_length=80, n_mels=20, n_mfcc=5, normalize='clip', window=('kaiser', 4.0))",
    }


def test_recipes_that_cannot_be_told(folder, capsys):
    Other(duration=0.05, cache=folder).transform(noises(1))
    (recipe,) = [path for path in (folder / "recipes").iterdir() if '"numbers of samples"' in path.read_text()]
    recipe.unlink()
    assert main(["cache", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "of parameters that are not known any more" in lines
    assert f"{__name__}.Other" in lines


def test_json(folder, capsys):
    assert main(["cache", str(folder), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert sorted(row["n_entries"] for row in rows) == [1, 2, 4]
    assert {row["oldest"] for row in rows} >= {"2001-09-09T01:46:40+00:00"}
    assert {row["recipe"].get("n_mfcc") for row in rows} == {5, None}


def test_less(folder, capsys):
    assert main(["cache", str(folder), "--max-size", "14kB"]) == 0
    assert capsys.readouterr().out.startswith(f"{folder}: 3 entries, 12.3 kB\n")
    assert len(entries(folder)) == 3


def test_nothing(folder, capsys):
    (folder / "notes.txt").write_text("mine")
    assert main(["cache", str(folder), "--clear"]) == 0
    assert capsys.readouterr().out == f"{folder}: 0 entries, 0 B\n"
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_other_folders_are_left_alone(folder, capsys):
    with pytest.raises(SystemExit):
        main(["cache", str(folder), "--clear", "--max-size", "0"])
    capsys.readouterr()
    assert main(["cache", str(folder.parent), "--clear"]) == 1
    assert capsys.readouterr().err == (
        f"skvoicefake: {folder.parent}: no features are kept here. Name the folder that was given as cache.\n"
    )
    assert main(["cache", str(folder / "nowhere")]) == 1
    assert capsys.readouterr().err == f"skvoicefake: {folder / 'nowhere'}: no such folder. Check the path.\n"
    assert len(FeatureStore(folder).contents()) == 3


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [("0", 0), ("500", 500), ("500 MB", 500_000_000), ("1.5GiB", 1_610_612_736), ("2k", 2000), ("1tb", 10**12)],
)
def test_sizes(text, n_bytes):
    assert size(text) == n_bytes


@pytest.mark.parametrize("text", ["", "-1", "much", "1e9", "5 parsecs", "nan"])
def test_no_sizes(text, folder, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["cache", str(folder), f"--max-size={text}"])
    assert stop.value.code == 2
    assert f"expected a size such as 500MB or 2GiB, got {text!r}" in capsys.readouterr().err
    assert np.sum([kept.n_entries for kept in FeatureStore(folder).contents()]) == 7


def test_the_folder_of_a_joblib_memory(tmp_path, capsys):
    clone(QUICK).set_params(cache=joblib.Memory(tmp_path)).transform(noises(2))
    assert main(["cache", str(tmp_path)]) == 0
    assert "2 entries" in capsys.readouterr().out
    assert main(["cache", str(tmp_path), "--clear"]) == 0
    assert main(["cache", str(tmp_path)]) == 1


@pytest.mark.parametrize("tag", [None, "Signature: 8a477f597d28d172789f06886806bc55\n# of another program"])
def test_a_store_is_known_without_its_tag(folder, tag, capsys):
    path = folder / "CACHEDIR.TAG"
    path.unlink()
    if tag:
        path.write_text(tag)
    assert main(["cache", str(folder), "--clear"]) == 0
    assert "0 entries" in capsys.readouterr().out
    assert not entries(folder)
    assert path.exists() == bool(tag)


@pytest.mark.parametrize("recipe", ["[1]", "3", '{"a": 1}', '{"transformer": 5}'])
def test_odd_recipes_hide_nothing(folder, recipe, capsys):
    next((folder / "recipes").iterdir()).write_text(recipe)
    assert main(["cache", str(folder)]) == 0
    assert "7 entries" in capsys.readouterr().out


def test_a_link_to_another_store_is_not_followed(folder, tmp_path):
    other = tmp_path / "other"
    clone(QUICK).set_params(cache=other).transform(noises(3))
    shard = entries(other)[0].parent
    link = folder / shard.name
    if link.exists():
        shutil.rmtree(link)
    link.symlink_to(shard, target_is_directory=True)
    FeatureStore(folder).clear()
    assert len(entries(other)) == 3


def test_what_cannot_be_removed_is_said(folder, capsys, monkeypatch):
    # As in a folder that others write to meanwhile.
    monkeypatch.setattr(FeatureStore, "clear", lambda self: None)
    assert main(["cache", str(folder), "--clear"]) == 1
    assert "28.7 kB are still there" in capsys.readouterr().err
