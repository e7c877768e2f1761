from pathlib import Path

import pytest

from skvoicefake.datasets import find_audio, load_folder


@pytest.fixture
def corpus(tmp_path):
    """Return a function that makes empty files below a folder."""

    def make(*names):
        for name in names:
            path = tmp_path / "corpus" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / "corpus"

    return make


@pytest.mark.parametrize(
    ("real", "fake"), [("real", "fake"), ("bonafide", "Spoof"), ("Bona-Fide", "deepfake"), ("GENUINE", "cloned")]
)
def test_reads_the_words_of_the_field(corpus, real, fake):
    root = corpus(f"{real}/a.wav", f"{real}/b.FLAC", f"{fake}/c.mp3")
    clips = load_folder(root)
    assert dict(zip(clips.data, clips.target, strict=True)) == {
        str(root / real / "a.wav"): "real",
        str(root / real / "b.FLAC"): "real",
        str(root / fake / "c.mp3"): "fake",
    }
    assert set(clips.frame["label"]) == {real, fake}
    assert clips.groups is clips.attack is clips.codec is None
    assert list(clips.frame.columns) == ["path", "target", "label"]
    assert "2 real and 1 fake" in clips.DESCR
    assert "Groups: none" in clips.DESCR


def test_two_folders_of_a_class_count_together(corpus):
    clips = load_folder(corpus("real/a.wav", "human/b.wav", "fake/c.wav", "synthetic/d.wav"))
    assert sorted(clips.target) == ["fake", "fake", "real", "real"]


def test_sub_folders_are_speakers_and_go_any_depth(corpus):
    root = corpus("real/anna/day1/1.wav", "real/ben/1.wav", "fake/anna/2.wav", "fake/3.wav")
    clips = load_folder(root)
    groups = dict(zip((Path(path).relative_to(root).as_posix() for path in clips.data), clips.groups, strict=True))
    # Who speaks in 3.wav is not known: it is nobody else's group.
    assert groups == {
        "real/anna/day1/1.wav": "anna",
        "real/ben/1.wav": "ben",
        "fake/anna/2.wav": "anna",
        "fake/3.wav": str(root / "fake/3.wav"),
    }
    assert clips.frame["group"].tolist() == clips.groups.tolist()
    assert "Groups: 3 (sub-folders of the class folders; clips outside them (1) are a group each)" in clips.DESCR


def test_recordings_and_their_fakes_are_one_group(corpus):
    clips = load_folder(
        corpus("real/a.wav", "real/b.wav", "fake/a-world-0123456789.wav", "fake/a.wav", "fake/own-tts-9.wav")
    )
    assert [(Path(path).name, group) for path, group in zip(clips.data, clips.groups, strict=True)] == [
        ("a-world-0123456789.wav", "a"),
        ("a.wav", "a"),
        ("own-tts-9.wav", "own-tts-9"),
        ("a.wav", "a"),
        ("b.wav", "b"),
    ]
    assert clips.attack.tolist() == ["world", "unknown", "unknown", "-", "-"]
    assert "world 1" in clips.DESCR


@pytest.mark.parametrize(
    ("fake", "groups"),
    [
        ("fake/anna/a-world-0123456789.wav", ["anna", "anna", "ben"]),
        ("fake/a-world-0123456789.wav", ["a", "a", "b"]),  # what the demo writes
        ("fake/world/a-world-0123456789.wav", ["a", "a", "b"]),
        ("fake/zoe/a.wav", ["zoe", "anna", "ben"]),  # numbered files, say: another recording
    ],
)
def test_sub_folders_that_part_recordings_from_their_fakes_are_no_groups(corpus, fake, groups):
    assert load_folder(corpus(fake, "real/anna/a.wav", "real/ben/b.wav")).groups.tolist() == groups


def test_folders_of_generators_beside_real_clips_in_none_are_no_groups(corpus):
    clips = load_folder(corpus("real/1.wav", "real/2.wav", "fake/melgan/1.wav", "fake/melgan/2.wav", "fake/vits/1.wav"))
    assert clips.groups.tolist() == ["1", "2", "1", "1", "2"]
    assert "Groups: 2 (recordings, by file name)." in clips.DESCR


def test_a_name_that_is_there_again_by_chance_keeps_the_speakers(corpus):
    names = [f"fake/{speaker}/{i}{speaker}.wav" for speaker in ("ann", "ben") for i in range(3)]
    clips = load_folder(corpus("real/1.wav", "real/intro.wav", "fake/ann/intro.wav", *names))
    assert set(clips.groups[clips.target == "fake"]) == {"ann", "ben"}


def test_numbers_begin_anew_in_every_split(corpus):
    names = [f"{split}/{kind}/{i}.wav" for split in ("train", "test") for kind in ("real", "fake") for i in range(3)]
    clips = load_folder(corpus(*names))
    assert clips.frame.groupby("group")["split"].nunique().tolist() == [1] * 6


@pytest.mark.parametrize("split", [3, ["train", None]])
def test_splits_that_are_no_names(corpus, split):
    with pytest.raises(ValueError, match="split: expected the name of a split or a list of names"):
        load_folder(corpus("train/real/1.wav", "train/fake/2.wav"), split=split)


def test_sub_folders_of_other_names_than_the_real_clips_stay_groups(corpus):
    clips = load_folder(corpus("real/1.wav", "fake/anna/2.wav", "fake/anna/3.wav"))
    assert clips.groups.tolist()[:2] == ["anna", "anna"]


def test_splits(corpus):
    names = [
        "training/0_real/anna/1.wav",
        "training/1_fake/anna/2.wav",
        "Test/real_clips/ben/3.wav",
        "Test/fakes/ben/4.wav",
    ]
    root = corpus(*names)
    clips = load_folder(root)
    assert clips.split.tolist() == clips.frame["split"].tolist() == ["test", "test", "train", "train"]
    assert clips.target.tolist() == ["fake", "real", "real", "fake"]
    assert clips.groups.tolist() == ["ben", "ben", "anna", "anna"]
    assert set(clips.frame["label"]) == {"0_real", "1_fake", "real_clips", "fakes"}
    assert "Splits: test 2, train 2." in clips.DESCR
    assert clips.report["other_audio"] == []
    # The folders' own names are understood.
    for split in ("train", "training", ["train"]):
        assert [Path(path).name for path in load_folder(root, split=split).data] == ["1.wav", "2.wav"]
    with pytest.raises(ValueError, match=r"corpus: no split 'dev'; there are 'test', 'train'\."):
        load_folder(root, split="dev")
    with pytest.raises(FileNotFoundError, match="there is no such folder"):
        load_folder(root / "nowhere", split="train")
    # One that has no classes is no split, and what lies beside those that are is told.
    corpus("val/5.wav")
    assert set(load_folder(root, split=["train", "test"]).split) == {"train", "test"}
    with pytest.raises(FileNotFoundError, match=r"Test is such a folder"):
        load_folder(root)


def test_class_folders_come_before_splits(corpus):
    root = corpus("real/a.wav", "fake/b.wav", "train/real/c.wav", "train/fake/d.wav")
    with pytest.warns(UserWarning, match="2 audio files: .* left out"):
        assert load_folder(root).split is None
    with pytest.raises(ValueError, match="no split 'train'; there are none"):
        load_folder(root, split="train")


def test_audio_beside_splits_is_reported(corpus):
    root = corpus("train/real/a.wav", "train/fake/b.wav", "train/c.wav", "d.wav")
    with pytest.warns(UserWarning, match=r"2 audio files: .* left out, .*\['fake', 'real'\]"):
        assert load_folder(root).split.tolist() == ["train", "train"]
    with pytest.warns(UserWarning, match=r"1 audio file: .*c\.wav"):
        load_folder(root, split="train")


def test_what_is_left_out_is_reported(corpus):
    root = corpus("real/a.wav", "real/._a.wav", "fake/b.wav", "fake/readme.txt", "noise/c.wav", "d.wav", "notes/e.txt")
    with pytest.warns(UserWarning, match=r"2 audio files: .*d\.wav.*c\.wav.* left out") as caught:
        clips = load_folder(root)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert clips.report["n_real"] == clips.report["n_fake"] == 1
    assert sorted(Path(path).name for path in clips.report["other_audio"]) == ["c.wav", "d.wav"]
    assert sorted(Path(path).name for path in clips.report["not_audio"]) == ["._a.wav", "readme.txt"]
    assert "not audio: 2 files" in clips.DESCR


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], r"no such folder"),
        (["notes/a.wav"], r"expected a folder with real/ and fake/ inside, found \['notes'\]"),
        (["real/a.wav"], r"real/ and fake/ inside, found \['real'\]\. Fakes can be made of .*make_copysynthesis"),
        (["fake/a.wav"], r"real/ and fake/ inside, found \['fake'\]\.$"),
        (["real/a.wav", "fake/b.txt"], r"fake: no audio below this folder \(1 other file: .*b\.txt'\)"),
        (["part/real/a.wav", "part/fake/b.wav"], r"found \['part'\]\. .*part is such a folder"),
        (
            ["train/real/a.wav", "train/fake/b.wav", "test/c.wav"],
            r"found \['test', 'train'\]\. .*train is such a folder",
        ),
    ],
)
def test_folders_that_will_not_do(corpus, files, message):
    with pytest.raises(FileNotFoundError, match=message) as caught:
        load_folder(corpus(*files))
    assert "\n" not in str(caught.value)


def test_links_are_followed_once(corpus, tmp_path):
    root = corpus("real/a.wav", "fake/b.wav")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "c.wav").touch()
    (root / "fake" / "carl").symlink_to(elsewhere, target_is_directory=True)
    (elsewhere / "loop").symlink_to(root, target_is_directory=True)
    assert [Path(path).name for path in find_audio(root / "fake")].count("c.wav") == 1
    assert find_audio(root / "real") == [str(root / "real" / "a.wav")]


def test_find_audio_needs_a_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        find_audio(tmp_path / "nowhere")
