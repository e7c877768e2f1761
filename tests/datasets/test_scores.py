from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skvoicefake.datasets import join_scores, load_key, load_scores, save_scores


@pytest.mark.parametrize(
    "text",
    [
        "LA_E_1 2.5\nNA -1e-3\n",
        "LA_E_1   2.5\n NA -1e-3\n\n",
        "LA_E_1 A07 spoof 2.5\nNA - bonafide -1e-3\n",
        "filename\tcm-score\nLA_E_1\t2.5\nNA\t-1e-3\n",
        "\ufefffilename\tcm-score\r\nLA_E_1\t2.5\r\nNA\t-1e-3\r\n",
        "path,label,probability,score,warnings,error\nLA_E_1,real,0.9,2.5,,\nNA,fake,0.6,-1e-3,short,\n",
    ],
    ids=["2021", "blanks", "2019", "5", "windows", "csv"],
)
def test_score_layouts(write, text):
    scores = load_scores(write(text))
    assert scores["clip"].tolist() == ["LA_E_1", "NA"]
    assert scores["score"].tolist() == [2.5, -1e-3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("a b c\n", "expected 'clip score'.*found 3 columns: 'a b c'"),
        ("filename,label\na,real\n", "names a clip and a score; found 2 columns"),
        ("a 1\nb\n", "line 2 has 1 columns, the first has 2: 'b'"),
        ("a 1\nb nan\nc much\n", r"2 scores are no finite numbers \('b': 'nan', 'c': 'much'\)"),
        ("a 1\na 2\n", "1 clips are there more than once, such as 'a'"),
        ("a 1,5\nb 2,5\n", "expected numbers with a decimal point, found a comma: 'a 1,5'"),
        ("voice value\na 1\n", "names a clip and a score; found 2 columns: 'voice value'"),
    ],
    ids=["empty", "columns", "header", "uneven", "numbers", "twice", "comma", "unknown header"],
)
def test_score_files_that_are_refused(write, text, message):
    with pytest.raises(ValueError, match=rf"file.txt: .*{message}"):
        load_scores(write(text))


def test_a_score_file_that_is_no_text(tmp_path):
    (tmp_path / "scores.npy").write_bytes(b"\x93NUMPY\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"scores\.npy: expected a text file"):
        load_scores(tmp_path / "scores.npy")
    with pytest.raises(FileNotFoundError, match=r"nothing\.txt: no such file"):
        load_scores(tmp_path / "nothing.txt")


def frame(clips, **columns):
    return pd.DataFrame({"clip": clips, **columns})


def test_scores_are_joined_by_name():
    key = frame(["a", "b"], label=["real", "fake"])
    assert join_scores(frame(["b", "x", "a"], score=[1.0, 9.0, 2.0]), key)["score"].tolist() == [2.0, 1.0]
    assert join_scores(frame(["f/b.flac", "f\\a.flac"], score=[1.0, 2.0]), key)["score"].tolist() == [2.0, 1.0]


def test_names_are_joined_as_they_are_where_that_is_possible():
    key = frame(["x/a.wav", "y/a.wav"], label=["real", "fake"])
    assert join_scores(frame(["y/a.wav", "x/a.wav"], score=[1.0, 2.0]), key)["score"].tolist() == [2.0, 1.0]


def test_scores_that_cannot_be_joined():
    key = frame(["a", "b", "c"], label=["real", "fake", "fake"])
    with pytest.raises(ValueError, match=r"2 of the 3 clips of the key have no score, such as 'b'.* clips like 'a'"):
        join_scores(frame(["a"], score=[1.0]), key)
    with pytest.raises(ValueError, match="the scores: 1 clips are there more than once"):
        join_scores(frame(["a", "a"], score=[1.0, 2.0]), frame(["a"], label=["real"]))
    with pytest.raises(ValueError, match=r"the score file: 'a' may be 'x/a\.wav' or 'x/a\.flac'"):
        join_scores(frame(["x/a.wav", "x/a.flac"], score=[1.0, 2.0]), frame(["a"], label=["real"]))


def test_folders_tell_clips_of_one_name_apart(tmp_path):
    clips = ["data/real/anna/0.wav", "data/fake/anna/0.wav", "data/fake/ben/0.mp3"]
    save_scores(tmp_path / "s.txt", clips, [1, 2, 3])
    scores = load_scores(tmp_path / "s.txt")
    assert scores["clip"].tolist() == ["real/anna/0", "fake/anna/0", "fake/ben/0"]
    key = frame(["elsewhere/" + clip for clip in clips], label=["real", "fake", "fake"])
    assert join_scores(scores, key)["score"].tolist() == [1, 2, 3]


def test_what_a_clip_is_joined_to_does_not_depend_on_others(tmp_path):
    save_scores(tmp_path / "s.txt", ["corpus/0.wav", "corpus/eval/0.wav"], [9, -9])
    scores = load_scores(tmp_path / "s.txt")
    assert join_scores(scores, frame(["corpus/eval/0.wav"], label=["real"]))["score"].tolist() == [-9]
    clips = [f"corpus/{split}/{label}/{i}.wav" for split in ("dev", "eval") for label in ("real", "fake") for i in "01"]
    save_scores(tmp_path / "s.txt", clips, range(8))
    scores = load_scores(tmp_path / "s.txt")
    assert join_scores(scores, frame(clips[4:], label=["real", "real", "fake", "fake"]))["score"].tolist() == [
        4,
        5,
        6,
        7,
    ]
    with pytest.raises(ValueError, match="1 of the 1 clips of the key have no score"):
        join_scores(frame(["dev/0"], score=[1.0]), frame(["eval/0"], label=["real"]))
    with pytest.raises(ValueError, match=r"Two clips of the key have one score, such as 'y/a'"):
        join_scores(frame(["a"], score=[1.0]), frame(["x/a", "y/a"], label=["real", "fake"]))


@settings(max_examples=50)
@given(scores=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
@pytest.mark.parametrize("layout", ["asvspoof2019", "asvspoof2021", "asvspoof5"])
def test_what_is_written_is_read(tmp_path_factory, layout, scores):
    path = tmp_path_factory.mktemp("scores") / "scores.txt"
    clips = [f"E_{i}" for i in range(len(scores))]
    save_scores(path, [f"flac/{clip}.flac" for clip in clips], scores, layout=layout)
    read = load_scores(path)
    assert read["clip"].tolist() == clips
    np.testing.assert_array_equal(read["score"], scores)


def test_the_layout_of_2019_has_attack_and_key(tmp_path):
    key = {"label": ["fake", "real"], "attack": ["A07", "-"]}
    save_scores(tmp_path / "s.txt", ["a.wav", "b.wav"], [-1, 2.5], layout="asvspoof2019", key=key)
    assert (tmp_path / "s.txt").read_text() == "a A07 spoof -1.0\nb - bonafide 2.5\n"


def test_a_key_with_names_is_matched_by_them(tmp_path):
    key = frame(["b.flac", "x", "a"], label=["bonafide", "spoof", "spoof"], attack=["-", "A1", "A07"])
    save_scores(tmp_path / "s.txt", [Path("f/a.wav"), "b.wav"], [-1, 2.5], layout="asvspoof2019", key=key)
    assert (tmp_path / "s.txt").read_text() == "a A07 spoof -1.0\nb - bonafide 2.5\n"


def test_a_key_is_matched_by_folders_too(tmp_path):
    key = frame(["a.wav", "fake/a.wav"], label=["real", "fake"], attack=["-", "A1"])
    save_scores(tmp_path / "s.txt", ["fake/a.wav"], [1], layout="asvspoof2019", key=key)
    assert (tmp_path / "s.txt").read_text() == "a A1 spoof 1.0\n"
    with pytest.raises(ValueError, match=r"key: 'a' may be 'a\.wav' or 'a\.flac'"):
        save_scores(
            tmp_path / "s.txt", ["a"], [1], layout="asvspoof2019", key=frame(["a.wav", "a.flac"], label=["real"] * 2)
        )


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ({"clip": ["a"], "label": ["real"]}, "key does not hold 1 of the clips, such as 'b'"),
        ({"label": ["real"]}, "key has 1 rows, for 2 clips"),
        ({"label": [0, 1]}, "the label 0 is no word"),
        ({"attack": ["A1", "Griffin Lim"]}, "'Griffin Lim'"),
    ],
    ids=["names", "length", "labels", "blanks"],
)
def test_keys_that_do_not_fit_the_scores(tmp_path, key, message):
    with pytest.raises(ValueError, match=message):
        save_scores(tmp_path / "s.txt", ["a", "b"], [1, 2], layout="asvspoof2019", key=key)


@pytest.mark.parametrize(
    ("clips", "scores", "layout", "message"),
    [
        (["a"], [1, 2], "asvspoof2021", "1 clips and 2 scores"),
        (["a"], [np.nan], "asvspoof2021", "1 scores are NaN or infinite, such as that of 'a'"),
        (["a b"], [1], "asvspoof2021", "'a b'"),
        (["x/a.wav", "x/a.mp3"], [1, 2], "asvspoof2021", "more than once, such as 'a'"),
        (["a"], [1], "2021", "layout='2021': expected 'asvspoof2019'"),
    ],
    ids=["lengths", "nan", "blanks", "twice", "layout"],
)
def test_scores_that_are_not_written(tmp_path, clips, scores, layout, message):
    with pytest.raises(ValueError, match=message):
        save_scores(tmp_path / "s.txt", clips, scores, layout=layout)
    assert not (tmp_path / "s.txt").exists()


def test_a_dot_inside_a_name_is_no_suffix(tmp_path):
    save_scores(tmp_path / "s.txt", ["take.1", "v1.wav", ".hidden"], [1, 2, 3])
    assert load_scores(tmp_path / "s.txt")["clip"].tolist() == ["take.1", "v1", ".hidden"]


@pytest.mark.parametrize(("read", "header"), [(load_scores, "path,score"), (load_key, "path,label\n")])
def test_a_header_alone_is_an_error(read, header, tmp_path):
    (tmp_path / "alone.csv").write_text(header)
    with pytest.raises(ValueError, match=r"alone\.csv: there is a header, and no line below it"):
        read(tmp_path / "alone.csv")
