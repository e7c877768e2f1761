import warnings

import librosa
import numpy as np
import pytest
import scipy.fft
import scipy.signal
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from skvoicefake.feature_extraction import delta, mfcc
from skvoicefake.feature_extraction._cepstra import RMS, dct_matrix, fit_length, normalize, statistics
from skvoicefake.feature_extraction._filters import FilterBank
from skvoicefake.feature_extraction._spectrum import (
    LOUD,
    exact_band_power,
    framed,
    padded_window,
    power_to_db,
)
from tests.checks.clips import noise

WINDOWS = ["hann", "hamming", "blackman", "boxcar", 8.6, ("tukey", 0.25), ("gaussian", 40.0), ("kaiser", 5.0)]


@st.composite
def mel_parameters(draw, max_n_fft=1024):
    """Draw what a mel filter bank needs, so that at least one bin lies between fmin and fmax."""
    sample_rate = draw(st.sampled_from([8000, 16_000, 22_050, 44_100]))
    n_fft = draw(st.sampled_from([256, 400, 512, 1024]) | st.integers(64, max_n_fft))
    fmin = draw(st.just(0.0) | st.floats(0, sample_rate / 8))
    fmax = draw(st.none() | st.floats(sample_rate / 4, sample_rate / 2))
    return {
        "sample_rate": sample_rate,
        "n_fft": n_fft,
        "n_mels": draw(st.integers(2, 128)),
        "fmin": fmin,
        "fmax": fmax,
        "htk": draw(st.booleans()),
        "mel_norm": draw(st.sampled_from(["slaney", None])),
    }


@st.composite
def mfcc_parameters(draw):
    """Draw any parameters of `mfcc`."""
    parameters = draw(mel_parameters())
    dct_type, norm = draw(st.sampled_from([(1, None), (2, None), (2, "ortho"), (3, None), (3, "ortho")]))
    return parameters | {
        "n_mfcc": draw(st.integers(1, parameters["n_mels"])),
        "win_length": draw(st.none() | st.integers(32, parameters["n_fft"])),
        "hop_length": draw(st.integers(20, 600)),
        "window": draw(st.sampled_from(WINDOWS)),
        "center": draw(st.booleans()),
        "pad_mode": draw(st.sampled_from(["constant", "edge", "reflect", "symmetric"])),
        "dct_type": dct_type,
        "norm": norm,
        "lifter": draw(st.just(0) | st.floats(1, 60)),
        "top_db": draw(st.sampled_from([None, 80.0, 40.0, 0.0]) | st.floats(1, 200)),
    }


@st.composite
def signals(draw, min_length=1024, max_length=8000):
    """Draw noise, tones or both at an amplitude from a whisper to a float that was never scaled."""
    n_samples = draw(st.integers(min_length, max_length))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["noise", "tones", "both", "onset"]))
    y = np.zeros(n_samples)
    if kind != "tones":
        y += rng.normal(size=n_samples)
    if kind in ("tones", "both"):
        for frequency in rng.uniform(0.01, 0.49, size=3):
            y += rng.uniform(0.1, 3) * np.sin(2 * np.pi * frequency * np.arange(n_samples))
    if kind == "onset":
        y[: n_samples // 2] = 0
    return (draw(st.sampled_from([1e-5, 1e-3, 0.1, 1.0, 30_000.0])) * y).astype(np.float32)


def librosa_mfcc(y, *, sample_rate, n_mfcc, dct_type, norm, lifter, top_db, mel_norm, **mel):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Empty filters detected")
        power = librosa.feature.melspectrogram(y=y, sr=sample_rate, norm=mel_norm, **mel)
    decibels = librosa.power_to_db(power, top_db=top_db)
    return librosa.feature.mfcc(S=decibels, n_mfcc=n_mfcc, dct_type=dct_type, norm=norm, lifter=lifter).T


# The numbers are librosa's


@settings(max_examples=150)
@given(signals(), mfcc_parameters())
def test_mfcc_is_librosas(y, parameters):
    # There librosa 1.0 mirrors one sample of the last frame wrongly.
    assume(
        not (parameters["pad_mode"] == "reflect" and parameters["center"] and len(y) % parameters["hop_length"] == 0)
    )
    expected = librosa_mfcc(y, **parameters)
    coefficients = mfcc(y, **parameters)
    assert coefficients.dtype == np.float32
    assert coefficients.shape == expected.shape
    # The cepstra are sums over n_mels values in dB. "ortho" divides them by sqrt(n_mels), so that they are a few
    # hundred at most; without it (and with a lifter) they reach tens of thousands, where float32 itself steps by
    # 2e-3: there the tolerance is relative to what the same dB would give under "ortho", plus those steps.
    ortho = parameters["norm"] == "ortho"
    scale = (1.0 if ortho else 2 * np.sqrt(parameters["n_mels"])) * (1 + parameters["lifter"] / 2)
    np.testing.assert_allclose(coefficients, expected, rtol=0 if ortho else 3e-6, atol=1e-3 * scale)


@pytest.mark.parametrize("n_fft", [512, 400, 441, 137, 509])
@pytest.mark.parametrize("top_db", [80.0, None])
@pytest.mark.parametrize("depth", [40, 50, 60, 70, 90, 110])
def test_bands_far_below_a_tone_are_librosas(n_fft, top_db, depth):
    # What single precision alone would get wrong.
    t = np.arange(8000) / 16_000
    y = (np.sin(2 * np.pi * 440.3 * t) + noise(8000, scale=10 ** (-depth / 20))).astype(np.float32)
    power = librosa.feature.melspectrogram(y=y, sr=16_000, n_fft=n_fft, hop_length=160, n_mels=40)
    expected = librosa.feature.mfcc(S=librosa.power_to_db(power, top_db=top_db), n_mfcc=40).T
    ours = mfcc(y, n_fft=n_fft, n_mels=40, top_db=top_db)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-3)


def test_mfcc_is_librosas_in_one_call():
    # With everything at its default, through librosa's own front door.
    y = noise(16_000)
    expected = librosa.feature.mfcc(y=y, sr=16_000, n_mfcc=40, n_fft=512, hop_length=160, n_mels=80)
    np.testing.assert_allclose(mfcc(y), expected.T, rtol=0, atol=1e-3)
    expected = librosa.feature.mfcc(
        y=y, sr=16_000, n_mfcc=13, n_fft=400, hop_length=200, n_mels=40, lifter=22, fmin=20, fmax=7600, htk=True
    )
    ours = mfcc(y, n_mfcc=13, n_fft=400, hop_length=200, n_mels=40, lifter=22, fmin=20, fmax=7600, htk=True)
    np.testing.assert_allclose(ours, expected.T, rtol=0, atol=1e-3 * (1 + 22 / 2))


@given(st.integers(9, 60), st.integers(1, 5), st.sampled_from([1, 2]), st.integers(0, 2**32 - 1), st.floats(1e-3, 100))
def test_delta_is_librosas(n_frames, n_coefficients, order, seed, scale):
    features = (scale * np.random.default_rng(seed).normal(size=(n_frames, n_coefficients))).astype(np.float32)
    expected = librosa.feature.delta(features.T, order=order).T
    slopes = delta(features, order)
    assert slopes.dtype == np.float32
    np.testing.assert_allclose(slopes, expected, rtol=0, atol=1e-3)


def test_delta_needs_nine_frames():
    with pytest.raises(ValueError, match="deltas need at least 9 frames, got 8"):
        delta(np.zeros((8, 3)))
    assert delta(np.zeros((9, 3))).shape == (9, 3)


@given(signals(max_length=4000), st.floats(0.01, 1.0))
def test_pre_emphasis_is_librosas(y, coefficient):
    # librosa's own starting value extrapolates before the first sample; ours repeats the first sample.
    emphasised = librosa.effects.preemphasis(y, coef=coefficient, zi=np.array([-coefficient * y[0]], dtype=y.dtype))
    # Compared at a top_db that both can hold: y - 1.0 * y[t - 1] cancels to rounding noise in the lowest band.
    parameters = {"n_fft": 512, "n_mels": 40, "n_mfcc": 20, "top_db": 60.0}
    np.testing.assert_allclose(
        mfcc(y, pre_emphasis=coefficient, **parameters), mfcc(emphasised, **parameters), rtol=0, atol=1e-3
    )


@given(signals(), st.sampled_from([None, 0.0, 40.0, 80.0]))
def test_power_to_db_is_librosas(y, top_db):
    power = np.square(y)
    np.testing.assert_allclose(power_to_db(power, top_db), librosa.power_to_db(power, top_db=top_db), rtol=0, atol=1e-4)


@given(st.integers(2, 100), st.sampled_from([(1, None), (2, None), (2, "ortho"), (3, None), (3, "ortho")]))
def test_dct_matrix_is_the_transform(n_mels, kind):
    dct_type, norm = kind
    x = np.random.default_rng(0).normal(size=n_mels)
    matrix = dct_matrix(n_mels, n_mels, dct_type, norm)
    np.testing.assert_allclose(x @ matrix, scipy.fft.dct(x, type=dct_type, norm=norm), atol=1e-12)


def test_the_memory_of_frames_is_kept_unless_there_is_much():
    for seconds, is_kept in ((30, True), (120, False)):
        y = np.zeros(seconds * 16_000, dtype=np.float32)
        frames = framed(y, 512, 160, center=True, pad_mode="constant")
        assert np.shares_memory(frames, framed(y, 512, 160, center=True, pad_mode="constant")) == is_kept


def test_power_spectrum_is_librosas_stft():
    y = noise(4000)
    frames, every_bin = framed(y, 400, 100, center=True, pad_mode="reflect"), FilterBank(np.eye(201, dtype=np.float32))
    ours = exact_band_power(frames, padded_window("hann", 300, 400), every_bin, np.arange(len(frames)))
    theirs = np.abs(librosa.stft(y, n_fft=400, win_length=300, hop_length=100, pad_mode="reflect")) ** 2
    np.testing.assert_allclose(ours, theirs.T, rtol=1e-4, atol=1e-6)


# Properties of our own


@settings(max_examples=40)
@given(signals(min_length=1, max_length=600), mfcc_parameters(), st.floats(0, 1))
def test_any_length_gives_finite_frames(y, parameters, pre_emphasis):
    parameters["center"] = True
    coefficients = mfcc(y, pre_emphasis=pre_emphasis, **parameters)
    n_fft = parameters["n_fft"]
    assert coefficients.shape == (
        1 + (len(y) + 2 * (n_fft // 2) - n_fft) // parameters["hop_length"],
        parameters["n_mfcc"],
    )
    assert np.isfinite(coefficients).all()


@given(st.integers(0, 115))
def test_gain_moves_coefficient_0_alone_whatever_the_scale(exponent):
    # From where the floor of -100 dB no longer cuts in nearly to the largest float32 there is.
    gain = 2.0**exponent
    y = noise(2000, scale=100.0)
    plain, amplified = mfcc(y, top_db=None), mfcc(y * np.float32(gain), top_db=None)
    np.testing.assert_allclose(amplified[:, 1:], plain[:, 1:], rtol=0, atol=2e-3)
    # "ortho" gives a constant of c dB the coefficient c * sqrt(n_mels).
    np.testing.assert_allclose(amplified[:, 0] - plain[:, 0], 20 * np.log10(gain) * np.sqrt(80), rtol=1e-4, atol=2e-3)


@pytest.mark.parametrize("value", [0.0, 1e-45, 1e-38, 1.0, -1.0, 3.4e38, -3.4e38])
@pytest.mark.parametrize("top_db", [None, 80.0, 0.0])
def test_extreme_constants_stay_finite(value, top_db):
    for pre_emphasis in (0.0, 0.97, 1.0):
        assert np.isfinite(mfcc(np.full(2000, value), top_db=top_db, pre_emphasis=pre_emphasis)).all()


def test_square_wave_at_the_largest_float():
    y = np.finfo(np.float32).max * np.sign(noise(2000))
    assert np.isfinite(mfcc(y, pre_emphasis=1.0)).all()


def test_silence_is_the_floor():
    coefficients = mfcc(np.zeros(1600), top_db=None)
    np.testing.assert_allclose(coefficients[:, 0], -100 * np.sqrt(80), rtol=1e-5)
    np.testing.assert_allclose(coefficients[:, 1:], 0, atol=1e-3)


def test_mfcc_does_not_change_its_input_nor_its_caches():
    y = noise(2000)
    first = mfcc(y, pre_emphasis=0.97)
    first[:] = 0
    np.testing.assert_array_equal(y, noise(2000))
    assert mfcc(y, pre_emphasis=0.97).any()
    with pytest.raises(ValueError, match="read-only"):
        dct_matrix(80, 40, 2, "ortho")[0, 0] = 1
    assert not padded_window("hann", 300, 512).flags.writeable


def test_input_types():
    y = (noise(2000) * 2**12).round() / 2**12
    expected = mfcc(y)
    np.testing.assert_array_equal(mfcc(y.astype(np.float64)), expected)
    np.testing.assert_array_equal(mfcc(y[::-1].copy()[::-1]), expected)


@given(st.integers(1, 50), st.integers(1, 4), st.floats(-1e5, 1e5), st.sampled_from([0.0, 1e-6, 1e-3, 1.0, 1e4]))
def test_normalize_gives_mean_0_and_deviation_1(n_frames, n_coefficients, offset, scale):
    rng = np.random.default_rng(n_frames)
    features = (offset + scale * rng.normal(size=(n_frames, n_coefficients))).astype(np.float32)
    normal = normalize(features)
    assert normal.dtype == np.float32
    assert normal.shape == features.shape
    np.testing.assert_allclose(normal.mean(axis=0, dtype=np.float64), 0, atol=1e-4)
    is_constant = np.ptp(features, axis=0) == 0
    assert not normal[:, is_constant].any()
    np.testing.assert_allclose(normal[:, ~is_constant].std(axis=0, dtype=np.float64), 1, atol=1e-3)


def test_normalize_agrees_with_standard_scaler():
    features = mfcc(noise(8000))
    expected = StandardScaler().fit_transform(features.astype(np.float64))
    np.testing.assert_allclose(normalize(features), expected, atol=1e-5)


def test_statistics():
    features = mfcc(noise(8000))
    stats = statistics(features)
    assert stats.dtype == np.float32
    np.testing.assert_allclose(stats[:40], features.mean(axis=0, dtype=np.float64), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(stats[40:], features.std(axis=0, dtype=np.float64), rtol=1e-4, atol=1e-4)


# fit_length


@given(st.integers(1, 50), st.integers(1, 50), st.sampled_from(["zeros", "repeat"]), st.data())
def test_fit_length_has_that_length_and_the_clip_in_it(n_samples, wanted, padding, data):
    crop = data.draw(st.sampled_from(["start", "center", "loudest"]))
    y = np.arange(1, n_samples + 1, dtype=np.float32)
    fitted = fit_length(y, wanted, padding=padding, crop=crop)
    assert fitted.shape == (wanted,)
    assert fitted.dtype == np.float32
    if wanted >= n_samples:
        np.testing.assert_array_equal(fitted[:n_samples], y)
        rest = fitted[n_samples:]
        expected = y[np.arange(len(rest)) % n_samples] if padding == "repeat" else np.zeros(len(rest))
        np.testing.assert_array_equal(rest, expected)
    else:
        # A piece in one: from the start, the middle, or (of a rising clip) the end.
        start = {"start": 0, "center": (n_samples - wanted) // 2, "loudest": n_samples - wanted}[crop]
        np.testing.assert_array_equal(fitted, y[start : start + wanted])


@pytest.mark.parametrize("scale", [1e-45, 1e-30, 1.0, 3e38])
def test_loudest_finds_the_burst_at_any_scale(scale):
    y = np.zeros(1000, dtype=np.float32)
    y[700:720] = scale
    assert np.count_nonzero(fit_length(y, 20, crop="loudest")) == 20


def test_loudest_of_silence_is_its_start():
    assert not fit_length(np.zeros(100, dtype=np.float32), 10, crop="loudest").any()


@given(st.integers(1, 50), st.integers(1, 50), st.floats(-30, 30), st.sampled_from(["zeros", "repeat"]), st.data())
def test_level_is_that_of_what_is_kept(n_samples, wanted, exponent, padding, data):
    crop = data.draw(st.sampled_from(["start", "center", "loudest"]))
    y = noise(n_samples, scale=10**exponent)
    kept = fit_length(y, min(wanted, n_samples), crop=crop)
    for level in ("peak", "rms"):
        fitted = fit_length(y, wanted, padding=padding, crop=crop, level=level)
        assert fitted.dtype == np.float32
        # Not of what is added to it.
        part = fitted[: len(kept)].astype(np.float64)
        found = np.abs(part).max() if level == "peak" else np.sqrt(np.mean(np.square(part)))
        assert found == pytest.approx({"peak": 1.0, "rms": RMS}[level], rel=1e-5)
        np.testing.assert_allclose(
            part, found / (np.abs(kept).max() if level == "peak" else rms(kept)) * kept, rtol=1e-5
        )
        assert fitted.shape == (wanted,)


def rms(y):
    return np.sqrt(np.mean(np.square(y, dtype=np.float64)))


@pytest.mark.parametrize("level", ["peak", "rms"])
@pytest.mark.parametrize("value", [1e-45, 1e-38, -3.4e38])
def test_level_of_extremes(level, value):
    for y in (np.full(100, value, dtype=np.float32), np.where(np.arange(100) == 50, value, 0).astype(np.float32)):
        before = y.copy()
        fitted = fit_length(y, 100, level=level)
        np.testing.assert_array_equal(y, before)
        expected = np.sign(y) if level == "peak" else np.sign(y) * RMS * np.sqrt(100 / np.count_nonzero(y))
        np.testing.assert_allclose(fitted, expected, rtol=1e-6)


def test_silence_has_no_level():
    y = np.zeros(10, dtype=np.float32)
    for level in (None, "peak", "rms"):
        np.testing.assert_array_equal(fit_length(y, 20, level=level), np.zeros(20))


def test_huge_waveforms_are_analysed_like_others():
    # Scaling by a power of two is exact, so that the waveform beyond the limit must follow the one below it.
    y = noise(2000, scale=1.0)
    below, beyond = 2.0**20, 2.0**40
    assert 2000 * below**2 < LOUD < beyond**2
    difference = mfcc(y * np.float32(beyond)) - mfcc(y * np.float32(below))
    np.testing.assert_allclose(difference[:, 0], 20 * np.log10(2**20) * np.sqrt(80), rtol=1e-4)
    np.testing.assert_allclose(difference[:, 1:], 0, atol=2e-3)


@pytest.mark.parametrize("win_length", [1, 2, 3, 400, 511, 512])
def test_hann_window_is_scipys(win_length):
    start = (512 - win_length) // 2
    window = padded_window("hann", win_length, 512)[start : start + win_length]
    np.testing.assert_allclose(window, scipy.signal.get_window("hann", win_length), rtol=0, atol=1e-15)


def test_what_is_no_number_is_none_after():
    y = noise(2000)
    y[100] = np.nan
    assert np.isnan(mfcc(y, top_db=80.0)).all()
    assert np.isnan(mfcc(y, top_db=None)).any()


def test_more_coefficients_than_bands_are_an_error():
    with pytest.raises(ValueError, match="41 coefficients need as many bands, got 40"):
        mfcc(noise(2000), n_mfcc=41, n_mels=40)


@pytest.mark.parametrize(("n_samples", "center"), [(0, True), (0, False), (511, False)])
def test_too_short_a_waveform_is_said(n_samples, center):
    with pytest.raises(ValueError, match=f"expected a waveform of at least {1 if center else 512} samples"):
        mfcc(np.zeros(n_samples), center=center)


@pytest.mark.parametrize("order", [1, 2])
def test_what_does_not_change_has_no_slope_to_the_bit(order):
    spoken = np.random.default_rng(0).normal(size=(40, 13)).astype(np.float32)
    padded = np.concatenate([spoken, np.full((300, 13), -3.3, dtype=np.float32)])
    slopes = delta(padded, order)
    assert not slopes[45:].any()
    assert slopes[:40].all(axis=1).all()


def test_a_batch_is_no_waveform():
    with pytest.raises(ValueError, match=r"expected one waveform, a 1-D array, got an array of shape \(2, 16000\)"):
        mfcc(np.zeros((2, 16_000)))
