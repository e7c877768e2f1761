import numpy as np
import pytest

from skvoicefake.augmentation._signals import FLOAT32_MAX, as_waveform, band_centres, draw, filtered, peak, rms


def test_a_number_is_kept_and_a_range_is_drawn_from_evenly():
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    assert draw(rng, 3, "snr") == 3
    assert rng.bit_generator.state == before
    drawn = [draw(rng, (-1.0, 3.0), "snr") for _ in range(2000)]
    assert -1 <= min(drawn) < -0.99
    assert 2.99 < max(drawn) <= 3
    assert np.mean(drawn) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    "value", [(3, 1), (1,), (1, 2, 3), (0, float("nan")), float("inf"), [5, 10], None, "5", (None, 5)]
)
def test_what_is_no_range_is_refused(value):
    with pytest.raises(ValueError, match=r"snr must be a number or a range \(low, high\), got "):
        draw(np.random.default_rng(0), value, "snr")


def test_levels():
    y = np.array([0.25, -0.5, 0], dtype=np.float32)
    assert peak(y) == 0.5
    assert rms(y) == pytest.approx(np.sqrt(0.3125 / 3))
    assert rms(np.full(3, 1e38, dtype=np.float32)) == pytest.approx(1e38)
    np.testing.assert_array_equal(as_waveform(np.array([1e300, -1e300])), np.float32([FLOAT32_MAX, -FLOAT32_MAX]))


@pytest.mark.parametrize("n_samples", [1, 100, 1024, 5000])
def test_a_flat_filter_changes_nothing_and_delays_nothing(n_samples):
    y = np.random.default_rng(0).normal(size=n_samples)
    np.testing.assert_allclose(filtered(y, np.ones(len(band_centres(16_000)))), y, atol=1e-12)


def test_a_filter_has_the_gains_it_is_given():
    frequencies = band_centres(16_000)
    gains = 1 / (1 + frequencies / 1000)
    click = np.zeros(4001)
    click[2000] = 1
    response = np.fft.rfft(np.roll(filtered(click, gains), -2000))
    expected = 1 / (1 + np.fft.rfftfreq(4001, 1 / 16_000) / 1000)
    np.testing.assert_allclose(response.real, expected, atol=0.01)
    np.testing.assert_allclose(response.imag, 0, atol=1e-9)
