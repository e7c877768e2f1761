import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils import Bunch

from skvoicefake.audio import load_audio
from skvoicefake.datasets import cut_segments, load_folder, load_table
from skvoicefake.datasets._segments import _windows
from skvoicefake.model_selection import SpoofGroupKFold
from tests.checks.clips import noise

RATE = 16_000


@pytest.fixture
def corpus(tmp_path):
    """Two speakers, each with a real and a fake recording of 5.5 s."""
    for i, name in enumerate(["real/anna/1.wav", "real/ben/2.wav", "fake/anna/3.wav", "fake/ben/4.wav"]):
        path = tmp_path / "corpus" / name
        path.parent.mkdir(parents=True)
        soundfile.write(path, noise(int(5.5 * RATE), seed=i), RATE)
    return tmp_path / "corpus"


def test_windows_are_the_recording(corpus, tmp_path):
    clips = load_folder(corpus)
    windows = cut_segments(clips, tmp_path / "windows", duration=2)
    assert len(windows.data) == 8
    for row in windows.frame.itertuples():
        whole = load_audio(row.recording)
        samples, rate = soundfile.read(row.path, dtype="float32")
        assert (rate, len(samples)) == (RATE, 2 * RATE)
        assert soundfile.info(row.path).subtype == "PCM_16"
        np.testing.assert_allclose(samples, whole[int(row.start * RATE) : int(row.end * RATE)], atol=2**-15)
    assert windows.frame["start"].tolist() == [0, 2] * 4


def test_windows_keep_what_is_known_of_their_recording(tmp_path):
    lines = ["file,label,speaker,attack,city"]
    for i, line in enumerate(["real,anna,-,Bonn", "fake,anna,A01,Kyiv", "fake,-,A02,Rome"]):
        soundfile.write(tmp_path / f"{i}.wav", noise(2 * RATE, seed=i), RATE)
        lines.append(f"{i}.wav,{line}")
    (tmp_path / "clips.csv").write_text("\n".join(lines))
    clips = load_table(tmp_path / "clips.csv")
    windows = cut_segments(clips, tmp_path / "windows", duration=1)
    assert windows.target.tolist() == np.repeat(clips.target, 2).tolist()
    assert windows.attack.tolist() == ["-", "-", "A01", "A01", "A02", "A02"]
    assert windows.groups.tolist() == np.repeat(clips.groups, 2).tolist() == ["anna"] * 4 + [clips.data[2]] * 2
    assert windows.frame["recording"].tolist() == np.repeat(clips.data, 2).tolist()
    assert windows.data == windows.frame["path"].tolist()
    assert windows.report["groups"] == clips.report["groups"]
    assert windows.DESCR.endswith(clips.DESCR)
    assert "path" in clips.frame
    assert "recording" not in clips.frame, "the caller's table was changed"


def test_of_paths_alone_the_recording_is_the_group(corpus, tmp_path):
    paths = sorted(corpus.rglob("*.wav"))
    windows = cut_segments(paths, tmp_path / "windows", duration=2)
    assert windows.target is None
    assert windows.attack is windows.codec is windows.split is None
    assert windows.groups.tolist() == np.repeat([str(path) for path in paths], 2).tolist()


def test_windows_of_windows_keep_their_recording_as_group(corpus, tmp_path):
    paths = sorted(corpus.rglob("*.wav"))
    windows = cut_segments(paths, tmp_path / "windows", duration=2)
    again = cut_segments(windows, tmp_path / "again", duration=1)
    assert again.target is None
    assert again.groups.tolist() == np.repeat([str(path) for path in paths], 4).tolist()
    assert again.frame["recording"].tolist() == np.repeat(windows.data, 2).tolist()
    again = cut_segments(
        cut_segments(load_folder(corpus), tmp_path / "windows", duration=2), tmp_path / "again", duration=1
    )
    assert again.target.tolist() == ["fake"] * 8 + ["real"] * 8


def test_a_table_that_is_all_a_bunch_has(corpus, tmp_path):
    frame = load_folder(corpus).frame
    windows = cut_segments(Bunch(frame=frame), tmp_path / "windows", duration=5)
    assert windows.target.tolist() == frame["target"].tolist()
    assert windows.groups.tolist() == frame["group"].tolist()


def test_paths_one_by_one_and_a_rate_that_is_a_float(corpus, tmp_path):
    windows = cut_segments(corpus.rglob("*.wav"), tmp_path / "windows", duration=5, sample_rate=8000.0)
    assert len(windows.data) == 4
    assert soundfile.info(windows.data[0]).samplerate == 8000


def test_no_recording_is_on_both_sides_of_a_split(corpus, tmp_path):
    windows = cut_segments(load_folder(corpus), tmp_path / "windows", duration=0.5)
    for train, test in SpoofGroupKFold(2).split(windows.data, windows.target, windows.groups):
        recordings = windows.frame["recording"]
        assert not set(recordings[train]) & set(recordings[test])


@pytest.mark.parametrize(
    ("parameters", "spans"),
    [
        ({}, [(0, 3)]),
        ({"duration": 2}, [(0, 2), (2, 4)]),
        ({"duration": 2, "min_duration": 1}, [(0, 2), (2, 4), (4, 5.5)]),
        ({"duration": 2, "min_duration": 1.75}, [(0, 2), (2, 4)]),
        ({"duration": 2, "hop": 1.5}, [(0, 2), (1.5, 3.5), (3, 5)]),
        ({"duration": 2, "hop": 1.5, "min_duration": 0.25}, [(0, 2), (1.5, 3.5), (3, 5), (4.5, 5.5)]),
        ({"duration": 2.5, "hop": 1.5, "min_duration": 0.25}, [(0, 2.5), (1.5, 4), (3, 5.5)]),
        ({"duration": 1, "hop": 2}, [(0, 1), (2, 3), (4, 5)]),
        ({"duration": 10, "min_duration": 1}, [(0, 5.5)]),
        ({"duration": 2, "sample_rate": 8000}, [(0, 2), (2, 4)]),
    ],
)
def test_where_windows_are(tmp_path, parameters, spans):
    soundfile.write(tmp_path / "a.wav", noise(int(5.5 * RATE)), RATE)
    windows = cut_segments([tmp_path / "a.wav"], tmp_path / "windows", **parameters)
    rate = parameters.get("sample_rate", RATE)
    assert list(zip(windows.frame["start"], windows.frame["end"], strict=True)) == spans
    for path, (start, end) in zip(windows.data, spans, strict=True):
        assert soundfile.info(path).samplerate == rate
        assert soundfile.info(path).frames == (end - start) * rate


@given(st.lists(st.integers(0, 30), max_size=8), st.integers(1, 12), st.integers(1, 15), st.integers(1, 12))
def test_windows_do_not_depend_on_the_blocks(sizes, n_window, n_hop, n_least):
    n_least = min(n_least, n_window)
    whole = np.arange(sum(sizes), dtype=np.float32)
    blocks = np.split(whole, np.cumsum(sizes)[:-1]) if sizes else []
    found = [(i, window.tolist()) for i, window in _windows(blocks, n_window, n_hop, n_least)]
    starts = [start for start in range(0, len(whole), n_hop) if start + n_window <= len(whole)]
    expected = [(i, whole[start : start + n_window].tolist()) for i, start in enumerate(starts)]
    start = len(starts) * n_hop
    end = starts[-1] + n_window if starts else 0
    if end < len(whole) and len(whole) - start >= n_least:
        expected.append((len(starts), whole[start:].tolist()))
    assert found == expected


def test_silent_windows_are_left_out(tmp_path):
    waveform = noise(4 * RATE)
    waveform[RATE : 2 * RATE] = 0
    waveform[3 * RATE :] *= 10 ** (-50 / 20)  # noise of -20 dB: -70 dB
    soundfile.write(tmp_path / "a.wav", waveform, RATE, subtype="FLOAT")

    def starts(**parameters):
        return cut_segments([tmp_path / "a.wav"], tmp_path / "w", duration=1, **parameters).frame["start"].tolist()

    assert starts() == [0, 2]
    assert starts(skip_silence=-80) == [0, 2, 3]
    assert starts(skip_silence=None) == [0, 1, 2, 3]
    assert starts() == [0, 2]


def test_goes_on_where_it_was(corpus, tmp_path):
    paths = sorted(corpus.rglob("*.wav"))
    first = cut_segments(paths[:2], tmp_path / "windows")
    written = {path: Path(path).stat().st_mtime_ns for path in first.data}
    # What a run leaves that was killed in the middle of a recording.
    whole = cut_segments(paths, tmp_path / "other")
    stopped = tmp_path / "windows" / f"{Path(whole.data[-1]).parent.name}.part"
    stopped.mkdir()
    (stopped / "half.wav").write_bytes(b"RIFF")
    again = cut_segments(paths, tmp_path / "windows")
    assert {path: Path(path).stat().st_mtime_ns for path in again.data[: len(written)]} == written
    assert [Path(path).name for path in again.data] == [Path(path).name for path in whole.data]
    assert not list((tmp_path / "windows").rglob("*.part"))
    soundfile.write(paths[0], noise(7 * RATE, seed=7), RATE)
    assert len(cut_segments(paths[:1], tmp_path / "windows").data) == 2


def test_in_processes_the_same(corpus, tmp_path):
    alone = cut_segments(load_folder(corpus), tmp_path / "one", duration=1)
    together = cut_segments(load_folder(corpus), tmp_path / "two", duration=1, n_jobs=2)
    pd.testing.assert_frame_equal(alone.frame.drop(columns="path"), together.frame.drop(columns="path"))
    for one, two in zip(alone.data, together.data, strict=True):
        assert Path(one).read_bytes() == Path(two).read_bytes()


def test_recordings_that_cannot_be_cut_are_left_out_whole(corpus, tmp_path):
    broken, short, cut_off = tmp_path / "broken.wav", tmp_path / "short.wav", tmp_path / "cut.flac"
    broken.write_text("no sound")
    soundfile.write(short, noise(100), RATE)
    # A flac that breaks off after windows of it were written.
    soundfile.write(cut_off, noise(40 * RATE), RATE)
    cut_off.write_bytes(cut_off.read_bytes()[:-200_000])
    good = sorted(corpus.rglob("*.wav"))
    with pytest.warns(UserWarning, match="2 recordings that cannot be read: .*1 recording without a window") as caught:
        windows = cut_segments([broken, good[0], short, cut_off], tmp_path / "windows", duration=1)
    assert len(caught) == 1
    assert set(windows.frame["recording"]) == {str(good[0])}
    assert len(windows.report["bad_recordings"]) == 2
    assert windows.report["recordings_without_windows"] == [str(short)]
    assert sorted(path.stem.split("-")[0] for path in (tmp_path / "windows").iterdir()) == [good[0].stem, "short"]


def test_a_recording_is_cut_once_whatever_its_path(corpus, tmp_path, monkeypatch):
    monkeypatch.chdir(corpus)
    path, other, link = Path("real/anna/1.wav"), Path("real/ben/2.wav"), tmp_path / "link.wav"
    link.symlink_to(path.absolute())
    again = [path, path.absolute(), "real/../real/anna/1.wav", link]
    with pytest.warns(UserWarning, match="4 recordings that came before: 'real/anna/1.wav', .*; left out"):
        windows = cut_segments([path, other, *again], tmp_path / "windows", duration=2)
    assert len(set(windows.data)) == len(windows.data) == 4
    assert windows.groups.tolist() == [str(path)] * 2 + [str(other)] * 2
    assert windows.report["repeated_recordings"] == [str(name) for name in again]


def test_groups_of_one_recording_become_one(corpus, tmp_path):
    clips = load_folder(corpus)
    again = clips.frame.iloc[[0]].assign(group="twin")
    tied = clips.frame.iloc[[1]].assign(group="twin")
    rest = clips.frame.iloc[2:]
    twice = Bunch(frame=pd.concat([clips.frame.iloc[[0]], again, tied, rest]), report=clips.report)
    with pytest.warns(UserWarning, match="1 recording that came before"):
        windows = cut_segments(twice, tmp_path / "windows", duration=5)
    assert windows.groups.tolist() == ["anna", "anna", "anna", "ben"]
    twice.frame["target"] = ["fake", "real", "fake", "real", "real"]
    with pytest.raises(ValueError, match=r"3\.wav: both real and fake by its rows"):
        cut_segments(twice, tmp_path / "windows")


@pytest.mark.skipif(os.name != "posix", reason="file names are any bytes there")
@pytest.mark.parametrize("name", [b"\xe9t\xe9 \xff.wav", "Ωδή 名前.wav".encode(), b"a" * 250 + b".wav", b"a.b.wav"])
def test_any_name(tmp_path, name):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    (tmp_path / "a.wav").write_bytes(b"")
    soundfile.write(tmp_path / "a.wav", noise(2 * RATE), RATE)
    (tmp_path / "a.wav").rename(path)
    windows = cut_segments([path], tmp_path / "windows", duration=1)
    assert [len(load_audio(window)) for window in windows.data] == [RATE, RATE]


@pytest.mark.parametrize(
    ("clips", "parameters", "message"),
    [
        ("a.wav", {}, r"sequence of paths, got the one path 'a.wav'. Wrap it: \[path\]"),
        (["a.wav", np.zeros(3)], {}, r"clips\[1\]: expected a path, got ndarray"),
        ([], {}, "clips is empty"),
        (["a.wav"], {"duration": 0}, "duration must be a positive number of seconds, a sample at least, got 0"),
        (["a.wav"], {"duration": np.nan}, "duration must be a positive number"),
        (["a.wav"], {"hop": -1}, "hop must be a positive number of seconds"),
        (["a.wav"], {"min_duration": 4}, "min_duration=4 must be at most duration=3"),
        (["a.wav"], {"duration": "3"}, "duration must be a positive number of seconds, a sample at least, got '3'"),
        (["a.wav"], {"hop": True}, "hop must be a positive number of seconds, a sample at least, got True"),
        (["a.wav"], {"skip_silence": "x"}, "skip_silence must be a number of dB, such as -60, .* got 'x'"),
        (["a.wav"], {"skip_silence": np.nan}, "skip_silence must be a number of dB, .* got nan"),
        (["a.wav"], {"sample_rate": "16000"}, "sample_rate must be a whole number .* got '16000'"),
        (["a.wav"], {"sample_rate": np.inf}, "sample_rate must be a whole number .* got inf"),
        (Bunch(data=["a.wav"]), {}, "expected a Bunch of a reader, .* column 'path', got one of 'data'"),
        (Bunch(frame=pd.DataFrame({"file": ["a.wav"]})), {}, "whose 'frame' is a table with a column 'path'"),
        (["a.wav"], {"sample_rate": 44.1}, "sample_rate must be a whole number from 1000 to 768000 Hz, got 44.1"),
        (["nowhere.wav"], {}, "no window is left of 1 recordings: 1 recording that cannot be read: .*no such file"),
    ],
)
def test_refuses(tmp_path, clips, parameters, message):
    with pytest.raises(ValueError, match=message):
        cut_segments(clips, tmp_path / "windows", **parameters)


def test_refuses_to_lose_a_class(corpus, tmp_path):
    clips = load_folder(corpus)
    for path in clips.frame["path"][clips.frame["target"] == "real"]:
        soundfile.write(path, np.zeros(RATE * 4), RATE)
    with pytest.raises(ValueError, match=r"no window of real recordings is left: 2 recordings without a window of 3 s"):
        cut_segments(clips, tmp_path / "windows")
