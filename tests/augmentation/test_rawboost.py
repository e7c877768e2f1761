import numpy as np
import pytest
from scipy import signal

from skvoicefake.augmentation import raw_boost
from tests.checks.speech import speech

RATE = 16_000


def notches(rng):
    """Five band-stop filters in a row, as the authors' program makes them."""
    taps = np.ones(1)
    for _ in range(5):
        centre, width = rng.uniform(20, 8000), rng.uniform(100, 1000)
        n_taps = rng.integers(10, 100)
        n_taps += n_taps % 2 == 0
        low, high = centre - width / 2, centre + width / 2
        low, high = low if low > 0 else 1 / 1000, high if high < RATE / 2 else RATE / 2 - 1 / 1000
        taps = np.convolve(signal.firwin(n_taps, [low, high], window="hamming", fs=RATE), taps)
    return taps / np.abs(signal.freqz(taps, 1)[1]).max()


def through(taps, x):
    """Filter and take the delay out: all of it, and no more. The authors' program takes a sample too many."""
    n = len(taps) + 1
    y = signal.lfilter(taps, 1, np.pad(x, (0, n)))
    return y[n // 2 - 1 :][: len(x)]


def test_convolutive_noise_is_that_of_the_paper():
    x, rng = speech(0, seconds=1.0).astype(np.float64), np.random.default_rng(5)
    expected = np.zeros(len(x))
    for power in range(1, 6):
        gain = 0 if power == 1 else rng.uniform(-20, -5)
        expected += 10 ** (gain / 20) * through(notches(rng), x**power)
    expected -= expected.mean()
    expected /= max(1, np.abs(expected).max())
    boosted = raw_boost(x.astype(np.float32), RATE, np.random.default_rng(5), parts=["convolutive"])
    np.testing.assert_allclose(boosted, expected, atol=1e-6)


def test_impulses_are_few_and_follow_the_clip():
    x = speech(0, seconds=1.0)
    shares = []
    for seed in range(20):
        boosted = raw_boost(x, RATE, np.random.default_rng(seed), parts=["impulsive"]).astype(np.float64)
        peak = np.abs(boosted).max()
        change = np.abs(boosted - x)
        shares.append(np.mean(change > 0))
        assert peak <= 1
        if peak < 1:
            assert (change <= 2 * np.abs(x) * (1 + 1e-6)).all()
    assert min(shares) < 0.03
    assert 0.07 < max(shares) <= 0.1


def test_stationary_noise_is_10_to_40_db_below_the_clip():
    x = speech(0, seconds=1.0)
    ratios = []
    for seed in range(20):
        noise = raw_boost(x, RATE, np.random.default_rng(seed), parts=["stationary"]).astype(np.float64) - x
        ratios.append(10 * np.log10(np.mean(x.astype(np.float64) ** 2) / np.mean(noise**2)))
    assert 10 <= min(ratios) < 16
    assert 34 < max(ratios) <= 40.01


def test_the_parts_follow_one_another():
    x = speech(0, seconds=0.5)
    rng = np.random.default_rng(3)
    expected = x
    for part in ("convolutive", "impulsive", "stationary"):
        expected = raw_boost(expected, RATE, rng, parts=[part])
    np.testing.assert_allclose(raw_boost(x, RATE, np.random.default_rng(3)), expected, atol=1e-5)


def test_a_loud_clip_is_as_a_quiet_one():
    x = speech(0, seconds=0.5)
    x /= np.abs(x).max()
    loud = raw_boost(1e6 * x, RATE, np.random.default_rng(3))
    np.testing.assert_allclose(loud / 1e6, raw_boost(x, RATE, np.random.default_rng(3)), atol=1e-5)


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match=r"parts must be of .*, got 'magic'"):
        raw_boost(np.ones(10, dtype=np.float32), RATE, np.random.default_rng(0), parts=["magic"])
