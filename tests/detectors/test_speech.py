import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skvoicefake.audio import load_audio
from skvoicefake.detectors import _speech
from skvoicefake.detectors._speech import MEASURES, PERIODIC, measured_frames, speech_measures
from tests.checks.speech import speech

RATE = 16_000
TIME = np.arange(3 * RATE) / RATE


def speech_seconds(y, rate):
    return speech_measures(y, rate)[0]


def coloured(slope, seed=0):
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=len(TIME)))
    frequencies = np.fft.rfftfreq(len(TIME), 1 / RATE)
    spectrum *= (frequencies > 20) * (np.maximum(frequencies, 20) / 1000) ** slope
    y = np.fft.irfft(spectrum)
    return (0.1 * y / y.std()).astype(np.float32)


def hum(pitch=120.0):
    return sum(np.sin(2 * np.pi * pitch * k * TIME) / k for k in range(1, 12)).astype(np.float32) / 5


def clicks():
    y = np.zeros(len(TIME), np.float32)
    y[np.random.default_rng(0).integers(0, len(y), 20)] = 0.9
    return y


@pytest.mark.parametrize("voice", range(4))
def test_speech_counts(voice):
    assert 0.8 < speech_seconds(speech(0, voice=voice), RATE) < 2.5


@pytest.mark.parametrize(
    "y",
    [
        np.zeros(len(TIME), np.float32),
        np.full(len(TIME), 0.3, np.float32),
        *(coloured(slope) for slope in (-1, -0.5, 0, 0.5, 1)),
        hum(),
        hum() + coloured(0) / 10,
        clicks(),
        np.ones(1, np.float32),
    ],
    ids=["silence", "constant", "brown", "pink", "white", "blue", "violet", "hum", "hum-in-noise", "clicks", "sample"],
)
def test_nothing_else_does(y):
    assert speech_seconds(y, RATE) < 0.2


def test_held_notes_do_not_count():
    """They are voiced and stand out of the silence around them, but nothing moves."""
    notes = hum(196.0) * (np.sin(2 * np.pi * 0.8 * TIME) > 0)
    assert speech_seconds(notes, RATE) < 0.5
    assert np.mean(measured_frames(notes, RATE).periodicity > PERIODIC) > 0.45


@pytest.mark.parametrize("rate", [4000, 8000, 11_025, 22_050, 44_100, 48_000, 8000.5])
def test_the_rate_plays_no_part(rate):
    y = speech(1)
    at_rate = load_audio((y, RATE), rate)
    assert speech_seconds(at_rate, rate) == pytest.approx(speech_seconds(y, RATE), abs=0.15)


@pytest.mark.parametrize("gain", [1e-2, 32_768.0, 1e30])
def test_the_level_plays_no_part(gain):
    y = speech(2)
    # A frame on the edge may fall to either side.
    assert speech_seconds(y * np.float32(gain), RATE) == pytest.approx(speech_seconds(y, RATE), abs=0.06)


def test_frames_are_where_the_speech_is():
    y = np.zeros(6 * RATE, np.float32)
    y[2 * RATE : 4 * RATE] = speech(3, seconds=2.0)
    frames = measured_frames(y, RATE)
    seconds = np.flatnonzero(frames.active & (frames.periodicity > PERIODIC)) * 0.01
    assert frames.level.shape == (601,)
    assert seconds.min() > 2
    assert seconds.max() < 4
    assert seconds.size > 60


def test_blocks_do_not_show(monkeypatch):
    y = speech(4)
    whole = measured_frames(y, RATE)
    monkeypatch.setattr(_speech, "BLOCK", 37)
    for one, other in zip(whole, measured_frames(y, RATE), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_noise_hides_speech():
    y = speech(5)
    noise = coloured(0) * np.sqrt(np.mean(y**2)) / 0.1
    seconds = [speech_seconds(y + level * noise, RATE) for level in (0, 1, 4)]
    assert seconds == sorted(seconds, reverse=True)
    assert seconds[2] < 0.2


@given(st.integers(1, 3000), st.sampled_from([4000, 8000, 16_000, 44_100]), st.integers(0, 3))
def test_measures_of_any_clip_are_finite(n_samples, rate, kind):
    impulse = np.arange(n_samples) == n_samples // 2
    noise = np.random.default_rng(n_samples).normal(size=n_samples)
    y = (np.zeros(n_samples), np.ones(n_samples), impulse, noise)[kind]
    measures = speech_measures(y.astype(np.float32), rate)
    assert measures.shape == (len(MEASURES),)
    assert np.isfinite(measures).all()


def test_measures_begin_with_the_seconds_of_speech_and_the_high_band():
    y = speech(6)
    low = load_audio((load_audio((y, RATE), 8000), 8000), RATE)
    full, narrow = speech_measures(y, RATE), speech_measures(low, RATE)
    assert 0.8 < full[0] < 2.5
    assert full[1] > -40
    assert narrow[1] < -50
    np.testing.assert_allclose(full[2:], narrow[2:], rtol=0.3, atol=0.5)


@pytest.mark.parametrize(
    ("y", "rate", "message"),
    [
        (np.zeros(0), RATE, "array with samples"),
        (np.zeros((2, 100)), RATE, r"shape \(2, 100\)"),
        (np.zeros(100), 3999, "4000 Hz at least, got 3999"),
        (np.zeros(100), np.nan, "4000 Hz at least, got nan"),
    ],
)
def test_what_is_no_waveform(y, rate, message):
    with pytest.raises(ValueError, match=message):
        measured_frames(y, rate)
