import shutil
from pathlib import Path

import pytest

from skvoicefake.datasets import (
    load_asvspoof5,
    load_asvspoof2017,
    load_asvspoof2019,
    load_asvspoof2021,
    load_key,
)
from tests.checks import asvspoof
from tests.checks.trees import put, spoil, write

READERS = {
    "2017": (asvspoof.asvspoof2017, load_asvspoof2017, {}),
    "2019-LA": (asvspoof.asvspoof2019, load_asvspoof2019, {"track": "LA"}),
    "2019-PA": (asvspoof.asvspoof2019, load_asvspoof2019, {"track": "PA"}),
    "2021-LA": (asvspoof.asvspoof2021, load_asvspoof2021, {"track": "LA"}),
    "2021-PA": (asvspoof.asvspoof2021, load_asvspoof2021, {"track": "PA"}),
    "2021-DF": (asvspoof.asvspoof2021, load_asvspoof2021, {"track": "DF"}),
    "5": (asvspoof.asvspoof5, load_asvspoof5, {}),
}
# What the published lines say, by column of the frame.
EXPECTED = {
    "2017": {
        "T_1000001": {"target": "real", "split": "train", "speaker": "M0001", "sentence": "S01", "attack": "-"},
        "D_1000761": {"target": "fake", "split": "dev", "sentence": "S10", "attack": "E03-P08-R07"},
        "E_1000001": {"target": "fake", "environment": "E05", "playback_device": "P10", "recording_device": "R08"},
    },
    "2019-LA": {
        "LA_T_1138215": {"target": "real", "label": "bonafide", "split": "train", "attack": "-", "speaker": "LA_0079"},
        "LA_D_1000265": {"target": "fake", "label": "spoof", "split": "dev", "attack": "A03"},
        "LA_E_2834763": {"target": "fake", "split": "eval", "attack": "A11", "group": "LA_0039"},
    },
    "2019-PA": {"PA_T_0005731": {"target": "fake", "environment": "aaa", "attack": "AA", "speaker": "PA_0095"}},
    "2021-LA": {
        "LA_E_9332881": {"target": "fake", "split": "eval", "codec": "alaw", "transmission": "ita_tx", "attack": "A07"},
        "LA_E_1665632": {"target": "real", "split": "progress", "codec": "pstn", "attack": "-"},
        "LA_E_8955802": {"split": "hidden", "trim": "trim"},
    },
    "2021-PA": {
        "PA_E_1000001": {"target": "fake", "attack": "r1-m1-s4-c4", "asv_room": "R3", "asv_distance": "d4"},
        "PA_E_1000002": {"target": "real", "attack": "-", "asv_distance": "D2", "replay_device": "-"},
    },
    "2021-DF": {
        "DF_E_2000011": {"attack": "A14", "source": "asvspoof", "vocoder": "traditional_vocoder", "language": "-"},
        "DF_E_2000024": {"speaker": "TGF1", "codec": "mp3m4a", "source": "vcc2020", "language": "G", "team": "team12"},
        "DF_E_2000026": {"target": "real", "attack": "-", "vocoder": "bonafide"},
    },
    "5": {
        "T_0000000011": {"target": "real", "attack": "-", "codec": "none", "gender": "F", "recording": "T_0000000011"},
        "D_0000000169": {"target": "fake", "attack": "A14", "attack_tag": "AC1", "split": "dev"},
        "E_0009538969": {"attack": "A26", "codec": "C05", "codec_q": "2", "recording": "E_0009486171"},
    },
}
FIRST = ["path", "target", "label", "split", "group", "speaker", "attack"]


@pytest.fixture(params=READERS)
def corpus(request, tmp_path):
    """Return the name of a corpus, its folder, and its reader."""
    make, load, track = READERS[request.param]
    return request.param, make(tmp_path, **track), lambda root, **parameters: load(root, **track, **parameters)


def by_name(clips):
    return clips.frame.set_index(clips.frame["path"].map(lambda path: Path(path).stem))


def n_lines(name):
    kind, _, track = name.partition("-")
    lines = getattr(asvspoof, f"LINES_{kind}")
    lines = lines[track] if track else lines
    return sum(map(len, lines.values())) if isinstance(lines, dict) else len(lines)


def test_published_layout(corpus):
    name, root, load = corpus
    clips = load(root)
    assert list(clips.frame.columns[:7]) == FIRST
    assert len(clips.data) == len(set(clips.data)) == n_lines(name)
    assert all(Path(path).is_file() for path in clips.data)
    rows = by_name(clips)
    for clip, cells in EXPECTED[name].items():
        assert rows.loc[clip, list(cells)].to_dict() == cells
    assert clips.split.tolist() == clips.frame["split"].tolist()
    assert clips.groups.tolist() == clips.frame["group"].tolist()
    assert "clip" not in clips.frame
    assert ("see its page" if name == "2017" else "ODC-By") in clips.DESCR
    assert "doi:" in clips.DESCR
    assert not any(value for value in clips.report.values() if isinstance(value, list))


def test_real_clips_have_no_attack_and_fakes_have_one(corpus):
    _, root, load = corpus
    clips = load(root)
    assert ((clips.attack == "-") == (clips.target == "real")).all()


def test_one_split_or_some(corpus):
    _, root, load = corpus
    whole = load(root)
    splits = sorted(set(whole.split))
    both = [split for split in splits if len(set(whole.target[whole.split == split])) == 2]
    one = load(root, split=both[0])
    assert one.data == [path for path, split in zip(whole.data, whole.split, strict=True) if split == both[0]]
    assert load(root, split=splits).data == whole.data
    with pytest.raises(ValueError, match=rf"no split 'test'; there are .*'{both[0]}'"):
        load(root, split=["test"])
    with pytest.raises(ValueError, match="no split"):
        load(root, split=[])


def test_groups_by_choice(corpus):
    _, root, load = corpus
    clips = load(root, groups="attack")
    fakes = clips.target == "fake"
    assert clips.groups[fakes].tolist() == clips.attack[fakes].tolist()
    # A clip whose attack is not known, or that has none, is a group of its own.
    assert clips.groups[~fakes].tolist() == clips.frame["path"][~fakes].tolist()
    with pytest.raises(ValueError, match=r"no column 'accent' to group by; there are .*'speaker'"):
        load(root, groups=["speaker", "accent"])


def test_what_careless_hands_do_to_lines(corpus):
    name, root, load = corpus
    expected = load(root).frame
    for path in [*root.rglob("*.trn.txt"), *root.rglob("*.trl.txt"), *root.rglob("*.tsv"), *root.rglob("CM/*.txt")]:
        spoil(path)
    frame = load(root).frame
    assert frame.equals(expected), name


def test_upper_case_suffixes_and_folders_of_other_names(corpus):
    _, root, load = corpus
    expected = load(root)
    for path in expected.data:
        end = Path(path).suffix
        shutil.move(path, path.removesuffix(end) + end.upper())
    assert [Path(path).stem for path in load(root).data] == [Path(path).stem for path in expected.data]
    for path in root.rglob("*_A00000*.flac"):  # the enrolment
        path.unlink()
    everything = root / "sounds"
    everything.mkdir()
    for path in load(root).data:
        shutil.move(path, everything)
    for split in sorted(set(expected.split)):
        if len(set(expected.target[expected.split == split])) == 2:
            moved = load(root, split=split)
            here = [Path(path).stem for path in expected.frame["path"][expected.split == split]]
            assert [Path(path).stem for path in moved.data] == here


# A protocol of every corpus, where its audio lies, and a line of it.
LINES = {
    "2017": ("protocol_V2/ASVspoof2017_V2_dev.trl.txt", "ASVspoof2017_V2_dev", "{}.wav {} M0011 S01 - - -"),
    "2019-LA": (
        "ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.dev.trl.txt",
        "ASVspoof2019_LA_dev/flac",
        "LA_0069 {} - A03 {}",
    ),
    "2019-PA": (
        "ASVspoof2019_PA_cm_protocols/ASVspoof2019.PA.cm.dev.trl.txt",
        "ASVspoof2019_PA_dev/flac",
        "PA_0069 {} aab CB {}",
    ),
    "2021-LA": (
        "LA-keys-full/keys/LA/CM/trial_metadata.txt",
        "ASVspoof2021_LA_eval/flac",
        "LA_0009 {} alaw ita_tx A07 {} notrim eval",
    ),
    "2021-PA": (
        "PA-keys-full/keys/PA/CM/trial_metadata.txt",
        "ASVspoof2021_PA_eval_part00/ASVspoof2021_PA_eval/flac",
        "PA_0010 {} R3 M3 d4 r1 m1 s4 c4 {} notrim eval",
    ),
    "2021-DF": (
        "DF-keys-full/keys/DF/CM/trial_metadata.txt",
        "ASVspoof2021_DF_eval_part00/ASVspoof2021_DF_eval/flac",
        "LA_0023 {} nocodec asvspoof A14 {} notrim eval traditional_vocoder - - - -",
    ),
    "5": ("ASVspoof5_protocols/ASVspoof5.dev.track_1.tsv", "flac_D", "D_4461 {} F - - - AC1 A14 {} -"),
}


def test_lines_that_cannot_be_used_are_left_out_with_one_warning(corpus):
    name, root, load = corpus
    before = set(load(root).data)
    file, folder, line = LINES[name]
    protocol, real = root / file, "genuine" if name == "2017" else "bonafide"
    lines = protocol.read_text().splitlines()
    n = len(lines)
    lines += [line.format("X_1", real), line.format("X_2", "spoof"), line.format("X_3", real), line.format("X_1", real)]
    lines += [line.format("X_3", "spoof"), line.format("X_4", real), line.format("X_5", "maybe")]
    write(
        protocol, *lines, "a line of more words than any layout of a key or protocol that there ever was", "two words"
    )
    end = "wav" if name == "2017" else "flac"
    put(root / folder, *(f"X_{i}.{end}" for i in (1, 2, 3, 5)))
    with pytest.warns(UserWarning, match="; left out, and listed in report") as caught:
        clips = load(root)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert sorted(Path(path).stem for path in set(clips.data) - before) == ["X_1", "X_2"]
    assert before <= set(clips.data)
    expected = {
        "repeated_lines": [(4, "X_1")],
        "contradictory_lines": [(3, f"X_3 {real}"), (5, "X_3 spoof")],
        "missing_audio": [(6, "X_4")],
        "unknown_labels": [(7, "X_5 maybe")],
        "unparsed_lines": [(8, "a line of more words than"), (9, "two words")],
    }
    for key, items in expected.items():
        for found, (number, text) in zip(clips.report[key], items, strict=True):
            assert found.startswith(f"{protocol.name}:{n + number}: {text}")
        assert clips.report[key][0] in str(caught[0].message)
        assert clips.report[key][0] in clips.DESCR
    with pytest.raises(ValueError, match=r"1 line without its audio.*Mend this, or leave it out: on_missing='skip'"):
        load(root, on_missing="raise")


def test_missing_audio_alone_is_a_missing_file(corpus):
    _, root, load = corpus
    clips = load(root)
    lost = clips.frame["path"][clips.target == "fake"].iloc[1]
    Path(lost).unlink()
    put(Path(clips.data[0]).parent, "stranger.flac", "._hidden.flac", "notes.txt")
    with pytest.raises(FileNotFoundError, match=f"{Path(lost).stem}"):
        load(root, on_missing="raise")
    with pytest.warns(UserWarning, match=r"without its audio.*; 1 file of audio that no line names: .*stranger"):
        kept = load(root)
    assert kept.data == [path for path in clips.data if path != lost]
    assert [Path(path).name for path in kept.report["unnamed_audio"]] == ["stranger.flac"]
    with pytest.raises(ValueError, match="on_missing must be 'skip' or 'raise', got 'ignore'"):
        load(root, on_missing="ignore")


def test_nothing_there(corpus, tmp_path):
    name, root, load = corpus
    for path in load(root).data:
        Path(path).unlink()
    with pytest.raises(
        FileNotFoundError, match=rf"none of {n_lines(name)} lines can be used: .*the audio is"
    ) as caught:
        load(root)
    assert "\n" not in str(caught.value)
    empty = tmp_path / "empty"
    empty.mkdir()
    write(empty / "readme.txt", "nothing")
    with pytest.raises(FileNotFoundError, match=r"no protocol below .*empty \(.*\), found 1 text file: 'readme.txt'"):
        load(empty)
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        load(tmp_path / "nowhere")


def test_one_class_alone_is_an_error(tmp_path):
    root = asvspoof.asvspoof2019(tmp_path)
    write(
        root / "ASVspoof2019_LA_cm_protocols" / "ASVspoof2019.LA.cm.eval.trl.txt", asvspoof.LINES_2019["LA"]["eval"][0]
    )
    put(root / "ASVspoof2019_LA_eval" / "flac", "LA_E_5849185.flac")
    with pytest.raises(
        ValueError, match=r"found 1 that are all fake; none is real .*1 file of audio that no line names"
    ):
        load_asvspoof2019(root, split="eval")


def test_a_part_that_was_not_downloaded(tmp_path):
    root = asvspoof.asvspoof2019(tmp_path)
    shutil.rmtree(root / "ASVspoof2019_LA_eval")
    with pytest.warns(
        UserWarning, match=r"1 split without any audio: 'eval'; left out.* Name the splits that you have"
    ):
        clips = load_asvspoof2019(root)
    assert set(clips.split) == {"train", "dev"}
    assert clips.report["absent_splits"] == ["eval"]
    assert not clips.report["missing_audio"]
    assert set(load_asvspoof2019(root, split=["train", "dev"], on_missing="raise").split) == {"train", "dev"}
    with pytest.raises(FileNotFoundError, match="eval"):
        load_asvspoof2019(root, on_missing="raise")
    with pytest.raises(FileNotFoundError, match="none of 2 lines can be used"):
        load_asvspoof2019(root, split="eval")


@pytest.mark.parametrize(
    "inside", [".", "ASVspoof2019_LA_train", "ASVspoof2019_LA_eval/flac", "ASVspoof2019_LA_cm_protocols"]
)
def test_folders_around_and_inside(tmp_path, inside, monkeypatch):
    root = asvspoof.asvspoof2019(tmp_path / "all")
    asvspoof.asvspoof2019(tmp_path / "all", "PA")
    asvspoof.asvspoof2021(tmp_path / "all")
    names = [Path(path).name for path in load_asvspoof2019(root).data]
    assert [Path(path).name for path in load_asvspoof2019(root / inside).data] == names
    assert [Path(path).name for path in load_asvspoof2019(tmp_path / "all").data] == names
    monkeypatch.chdir(root / inside)
    assert [Path(path).name for path in load_asvspoof2019(".").data] == names


@pytest.mark.parametrize("inside", ["ASVspoof2021_LA_eval", "ASVspoof2021_LA_eval/flac", "LA-keys-full/keys"])
def test_audio_and_keys_are_two_downloads(tmp_path, inside):
    root = asvspoof.asvspoof2021(tmp_path)
    assert len(load_asvspoof2021(root / inside).data) == len(asvspoof.LINES_2021["LA"])


def test_paths_begin_as_the_root_does(tmp_path, monkeypatch):
    asvspoof.asvspoof2019(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert load_asvspoof2019("LA", split="dev").data[0] == "LA/ASVspoof2019_LA_dev/flac/LA_D_1047731.flac"
    monkeypatch.chdir(tmp_path / "LA")
    assert load_asvspoof2019(".", split="dev").data[0] == "ASVspoof2019_LA_dev/flac/LA_D_1047731.flac"


def test_enrolment_is_counted_and_no_reason_to_warn(tmp_path):
    clips = load_asvspoof2019(asvspoof.asvspoof2019(tmp_path))
    assert clips.report["n_aside"] == 2
    assert clips.report["unnamed_audio"] == []


def test_keys_of_all_tracks_beside_one_another(tmp_path):
    for track in ("LA", "PA", "DF"):
        asvspoof.asvspoof2021(tmp_path, track)
    for track in ("LA", "PA", "DF"):
        assert len(load_asvspoof2021(tmp_path, track).data) == len(asvspoof.LINES_2021[track])
    # A copy of a key is the key; another version of it is not.
    key = tmp_path / "DF-keys-full" / "keys" / "DF" / "CM" / "trial_metadata.txt"
    copy = tmp_path / "backup" / "trial_metadata.txt"
    write(copy, *asvspoof.LINES_2021["DF"])
    assert len(load_asvspoof2021(tmp_path, "DF").data) == len(asvspoof.LINES_2021["DF"])
    write(copy, *asvspoof.LINES_2021["DF"][:2])
    with pytest.raises(ValueError, match=r"trial_metadata\.txt differ\. Give the folder of one of them"):
        load_asvspoof2021(tmp_path, "DF")
    key.unlink()
    copy.unlink()
    with pytest.raises(FileNotFoundError, match=r"no protocol below .*asvspoof\.org/index2021"):
        load_asvspoof2021(tmp_path, "DF")


def test_tracks_by_name(tmp_path):
    with pytest.raises(ValueError, match="track must be one of 'LA', 'PA', got 'DF'"):
        load_asvspoof2019(tmp_path, "DF")
    with pytest.raises(ValueError, match="track must be one of 'LA', 'PA', 'DF', got 'la'"):
        load_asvspoof2021(tmp_path, "la")


def test_coded_copies_of_a_clip_are_one_group_with_their_speaker(tmp_path):
    clips = load_asvspoof5(asvspoof.asvspoof5(tmp_path))
    rows = by_name(clips)
    assert rows.loc["E_0009538969", "group"] == rows.loc["E_0009486171", "group"] == "speaker=E_1607"
    assert clips.report["groups"] == "speaker, recording"
    assert clips.frame["group"].nunique() == 6
    by_recording = by_name(load_asvspoof5(tmp_path, groups="recording"))["group"]
    assert by_recording["E_0009538969"] == by_recording["E_0009486171"] == "E_0009486171"
    assert by_recording.nunique() == 7


def test_keys_and_readers_agree(tmp_path):
    root = asvspoof.asvspoof2021(tmp_path, "DF")
    key = load_key(root / "DF-keys-full" / "keys" / "DF" / "CM" / "trial_metadata.txt").set_index("clip")
    rows = by_name(load_asvspoof2021(root, "DF"))
    assert key["label"].to_dict() == rows["target"].to_dict()
    assert key["subset"].to_dict() == rows["split"].to_dict()


def test_dots_for_a_folder_inside(tmp_path, monkeypatch):
    root = asvspoof.asvspoof2019(tmp_path / "data")
    expected = load_asvspoof2019(root)
    inside = next(path for path in sorted(root.rglob("flac")) if path.is_dir())
    monkeypatch.chdir(inside)
    for folder in (".", ".."):
        assert len(load_asvspoof2019(folder).data) == len(expected.data)
