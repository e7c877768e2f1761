import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skvoicefake import MFCCTransformer
from skvoicefake.cli import main
from tests.checks import asvspoof, trees


def load(path):
    with np.load(path, allow_pickle=False) as content:
        return dict(content)


def test_a_labelled_folder(corpus, tmp_path, capsys):
    path = tmp_path / "new" / "features.npz"
    assert main(["extract", str(corpus), "-o", str(path), "--duration", "0.3", "--n-mfcc", "5", "--deltas", "1"]) == 0
    content = load(path)
    assert sorted(content) == ["features", "groups", "parameters", "paths", "target"]
    paths = content["paths"].tolist()
    assert sorted(paths) == sorted(map(str, corpus.rglob("*.wav")))
    assert [path.split("/")[-3] for path in paths] == content["target"].tolist()
    assert [path.split("/")[-2] for path in paths] == content["groups"].tolist()
    parameters = json.loads(str(content["parameters"]))
    assert (parameters["n_mfcc"], parameters["deltas"], parameters["on_error"]) == (5, 1, "raise")
    expected = MFCCTransformer(duration=0.3, n_mfcc=5, deltas=1).fit_transform(paths)
    np.testing.assert_array_equal(content["features"], expected)
    assert "features of shape (48, 31, 10), paths, target, groups." in capsys.readouterr().err
    assert [file.name for file in path.parent.iterdir()] == ["features.npz"]


def test_a_published_corpus(clips, tmp_path, capsys):
    root = asvspoof.asvspoof2019(tmp_path)
    for path in root.rglob("*.flac"):  # The format is told by what is inside.
        path.write_bytes(Path(clips("one.wav")).read_bytes())
    arguments = ["--corpus", "asvspoof2019-la", "--split", "dev", "--duration", "0.3"]
    assert main(["extract", str(root), "-o", str(tmp_path / "features.npz"), *arguments]) == 0
    content = load(tmp_path / "features.npz")
    assert [Path(path).stem for path in content["paths"]] == ["LA_D_1047731", "LA_D_1000265"]
    assert content["target"].tolist() == ["real", "fake"]
    assert content["attack"].tolist() == ["-", "A03"]
    assert content["groups"].tolist() == ["LA_0069", "LA_0070"]
    assert (
        main(["extract", str(root), "-o", str(tmp_path / "no.npz"), "--corpus", "asvspoof2019-la", "--split", "x"]) == 1
    )
    assert "no split 'x'; there are 'train', 'dev', 'eval'." in capsys.readouterr().err


def test_a_corpus_of_fakes_alone(clips, tmp_path):
    root = trees.wavefake(tmp_path)
    for path in root.rglob("*.wav"):
        path.write_bytes(Path(clips("one.wav")).read_bytes())
    arguments = ["extract", str(root), "-o", str(tmp_path / "features.npz"), "--corpus", "wavefake"]
    assert main([*arguments, "--duration", "0.3", "--output", "stats"]) == 0
    assert set(load(tmp_path / "features.npz")["target"]) == {"fake"}


def test_a_folder_for_every_split(corpus, tmp_path):
    root, path = tmp_path / "splits", tmp_path / "features.npz"
    for split, speaker in (("train", "anna"), ("test", "ben")):
        for kind in ("real", "fake"):
            shutil.copytree(corpus / kind / speaker, root / split / kind / speaker)
    arguments = ["extract", str(root), "-o", str(path), "--force", "--duration", "0.3", "--output", "stats"]
    assert main(arguments) == 0
    assert load(path)["groups"].tolist() == ["ben"] * 8 + ["anna"] * 8
    # Another split that has no labels does not matter to the one that is picked.
    shutil.rmtree(root / "test" / "real")
    assert main([*arguments, "--split", "train"]) == 0
    assert load(path)["groups"].tolist() == ["anna"] * 8


def test_files_and_folders_without_labels(corpus, clips, tmp_path):
    one = clips("one.wav")
    path = tmp_path / "features.npz"
    arguments = ["--duration", "0.3", "--output", "stats", "--set", "pre_emphasis=0.97", "--set", "window=hamming"]
    assert main(["extract", one, str(corpus / "real" / "ben"), one, "-o", str(path), *arguments]) == 0
    content = load(path)
    assert sorted(content) == ["features", "parameters", "paths"]
    assert content["paths"].tolist() == [one, *sorted(map(str, (corpus / "real" / "ben").iterdir()))]
    transformer = MFCCTransformer(duration=0.3, output="stats", pre_emphasis=0.97, window="hamming")
    np.testing.assert_array_equal(content["features"], transformer.fit_transform(content["paths"].tolist()))


def test_a_table_to_csv(corpus, tmp_path, capsys):
    rows = "".join(
        f"{corpus}/{kind}/{name}/0.wav,{kind},{name}\n" for kind in ("real", "fake") for name in ("ben", "eve")
    )
    (tmp_path / "clips.csv").write_text("where,label,speaker\n" + rows)
    path = tmp_path / "features.csv"
    arguments = ["extract", str(tmp_path / "clips.csv"), "-o", str(path), "--output", "stats", "--duration", "0.3"]
    assert main(arguments) == 1
    assert "no path column, found ['where', 'label', 'speaker']" in capsys.readouterr().err
    assert main([*arguments, "--path-column", "where", "--n-mfcc", "3", "--normalize", "train"]) == 0
    table = pd.read_csv(path)
    assert list(table.columns[:3]) == ["path", "target", "groups"]
    assert table.columns[3] == "mfcc0_mean"
    assert table["target"].tolist() == ["real", "real", "fake", "fake"]
    expected = MFCCTransformer(duration=0.3, n_mfcc=3, output="stats", normalize="train")
    np.testing.assert_allclose(table.iloc[:, 3:], expected.fit_transform(table["path"]), rtol=1e-5, atol=1e-6)


def test_parquet(corpus, tmp_path):
    pytest.importorskip("pyarrow", reason="needs pyarrow, which writes parquet")
    path = tmp_path / "features.parquet"
    assert (
        main(["extract", str(corpus), "-o", str(path), "--output", "flat", "--duration", "0.1", "--n-mfcc", "3"]) == 0
    )
    table = pd.read_parquet(path)
    assert table.shape == (48, 3 + 11 * 3)
    assert table["frame00_mfcc0"].dtype == np.float32
    assert table["target"].value_counts().to_dict() == {"real": 24, "fake": 24}


def test_parquet_without_pyarrow(corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["extract", str(corpus), "-o", str(tmp_path / "x.parquet"), "--output", "flat"]) == 1
    assert capsys.readouterr().err == (
        "skvoicefake: parquet files need pyarrow: pip install pyarrow. Or write .csv or .npz.\n"
    )


def test_bad_clips(corpus, clips, tmp_path, capsys):
    (tmp_path / "text.wav").write_text("no sound")
    path = tmp_path / "features.npz"
    arguments = ["extract", str(tmp_path / "text.wav"), clips("one.wav"), "-o", str(path), "--duration", "0.3"]
    assert main(arguments) == 1
    assert not path.exists()
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "1 of 2 clips cannot be used" in error
    assert main([*arguments, "--on-error", "skip"]) == 0
    assert "left out: " in capsys.readouterr().err
    assert load(path)["paths"].tolist() == [str(tmp_path / "one.wav")]
    assert len(load(path)["features"]) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ("CORPUS -o x.mat", 2, "expected a name that ends in .npz, .parquet or .csv"),
        ("CORPUS -o x.csv", 2, ".csv holds a table: add --output flat or --output stats"),
        ("nowhere -o x.npz", 1, "nowhere: no such file or folder"),
        ("empty -o x.npz", 1, "empty: no audio below this"),
        ("CORPUS -o there.npz", 1, "there.npz: already there. Write it anew with --force"),
        (
            "CORPUS empty -o x.npz --corpus wavefake",
            2,
            "--corpus: for one DATA that is labelled, got 2 DATA",
        ),
        (
            "empty -o x.npz --split dev --label-column kind",
            2,
            "--split, --label-column: for one DATA that is labelled, got empty, which has no labels",
        ),
        ("CORPUS/real/ben/0.wav -o x.npz --on-missing skip", 2, "0.wav, which has no labels"),
        ("CORPUS -o x.npz --n-mfcc 90", 1, "n_mfcc=90 coefficients need as many mel bands"),
        ("CORPUS -o x.npz --set nothing=3", 1, "Invalid parameter 'nothing'"),
    ],
)
def test_errors_are_one_line(arguments, status, message, corpus, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "there.npz").touch()
    assert main(["extract", *arguments.replace("CORPUS", str(corpus)).split()]) == status
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "there.npz"]
