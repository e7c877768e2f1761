import os
import unicodedata
from pathlib import Path

import pytest

from skvoicefake.datasets._files import Tree, audio_below, clip_key, clip_keys
from tests.checks.trees import put

ACCENT = "Zoë"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("LA_E_1", "LA_E_1"),
        ("LA_E_1.flac", "LA_E_1"),
        ("LA_E_1.FLAC", "LA_E_1"),
        ("a.b", "a.b"),
        ("a.b.wav", "a.b"),
        ("./train\\a00\\1.wav", "train/a00/1"),
        ("wav", "wav"),
        ("", ""),
        (unicodedata.normalize("NFD", ACCENT) + ".mp3", unicodedata.normalize("NFC", ACCENT)),
    ],
)
def test_names_as_files_and_protocols_have_them(name, key):
    assert clip_key(name) == key
    assert clip_keys(["x", name]) == ["x", key]


def test_audio_below_folders(tmp_path):
    put(
        tmp_path,
        "a/1.wav",
        "a/deep/2.FLAC",
        "a/._1.wav",
        "a/notes.txt",
        "a/.hidden/3.wav",
        "a/__MACOSX/4.wav",
        "b/5.mp3",
    )
    audio = audio_below([tmp_path / "a", tmp_path / "b"])
    assert dict(audio) == {
        "1": str(tmp_path / "a" / "1.wav"),
        "2": str(tmp_path / "a" / "deep" / "2.FLAC"),
        "5": str(tmp_path / "b" / "5.mp3"),
    }
    assert audio.same_name == []
    assert list(audio_below(tmp_path, key="path")) == ["a/1", "a/deep/2", "b/5"]
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        audio_below(tmp_path / "nowhere")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_of_either_kind(tmp_path, form):
    put(tmp_path, f"{unicodedata.normalize(form, ACCENT)}.wav")
    assert list(audio_below(tmp_path)) == [unicodedata.normalize("NFC", ACCENT)]
    assert Path(audio_below(tmp_path)[unicodedata.normalize("NFC", ACCENT)]).is_file()


def test_names_that_are_no_utf_8(tmp_path):
    name = os.fsdecode(b"Andr\xe9.wav")
    put(tmp_path, name)
    assert audio_below(tmp_path) == {name.removesuffix(".wav"): str(tmp_path / name)}


def test_two_files_of_one_name(tmp_path):
    put(tmp_path, "b/1.wav", "a/1.wav", "a/1.flac", "a/2.wav")
    for audio in (audio_below(tmp_path), audio_below([tmp_path / "b", tmp_path / "a"])):
        assert audio["1"] == str(tmp_path / "a" / "1.flac")
        assert sorted(audio.same_name) == [str(tmp_path / "a" / "1.wav"), str(tmp_path / "b" / "1.wav")]


def test_links_are_entered_once(tmp_path):
    put(tmp_path, "disk/1.wav", "corpus/2.wav")
    (tmp_path / "corpus" / "more").symlink_to(tmp_path / "disk", target_is_directory=True)
    (tmp_path / "disk" / "back").symlink_to(tmp_path / "corpus", target_is_directory=True)
    audio = audio_below(tmp_path / "corpus")
    assert sorted(audio) == ["1", "2"]
    assert audio.same_name == []


def test_folders_and_files_by_name(tmp_path):
    put(tmp_path, "Part_1/wav/1.wav", "part_2/2.wav", "other/3.wav", "other/META.csv", "meta.csv", "part_2/.meta.csv")
    tree = Tree(tmp_path)
    assert sorted(tree.audio(r"part_\d")) == ["1", "2"]
    assert sorted(tree.audio("part_3")) == []
    assert sorted(tree.audio()) == ["1", "2", "3"]
    # The folder that is walked counts, too.
    assert sorted(Tree(tmp_path / "part_2").audio(r"part_\d")) == ["2"]
    assert tree.files(r"meta\.csv") == [tmp_path / "meta.csv", tmp_path / "other" / "META.csv"]
