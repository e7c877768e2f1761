import shutil
from pathlib import Path

import pytest

from skvoicefake.datasets import load_codecfake
from tests.checks import trees


def test_conditions_codecs_and_what_the_names_tell(tmp_path):
    clips = load_codecfake(trees.codecfake(tmp_path))
    assert clips.frame["condition"].unique().tolist() == ["train", "dev", "C1", "C2", "A1"]
    assert clips.frame["split"].unique().tolist() == ["train", "dev", "test"]
    fakes = clips.frame[(clips.target == "fake") & (clips.frame["condition"] == "train")]
    assert fakes["attack"].tolist() == ["C1", "C2"] * 2
    assert fakes["recording"].tolist() == ["SSB13650058"] * 2 + ["p225_001"] * 2
    assert fakes["speaker"].tolist() == ["SSB1365"] * 2 + ["p225"] * 2
    assert fakes["language"].tolist() == ["zh"] * 2 + ["en"] * 2
    # The real clips of A1 bear the number of the generator, which is not theirs.
    models = clips.frame[clips.frame["condition"] == "A1"]
    assert models[["target", "attack"]].values.tolist() == [["real", "-"], ["fake", "A1"]]


def test_real_clips_of_the_codecs_are_the_same_in_every_condition(tmp_path):
    clips = load_codecfake(trees.codecfake(tmp_path), split="test")
    same = clips.frame[clips.frame["recording"] == "SSB05440084"]
    assert same["condition"].tolist() == ["C1", "C1", "C2", "C2"]
    assert same["group"].nunique() == 1
    for path, condition in zip(same["path"], same["condition"], strict=True):
        assert Path(path).parent.name == condition


@pytest.mark.parametrize(
    "moves",
    [
        {"dev": "val", "label/dev.txt": "label/val.txt"},
        {"test/C1": "C1", "test/A1": "test/L1", "label/A1.txt": "label/L1.txt"},
        {"label": "labels"},
    ],
    ids=["val", "L1", "labels"],
)
def test_folders_as_others_call_them(tmp_path, moves):
    root = trees.codecfake(tmp_path)
    expected = load_codecfake(root).frame
    for old, new in moves.items():
        shutil.move(root / old, root / new)
    assert load_codecfake(root).frame.drop(columns="path").equals(expected.drop(columns="path"))


def test_parts_that_were_not_downloaded(tmp_path):
    root = trees.codecfake(tmp_path)
    shutil.rmtree(root / "test")
    with pytest.warns(UserWarning, match="1 split without any audio: 'test'"):
        clips = load_codecfake(root)
    assert set(clips.split) == {"train", "dev"}
