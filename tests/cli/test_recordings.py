from pathlib import Path

import numpy as np
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


def test_missing_prompts_say_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(_recordings, "PROMPTS", tmp_path)
    with pytest.raises(FileNotFoundError, match="apt-get install asterisk-core-sounds-en-g722"):
        _recordings.telephone_prompts(tmp_path, 8, seed=0, n_jobs=1)
