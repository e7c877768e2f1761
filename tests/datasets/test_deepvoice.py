from pathlib import Path

import numpy as np
import pytest
import soundfile

from skvoicefake.datasets import load_deepvoice, load_deepvoice_features
from tests.checks import trees
from tests.checks.trees import put


def test_speech_and_voice_by_the_names(tmp_path):
    clips = load_deepvoice(trees.deepvoice(tmp_path))
    frame = clips.frame.set_index(clips.frame["path"].map(lambda path: Path(path).name))
    # "Linus" and "linus" are one man.
    assert frame.loc["Linus-to-Biden.wav", ["speaker", "voice"]].tolist() == ["linus", "biden"]
    assert frame.loc["linus-original.wav", ["speaker", "voice"]].tolist() == ["linus", "linus"]
    assert frame.loc["Linus-to-Biden.wav", "group"] == frame.loc["linus-original.wav", "group"] == "linus-original"
    assert clips.frame["group"].value_counts().to_dict() == {f"{voice}-original": 3 for voice in trees.VOICES[:3]}
    # The two short copies for a demonstration are no surprise.
    assert clips.report["n_aside"] == 2


def test_all_voices(tmp_path):
    clips = load_deepvoice(trees.deepvoice(tmp_path, trees.VOICES))
    assert (clips.report["n_real"], clips.report["n_fake"]) == (8, 56)
    assert (clips.frame.groupby("group")["target"].nunique() == 2).all()


@pytest.mark.parametrize("ending", ["_seg_12", "_frag0"])
def test_pieces_that_others_cut(tmp_path, ending):
    root = trees.deepvoice(tmp_path)
    expected = load_deepvoice(root).frame
    for path in (root / "KAGGLE" / "AUDIO").rglob("*.wav"):
        path.rename(path.with_stem(path.stem + ending))
    assert load_deepvoice(root).frame.drop(columns="path").equals(expected.drop(columns="path"))


def test_any_folder_around_the_classes(tmp_path):
    root = trees.deepvoice(tmp_path)
    expected = [Path(path).name for path in load_deepvoice(root).data]
    for folder in ("KAGGLE", "KAGGLE/AUDIO"):
        assert [Path(path).name for path in load_deepvoice(root / folder).data] == expected


def test_names_that_say_nothing(tmp_path):
    root = trees.deepvoice(tmp_path)
    put(root, "KAGGLE/AUDIO/REAL/speech.wav")
    with pytest.warns(UserWarning, match="1 line not in the layout: '.*speech"):
        clips = load_deepvoice(root)
    assert len(clips.data) == 9


def test_windows_keep_the_group_of_their_recording(tmp_path):
    root = trees.deepvoice(tmp_path, trees.VOICES[:2])
    rng = np.random.default_rng(0)
    for path in (root / "KAGGLE" / "AUDIO").rglob("*.wav"):
        soundfile.write(path, 0.1 * rng.normal(size=(8_000 * 2, 2)), 8_000)
    windows = load_deepvoice(root, segments=tmp_path / "windows", duration=0.5)
    assert len(windows.data) == 16
    assert windows.frame["group"].value_counts().to_dict() == {"biden-original": 8, "linus-original": 8}
    assert set(windows.target) == {"real", "fake"}
    assert windows.frame.loc[windows.target == "fake", "voice"].isin(["biden", "linus"]).all()
    assert {Path(path).parent.name for path in windows.frame["recording"]} == {"REAL", "FAKE"}
    info = soundfile.info(windows.data[0])
    assert (info.channels, info.duration) == (1, 0.5)


def test_table_of_features(tmp_path):
    root = trees.deepvoice(tmp_path)
    path = root / "KAGGLE" / "DATASET-balanced.csv"
    table = load_deepvoice_features(root)
    assert table.data.shape == (4, 26)
    assert table.feature_names == list(trees.FEATURES)
    assert set(table.data.dtypes) == {np.dtype(float)}
    assert table.data["rms"].tolist() == [0.1, 1.1, 2.1, 3.1]
    assert table.target.tolist() == ["fake", "fake", "real", "real"]
    assert table.groups is None
    assert table.frame.columns[-1] == "target"
    assert "no split" in table.DESCR
    assert "MIT" in table.DESCR
    trees.spoil(path)
    assert load_deepvoice_features(path).frame.equals(table.frame)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("LABEL", "KIND", "expected a header that names LABEL"),
        ("0.1,", "low,", r"1 line with a cell that is no number, or an unknown label: 'DATASET-balanced.csv:2'"),
        ("0.1,", "inf,", "1 line with a cell that is no number"),
        ("0.1,", ",", "1 line with a cell that is no number"),
        ("0.1,", "", "1 line with more or fewer cells than the header"),
        ("FAKE", "SOME", "2 lines with a cell that is no number, or an unknown label"),
        ("FAKE", "REAL", "expected numbers of real and fake speech"),
    ],
)
def test_tables_that_will_not_do(tmp_path, old, new, message):
    path = trees.deepvoice_features(tmp_path / "DATASET-balanced.csv")
    path.write_text(path.read_text().replace(old, new, 1 if old == "0.1," else -1))
    with pytest.raises(ValueError, match=message):
        load_deepvoice_features(path)


def test_no_table(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        load_deepvoice_features(tmp_path / "nothing.csv")
    with pytest.raises(FileNotFoundError, match=r"expected DATASET-balanced.csv, found 0 files"):
        load_deepvoice_features(tmp_path)
