"""Hypothesis strategies over audio, and estimator checks for lists of clips and 3-D panels."""

import io
import pickle

import numpy as np
import soundfile
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

DTYPES = ("int16", "int32", "uint8", "float32", "float64")
KINDS = ("noise", "tone", "click", "clipped", "dc", "quiet", "denormal", "huge")


def noise(n_samples, seed=0, scale=0.1):
    """Return white noise, float32: the plainest waveform that has energy in every band."""
    return (scale * np.random.default_rng(seed).normal(size=n_samples)).astype(np.float32)


def wav_bytes(samples, rate, subtype="FLOAT", file_format="WAV"):
    """Return a waveform as the bytes of an audio file."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, subtype=subtype, format=file_format)
    return buffer.getvalue()


def _waveform(kind, n_samples, rate, seed):
    """Return one channel, float64, in [-1, 1] but for the "huge" kind."""
    rng = np.random.default_rng(seed)
    if kind == "tone":
        return np.sin(2 * np.pi * rng.uniform(0.01, 0.49) * np.arange(n_samples) + rng.uniform(0.1, 1))
    if kind == "click":
        return np.where(np.arange(n_samples) == rng.integers(n_samples), 0.9, 0.0)
    if kind == "clipped":
        return np.clip(10 * rng.normal(size=n_samples), -1, 1)
    if kind == "dc":
        return np.full(n_samples, 0.5)
    scale = {"noise": 0.1, "quiet": 1e-4, "denormal": 1e-42, "huge": 2e37}[kind]
    return scale * np.clip(rng.normal(size=n_samples), -5, 5)


def as_dtype(waveform, dtype):
    """Return a float waveform in [-1, 1] as samples of another type, at its full scale."""
    if np.issubdtype(dtype, np.floating):
        return waveform.astype(dtype)
    info = np.iinfo(dtype)
    half = 2.0 ** (info.bits - 1)
    return np.clip(np.round(waveform * half) + (half if info.min == 0 else 0), info.min, info.max).astype(dtype)


@st.composite
def clips(draw, kinds=KINDS, dtypes=DTYPES, max_seconds=10.0):
    """Draw a (waveform, rate) pair: any length, rate, type, number of channels, and any of the given kinds of sound."""
    rate = draw(
        st.sampled_from([4_000, 8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000]) | st.integers(4000, 96_000)
    )
    # Mostly short, for the sake of time; sometimes as long as it may be.
    seconds = draw(st.floats(0, min(0.2, max_seconds)) | st.sampled_from([0.0, min(1.0, max_seconds), max_seconds]))
    n_samples = max(1, int(seconds * rate))
    dtype = draw(st.sampled_from(dtypes))
    # Integers hold neither denormals nor huge values.
    kind = draw(st.sampled_from([k for k in kinds if dtype.startswith("float") or k not in ("denormal", "huge")]))
    # The shorter axis is that of the channels.
    n_channels = draw(st.integers(1, min(8, n_samples)))
    seed = draw(st.integers(0, 2**32 - 1))
    channels = np.stack([_waveform(kind, n_samples, rate, seed + i) for i in range(n_channels)], axis=1)
    samples = as_dtype(channels, dtype)
    return (samples[:, 0] if n_channels == 1 else samples), rate


def check_clips_transformer(transformer, X):
    """Check the contract of a transformer for a list of clips, where scikit-learn's checks have only 2-D arrays."""
    before = pickle.dumps(X)
    expected = clone(transformer).fit(X).transform(X)
    assert pickle.dumps(X) == before, "X was changed"

    assert isinstance(expected, np.ndarray)
    assert expected.dtype == np.float32
    assert expected.flags.c_contiguous
    assert len(expected) == len(X)
    assert np.isfinite(expected).all()

    fitted = clone(transformer)
    parameters = fitted.get_params()
    np.testing.assert_array_equal(fitted.fit_transform(X), expected)
    check_is_fitted(fitted)
    assert fitted.get_params() == parameters, "fit changed a parameter"
    # Idempotent, from a copy, from a pickle, with threads.
    np.testing.assert_array_equal(fitted.transform(X), expected)
    np.testing.assert_array_equal(fitted.fit(X).transform(X), expected)
    np.testing.assert_array_equal(clone(fitted).fit(X).transform(X), expected)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).transform(X), expected)
    np.testing.assert_array_equal(clone(transformer).set_params(n_jobs=2).fit_transform(X), expected)
    # A clip does not know the others, nor its place.
    for i, clip in enumerate(X):
        np.testing.assert_array_equal(fitted.transform([clip])[0], expected[i])
    np.testing.assert_array_equal(fitted.transform(X[::-1]), expected[::-1])
    np.testing.assert_array_equal(fitted.transform(tuple(X)), expected)


def check_panel(panel, n_clips, n_frames, n_coefficients):
    """Check that an array is a panel as the package passes it on."""
    assert type(panel) is np.ndarray
    assert panel.shape == (n_clips, n_frames, n_coefficients)
    assert panel.dtype == np.float32
    assert panel.flags.c_contiguous
