from skvoicefake.datasets import load_in_the_wild
from tests.checks import trees


def test_speakers_are_groups_and_have_both_classes(tmp_path):
    clips = load_in_the_wild(trees.in_the_wild(tmp_path))
    assert clips.frame["label"].tolist() == ["spoof", "bona-fide", "spoof", "bona-fide", "bona-fide", "spoof"]
    assert clips.target.tolist() == ["fake", "real", "fake", "real", "real", "fake"]
    assert clips.groups.tolist() == clips.frame["speaker"].tolist()
    assert clips.groups[:2].tolist() == ["Alec Guinness"] * 2
    assert clips.attack is clips.codec is clips.split is None
    assert set(clips.frame["language"]) == {"en"}


def test_audio_in_a_folder_below_the_table(tmp_path):
    root = trees.in_the_wild(tmp_path)
    expected = load_in_the_wild(root).target.tolist()
    (root / "wav").mkdir()
    for path in root.glob("*.wav"):
        path.rename(root / "wav" / path.name)
    assert load_in_the_wild(root).target.tolist() == expected
