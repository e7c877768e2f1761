from pathlib import Path

import pytest

from skvoicefake.datasets import load_wavefake
from tests.checks import trees
from tests.checks.trees import put


def test_names_of_all_vocoders_lead_to_the_recording(tmp_path):
    frame = load_wavefake(trees.wavefake(tmp_path)).frame
    vocoders = {*trees.LJ_VOCODERS, "hifiGAN", "waveglow"}
    lj = frame[frame["recording"] == "LJ001-0001"]
    assert set(lj["attack"]) == vocoders
    assert set(lj["speaker"]) == {"LJSpeech"}
    jsut = frame[frame["recording"] == "BASIC5000_4225"]
    assert set(jsut["attack"]) == {"multi_band_melgan", "parallel_wavegan"}
    assert set(jsut["language"]) == {"ja"}
    assert set(frame["target"]) == {"fake"}
    assert frame["group"].tolist() == frame["recording"].tolist()


def test_the_second_copy_of_text_to_speech_is_left_out(tmp_path):
    root = trees.wavefake(tmp_path)
    frame = load_wavefake(root).frame
    speech = frame[frame["attack"] == "conformer_fastspeech2_pwg"]
    assert [Path(path).name for path in speech["path"]] == ["gen_0.wav", "gen_13607.wav"]
    assert not any("/generated/" in path for path in speech["path"])
    # Where it is the only one, it counts.
    (root / "common_voices_prompts_from_conformer_fastspeech2_pwg_ljspeech" / "gen_0.wav").unlink()
    paths = load_wavefake(root).frame["path"]
    assert sum(path.endswith("/generated/gen_0.wav") for path in paths) == 1
    assert len(paths) == len(frame)


def test_with_the_real_recordings(tmp_path):
    root, lj, jsut = trees.wavefake(tmp_path), trees.ljspeech(tmp_path), trees.jsut(tmp_path)
    clips = load_wavefake(root, [lj, jsut])
    real = clips.frame[clips.target == "real"]
    assert sorted(real["recording"]) == ["BASIC5000_0001", "BASIC5000_4225", "LJ001-0001", "LJ002-0280"]
    assert dict(zip(real["recording"], real["speaker"], strict=True))["BASIC5000_0001"] == "JSUT"
    assert set(real["attack"]) == {"-"}
    # A recording and its fakes are one group.
    assert (clips.frame.groupby("recording")["group"].nunique() == 1).all()
    # The rest of JSUT was not faked.
    assert clips.report["n_aside"] == 1
    assert load_wavefake(root, lj).frame["target"].value_counts().to_dict() == {"fake": 20, "real": 2}


def test_real_recordings_in_the_same_folder(tmp_path):
    trees.wavefake(tmp_path)
    clips = load_wavefake(tmp_path, [trees.ljspeech(tmp_path), trees.jsut(tmp_path)])
    assert (clips.report["n_real"], clips.report["n_fake"]) == (4, 20)


def test_real_folders_that_overlap_are_read_once(tmp_path):
    root, real = trees.wavefake(tmp_path), trees.ljspeech(tmp_path)
    clips = load_wavefake(root, [real / "wavs", real, f"{real}/../LJSpeech-1.1"])
    assert (clips.report["n_real"], clips.report["same_name"]) == (2, [])


def test_real_recordings_of_another_corpus(tmp_path):
    root = trees.wavefake(tmp_path)
    put(tmp_path / "other", "p225_001.wav")
    with pytest.raises(ValueError, match="expected real and fake clips, found 20 that are all fake"):
        load_wavefake(root, tmp_path / "other")
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        load_wavefake(root, tmp_path / "nowhere")


def test_one_of_its_folders(tmp_path):
    root = trees.wavefake(tmp_path)
    assert set(load_wavefake(root / "ljspeech_melgan_large").attack) == {"melgan_large"}


def test_a_fake_with_the_name_of_its_recording_is_not_real(tmp_path):
    trees.wavefake(tmp_path)
    with pytest.raises(ValueError, match="expected real and fake clips, found 20 that are all fake"):
        load_wavefake(tmp_path, tmp_path)
    with pytest.raises(ValueError, match="found 2 that are all fake"):
        load_wavefake(tmp_path / "generated_audio/ljspeech_melgan", tmp_path / "generated_audio/ljspeech_waveglow")
    # Nor where the recordings lie in the same folder, in one that is sorted behind.
    trees.ljspeech(tmp_path / "real")
    frame = load_wavefake(tmp_path, tmp_path).frame
    real = frame[frame["target"] == "real"]
    assert [Path(path).relative_to(tmp_path).parts[0] for path in real["path"]] == ["real", "real"]
    assert frame["path"].is_unique
    assert frame.loc[frame["attack"] == "waveglow", "target"].tolist() == ["fake", "fake"]


@pytest.mark.parametrize("inside", ["ljspeech_waveglow", "ljspeech_waveglow/16k", "ljspeech_waveglow-16k"])
def test_generators_in_the_real_folder_stay_fake(tmp_path, inside):
    root = trees.wavefake(tmp_path / "fakes")
    put(tmp_path / "real", f"{inside}/LJ001-0001.wav", "wavs/LJ001-0001.wav")
    clips = load_wavefake(root, tmp_path / "real")
    assert [Path(path).parent.name for path in clips.frame.loc[clips.target == "real", "path"]] == ["wavs"]


def test_a_real_folder_may_be_called_after_its_corpus(tmp_path):
    root = trees.wavefake(tmp_path / "fakes")
    put(tmp_path, "ljspeech_wavs/LJ001-0001.wav")
    assert load_wavefake(root, tmp_path / "ljspeech_wavs").report["n_real"] == 1
