from pathlib import Path

import pandas as pd
import pytest

from skvoicefake.datasets._corpus import Corpus, assemble, group_names, pick
from skvoicefake.datasets._files import audio_below
from tests.checks.trees import put

CORPUS = Corpus("Talk", "CC BY 4.0", "Doe, 2020.", "https://example.org", groups=("speaker", "recording"))
FAKES = Corpus("Fakes", "CC BY 4.0", "Doe, 2020.", "https://example.org", classes=("fake",), aside=r"silence_\d+")


@pytest.fixture
def talk(tmp_path):
    """Return a function that assembles rows of clip, label, speaker and recording, with audio for some."""

    def load(rows, *, corpus=CORPUS, columns=("clip", "label", "speaker", "recording"), **parameters):
        table = pd.DataFrame(rows, columns=list(columns), dtype=object)
        table.index = pd.Index([f"key.txt:{i}" for i in range(1, len(rows) + 1)], dtype=object)
        return assemble(corpus, table, audio_below(tmp_path), tmp_path, **parameters)

    put(tmp_path, "a.wav", "b.wav", "c.wav", "d.wav")
    return load


ROWS = [("a", "real", "anna", "r1"), ("b", "fake", "ben", "r1"), ("c", "fake", "-", "-"), ("d", "real", "", "r4")]


def test_what_is_known_of_clips(talk, tmp_path):
    clips = talk(ROWS)
    assert clips.data == [str(tmp_path / f"{name}.wav") for name in "abcd"]
    assert clips.target.tolist() == ["real", "fake", "fake", "real"]
    assert clips.frame["speaker"].tolist() == ["anna", "ben", "-", "-"]
    # Two keys tie a and b together; c is known by nothing.
    assert clips.groups.tolist() == ["speaker=anna", "speaker=anna", str(tmp_path / "c.wav"), "recording=r4"]
    assert clips.attack is clips.codec is clips.split is None
    assert clips.DESCR.splitlines() == [
        f"{tmp_path}: 2 real and 2 fake clips.",
        "Groups: 3 (speaker, recording).",
        "Talk. Licence: CC BY 4.0.",
        "Reference: Doe, 2020.",
        "From https://example.org",
    ]
    assert talk(ROWS, groups="speaker").groups.tolist()[:2] == ["anna", "ben"]


def test_a_corpus_without_groups_has_none(talk):
    clips = talk(ROWS, corpus=Corpus("Talk", "-", "-", "-"))
    assert clips.groups is None
    assert "Groups: none" in clips.DESCR


def test_a_corpus_of_fakes_alone(talk, tmp_path):
    put(tmp_path, "silence_1.wav")
    rows = [(name, "fake", "anna", "-") for name in "abcd"]
    clips = talk(rows, corpus=FAKES)
    assert set(clips.target) == {"fake"}
    assert clips.report["n_aside"] == 1
    with pytest.raises(ValueError, match="expected real and fake clips, found 4 that are all fake; none is real"):
        talk(rows)


def test_details_that_contradict_one_another(talk):
    rows = [*ROWS, ("d", "real", "carl", "r4"), ("a", "real", "anna", "r1")]
    with pytest.warns(UserWarning, match="1 line that came before: 'key.txt:6: a'") as caught:
        clips = talk(rows)
    assert len(caught) == 1
    assert [Path(path).stem for path in clips.data] == ["a", "b", "c"]
    assert clips.report["contradictory_lines"] == ["key.txt:4: d real", "key.txt:5: d real"]


def test_a_clip_in_two_splits_is_in_none(talk):
    columns = ("clip", "label", "split")
    rows = [("a", "real", "train"), ("b", "fake", "train"), ("c", "fake", "test"), ("d", "real", "test")]
    for splits in ("train", None):
        with pytest.warns(UserWarning, match="2 lines about a clip of which another line says otherwise"):
            clips = talk(
                [*rows, ("c", "fake", "train")],
                columns=columns,
                corpus=FAKES if splits is None else CORPUS,
                splits=splits,
            )
        assert "c" not in [Path(path).stem for path in clips.data]
    assert talk(rows, columns=columns, splits="test").split.tolist() == ["test", "test"]
    with pytest.raises(ValueError, match=r"Talk: no split 'dev'; there are 'train', 'test'\."):
        talk(rows, columns=columns, splits="dev")
    with pytest.raises(ValueError, match="no split 'dev'; there are none"):
        talk(ROWS, splits="dev")


def test_labels_in_other_words(talk):
    rows = [("a", "Bona-Fide"), ("b", "SPOOF"), ("c", "deepfake"), ("d", "genuine")]
    assert talk(rows, columns=("clip", "label")).target.tolist() == ["real", "fake", "fake", "real"]
    rows[2] = ("c", "1")
    with pytest.warns(
        UserWarning, match="1 line with a label that is no word for real or fake speech: 'key.txt:3: c 1'"
    ):
        assert len(talk(rows, columns=("clip", "label")).data) == 3


def test_lines_of_files_that_share_a_name(tmp_path):
    put(tmp_path, "a.wav", "b.wav")
    rows = [("a", "real"), ("b", "fake"), ("gone", "fake")]
    # Many folders may have a meta.csv each.
    table = pd.DataFrame(rows, columns=["clip", "label"], index=["meta.csv:2"] * 3, dtype=object)
    with pytest.warns(UserWarning, match="meta.csv:2: gone"):
        clips = assemble(CORPUS, table, audio_below(tmp_path), tmp_path)
    assert clips.target.tolist() == ["real", "fake"]


def test_no_line_at_all(talk):
    with pytest.raises(
        FileNotFoundError, match=r"none of 0 lines can be used: 1 line not in the layout: 'key\.txt:1: x'"
    ):
        talk([], unparsed=["key.txt:1: x"])


def test_warnings_name_the_callers_line(talk):
    with pytest.warns(UserWarning, match="1 line not in the layout") as caught:
        talk(ROWS, unparsed=["key.txt:9: x"])
    assert caught[0].filename == __file__


def test_splits_in_their_own_order():
    assert pick(["eval", "train", "eval"], ["train", "dev", "eval"], "here") == ["train", "eval"]
    assert pick(None, ["train", "dev"], "here") == ["train", "dev"]
    with pytest.raises(ValueError, match=r"here: no version 'x'; there are 'a'\."):
        pick("x", ["a"], "here", what="version")
    with pytest.raises(ValueError, match="no split"):
        pick([], ["a"], "here")


def test_names_of_groups_are_those_of_a_key():
    frame = pd.DataFrame({"path": ["1", "2", "3"], "speaker": [None, "anna", "-"], "recording": ["x", "x", " "]})
    assert group_names(frame, ["speaker"]) == ["1", "anna", "3"]
    assert group_names(frame, ["speaker", "recording"]) == ["recording=x", "recording=x", "3"]
