from pathlib import Path

import pytest

from skvoicefake.cli import UsageError
from skvoicefake.cli._inputs import named, unique_paths, why_empty


def test_no_file_twice_whatever_way_it_is_written(corpus, monkeypatch):
    monkeypatch.chdir(corpus)
    given = ["real/ben/1.wav", "./real/ben", str(corpus / "real/ben/0.wav"), "real/../real/ben/2.wav"]
    assert list(unique_paths(given)) == ["real/ben/1.wav", "real/ben/0.wav", "real/ben/2.wav", "real/ben/3.wav"]
    assert list(unique_paths(given, done=["real/ben/3.wav", str(corpus / "real/ben/2.wav")])) == [
        "real/ben/1.wav",
        "real/ben/0.wav",
    ]


def test_what_is_no_audio_and_not_there_is_the_name_of_a_detector(quick_detector, corpus, monkeypatch):
    monkeypatch.chdir(corpus)
    clip, folder = "real/ben/1.wav", "real"
    assert named([str(quick_detector), clip]) == (Path(quick_detector), [clip])
    assert named(["detectr", clip]) == (Path("detectr"), [clip])
    for inputs in ([clip], [folder, clip], ["nowhere.wav", clip], ["detectr"], ["-"], ["s3://bucket/detectr", clip]):
        assert named(inputs) == (None, inputs)
    with pytest.raises(UsageError, match=r"expected files to judge with the detector model\.skvf"):
        named(["model.skvf"])


def test_only_of_a_folder_it_is_said_that_it_is_empty(tmp_path):
    (tmp_path / "notes.txt").touch()
    assert list(unique_paths([str(tmp_path)])) == [str(tmp_path)]
    assert why_empty(str(tmp_path)) == "no audio below this folder."
    assert why_empty(str(tmp_path / "notes.txt")) == why_empty(str(tmp_path / "nowhere")) == ""
