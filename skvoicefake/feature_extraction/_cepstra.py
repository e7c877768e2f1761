"""Pure functions on arrays: frames -> power -> filter bank -> dB -> DCT -> deltas -> normalisation.

Every function takes one clip, so that a clip's numbers cannot depend on its batch.
"""

from functools import lru_cache
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Float = TypeVar("Float", bound=np.floating[Any])
# 9 frames, librosa's default for deltas.
DELTA_WIDTH = 9
# Power below this (-100 dB) counts as silence, as in librosa.power_to_db.
POWER_FLOOR = 1e-10
# Float32 power overflows for waveforms beyond 1e16; far louder ones than this are scaled first.
LOUD = 2.0**30


def mfcc(
    y: NDArray[Any],
    *,
    sample_rate: float = 16_000,
    n_mfcc: int = 40,
    n_fft: int = 512,
    win_length: int | None = None,
    hop_length: int = 160,
    window: str | float | tuple[Any, ...] = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    n_mels: int = 80,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    mel_norm: Literal["slaney"] | None = "slaney",
    dct_type: int = 2,
    norm: Literal["ortho"] | None = "ortho",
    lifter: float = 0,
    top_db: float | None = 80.0,
    pre_emphasis: float = 0.0,
) -> Array:
    """Compute the mel-frequency cepstral coefficients of one waveform.

    The numbers of ``librosa.feature.mfcc`` [1]_ for the same parameters, with
    time first: Davis and Mermelstein's cepstra [2]_ of a mel filter bank in
    dB.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Waveform.
    sample_rate : float, default=16000
        Rate of `y` in Hz.
    n_mfcc : int, default=40
        Coefficients to keep.
    n_fft, win_length, hop_length : int
        Length of a frame, of the window inside it (None: `n_fft`) and of the
        step between frames, in samples.
    window : str, float or tuple, default="hann"
        As in `scipy.signal.get_window`.
    center : bool, default=True
        Pad `y` by half a frame on both sides, so that frame ``t`` is centred
        on sample ``t * hop_length``.
    pad_mode : str, default="constant"
        How to pad, as in `numpy.pad`.
    n_mels : int, default=80
        Mel bands.
    fmin, fmax : float
        Lowest and highest frequency in Hz (None: half of `sample_rate`).
    htk : bool, default=False
        HTK's mel scale instead of Slaney's.
    mel_norm : {"slaney", None}, default="slaney"
        Give every band the same area, or the same peak.
    dct_type : {1, 2, 3}, default=2
        Type of the discrete cosine transform.
    norm : {"ortho", None}, default="ortho"
        Normalisation of the discrete cosine transform.
    lifter : float, default=0
        Weight coefficient ``n`` by ``1 + lifter / 2 * sin(pi * (n + 1) / lifter)``; 0 does nothing.
    top_db : float, default=80
        Cut the dB spectrum this far below the clip's peak; None cuts nothing.
    pre_emphasis : float, default=0
        ``y[t] - pre_emphasis * y[t - 1]``, with ``y[-1] = y[0]``.

    Returns
    -------
    coefficients : ndarray of shape (n_frames, n_mfcc), float32

    References
    ----------
    .. [1] McFee et al., "librosa: Audio and music signal analysis in Python",
       SciPy 2015.
    .. [2] Davis and Mermelstein, "Comparison of parametric representations for
       monosyllabic word recognition in continuously spoken sentences", IEEE
       Transactions on Acoustics, Speech, and Signal Processing, 1980.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.feature_extraction import mfcc
    >>> y = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    >>> mfcc(y).shape
    (101, 40)
    """
    y = np.asarray(y, dtype=np.float32)
    peak = float(np.abs(y).max(initial=0.0))
    exponent = int(np.frexp(peak)[1]) if peak > LOUD else 0
    if exponent:
        y = np.ldexp(y, -exponent)
    if pre_emphasis:
        y = y - np.float32(pre_emphasis) * np.concatenate([y[:1], y[:-1]])
    spectrum = power_spectrum(
        y, n_fft=n_fft, win_length=win_length, hop_length=hop_length, window=window, center=center, pad_mode=pad_mode
    )
    filters = mel_filter_bank(sample_rate, n_fft, n_mels, fmin, fmax, htk, mel_norm)
    mel = spectrum @ filters.T
    if exponent:
        mel = mel.astype(np.float64) * 4.0**exponent
    # In double precision: the sum over the bands rounds away 1e-3 of a large coefficient in single.
    coefficients = power_to_db(mel, top_db) @ dct_matrix(n_mels, n_mfcc, dct_type, norm)
    if lifter > 0:
        n = np.arange(1, n_mfcc + 1)
        coefficients *= 1 + lifter / 2 * np.sin(np.pi * n / lifter)
    return coefficients.astype(np.float32)


def power_spectrum(
    y: Array,
    *,
    n_fft: int,
    win_length: int | None,
    hop_length: int,
    window: str | float | tuple[Any, ...],
    center: bool,
    pad_mode: str,
) -> Array:
    """Return the power spectrum of every frame, of shape (n_frames, n_fft // 2 + 1)."""
    from scipy.fft import rfft

    if center:
        y = np.pad(y, n_fft // 2, mode=pad_mode)  # type: ignore[call-overload]
    frames = np.lib.stride_tricks.sliding_window_view(y, n_fft)[::hop_length]
    # In double precision, as librosa's: where a tone stands 100 dB above the rest, the rounding of a
    # single-precision transform would be heard in the quiet bands.
    spectrum = rfft(frames * padded_window(window, n_fft if win_length is None else win_length, n_fft), axis=-1)
    power: Array = (np.square(spectrum.real) + np.square(spectrum.imag)).astype(np.float32)
    return power


def power_to_db(power: NDArray[Any], top_db: float | None) -> Array:
    """Return 10 log10 of power (dB), cut `top_db` below the peak of the clip."""
    decibels = 10 * np.log10(np.maximum(power, POWER_FLOOR))
    if top_db is not None:
        np.maximum(decibels, decibels.max() - top_db, out=decibels)
    return np.asarray(decibels, dtype=np.float32)


@lru_cache(maxsize=32, typed=True)  # True is no 1.0 here.
def padded_window(window: str | float | tuple[Any, ...], win_length: int, n_fft: int) -> NDArray[np.float64]:
    """Return the analysis window, centred in `n_fft` samples."""
    from scipy.signal import get_window

    weights = np.zeros(n_fft)
    start = (n_fft - win_length) // 2
    if isinstance(window, bool):
        raise TypeError("expected a name, a number or a tuple, got a boolean.")
    with np.errstate(all="ignore"):
        weights[start : start + win_length] = get_window(window, win_length, fftbins=True)
    if not np.isfinite(weights).all():
        raise ValueError("its weights are not finite.")
    return _frozen(weights)


def hz_to_mel(frequencies: NDArray[Any], htk: bool = False) -> NDArray[np.float64]:
    """Convert Hz to mel: Slaney's Auditory Toolbox (1998) scale, or HTK's formula."""
    frequencies = np.asarray(frequencies, dtype=np.float64)
    if htk:
        return 2595.0 * np.log10(1.0 + frequencies / 700.0)
    linear = frequencies / (200.0 / 3)
    # Linear up to 1 kHz, then 27 steps for every factor of 6.4.
    return np.where(
        frequencies < 1000.0, linear, 15.0 + np.log(np.maximum(frequencies, 1000.0) / 1000.0) * 27 / np.log(6.4)
    )


def mel_to_hz(mels: NDArray[Any], htk: bool = False) -> NDArray[np.float64]:
    """Convert mel to Hz, the inverse of `hz_to_mel`."""
    mels = np.asarray(mels, dtype=np.float64)
    if htk:
        return 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    return np.where(mels < 15.0, mels * 200.0 / 3, 1000.0 * np.exp(np.log(6.4) / 27 * (np.maximum(mels, 15.0) - 15.0)))


@lru_cache(maxsize=32)
def mel_filter_bank(
    sample_rate: float,
    n_fft: int,
    n_mels: int,
    fmin: float,
    fmax: float | None,
    htk: bool,
    mel_norm: Literal["slaney"] | None,
) -> Array:
    """Return triangular mel filters of shape (n_mels, n_fft // 2 + 1), as ``librosa.filters.mel``.

    Not taken from librosa itself, whose first call costs seconds of imports.
    """
    bins = np.fft.rfftfreq(n_fft, 1.0 / sample_rate)
    low, high = hz_to_mel(np.array([fmin, sample_rate / 2 if fmax is None else fmax]), htk)
    edges = mel_to_hz(np.linspace(low, high, n_mels + 2), htk)
    widths = np.diff(edges)
    ramps = edges[:, np.newaxis] - bins
    filters = np.maximum(0, np.minimum(-ramps[:-2] / widths[:-1, np.newaxis], ramps[2:] / widths[1:, np.newaxis]))
    if mel_norm == "slaney":
        filters *= (2.0 / (edges[2:] - edges[:-2]))[:, np.newaxis]
    return _frozen(filters.astype(np.float32))


@lru_cache(maxsize=32)
def dct_matrix(n_mels: int, n_mfcc: int, dct_type: int, norm: Literal["ortho"] | None) -> NDArray[np.float64]:
    """Return the discrete cosine transform as a matrix of shape (n_mels, n_mfcc)."""
    from scipy.fft import dct

    matrix = dct(np.eye(n_mels), type=dct_type, norm=norm, axis=-1)  # type: ignore[call-overload]
    return _frozen(np.ascontiguousarray(matrix[:, :n_mfcc]))


def delta(coefficients: NDArray[Any], order: int = 1) -> Array:
    """Compute the local slope of features over time.

    The numbers of ``librosa.feature.delta`` at its default width of 9 frames:
    a Savitzky-Golay filter of degree `order`.

    Parameters
    ----------
    coefficients : ndarray of shape (n_frames, n_coefficients)
        At least 9 frames.
    order : int, default=1
        1 for deltas, 2 for delta-deltas.

    Returns
    -------
    slopes : ndarray of shape (n_frames, n_coefficients), float32

    Raises
    ------
    ValueError
        If there are fewer than 9 frames.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.feature_extraction import delta
    >>> bool(np.allclose(delta(np.arange(20.0)[:, np.newaxis]), 1.0))
    True
    """
    from scipy.signal import savgol_filter

    coefficients = np.asarray(coefficients, dtype=np.float32)
    if len(coefficients) < DELTA_WIDTH:
        raise ValueError(f"deltas need at least {DELTA_WIDTH} frames, got {len(coefficients)}.")
    slopes = savgol_filter(coefficients, DELTA_WIDTH, polyorder=order, deriv=order, axis=0, mode="interp")
    return np.asarray(slopes, dtype=np.float32)


def normalize(features: Array) -> Array:
    """Return features with mean 0 and standard deviation 1 over time (constant ones become 0)."""
    from sklearn.preprocessing import scale

    return np.asarray(scale(features.astype(np.float64)), dtype=np.float32)


def statistics(features: Array) -> Array:
    """Return the mean and the standard deviation over time, of shape (2 * n_coefficients,)."""
    return np.concatenate([features.mean(axis=0), features.std(axis=0)])


def fit_length(
    y: Array,
    n_samples: int,
    *,
    padding: Literal["zeros", "repeat"] = "zeros",
    crop: Literal["start", "center", "loudest"] = "start",
) -> Array:
    """Return `n_samples` samples of a waveform: cut where it is longer, padded where it is shorter."""
    surplus = len(y) - n_samples
    if surplus < 0:
        return np.resize(y, n_samples) if padding == "repeat" else np.pad(y, (0, -surplus))
    start = 0
    if crop == "center":
        start = surplus // 2
    elif crop == "loudest":
        # Scaled by the peak: the energy of huge samples would overflow.
        peak = max(float(np.abs(y).max()), float(np.finfo(np.float32).tiny))
        energy = np.concatenate([[0.0], np.cumsum(np.square(y / peak, dtype=np.float64))])
        start = int(np.argmax(energy[n_samples:] - energy[: surplus + 1]))
    return y[start : start + n_samples]


def _frozen(array: NDArray[Float]) -> NDArray[Float]:
    """Forbid writing to an array: cached ones are shared between callers and threads."""
    array.setflags(write=False)
    return array
