import shutil

import pytest

from skvoicefake.datasets import load_add2022, load_add2023
from tests.checks import trees
from tests.checks.trees import put, write


def test_parts_of_2022(tmp_path):
    clips = load_add2022(trees.add2022(tmp_path))
    counts = clips.frame["split"].value_counts().to_dict()
    assert counts == {"train": 3, "dev": 2, "eval_track1": 2, "track3_R2": 3}
    final = clips.frame[clips.split == "track3_R2"]
    assert final[["target", "attack"]].values.tolist() == [["fake", "3"], ["real", "-"], ["fake", "1"]]
    # Who speaks is not known, and nothing is made up.
    assert clips.groups is None
    assert set(clips.frame["language"]) == {"zh"}


def test_a_part_of_2022_alone(tmp_path):
    root = trees.add2022(tmp_path)
    assert set(load_add2022(root / "ADD_train_dev").split) == {"train", "dev"}
    assert set(load_add2022(root / "track3.2_eval_R2").split) == {"track3_R2"}
    clips = load_add2022(root / "eval_track1")
    assert set(clips.split) == {"eval_track1"}
    assert set(clips.attack or ["unknown"]) == {"unknown"}


def test_names_that_come_again_in_another_part(tmp_path):
    root = trees.add2022(tmp_path)
    shutil.copytree(root / "track3.2_eval_R2", root / "track3.2_eval_R1")
    (root / "track3.2_eval_R1" / "track3_R2_label.txt").rename(root / "track3.2_eval_R1" / "track3_R1_label.txt")
    clips = load_add2022(root)
    assert {"track3_R1", "track3_R2"} <= set(clips.split)
    for path, split in zip(clips.data, clips.split, strict=True):
        assert ("eval_R1" in path) == (split == "track3_R1")


def test_files_of_labels_without_a_line(tmp_path):
    root = trees.add2022(tmp_path)
    (root / "eval_track1" / "label.txt").write_text("\n")
    with pytest.warns(UserWarning, match="2 files of audio that no line names"):
        assert set(load_add2022(root).split) == {"train", "dev", "track3_R2"}
    with pytest.raises(FileNotFoundError, match="none of 0 lines can be used"):
        load_add2022(root / "eval_track1")
    with pytest.raises(FileNotFoundError, match="none of 0 lines can be used"):
        load_add2023(root / "eval_track1")


def test_labels_in_a_folder_around_others(tmp_path):
    root = trees.add2022(tmp_path)
    expected = load_add2022(root)
    write(root / "label.txt", "ADD_X_00000000.wav genuine", "ADD_X_00000001.wav fake")
    put(root, "ADD_X_00000000.wav", "ADD_X_00000001.wav")
    assert len(load_add2022(root).data) == len(expected.data) + 2


def test_parts_of_2023(tmp_path):
    clips = load_add2023(trees.add2023(tmp_path))
    counts = clips.frame.groupby("track")["split"].agg(lambda splits: sorted(set(splits))).to_dict()
    assert counts == {"1.2": ["dev", "testR1", "testR2", "train"], "2": ["train"]}
    partial = clips.frame[clips.frame["track"] == "2"]
    assert partial[["target", "stretches"]].values.tolist() == [
        ["real", "0.00-4.72-T"],
        ["fake", "0.00-1.62-T/1.62-2.48-F"],
        ["fake", "0.00-1.25-T/1.25-1.80-F/1.80-4.53-T"],
    ]
    assert set(clips.frame.loc[clips.frame["track"] == "1.2", "stretches"]) == {"-"}


def test_tracks_of_2023(tmp_path):
    root = trees.add2023(tmp_path)
    clips = load_add2023(root, track="2")
    assert set(clips.frame["track"]) == {"2"}
    assert clips.report["unnamed_audio"] == []
    assert load_add2023(root, track="1.2", split="train").data == load_add2023(root / "Track1.2" / "train").data
    with pytest.raises(ValueError, match=r"no track '3'; there are '(2|1.2)', '(2|1.2)'"):
        load_add2023(root, track="3")


def test_labels_of_partial_fakes_that_contradict_their_stretches(tmp_path):
    root = trees.add2023(tmp_path)
    path = root / "ADD2023_Track2_train" / "label.txt"
    path.write_text(path.read_text().replace("1.62-2.48-F 0", "1.62-2.48-F 1"))
    with pytest.warns(UserWarning, match=r"1 line with a label that is no word .*0000002 0.00-1.62-T/1.62-2.48-F 1"):
        clips = load_add2023(root)
    assert not any("T2_T_00000002" in path for path in clips.data)


def test_numbers_of_generators_are_not_guessed(tmp_path):
    root = trees.add2023(tmp_path)
    write(root / "Track3" / "train" / "label.txt", "ADD2023_T3_T_00000000.wav 0", "ADD2023_T3_T_00000001.wav 4")
    put(root / "Track3" / "train" / "wav", "ADD2023_T3_T_00000000.wav", "ADD2023_T3_T_00000001.wav")
    with pytest.warns(UserWarning, match="2 lines with a label that is no word for real or fake speech"):
        clips = load_add2023(root)
    assert "3" not in set(clips.frame["track"])
    with pytest.raises(FileNotFoundError, match="none of 2 lines can be used: 2 lines with a label"):
        load_add2023(root / "Track3")
