from skvoicefake.datasets import load_spoofceleb
from tests.checks import trees


def test_splits_attacks_and_videos(tmp_path):
    clips = load_spoofceleb(trees.spoofceleb(tmp_path))
    assert clips.frame["split"].value_counts().to_dict() == {"train": 6, "dev": 6, "eval": 6}
    assert set(clips.attack[clips.target == "fake"]) == {"a06"}
    assert set(clips.frame["recording"]) == {"YYsxcZ5saac"}
    assert clips.groups.tolist() == clips.frame["speaker"].tolist()
    assert (clips.frame.groupby("speaker")["split"].nunique() == 1).all()
    assert (clips.frame.groupby("speaker")["target"].nunique() == 2).all()


def test_a_name_that_is_there_for_every_attack_is_a_clip_each(tmp_path):
    root = trees.spoofceleb(tmp_path)
    clips = load_spoofceleb(root, split="train")
    for path, attack in zip(clips.data, clips.attack, strict=True):
        assert ("/a00/" in path) == (attack == "-")


def test_the_corpus_own_names_of_splits(tmp_path):
    root = trees.spoofceleb(tmp_path)
    own, ours = load_spoofceleb(root, split=["development", "evaluation"]), load_spoofceleb(root, split=["dev", "eval"])
    assert own.data == ours.data
