import warnings

import librosa
import numpy as np
import pytest
import scipy.fft
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from skvoicefake.feature_extraction import lfcc, log_filter_bank
from skvoicefake.feature_extraction._filters import SCALES, triangles
from tests.checks.clips import noise

# dB, as documented
LIMIT = 0.01


@st.composite
def band_parameters(draw):
    """Draw any parameters of `log_filter_bank`."""
    sample_rate = draw(st.sampled_from([8000, 16_000, 44_100]))
    n_fft = draw(st.sampled_from([256, 400, 512]) | st.integers(64, 600))
    return {
        "sample_rate": sample_rate,
        "n_filters": draw(st.integers(2, 100)),
        "scale": draw(st.sampled_from(SCALES)),
        "n_fft": n_fft,
        "win_length": draw(st.none() | st.integers(32, n_fft)),
        "hop_length": draw(st.integers(20, 400)),
        "window": draw(st.sampled_from(["hann", "hamming", 8.6])),
        "pad_mode": draw(st.sampled_from(["constant", "edge", "reflect", "symmetric"])),
        "fmin": draw(st.just(0.0) | st.floats(0, sample_rate / 8)),
        "fmax": draw(st.none() | st.floats(sample_rate / 4, sample_rate / 2)),
        "filter_norm": draw(st.sampled_from(["area", "peak"])),
        "floor": draw(st.sampled_from([1e-16, 1e-10, 1e-3])),
        "top_db": draw(st.sampled_from([None, 80.0, 20.0])),
        "pre_emphasis": draw(st.sampled_from([0.0, 0.97, 1.0])),
    }


def plain_log_filter_bank(y, *, filters, n_fft, win_length, hop_length, window, pre_emphasis, floor):
    """The definition, in double precision, a frame at a time."""
    y = np.append(y[0], y).astype(np.float64)
    y = np.pad(y[1:] - pre_emphasis * y[:-1], n_fft // 2)
    weights = np.zeros(n_fft)
    start = (n_fft - win_length) // 2
    weights[start : start + win_length] = scipy.signal.get_window(window, win_length)
    rows = []
    for first in range(0, len(y) - n_fft + 1, hop_length):
        power = np.abs(np.fft.rfft(weights * y[first : first + n_fft])) ** 2
        rows.append(10 * np.log10(np.maximum(filters.astype(np.float64) @ power, floor)))
    return np.array(rows)


# Published definitions


# Transcriptions of the front ends of the baselines of ASVspoof, without their deltas: Python for the LFCC-LCNN of 2021
# (LFCC in util_frontend.py, by Xin Wang, without the energy that takes the first place there), MATLAB for the LFCC-GMM
# of 2021 (lfcc_bp.m, by Md Sahidullah). Both round no edge to a bin.


def asvspoof_python(x, *, n_fft, n_filters, max_freq):
    """20 ms every 10 ms at 16 kHz; max_freq is a share of 8 kHz."""
    x = x.astype(np.float64)
    padded = np.pad(np.append(x[0], x[1:] - 0.97 * x[:-1]), n_fft // 2)
    window = np.zeros(n_fft)
    # torch.hamming_window is periodic unless told otherwise.
    window[n_fft // 2 - 160 : n_fft // 2 + 160] = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(320) / 320)
    frames = np.stack([padded[t * 160 :][:n_fft] for t in range(1 + (len(padded) - n_fft) // 160)])
    n_bins = int(max_freq * (n_fft // 2 + 1))
    # What stands for the frequency of a bin lies a little above it if max_freq is not 1.
    f = 8000 * np.linspace(0, max_freq, n_bins)
    power = np.abs(np.fft.rfft(frames * window)[:, :n_bins]) ** 2
    return asvspoof_cepstra(power, f, np.linspace(f.min(), f.max(), n_filters + 2), np.finfo(np.float32).eps)


def asvspoof_matlab(x):
    """30 ms every 15 ms at 16 kHz, 70 filters up to 4 kHz, 19 coefficients; no pre-emphasis."""
    frames = np.stack([x[t * 240 :][:480] for t in range((len(x) - 480) // 240 + 1)])
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(480) / 479)
    f = 8000 * np.linspace(0, 1, 513)[:257]
    power = np.abs(np.fft.rfft(frames * window, 1024)[:, :257]) ** 2
    return asvspoof_cepstra(power, f, np.linspace(0, 4000, 72), np.finfo(np.float64).eps)[:, :19]


def asvspoof_cepstra(power, f, edges, eps):
    bank = np.zeros((len(f), len(edges) - 2))
    for i, (a, b, c) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        rising, falling = (a < f) & (f < b), (b < f) & (f < c)
        bank[rising, i] = (f[rising] - a) / (b - a)
        bank[falling, i] = (c - f[falling]) / (c - b)
        bank[f == b, i] = 1
    return scipy.fft.dct(np.log10(power @ bank + eps), type=2, norm="ortho", axis=1)


# Of the comparative studies of Wang and Yamagishi (2021), and, but for the end of its window, of the 2019 GMM; of the
# 2021 LCNN.
@pytest.mark.parametrize(("n_fft", "max_freq", "fmax"), [(512, 1, None), (1024, 0.5, 255 * 16_000 / 1024)])
def test_lfcc_is_that_of_the_asvspoof_baselines_in_python(n_fft, max_freq, fmax):
    y = noise(16_000)
    y[0] = 0  # Pre-emphasis leaves the first sample as it is there.
    expected = asvspoof_python(y, n_fft=n_fft, n_filters=20, max_freq=max_freq)
    found = lfcc(y, n_lfcc=20, n_filters=20, n_fft=n_fft, fmax=fmax, window="hamming")
    # They take no dB, but tenths of them.
    np.testing.assert_allclose(found / 10, expected, rtol=0, atol=1e-4)


def test_lfcc_is_that_of_the_asvspoof_baseline_in_matlab_but_for_the_end_of_its_window():
    y = noise(16_000)
    expected = asvspoof_matlab(y)
    parameters = {"n_lfcc": 19, "n_filters": 70, "n_fft": 1024, "win_length": 480, "hop_length": 240, "fmax": 4000.0}
    found = lfcc(y, window="hamming", pre_emphasis=0, **parameters)
    # Their first frame begins where the clip does; it is our second. Their window ends as it began, ours a sample
    # before that: beside a deviation of the coefficients of 1.4.
    np.testing.assert_allclose(found[1 : 1 + len(expected)] / 10, expected, rtol=0, atol=0.02)


@pytest.mark.parametrize("scale", ["mel", "htk"])
@pytest.mark.parametrize("filter_norm", ["area", "peak"])
def test_mel_bands_are_librosas(scale, filter_norm):
    y = noise(8000)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Empty filters detected")
        power = librosa.feature.melspectrogram(
            y=y,
            sr=16_000,
            n_fft=512,
            win_length=320,
            hop_length=160,
            n_mels=40,
            fmin=50.0,
            fmax=7000.0,
            htk=scale == "htk",
            norm="slaney" if filter_norm == "area" else None,
        )
    ours = log_filter_bank(
        y, n_filters=40, scale=scale, filter_norm=filter_norm, fmin=50.0, fmax=7000.0, pre_emphasis=0, top_db=60.0
    )
    np.testing.assert_allclose(ours, librosa.power_to_db(power, top_db=60.0).T, rtol=0, atol=1e-3)


@settings(max_examples=60)
@given(band_parameters(), st.integers(0, 2**32 - 1), st.sampled_from([1e-6, 0.1, 3e4]))
def test_bands_are_what_the_definition_says(parameters, seed, level):
    y = noise(2000, seed, scale=level)
    parameters |= {"pad_mode": "constant", "top_db": None, "pre_emphasis": 0.97}
    names = ("sample_rate", "n_fft", "n_filters", "fmin", "fmax", "scale", "filter_norm")
    names_of_frames = ("n_fft", "hop_length", "window", "pre_emphasis", "floor")
    expected = plain_log_filter_bank(
        y,
        filters=triangles(*(parameters[name] for name in names)),
        win_length=parameters["win_length"] or parameters["n_fft"],
        **{name: parameters[name] for name in names_of_frames},
    )
    found = log_filter_bank(y, **parameters)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=LIMIT)


@given(band_parameters(), st.data())
def test_lfcc_is_the_cosine_transform_of_the_bands(parameters, data):
    y = noise(2000)
    dct_type, norm = data.draw(st.sampled_from([(1, None), (2, None), (2, "ortho"), (3, None), (3, "ortho")]))
    n_lfcc = data.draw(st.integers(1, parameters["n_filters"]))
    bands = log_filter_bank(y, **parameters).astype(np.float64)
    expected = scipy.fft.dct(bands, type=dct_type, norm=norm, axis=1)[:, :n_lfcc]
    found = lfcc(y, n_lfcc=n_lfcc, dct_type=dct_type, norm=norm, **parameters)
    assert found.dtype == np.float32
    scale = 1 if norm == "ortho" else 2 * np.sqrt(parameters["n_filters"])
    np.testing.assert_allclose(found, expected, rtol=3e-6, atol=5e-4 * scale)


# Properties of our own


@pytest.mark.parametrize("n_fft", [512, 509])
@pytest.mark.parametrize("depth", [50, 70, 90, 110, 130])
def test_bands_far_below_a_tone_are_exact(n_fft, depth):
    # What single precision alone would get wrong, in the bands themselves.
    t = np.arange(8000) / 16_000
    y = (np.sin(2 * np.pi * 440.3 * t) + noise(8000, scale=10 ** (-depth / 20))).astype(np.float32)
    parameters = {"n_fft": n_fft, "hop_length": 160, "window": "hann", "pre_emphasis": 0.0, "floor": 1e-10}
    filters = triangles(16_000, n_fft, 60, 0.0, None, "linear", "peak")
    expected = plain_log_filter_bank(y, filters=filters, win_length=320, **parameters)
    np.testing.assert_allclose(log_filter_bank(y, **parameters), expected, rtol=0, atol=LIMIT)


DEEP = {
    "tone": np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000),
    "ramp": np.linspace(-1, 1, 16_000),
    "narrow": scipy.signal.sosfilt(scipy.signal.butter(10, 3400, fs=16_000, output="sos"), noise(16_000)),
}


@pytest.mark.parametrize("floor", [1e-10, 1e-16])
@pytest.mark.parametrize("name", DEEP)
def test_bands_far_below_deep_sounds_are_exact_with_pre_emphasis(name, floor):
    y = DEEP[name].astype(np.float32)
    filters = triangles(16_000, 512, 60, 0.0, None, "linear", "peak")
    settings = {"n_fft": 512, "win_length": 320, "hop_length": 160, "window": "hann", "pre_emphasis": 0.97}
    expected = plain_log_filter_bank(y, filters=filters, floor=floor, **settings)
    np.testing.assert_allclose(log_filter_bank(y, floor=floor), expected, rtol=0, atol=LIMIT)


@settings(max_examples=40)
@given(band_parameters(), st.integers(1, 600), st.sampled_from([0.0, 1e-45, 1e-30, 0.1, 3e37]))
def test_any_waveform_gives_finite_bands(parameters, n_samples, scale):
    y = noise(n_samples, scale=1.0) * np.float32(scale)
    bands = log_filter_bank(y, **parameters)
    n_fft = parameters["n_fft"]
    n_frames = 1 + (n_samples + 2 * (n_fft // 2) - n_fft) // parameters["hop_length"]
    assert bands.shape == (n_frames, parameters["n_filters"])
    assert np.isfinite(bands).all()
    assert bands.min() >= 10 * np.log10(parameters["floor"]) - 1e-4
    if parameters["top_db"] is not None:
        assert bands.min() >= bands.max() - parameters["top_db"] - 1e-3


@given(st.integers(0, 115), st.sampled_from(SCALES))
def test_gain_moves_all_bands_alike_whatever_it_is(exponent, scale):
    y = noise(2000, scale=100.0)
    plain, amplified = (log_filter_bank(y * np.float32(gain), scale=scale) for gain in (1.0, 2.0**exponent))
    heard = plain[0] > -90  # the narrowest bands may hold no bin
    expected = 20 * np.log10(2.0**exponent)
    np.testing.assert_allclose((amplified - plain)[:, heard], expected, rtol=1e-5, atol=2e-3)


def test_the_floor_is_a_power():
    for floor in (1e-16, 1e-10, 1e-3, 1.0):
        bands = log_filter_bank(np.zeros(1600), floor=floor)
        np.testing.assert_allclose(bands, 10 * np.log10(floor), rtol=1e-6)
    y = noise(1600)
    low, high = log_filter_bank(y, floor=1e-16), log_filter_bank(y, floor=1.0)
    assert low.min() < 0
    np.testing.assert_array_equal(high, np.maximum(low, 0))


def test_bands_hear_what_lies_in_them_alone():
    t = np.arange(8000) / 16_000
    inside, outside = np.sin(2 * np.pi * 3000 * t), np.sin(2 * np.pi * 6500 * t)
    parameters = {"fmin": 2000.0, "fmax": 4000.0, "n_filters": 20, "pre_emphasis": 0.0}
    steady = slice(2, -2)  # the ends of the tone are broad
    alone = log_filter_bank(inside, **parameters)[steady]
    assert 9 <= alone.mean(axis=0).argmax() <= 10
    assert log_filter_bank(outside, **parameters)[steady].max() < alone.max() - 60


def test_inputs_stay_what_they_are():
    y = noise(2000)
    first = lfcc(y)
    first[:] = 0
    np.testing.assert_array_equal(y, noise(2000))
    assert lfcc(y).any()
    np.testing.assert_array_equal(lfcc(y.astype(np.float64)), lfcc(y))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_lfcc": 61}, "61 coefficients need as many bands, got 60"),
        ({"floor": 0}, "floor must be a finite power of at least 1e-16, got 0"),
        ({"floor": np.nan}, "floor must be a finite power of at least 1e-16, got nan"),
        ({"floor": np.inf}, "floor must be a finite power of at least 1e-16, got inf"),
        ({"hop_length": 0}, "hop_length must be a number of samples from 1 up, got 0"),
        ({"n_filters": 0}, "one band or more"),
        ({"n_lfcc": 0}, "one coefficient or more, got 0"),
        ({"win_length": 513}, "win_length=513 is longer than the frame, n_fft=512"),
        ({"scale": "log"}, "scale must be one of linear, mel"),
        ({"filter_norm": None}, "filter_norm must be"),
        ({"fmin": 8000.0}, "fmin=8000 Hz must lie below fmax=8000 Hz"),
        ({"center": False, "n_fft": 4096}, "expected a waveform of at least 4096 samples, got 2000"),
    ],
    ids=str,
)
def test_parameters_that_make_no_sense(parameters, message):
    with pytest.raises(ValueError, match=message):
        lfcc(noise(2000), **parameters)
