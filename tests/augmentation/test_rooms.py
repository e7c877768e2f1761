import numpy as np
import pytest

from skvoicefake.augmentation import change_gain, clip_peaks, equalize, limit_band, resample, reverberate
from tests.checks.clips import noise
from tests.checks.speech import speech

RATE = 16_000


def generator():
    return np.random.default_rng(0)


def tone(frequency, rate=RATE, seconds=1.0):
    return np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate).astype(np.float32)


def gain_at(change, frequency, rate=RATE, seconds=1.0, ends=0.125):
    """Gain of a tone, in dB, away from its ends."""
    y = tone(frequency, rate, seconds)
    inner = slice(round(ends * rate), -round(ends * rate))
    return 20 * np.log10(np.std(change(y)[inner]) / np.std(y[inner]))


# The room


@pytest.mark.parametrize("rt60", [0.2, 0.6])
def test_the_room_decays_by_60_db_in_its_time(rt60):
    click = np.eye(1, RATE, dtype=np.float32)[0]
    room = reverberate(click, RATE, generator(), rt60=rt60, direct_ratio=0)[1:].astype(np.float64)
    # Energy that is still to come, after M. R. Schroeder, 1965; fitted from -5 to -25 dB.
    decay = 10 * np.log10(np.cumsum(room[::-1] ** 2)[::-1] / np.sum(room**2) + 1e-12)
    fitted = (decay < -5) & (decay > -25)
    slope = np.polyfit(np.flatnonzero(fitted) / RATE, decay[fitted], 1)[0]
    assert -60 / slope == pytest.approx(rt60, rel=0.1)


@pytest.mark.parametrize("ratio", [-3.0, 10.0])
def test_the_direct_sound_comes_first_and_has_its_share(ratio):
    click = np.eye(1, RATE, dtype=np.float32)[0]
    room = reverberate(click, RATE, generator(), rt60=0.4, direct_ratio=ratio).astype(np.float64)
    assert 10 * np.log10(room[0] ** 2 / np.sum(room[1:] ** 2)) == pytest.approx(ratio, abs=1e-3)


def test_a_room_keeps_the_level():
    y = speech(1, seconds=1.0)
    assert np.std(reverberate(y, RATE, generator())) == pytest.approx(np.std(y), rel=1e-3)


@pytest.mark.parametrize("rt60", [0, -1, 11])
def test_a_room_that_cannot_be_is_refused(rt60):
    with pytest.raises(ValueError, match="rt60 must lie above 0"):
        reverberate(noise(100), RATE, generator(), rt60=rt60)


# Equalizer and band


def test_the_curve_of_gains_is_smooth_bounded_and_keeps_level_and_phase():
    y = noise(4 * RATE)
    coloured = equalize(y, RATE, generator(), gain=10.0)
    assert np.std(coloured) == pytest.approx(np.std(y), rel=1e-3)
    before, after = np.fft.rfft(y), np.fft.rfft(coloured)
    response = after[100:-100] / before[100:-100]
    decibels = 20 * np.log10(np.abs(np.convolve(response, np.ones(200) / 200, "valid")))
    assert np.ptp(decibels) > 3
    assert np.ptp(decibels) < 20 + 1
    assert np.median(np.abs(np.angle(response))) < 0.01


def test_no_gain_changes_nothing():
    y = noise(RATE)
    np.testing.assert_allclose(equalize(y, RATE, generator(), gain=0.0), y, atol=1e-6)


def test_a_curve_through_one_point_is_refused():
    with pytest.raises(ValueError, match="n_points must be at least 2, got 1"):
        equalize(noise(100), RATE, generator(), n_points=1)


@pytest.mark.parametrize(
    ("frequency", "expected", "tolerance"), [(1000, 0, 0.05), (300, -3, 0.3), (3400, -3, 0.1), (6800, -36, 1.5)]
)
def test_the_band_is_that_of_butterworth_filters(frequency, expected, tolerance):
    def change(y):
        return limit_band(y, RATE, generator(), low=300, high=3400, order=6)

    assert gain_at(change, frequency) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("rate", [8000, 48_000])
@pytest.mark.parametrize(("low", "order"), [(20, 2), (50, 8), (100, 16)])
def test_low_edges_are_as_steep_at_any_rate(rate, low, order):
    def change(y):
        return limit_band(y, rate, generator(), low=low, high=None, order=order)

    for frequency in (low / 2, low, 2 * low):
        expected = -10 * np.log10(1 + (low / frequency) ** (2 * order))
        assert gain_at(change, frequency, rate, seconds=4.0, ends=1.5) == pytest.approx(expected, abs=0.1)


def test_the_end_of_a_clip_does_not_ring_at_its_beginning():
    y = np.eye(1, RATE, RATE - 1, dtype=np.float32)[0]
    narrow = limit_band(y, RATE, generator(), low=300, high=3400, order=16)
    assert np.abs(narrow[-50:]).max() > 0.1
    assert np.abs(narrow[:4000]).max() < 1e-6


@pytest.mark.parametrize("high", [4100.0, 7600.0])
def test_a_high_edge_that_the_rate_cannot_hold_changes_nothing(high):
    y = noise(8000)
    np.testing.assert_allclose(limit_band(y, 8000, generator(), low=None, high=high, order=2), y, atol=1e-6)


def test_a_side_without_an_edge_stays_as_it_is():
    def change(y):
        return limit_band(y, RATE, generator(), low=None, high=None)

    assert gain_at(change, 50) == pytest.approx(0, abs=1e-3)
    assert gain_at(change, 7900) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("edges", [{"low": 0}, {"high": -1}])
def test_an_edge_that_is_no_frequency_is_refused(edges):
    with pytest.raises(ValueError, match=f"{next(iter(edges))} must be a positive frequency"):
        limit_band(noise(100), RATE, generator(), **edges)


# Rates, gain, clipping


def test_a_higher_rate_and_back_changes_next_to_nothing():
    y = limit_band(noise(RATE), RATE, generator(), low=None, high=5000, order=16)
    again = resample(y, RATE, generator(), rate=44_100)
    assert again.shape == y.shape
    np.testing.assert_allclose(again[200:-200], y[200:-200], atol=1e-3)


def test_a_lower_rate_takes_what_it_cannot_hold():
    def change(y):
        return resample(y, RATE, generator(), rate=8000)

    assert gain_at(change, 3000) == pytest.approx(0, abs=0.1)
    assert gain_at(change, 5000) < -60


def test_gain():
    y = noise(100)
    np.testing.assert_allclose(change_gain(y, RATE, generator(), gain=-20), y / 10, rtol=1e-6)
    assert np.isfinite(change_gain(np.full(5, 3e38, dtype=np.float32), RATE, generator(), gain=20)).all()


def test_clipping_leaves_what_is_below_the_limit():
    y = noise(1000)
    clipped = clip_peaks(y, RATE, generator(), depth=6)
    limit = np.abs(y).max() * 10 ** (-6 / 20)
    assert np.abs(clipped).max() == pytest.approx(limit)
    below = np.abs(y) < limit
    np.testing.assert_array_equal(clipped[below], y[below])
    assert not below.all()


def test_a_negative_depth_is_refused():
    with pytest.raises(ValueError, match="depth must be 0 dB or more"):
        clip_peaks(noise(100), RATE, generator(), depth=-1)
