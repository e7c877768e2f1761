from pathlib import Path

import pytest

from skvoicefake.datasets import load_mlaad
from tests.checks import trees
from tests.checks.trees import put

OZ = "dorothy_and_wizard_oz_01_f0000{:02}"


def test_tables_of_all_models(tmp_path):
    clips = load_mlaad(trees.mlaad(tmp_path))
    assert set(clips.target) == {"fake"}
    frame = clips.frame
    # Names of folders with commas, brackets and blanks.
    row = frame[frame["attack"] == "Resemble.ai (April 12th, 2025)"].iloc[0]
    assert row[["language", "architecture", "recording"]].tolist() == ["en", "Resemble", OZ.format(1)]
    # A sentence is one group, in whatever language and by whatever system.
    assert frame.loc[frame["recording"] == OZ.format(1), "attack"].nunique() == 3
    assert frame.loc[frame["recording"] == OZ.format(1), "group"].nunique() == 1
    assert frame.loc[frame["language"] == "fi", "recording"].tolist() == [OZ.format(1), OZ.format(2)]


def test_paths_in_a_table_that_name_another_folder(tmp_path):
    root = trees.mlaad(tmp_path)
    expected = load_mlaad(root).frame
    meta = root / "fake" / "fi" / "facebook_mms-tts-fin" / "meta.csv"
    meta.write_text(meta.read_text().replace("./fake/fi/", "./fake/f/"))
    assert load_mlaad(root).frame.equals(expected)


def test_a_folder_without_a_table_is_read_by_its_names(tmp_path):
    root = trees.mlaad(tmp_path)
    expected = load_mlaad(root).frame
    for meta in root.rglob("meta.csv"):
        meta.unlink()
    frame = load_mlaad(root).frame
    same = ["path", "target", "language", "attack", "recording"]
    assert frame[same].equals(expected[same])
    assert set(frame["architecture"]) == {"-"}


def test_the_folder_of_a_language_or_model(tmp_path):
    root = trees.mlaad(tmp_path)
    whole = load_mlaad(root).frame
    for inside, n in {"fake": 8, "fake/en": 4, "fake/fi/facebook_mms-tts-fin": 2}.items():
        frame = load_mlaad(root / inside).frame
        assert len(frame) == n
        both = frame.merge(whole, on=["path", "language", "attack", "recording"])
        assert len(both) == n


def test_with_the_real_recordings(tmp_path):
    root, real = trees.mlaad(tmp_path / "fakes"), trees.mailabs(tmp_path)
    clips = load_mlaad(root, real)
    frame = clips.frame[clips.target == "real"]
    assert sorted(frame["recording"]) == ["Kanzlerin_1", *(OZ.format(i) for i in (1, 2, 3))]
    assert dict(zip(frame["recording"], frame["speaker"], strict=True))["Kanzlerin_1"] == "angela_merkel"
    assert set(frame["language"]) == {"en", "de"}
    # All of a reader, and all that was synthesised after it, is one group; what is tied to nothing is another.
    groups = clips.frame.groupby("group")["recording"].agg(set).tolist()
    assert {frozenset(group) for group in groups} == {
        frozenset(OZ.format(i) for i in (1, 2, 3)),
        frozenset({"Kanzlerin_1"}),
        frozenset({"Kanzlerin_2"}),
    }
    # One language of it is enough; sentences alone make smaller groups.
    clips = load_mlaad(root, [real / "en_US"], groups="recording")
    assert (clips.report["n_real"], len(set(clips.groups))) == (3, 5)
    with pytest.raises(ValueError, match="expected real and fake clips, found 8 that are all fake"):
        load_mlaad(root, put_audio(tmp_path / "other"))


def test_real_recordings_and_other_corpora_in_the_same_folder(tmp_path):
    root, real = trees.mlaad(tmp_path), trees.mailabs(tmp_path)
    trees.in_the_wild(tmp_path)
    clips = load_mlaad(root, real)
    assert (clips.report["n_real"], clips.report["n_fake"]) == (4, 8)


@pytest.mark.parametrize(
    "inside", ["de_DE", "de_DE/by_book", "de_DE/by_book/female", "de_DE/by_book/female/angela_merkel/merkel_alone/wavs"]
)
def test_a_folder_inside_the_real_recordings(tmp_path, inside, monkeypatch):
    root, real = trees.mlaad(tmp_path / "Zoe\u0308" / "fakes"), trees.mailabs(tmp_path / "Zoe\u0308")
    monkeypatch.chdir(real / inside)
    for folder in (real / inside, "."):
        frame = load_mlaad(root, folder).frame
        row = frame[frame["target"] == "real"]
        assert row[["language", "speaker", "recording"]].values.tolist() == [["de", "angela_merkel", "Kanzlerin_1"]]


def test_real_folders_that_overlap_are_read_once(tmp_path, monkeypatch):
    root, real = trees.mlaad(tmp_path / "fakes"), trees.mailabs(tmp_path)
    expected = load_mlaad(root, real).frame
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(real, target_is_directory=True)
    assert load_mlaad(root, [real, real / "de_DE", "M-AILABS", "link", "link/en_US"]).frame.equals(expected)
    frame = load_mlaad(root, [real / "en_US", real / "de_DE"]).frame
    assert frame["path"].sort_values().tolist() == expected["path"].sort_values().tolist()
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        load_mlaad(root, [real, real / "nowhere"])


def put_audio(folder):
    put(folder, "speech/a.wav")
    return folder


def test_readers_who_are_not_known(tmp_path):
    root, real = trees.mlaad(tmp_path / "fakes"), tmp_path / "M-AILABS"
    put(real, "uk_UK/by_book/mix/some_book/wavs/some_book_01.wav")
    frame = load_mlaad(root, real).frame
    assert frame.loc[frame["target"] == "real", ["speaker", "language"]].values.tolist() == [["-", "uk"]]


def test_the_sample_with_its_originals(tmp_path):
    root = trees.mlaad(tmp_path)
    put(root, f"original/en/{OZ.format(1)}.wav", "original/de/Kanzlerin_1.wav")
    clips = load_mlaad(root)
    real = clips.frame[clips.target == "real"]
    assert real[["language", "recording"]].values.tolist() == [["de", "Kanzlerin_1"], ["en", OZ.format(1)]]
    tied = clips.frame[clips.frame["recording"] == OZ.format(1)]
    assert set(tied["target"]) == {"real", "fake"}
    assert tied["group"].nunique() == 1


def test_lines_say_which_table_they_are_of(tmp_path):
    root = trees.mlaad(tmp_path)
    (Path(root) / "fake" / "de" / "griffin_lim" / "Kanzlerin_2.wav").unlink()
    with pytest.warns(UserWarning, match=r"1 line without its audio: 'de/griffin_lim/meta\.csv:3: "):
        load_mlaad(root)
