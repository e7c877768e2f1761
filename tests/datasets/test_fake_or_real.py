import shutil

import pytest

from skvoicefake.datasets import load_for
from tests.checks import trees
from tests.checks.trees import put

VERSIONS = {"for-original": "original", "for-norm": "norm", "for-2seconds": "2sec", "for-rerecorded": "rerec"}


@pytest.mark.parametrize("folder", VERSIONS)
def test_a_version(tmp_path, folder):
    clips = load_for(trees.fake_or_real(tmp_path, folder))
    assert set(clips.frame["version"]) == {VERSIONS[folder]}
    assert clips.frame["split"].value_counts().to_dict() == {"train": 4, "dev": 4, "test": 4}
    assert clips.frame.groupby("split")["target"].nunique().tolist() == [2, 2, 2]
    # What was mp3 before it was wav tells so by its name, save where it was recorded again.
    codecs = set(clips.codec[clips.target == "fake"])
    assert codecs == ({"-"} if folder == "for-rerecorded" else {"-", "mp3"})
    assert set(clips.codec[clips.target == "real"]) == {"-"}


def test_versions_of_one_clip_are_one_group(tmp_path):
    for folder in VERSIONS:
        trees.fake_or_real(tmp_path, folder)
    clips = load_for(tmp_path)
    assert len(clips.data) == 48
    sizes = clips.frame.groupby("group")["version"].agg(set).map(frozenset).value_counts().to_dict()
    assert sizes == {frozenset({"original", "norm", "2sec"}): 12, frozenset({"rerec"}): 12}
    assert (clips.frame.groupby("group")["split"].nunique() == 1).all()
    assert load_for(tmp_path, version="norm").data == load_for(tmp_path / "for-norm").data
    some = load_for(tmp_path, version=["2sec", "rerec"], split="test")
    assert set(some.frame["version"]) == {"2sec", "rerec"}
    assert set(some.split) == {"test"}
    with pytest.raises(ValueError, match="no version '3sec'; there are '2sec', 'norm', 'original', 'rerec'"):
        load_for(tmp_path, version="3sec")


def test_folders_of_the_archives_and_of_kaggle(tmp_path):
    expected = load_for(trees.fake_or_real(tmp_path, "for-2seconds")).frame.drop(columns="path")
    # for-2sec.tar.gz and for-rerec.tar.gz were called so; Kaggle has a folder around.
    shutil.move(tmp_path / "for-2seconds", tmp_path / "archive" / "for-2sec" / "for-2seconds")
    assert load_for(tmp_path / "archive").frame.drop(columns="path").equals(expected)
    assert load_for(tmp_path / "archive" / "for-2sec").frame.drop(columns="path").equals(expected)
    # A folder that was given another name has no version.
    shutil.move(tmp_path / "archive" / "for-2sec" / "for-2seconds", tmp_path / "speech")
    assert set(load_for(tmp_path / "speech").frame["version"]) == {"-"}


def test_the_corpus_own_names_of_splits(tmp_path):
    root = trees.fake_or_real(tmp_path)
    assert load_for(root, split=["training", "testing"]).data == load_for(root, split=["train", "test"]).data


def test_names_that_differ_in_the_suffix_alone(tmp_path):
    root = trees.fake_or_real(tmp_path, "for-original")
    put(root, "training/fake/file1.mp3")
    clips = load_for(root)
    assert len(clips.data) == 13
    same = clips.frame[clips.frame["recording"] == "train/fake/file1"]
    assert sorted(same["codec"]) == ["-", "mp3"]
    assert same["group"].nunique() == 1


def test_one_split_of_one_version(tmp_path):
    root = trees.fake_or_real(tmp_path)
    clips = load_for(root / "training")
    assert set(clips.split) == {"train"}
    assert set(clips.frame["version"]) == {"norm"}
