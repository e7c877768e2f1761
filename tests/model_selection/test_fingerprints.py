"""Peaks stay where they are through what a clip goes through; what is steady has none."""

import io

import numpy as np
import pytest
import soundfile
import soxr

from skvoicefake.model_selection._fingerprints import FRAME_S, N_BINS, fingerprint
from tests.checks.speech import speech

RATE = 16_000


def shared(first, second, *, late=0):
    """Return the share of the first's peaks that the second has too, within a bin and a frame, `late` frames later."""
    have = {(f + i, t + j) for f, t in second.tolist() for i in (-1, 0, 1) for j in (-1, 0, 1)}
    return np.mean([(f, t + late) in have for f, t in first.tolist()])


def recoded(waveform, **kind):
    file = io.BytesIO()
    soundfile.write(file, waveform, RATE, **kind)
    file.seek(0)
    return soundfile.read(file, dtype="float32")


@pytest.mark.parametrize("seed", range(3))
def test_speech_has_about_sixty_peaks_a_second(seed):
    peaks = fingerprint(speech(seed), RATE)
    assert peaks.dtype == np.int64
    assert 25 * 3 < len(peaks) < 100 * 3
    assert peaks[:, 0].min() >= 0
    assert peaks[:, 0].max() < N_BINS
    assert peaks[:, 1].max() * FRAME_S < 3
    assert np.array_equal(peaks, peaks[np.lexsort((peaks[:, 0], peaks[:, 1]))])


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 44_100, 48_000])
def test_resampled(rate):
    waveform = speech(1)
    peaks = fingerprint(soxr.resample(waveform, RATE, rate), rate)
    assert shared(fingerprint(waveform, RATE), peaks) > 0.95


@pytest.mark.parametrize(
    "kind",
    [
        {"format": "MP3"},
        {"format": "OGG", "subtype": "VORBIS"},
        {"format": "OGG", "subtype": "OPUS"},
        {"format": "WAV", "subtype": "ULAW"},
    ],
    ids=["mp3", "vorbis", "opus", "u-law"],
)
def test_sent_through_a_codec(kind):
    waveform = speech(2)
    assert shared(fingerprint(waveform, RATE), fingerprint(*recoded(waveform, **kind))) > 0.8


@pytest.mark.parametrize("gain", [1e-6, 0.01, 3.0, 1e6])
def test_louder_or_softer(gain):
    waveform = speech(3)
    np.testing.assert_array_equal(fingerprint(np.float32(gain) * waveform, RATE), fingerprint(waveform, RATE))


@pytest.mark.parametrize("frames", [0, 20, 20.5])
def test_padded_with_silence(frames):
    waveform = speech(4)
    late = round(frames * FRAME_S * RATE)
    peaks = fingerprint(np.pad(waveform, (late, 4000)), RATE)
    assert shared(fingerprint(waveform, RATE), peaks, late=round(frames)) > 0.85


def test_cut_to_a_window():
    waveform = speech(5)
    start = 50 * round(FRAME_S * RATE)
    assert shared(fingerprint(waveform[start:], RATE), fingerprint(waveform, RATE), late=50) > 0.85


def test_telephone():
    waveform = speech(6)
    spectrum = np.fft.rfft(waveform)
    frequencies = np.fft.rfftfreq(len(waveform), 1 / RATE)
    spectrum[(frequencies < 300) | (frequencies > 3400)] = 0
    narrow = soxr.resample(np.fft.irfft(spectrum, len(waveform)).astype(np.float32), RATE, 8000)
    assert shared(fingerprint(waveform, RATE), fingerprint(narrow, 8000)) > 0.9


def test_other_speech_has_other_peaks():
    assert shared(fingerprint(speech(7), RATE), fingerprint(speech(8), RATE)) < 0.3


@pytest.mark.parametrize("n_samples", [0, 1, 100, 1023, 1024])
def test_too_short_for_a_peak(n_samples):
    noise = np.random.default_rng(0).normal(size=n_samples).astype(np.float32)
    assert fingerprint(noise, RATE).shape == (0, 2)


def test_silence_and_a_constant_have_no_peaks():
    assert len(fingerprint(np.zeros(RATE, dtype=np.float32), RATE)) == 0
    assert len(fingerprint(np.full(RATE, 0.5, dtype=np.float32), RATE)) == 0


@pytest.mark.parametrize("frequency", [50.0, 440.0, 1000.0, 1004.5])
def test_hum_has_no_peaks(frequency):
    time = np.arange(3 * RATE) / RATE
    hum = sum(np.sin(2 * np.pi * frequency * k * time) / k for k in range(1, 7)).astype(np.float32)
    assert len(fingerprint(hum, RATE)) <= 3


def test_long_recordings_are_worked_on_by_parts():
    # A minute and two seconds: the second part starts within the last window.
    window = speech(9, seconds=4)
    silence = np.zeros(58 * RATE, dtype=np.float32)
    late = round(58 / FRAME_S)
    assert shared(fingerprint(window, RATE), fingerprint(np.concatenate([silence, window]), RATE), late=late) > 0.95
