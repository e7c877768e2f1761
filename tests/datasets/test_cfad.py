from pathlib import Path

import pytest

from skvoicefake.datasets import load_cfad
from tests.checks import trees
from tests.checks.trees import put


def by_name(clips):
    return clips.frame.set_index(clips.frame["path"].map(lambda path: Path(path).stem))


def test_versions_splits_and_what_the_names_tell(tmp_path):
    clips = load_cfad(trees.cfad(tmp_path))
    assert clips.frame["version"].value_counts().to_dict() == {"clean": 20, "codec": 18, "noise": 18}
    assert set(clips.split) == {"train", "dev", "test_seen", "test_unseen"}
    rows = by_name(clips)
    fake = rows.loc["SSB09610003_lpcnet_m4a"]
    expected = {"target": "fake", "split": "train", "speaker": "SSB0961", "attack": "lpcnet", "codec": "m4a"}
    expected |= {"source": "-", "recording": "SSB09610003", "version": "codec"}
    assert fake[list(expected)].to_dict() == expected
    assert rows.loc["A1_11_gl_10", ["speaker", "recording", "codec"]].tolist() == ["A1", "A1_11", "-"]
    assert rows.loc["SSB09620003", ["target", "source", "attack"]].tolist() == ["real", "aishell3", "-"]
    # No pattern knows these: the utterance is what is known.
    assert rows.loc["HAD_001", ["speaker", "recording"]].tolist() == ["-", "HAD_001"]


@pytest.mark.parametrize(
    ("name", "speaker", "recording"),
    [
        ("BAC009S0764W0123", "S0764", "BAC009S0764W0123"),
        ("D31_880", "D31", "D31_880"),
        ("38_5716_20170914202211", "38_5716", "38_5716_20170914202211"),
    ],
)
def test_speakers_of_the_real_sources(tmp_path, name, speaker, recording):
    root = trees.cfad(tmp_path)
    put(root / "clean_version" / "train_clean" / "real_clean" / "other", f"{name}.wav")
    put(root / "noisy_version" / "train_noise" / "fake_noise" / "gl", f"{name}_gl_5.wav")
    rows = by_name(load_cfad(root))
    for clip in (name, f"{name}_gl_5"):
        assert rows.loc[clip, ["speaker", "recording", "group"]].tolist() == [speaker, recording, f"speaker={speaker}"]


def test_no_group_on_two_sides(tmp_path):
    clips = load_cfad(trees.cfad(tmp_path))
    assert (clips.frame.groupby("group")["split"].nunique() == 1).all()
    assert (clips.frame.groupby("recording")["group"].nunique() == 1).all()


def test_one_version(tmp_path):
    root = trees.cfad(tmp_path)
    expected = load_cfad(root, version="clean")
    assert load_cfad(root / "clean_version").frame.equals(expected.frame)
    assert expected.report["unnamed_audio"] == []
    assert set(load_cfad(root, version=["codec", "noise"]).frame["version"]) == {"codec", "noise"}
    assert set(load_cfad(root / "codec_version" / "dev_codec").split) == {"dev"}
    with pytest.raises(ValueError, match="no version 'loud'; there are 'clean', 'codec', 'noise'"):
        load_cfad(root, version="loud")
