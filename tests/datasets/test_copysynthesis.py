import functools
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from skvoicefake.audio import load_audio
from skvoicefake.datasets import make_copysynthesis
from skvoicefake.datasets._copysynthesis import FAKE_NAME

RATE = 16_000


def has(module):
    return pytest.mark.skipif(importlib.util.find_spec(module) is None, reason=f"needs {module}, of the demo extra")


def voice(seconds=0.6, f0=140.0, seed=0):
    """A buzz with moving formants: enough like a vowel for a vocoder to find a pitch."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    harmonics = sum(np.sin(2 * np.pi * f0 * k * t + rng.uniform(0, 6)) / k for k in range(1, 25))
    return (0.1 * harmonics * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * t))).astype(np.float32)


@pytest.fixture
def recordings(tmp_path):
    folder = tmp_path / "real"
    folder.mkdir()
    paths = []
    for i in range(2):
        path = folder / f"sentence{i}.wav"
        soundfile.write(path, voice(seed=i, f0=120 + 40 * i), RATE)
        paths.append(path)
    return paths


def rms(y):
    return float(np.sqrt(np.mean(np.square(y))))


@pytest.mark.parametrize("method", [pytest.param("world", marks=has("pyworld")), "griffinlim"])
def test_copies_keep_length_level_and_spectrum(recordings, tmp_path, method):
    fakes = make_copysynthesis(recordings, tmp_path / "fake", methods=[method])
    assert fakes["source"].tolist() == [str(path) for path in recordings]
    for row in fakes.itertuples():
        real, fake = load_audio(row.source), load_audio(row.path)
        assert len(fake) == len(real)
        assert rms(fake) == pytest.approx(rms(real), rel=0.02)
        assert not np.allclose(fake, real, atol=0.01)  # A copy of the voice, not of the file.
        spectra = [np.abs(np.fft.rfft(y))[: len(y) // 4] for y in (real, fake)]
        smooth = [np.convolve(s, np.ones(50) / 50, "same") for s in spectra]
        assert np.corrcoef(*smooth)[0, 1] > 0.9


@has("hibari")
def test_text_to_speech_speaks_only_what_has_a_text(recordings, tmp_path):
    fakes = make_copysynthesis(
        recordings, tmp_path / "fake", methods=["tts"], texts={str(recordings[1]): "Please hold on."}
    )
    assert fakes["source"].tolist() == [str(recordings[1])]
    spoken = load_audio(fakes["path"][0])
    assert 0.5 * RATE < len(spoken) < 4 * RATE
    assert rms(spoken) > 0.01


def test_goes_on_where_it_was(recordings, tmp_path):
    first = make_copysynthesis(recordings[:1], tmp_path / "fake", methods=["griffinlim"])
    written = [tmp_path.joinpath(path).stat().st_mtime_ns for path in first["path"]]
    again = make_copysynthesis(recordings, tmp_path / "fake", methods=["griffinlim"])
    assert again["path"][0] == first["path"][0]
    assert [tmp_path.joinpath(path).stat().st_mtime_ns for path in first["path"]] == written
    assert len(again) == 2
    assert not list((tmp_path / "fake").glob("*.part"))


def test_same_fakes_in_processes(recordings, tmp_path):
    alone = make_copysynthesis(recordings, tmp_path / "one", methods=["griffinlim"])
    together = make_copysynthesis(recordings, tmp_path / "two", methods=["griffinlim"], n_jobs=2)
    for a, b in zip(alone["path"], together["path"], strict=True):
        assert np.array_equal(load_audio(a), load_audio(b))


def test_equal_names_in_two_folders_do_not_meet(recordings, tmp_path):
    other = tmp_path / "other" / recordings[0].name
    other.parent.mkdir()
    soundfile.write(other, voice(seed=9), RATE)
    fakes = make_copysynthesis([recordings[0], other], tmp_path / "fake", methods=["griffinlim"])
    assert fakes["path"].nunique() == 2


def halved(waveform, sample_rate):
    return waveform / 2


def test_channel_and_duration(recordings, tmp_path):
    plain = make_copysynthesis(recordings[:1], tmp_path / "fake", methods=["griffinlim"], duration=0.25)
    through = make_copysynthesis(
        recordings[:1], tmp_path / "fake", methods=["griffinlim"], duration=0.25, channel=halved
    )
    y, z = load_audio(plain["path"][0]), load_audio(through["path"][0])
    assert len(y) == 0.25 * RATE
    np.testing.assert_allclose(z, y / 2, atol=2 / 32768)


def tenth(waveform, sample_rate):
    return waveform / 10


def to_nothing(waveform, sample_rate):
    return None


def to_stereo(waveform, sample_rate):
    return np.stack([waveform, waveform])


def to_nan(waveform, sample_rate):
    return waveform * np.nan


def test_other_channels_and_other_sources_make_other_fakes(recordings, tmp_path):
    make = functools.partial(make_copysynthesis, recordings[:1], tmp_path / "fake", methods=["griffinlim"])
    half, soft = make(channel=halved), make(channel=tenth)
    assert rms(load_audio(soft["path"][0])) == pytest.approx(0.2 * rms(load_audio(half["path"][0])), rel=0.01)
    assert make(channel=halved)["path"].tolist() == half["path"].tolist()
    soundfile.write(recordings[0], 0.5 * voice(seed=5), RATE)
    renewed = make(channel=halved)
    assert rms(load_audio(renewed["path"][0])) == pytest.approx(0.5 * rms(load_audio(recordings[0])), rel=0.02)


@pytest.mark.parametrize("channel", [to_nothing, to_stereo, to_nan])
def test_channel_must_return_a_waveform(recordings, tmp_path, channel):
    with pytest.raises(ValueError, match="channel must return a 1-D array of finite samples"):
        make_copysynthesis(recordings, tmp_path / "fake", methods=["griffinlim"], channel=channel)


@pytest.mark.parametrize("channel", [lambda waveform, rate: waveform, functools.partial(halved)])
def test_channel_must_have_a_name(recordings, tmp_path, channel):
    with pytest.raises(ValueError, match="channel must be a function of a module"):
        make_copysynthesis(recordings, tmp_path / "fake", methods=["griffinlim"], channel=channel)


def test_name_tells_the_source(recordings, tmp_path):
    fakes = make_copysynthesis(recordings, tmp_path / "fake", methods=["griffinlim"])
    for row in fakes.itertuples():
        assert FAKE_NAME.fullmatch(Path(row.path).stem)["source"] == Path(row.source).stem


def test_bad_clips_are_listed_once_and_left_out(recordings, tmp_path):
    broken = tmp_path / "broken.wav"
    broken.write_text("this is no sound")
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(4000), RATE)
    click = tmp_path / "click.wav"
    soundfile.write(click, np.ones(100) / 2, RATE)
    with pytest.warns(UserWarning, match="3 clips could not be read") as caught:
        fakes = make_copysynthesis([broken, silent, click, recordings[0]], tmp_path / "fake", methods=["griffinlim"])
    assert len(caught) == 1
    assert "broken.wav" in str(caught[0].message)
    assert "silent" in str(caught[0].message)
    assert fakes["source"].tolist() == [str(recordings[0])]


def test_errors(recordings, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="sequence of paths"):
        make_copysynthesis(str(recordings[0]), tmp_path)
    with pytest.raises(ValueError, match=r"clips\[1\]: expected a path, got ndarray"):
        make_copysynthesis([recordings[0], np.zeros(3)], tmp_path)
    with pytest.raises(ValueError, match="Wrap it: \\['world'\\]"):
        make_copysynthesis(recordings, tmp_path, methods="world")
    with pytest.raises(ValueError, match=r"texts names 1 paths that are not in clips, such as .*elsewhere"):
        make_copysynthesis(recordings, tmp_path, methods=["griffinlim"], texts={"elsewhere.wav": "Hello."})
    with pytest.raises(ValueError, match="methods must be among"):
        make_copysynthesis(recordings, tmp_path, methods=["vocoder"])
    with pytest.raises(ValueError, match="needs texts"):
        make_copysynthesis(recordings, tmp_path, methods=["tts"])
    monkeypatch.setitem(sys.modules, "pyworld", None)
    with pytest.raises(ImportError, match=r"needs pyworld: pip install 'skvoicefake\[demo\]'"):
        make_copysynthesis(recordings, tmp_path, methods=["world"])
