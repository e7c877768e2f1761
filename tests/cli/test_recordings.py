from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from skvoicefake.cli import _recordings

pytest.importorskip("G722", reason="needs G722, of the demo extra")


def test_g722_round_trip_keeps_the_signal():
    t = np.arange(16_000) / 16_000
    y = (0.3 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)
    z = _recordings.through_g722(y, 16_000)
    assert z.dtype == np.float32
    assert abs(len(z) - len(y)) <= 2
    # The codec delays by some samples and adds noise 30 dB below.
    lag = int(np.argmax(np.correlate(z[2000:6000], y[2000:5900], "valid")))
    error = z[2000 + lag : 12_000 + lag] - y[2000:12_000]
    assert np.std(error) < 0.05 * np.std(y)


@pytest.mark.parametrize(
    ("path", "seconds", "expected"),
    [
        ("vm-goodbye.g722", 2, True),
        ("digits/1.g722", 0.5, False),
        ("silence/5.g722", 5, False),
        ("beep.g722", 2, False),
        ("story.g722", 60, False),
    ],
)
def test_is_sentence(path, seconds, expected):
    assert _recordings.is_sentence(Path(path), int(seconds * 8000)) is expected


def test_labelled_folder_reads_the_words_of_the_field(tmp_path):
    tone = 0.1 * np.sin(np.arange(8000) / 8)
    for name in ("Bona-Fide/anna/a.wav", "SPOOF/anna/a.flac", "SPOOF/ben/b.wav", "notes/c.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone, 16_000)
    (tmp_path / "SPOOF" / "ben" / "readme.txt").write_text("not audio")
    clips = _recordings.labelled_folder(tmp_path)
    rows = set(clips[["speaker", "sentence", "target"]].itertuples(index=False, name=None))
    assert rows == {("anna", "a", "real"), ("anna", "a", "fake"), ("ben", "b", "fake")}


def test_folders_that_will_not_do(tmp_path, capsys):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        _recordings.speech_folder(tmp_path / "nowhere", tmp_path, n_jobs=1)
    with pytest.raises(FileNotFoundError, match="no recordings below"):
        _recordings.audio_files(tmp_path)
    with pytest.raises(FileNotFoundError, match="real/ and fake/ inside"):
        _recordings.labelled_folder(tmp_path)
    (tmp_path / "broken.wav").write_text("no sound")
    with pytest.raises(FileNotFoundError, match="no recordings below"):
        _recordings.audio_files(tmp_path)
    assert "left out" in capsys.readouterr().out


def test_an_output_inside_the_folder_is_no_speech(tmp_path):
    for name in ("talk/a.wav", "out/clips/real/a.wav", "out/clips/fake/a-world-0123456789.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.1 * np.sin(np.arange(8000) / 8), 16_000)
    assert _recordings.audio_files(tmp_path, leave_out=tmp_path / "out") == [tmp_path / "talk" / "a.wav"]


def test_recordings_that_begin_with_silence_are_left_out(tmp_path, capsys):
    late = np.concatenate([np.zeros(4 * 16_000), 0.1 * np.sin(np.arange(16_000) / 8)])
    soundfile.write(tmp_path / "late.wav", late, 16_000)
    soundfile.write(tmp_path / "good.wav", late[::-1], 16_000)
    assert _recordings.audio_files(tmp_path) == [tmp_path / "good.wav"]
    assert "late.wav': its first 3 seconds are silent" in capsys.readouterr().out


def test_fakes_share_the_sentence_and_speaker_of_their_source(tmp_path):
    rows = []
    for i in range(2):
        path = tmp_path / "talk" / f"{i}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, 0.1 * np.sin(np.arange(8000) / (8 + i)), 16_000)
        rows.append((str(path), f"speaker{i}", f"sentence{i}"))
    real = pd.DataFrame(rows, columns=["path", "speaker", "sentence"])
    clips = _recordings.with_fakes(real, tmp_path / "out", texts=None, n_jobs=1)
    assert clips.groupby("sentence")["generator"].agg(set).tolist() == [{"-", "world", "griffinlim"}] * 2
    assert clips.groupby("sentence")["speaker"].agg(set).tolist() == [{"speaker0"}, {"speaker1"}]
    # The same files as somebody's own folder of real/ and fake/: the names tell what belongs together.
    for row in clips.itertuples():
        target = tmp_path / "corpus" / row.target / Path(row.path).name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(Path(row.path).read_bytes())
    again = _recordings.labelled_folder(tmp_path / "corpus")
    assert again.groupby("sentence")["target"].value_counts().tolist() == [2, 1, 2, 1]


def test_missing_prompts_say_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(_recordings, "PROMPTS", tmp_path)
    with pytest.raises(FileNotFoundError, match="apt-get install asterisk-core-sounds-en-g722"):
        _recordings.telephone_prompts(tmp_path, 8, seed=0, n_jobs=1)
