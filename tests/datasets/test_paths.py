from pathlib import Path

import pytest

from skvoicefake.datasets._corpus import Audio, audio_below
from skvoicefake.datasets._paths import find_files, fitting, folders, join_audio, read_paths
from tests.checks.trees import put

PATTERN = r"(?:v(?P<version>\d)/)?(?P<label>real|fake)"


def test_a_row_a_file_in_folders_that_fit(tmp_path):
    put(tmp_path, "v1/real/b.wav", "v1/real/a.mp3.wav", "v2/FAKE/a.flac", "v2/other/a.wav", "notes.txt")
    audio, table = read_paths(tmp_path, PATTERN, layout="vN/CLASS")
    assert len(audio) == 4
    assert table.values.tolist() == [
        ["v1/real/a.mp3.wav", "a.mp3", "1", "real"],
        ["v1/real/b.wav", "b", "1", "real"],
        ["v2/FAKE/a.flac", "a", "2", "FAKE"],
    ]
    assert table.index.tolist() == ["v1/real/a.mp3", "v1/real/b", "v2/FAKE/a"]
    assert list(table.columns) == ["clip", "name", "version", "label"]


@pytest.mark.parametrize("root", ["", "v1"])
def test_names_that_differ_in_the_suffix_alone(tmp_path, root):
    put(tmp_path, "v1/real/a.wav", "v1/real/a.mp3")
    audio, table = read_paths(tmp_path / root, PATTERN, layout="")
    assert (len(table), len(audio.same_name)) == (1, 1)
    audio, table = read_paths(tmp_path / root, PATTERN, layout="", twins=True)
    assert sorted(audio.values()) == [str(tmp_path / "v1" / "real" / name) for name in ("a.mp3", "a.wav")]
    assert audio.same_name == []
    assert {audio[name] for name in table.index} == set(audio.values())
    assert table["label"].tolist() == ["real", "real"]


def test_the_folder_itself_is_part_of_the_path(tmp_path):
    put(tmp_path, "v1/real/a.wav", "real/a.wav")
    assert read_paths(tmp_path / "v1", PATTERN, layout="")[1]["version"].tolist() == ["1"]
    assert read_paths(tmp_path / "v1" / "real", PATTERN, layout="")[1]["version"].tolist() == ["1"]
    # A part that may be missing is missing.
    assert read_paths(tmp_path / "real", PATTERN, layout="")[1]["version"].tolist() == [""]


def test_a_part_that_may_be_missing_is_not_overlooked(tmp_path):
    put(tmp_path, "data/v3/real/a.wav")
    assert read_paths(tmp_path, PATTERN, layout="")[1]["version"].tolist() == ["3"]


def test_nothing_fits(tmp_path):
    put(tmp_path, "a/1.wav", "b/2.wav")
    with pytest.raises(FileNotFoundError, match=r"laid out as vN/CLASS, found 2 audio files in '.*a' and 1 more\.$"):
        read_paths(tmp_path, PATTERN, layout="vN/CLASS")
    assert fitting({}, tmp_path, PATTERN).empty


def test_files_nearest_first(tmp_path):
    put(tmp_path, "deep/er/meta.csv", "META.csv", "other.csv")
    tree, paths = find_files(tmp_path, r"meta\.csv", layout="meta.csv")
    assert paths == [tmp_path / "META.csv", tmp_path / "deep" / "er" / "meta.csv"]
    assert tree.files(r"meta\.csv") == paths
    with pytest.raises(FileNotFoundError, match=r"expected labels, found 3 files, such as 'META.csv', 'meta.csv'"):
        find_files(tmp_path, r"label\.txt", layout="labels")


def test_audio_under_longer_names(tmp_path):
    put(tmp_path, "a/1.wav", "b/1.wav", "b/2.wav", "b/2.mp3")
    audio = Audio()
    join_audio(audio, audio_below(tmp_path / "a"), "part/")
    join_audio(audio, audio_below(tmp_path / "a"), "part/")
    assert audio == {"part/1": str(tmp_path / "a" / "1.wav")}
    assert audio.same_name == []
    # The first stands for the name, and the others are told.
    join_audio(audio, audio_below(tmp_path / "b"), "part/")
    assert audio["part/1"] == str(tmp_path / "a" / "1.wav")
    assert sorted(Path(path).name for path in audio.same_name) == ["1.wav", "2.wav"]
    assert list(audio) == ["part/1", "part/2"]


def test_one_folder_or_several(tmp_path):
    assert folders(tmp_path) == folders([tmp_path]) == [tmp_path]
    assert folders("real") == ["real"]
