import warnings

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skvoicefake.feature_extraction._filters import (
    CONVERSIONS,
    SCALES,
    FilterBank,
    band_edges,
    filter_bank,
    hz_to_bark,
    hz_to_erb,
    hz_to_mel,
    mel_to_hz,
    triangles,
)


@st.composite
def filters(draw, scales=SCALES):
    """Draw the parameters of `triangles`."""
    sample_rate = draw(st.sampled_from([8000, 16_000, 22_050, 44_100]))
    return {
        "sample_rate": sample_rate,
        "n_fft": draw(st.sampled_from([256, 400, 512, 1024]) | st.integers(64, 1024)),
        "n_bands": draw(st.integers(1, 128)),
        "fmin": draw(st.just(0.0) | st.floats(0, sample_rate / 8)),
        "fmax": draw(st.none() | st.floats(sample_rate / 4, sample_rate / 2)),
        "scale": draw(st.sampled_from(scales)),
        "norm": draw(st.sampled_from(["area", "peak"])),
    }


def edges_of(parameters):
    fmax = parameters["fmax"] or parameters["sample_rate"] / 2
    return band_edges(parameters["scale"], parameters["n_bands"], parameters["fmin"], fmax)


# Scales


@given(st.floats(0, 1e5), st.booleans())
def test_mel_scale_is_librosas_and_back(frequency, htk):
    mel = hz_to_mel(frequency, htk)
    assert mel == pytest.approx(librosa.hz_to_mel(frequency, htk=htk), rel=1e-9, abs=1e-9)
    assert mel_to_hz(mel, htk) == pytest.approx(frequency, rel=1e-9, abs=1e-9)


@given(st.floats(0, 1e5), st.sampled_from(sorted(CONVERSIONS)))
def test_every_scale_goes_back(frequency, scale):
    forth, back = CONVERSIONS[scale]
    assert back(forth(frequency)) == pytest.approx(frequency, rel=1e-9, abs=1e-9)
    # And rises.
    assert forth(frequency * 1.01 + 1) > forth(frequency)


def test_bark_is_traunmuellers():
    # The bounds of the critical bands in Hz (Zwicker, 1961), which his formula meets within 0.05 bark from 2 to 20.
    bounds = [200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400]
    np.testing.assert_allclose(hz_to_bark(np.array(bounds)), np.arange(2, 21), rtol=0, atol=0.07)
    # With his corrections below 2 and above 20.1 bark.
    z = 26.81 / (1 + 1960 / 100.0) - 0.53
    assert hz_to_bark(100.0) == pytest.approx(z + 0.15 * (2 - z))
    z = 26.81 / (1 + 1960 / 10_000.0) - 0.53
    assert hz_to_bark(10_000.0) == pytest.approx(z + 0.22 * (z - 20.1))


def test_erb_is_glasberg_and_moores():
    # The slope is one over the bandwidth, 24.7 (4.37 f + 1) Hz for f in kHz. (21.4 is rounded, from 21.33.)
    frequencies = np.linspace(50, 12_000, 200)
    slopes = (hz_to_erb(frequencies + 0.5) - hz_to_erb(frequencies - 0.5)) / 1.0
    np.testing.assert_allclose(1 / slopes, 24.7 * (4.37 * frequencies / 1000 + 1), rtol=4e-3)
    assert hz_to_erb(0.0) == 0


@given(filters())
def test_edges_are_evenly_spaced_on_the_scale(parameters):
    scale, fmin = parameters["scale"], parameters["fmin"]
    fmax = parameters["fmax"] or parameters["sample_rate"] / 2
    edges = edges_of(parameters)
    assert edges.shape == (parameters["n_bands"] + 2,)
    np.testing.assert_allclose(edges[[0, -1]], [fmin, fmax], rtol=1e-9, atol=1e-6)
    if scale == "inverse-mel":
        scale, edges = "htk", (fmin + fmax - edges)[::-1]
    steps = np.diff(CONVERSIONS[scale][0](edges))
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-6)


def test_inverse_mel_is_mel_back_to_front():
    for n_bands in (1, 20, 41):
        mel = triangles(16_000, 512, n_bands, 0.0, None, "htk", "peak")
        flipped = triangles(16_000, 512, n_bands, 0.0, None, "inverse-mel", "peak")
        np.testing.assert_allclose(flipped, mel[::-1, ::-1], rtol=0, atol=1e-5)
    # Within a range of frequencies, about its middle.
    edges = band_edges("inverse-mel", 20, 1000.0, 4000.0)
    np.testing.assert_allclose(5000 - edges[::-1], band_edges("htk", 20, 1000.0, 4000.0))
    assert (np.diff(edges, 2) < 0).all()


# Triangles


@given(filters(["mel", "htk"]))
def test_mel_filters_are_librosas(parameters):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Empty filters detected")
        expected = librosa.filters.mel(
            sr=parameters["sample_rate"],
            n_fft=parameters["n_fft"],
            n_mels=parameters["n_bands"],
            fmin=parameters["fmin"],
            fmax=parameters["fmax"],
            htk=parameters["scale"] == "htk",
            norm="slaney" if parameters["norm"] == "area" else None,
        )
    found = triangles(**parameters)
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * expected.max())


@given(filters())
def test_triangles_share_every_bin_between_them(parameters):
    """Of peak 1, they add up to 1 between the first peak and the last, and hear nothing beyond the ends."""
    weights, edges = triangles(**parameters | {"norm": "peak"}), edges_of(parameters)
    bins = np.fft.rfftfreq(parameters["n_fft"], 1 / parameters["sample_rate"])
    within = (bins >= edges[1]) & (bins <= edges[-2])
    np.testing.assert_allclose(weights.sum(axis=0)[within], 1, rtol=0, atol=1e-5)
    assert (weights >= 0).all()
    assert not weights[:, (bins <= edges[0] - 1e-6) | (bins >= edges[-1] + 1e-6)].any()
    for i, row in enumerate(weights):
        heard = bins[row > 1e-6]
        assert ((heard > edges[i]) & (heard < edges[i + 2])).all()


@pytest.mark.parametrize("scale", SCALES)
def test_areas_are_one(scale):
    # Over a spectrum of 1-Hz bins.
    weights = triangles(16_000, 16_000, 20, 100.0, 7000.0, scale, "area")
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=2e-3)
    peaks = triangles(16_000, 16_000, 20, 100.0, 7000.0, scale, "peak").max(axis=1)
    np.testing.assert_allclose(peaks, 1, rtol=0, atol=0.02)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ((16_000, 512, 20, 0.0, None, "melody", "peak"), "scale must be one of linear, mel, htk, .* got 'melody'"),
        ((16_000, 512, 20, 0.0, None, "linear", "sum"), 'filter_norm must be "area" or "peak", got \'sum\''),
        ((16_000, 512, 20, 0.0, 9000.0, "linear", "peak"), "fmax=9000 Hz lies above half of sample_rate=16000 Hz"),
        ((16_000, 512, 20, 5000.0, 4000.0, "linear", "peak"), "fmin=5000 Hz must lie below fmax=4000 Hz"),
        ((16_000, 512, 20, -1.0, None, "linear", "peak"), "fmin=-1 Hz must lie below"),
        ((16_000, 512, 20, np.nan, None, "linear", "peak"), "fmin=nan Hz must lie below"),
    ],
)
def test_filters_that_cannot_be(parameters, message):
    with pytest.raises(ValueError, match=message):
        triangles(*parameters)


def test_filters_are_kept_and_cannot_be_written_to():
    parameters = (16_000, 512, 80, 0.0, None, "mel", "area")
    assert triangles(*parameters) is triangles(*parameters)
    assert filter_bank(*parameters) is filter_bank(*parameters)
    with pytest.raises(ValueError, match="read-only"):
        triangles(*parameters)[0, 0] = 1


@given(filters(), st.integers(0, 2**32 - 1))
def test_a_bank_in_parts_is_the_whole(parameters, seed):
    weights = triangles(**parameters)
    spectra = np.random.default_rng(seed).normal(size=(5, weights.shape[1], 2)).astype(np.float32) ** 2
    power = FilterBank(weights).power(spectra.reshape(5, -1))
    np.testing.assert_allclose(power, spectra.sum(axis=2) @ weights.T, rtol=1e-4, atol=1e-12)
