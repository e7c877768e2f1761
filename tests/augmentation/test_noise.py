import numpy as np
import pytest
from scipy.signal import welch

from skvoicefake.augmentation import add_noise
from tests.checks.speech import speech

RATE = 16_000


def snr_of(y, noisy):
    noise = noisy.astype(np.float64) - y
    return 10 * np.log10(np.mean(np.square(y, dtype=np.float64)) / np.mean(noise**2))


@pytest.mark.parametrize("colour", ["white", "pink", "brown", "babble"])
@pytest.mark.parametrize("snr", [-5.0, 20.0])
def test_the_ratio_is_the_one_asked_for(colour, snr):
    y = speech(0, seconds=1.0)
    noisy = add_noise(y, RATE, np.random.default_rng(0), snr=snr, colour=colour)
    assert noisy.dtype == np.float32
    assert snr_of(y, noisy) == pytest.approx(snr, abs=1e-3)


def test_the_ratio_is_drawn_from_its_range():
    y = speech(0, seconds=0.2)
    ratios = [snr_of(y, add_noise(y, RATE, np.random.default_rng(i), snr=(5, 8))) for i in range(30)]
    assert 5 - 1e-3 <= min(ratios) < 5.8
    assert 7.2 < max(ratios) <= 8 + 1e-3


@pytest.mark.parametrize(("colour", "slope"), [("white", 0), ("pink", -1), ("brown", -2)])
def test_power_falls_with_frequency_as_the_colour_says(colour, slope):
    y = np.full(20 * RATE, 1e-3, dtype=np.float32)
    noise = add_noise(y, RATE, np.random.default_rng(0), snr=0, colour=colour) - y
    frequencies, powers = welch(noise.astype(np.float64), RATE, nperseg=4096)
    band = (frequencies > 100) & (frequencies < 7900)
    fitted = np.polyfit(np.log(frequencies[band]), np.log(powers[band]), 1)[0]
    assert fitted == pytest.approx(slope, abs=0.05)


def test_babble_has_the_spectrum_of_the_voice():
    y = speech(0)
    babble = add_noise(y, RATE, np.random.default_rng(0), snr=0, colour="babble") - y
    voice, voices = (welch(x.astype(np.float64), RATE, nperseg=1024)[1] for x in (y, babble))
    bands = np.log(np.stack([voice, voices])).reshape(2, -1)[:, :512].reshape(2, 16, 32).mean(axis=2)
    assert np.corrcoef(bands)[0, 1] > 0.98
    assert abs(np.corrcoef(y, babble)[0, 1]) < 0.3


@pytest.mark.parametrize("colour", ["white", "babble"])
def test_silence_stays_silent(colour):
    y = np.zeros(100, dtype=np.float32)
    np.testing.assert_array_equal(add_noise(y, RATE, np.random.default_rng(0), colour=colour), y)


def test_a_colour_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"colour must be one of .*, got 'blue'"):
        add_noise(np.ones(10, dtype=np.float32), RATE, np.random.default_rng(0), colour="blue")
