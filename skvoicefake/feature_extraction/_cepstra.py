"""Pure functions on arrays: waveform -> cepstra -> deltas -> normalisation.

Every function takes one clip, so that a clip's numbers cannot depend on its batch.
"""

from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from skvoicefake.feature_extraction._filters import Array, filter_bank, frozen
from skvoicefake.feature_extraction._spectrum import band_decibels

# 9 frames, librosa's default for deltas.
DELTA_WIDTH = 9
# -26 dB of full scale: what speech is brought to before codecs are tested (ITU-T P.56 and P.830).
RMS = 0.05


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

    Raises
    ------
    ValueError
        If `y` is empty, or shorter than a frame without ``center=True``; if
        there are fewer bands than coefficients; if `fmin`, `fmax` or
        `win_length` make no sense.

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
    filters = (n_mels, fmin, fmax, "htk" if htk else "mel", "peak" if mel_norm is None else "area")
    decibels = band_decibels(
        y,
        filter_bank(sample_rate, n_fft, *filters),
        n_fft=n_fft,
        win_length=win_length,
        hop_length=hop_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        top_db=top_db,
        pre_emphasis=pre_emphasis,
    )
    return cepstra(decibels, n_mfcc, dct_type, norm, lifter)


def cepstra(decibels: Array, n_coefficients: int, dct_type: int, norm: Literal["ortho"] | None, lifter: float) -> Array:
    """Return the first coefficients of the cosine transform of every row, liftered."""
    n_bands = decibels.shape[1]
    if n_coefficients < 1:
        raise ValueError(f"expected one coefficient or more, got {n_coefficients}.")
    if n_coefficients > n_bands:
        raise ValueError(f"{n_coefficients} coefficients need as many bands, got {n_bands}.")
    coefficients = _transformed(decibels, *_transform(n_bands, n_coefficients, dct_type, norm))
    if lifter > 0:
        n = np.arange(1, n_coefficients + 1)
        coefficients *= (1 + lifter / 2 * np.sin(np.pi * n / lifter)).astype(np.float32)
    return coefficients


def _transformed(decibels: Array, matrix: Array, average: Array, sums: Array) -> Array:
    """Return the cosine transform of every row."""
    # Without the mean of the row, whose sum in single precision would round away 1e-3 of the first coefficient.
    means = (decibels @ average)[:, np.newaxis]
    coefficients = (decibels - means) @ matrix
    coefficients[:, : len(sums)] += means * sums
    return coefficients


@lru_cache(maxsize=32)
def _transform(n_mels: int, n_mfcc: int, dct_type: int, norm: Literal["ortho"] | None) -> tuple[Array, Array, Array]:
    """Return a transform, the weights of a row's mean, and what the outputs that hear the mean make of it."""
    matrix = dct_matrix(n_mels, n_mfcc, dct_type, norm)
    sums = matrix.sum(axis=0)
    n_hearing = int(np.max(np.flatnonzero(np.abs(sums) > 1e-12 * n_mels), initial=-1)) + 1
    average = np.full(n_mels, 1 / n_mels)
    single = [np.ascontiguousarray(array, dtype=np.float32) for array in (matrix, average, sums[:n_hearing])]
    return frozen(single[0]), frozen(single[1]), frozen(single[2])


@lru_cache(maxsize=32)
def dct_matrix(n_mels: int, n_mfcc: int, dct_type: int, norm: Literal["ortho"] | None) -> NDArray[np.float64]:
    """Return the discrete cosine transform as a matrix of shape (n_mels, n_mfcc)."""
    from scipy.fft import dct

    matrix = dct(np.eye(n_mels), type=dct_type, norm=norm, axis=-1)  # type: ignore[call-overload]
    return frozen(np.ascontiguousarray(matrix[:, :n_mfcc]))


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
    coefficients = np.ascontiguousarray(coefficients, dtype=np.float32)
    n_frames = len(coefficients)
    if n_frames < DELTA_WIDTH:
        raise ValueError(f"deltas need at least {DELTA_WIDTH} frames, got {n_frames}.")
    ends, band = _savgol(order)
    half = DELTA_WIDTH // 2
    slopes = np.empty_like(coefficients)
    # At the ends, the slope of the polynomial through the first and the last frames.
    slopes[:half] = ends[:half] @ coefficients[:DELTA_WIDTH]
    slopes[-half:] = ends[-half:] @ coefficients[-DELTA_WIDTH:]
    n_inner, size = n_frames - 2 * half, len(band)
    n_blocks, n_left = divmod(n_inner, size)
    if n_blocks:
        frame, item = coefficients.strides
        shape = (n_blocks, size + 2 * half, coefficients.shape[1])
        blocks = np.ndarray(shape, np.float32, coefficients, strides=(size * frame, frame, item))
        np.matmul(band, blocks, out=slopes[half : half + n_blocks * size].reshape(n_blocks, size, -1))
    left = slice(n_blocks * size, n_blocks * size + n_left + 2 * half)
    slopes[left][half : half + n_left] = band[:n_left, : n_left + 2 * half] @ coefficients[left]
    # What does not change has no slope. Rounding would leave one, of other bits from frame to frame and machine to
    # machine, and `GMMClassifier` takes frames of other bits for frames that tell something.
    n_changes = np.concatenate([[0], np.cumsum((coefficients[1:] != coefficients[:-1]).any(axis=1))])
    first = np.clip(np.arange(n_frames) - half, 0, n_frames - DELTA_WIDTH)
    slopes[n_changes[first + DELTA_WIDTH - 1] == n_changes[first]] = 0
    return slopes


@lru_cache(maxsize=4)
def _savgol(order: int) -> tuple[Array, Array]:
    """Return a Savitzky-Golay filter: for 9 frames the slope at each, and for 40 frames those at all but the outer 4.

    Savitzky and Golay, "Smoothing and differentiation of data by simplified
    least squares procedures", Analytical Chemistry, 1964.
    """
    times = np.arange(DELTA_WIDTH) - DELTA_WIDTH // 2
    fits = np.linalg.pinv(np.vander(times, order + 1, increasing=True))
    polynomials = [np.polynomial.Polynomial(row) for row in np.eye(order + 1)]
    ends = np.column_stack([polynomial.deriv(order)(times.astype(float)) for polynomial in polynomials]) @ fits
    band = np.zeros((32, 32 + DELTA_WIDTH - 1))
    for i, row in enumerate(band):
        row[i : i + DELTA_WIDTH] = ends[DELTA_WIDTH // 2]
    return frozen(ends.astype(np.float32)), frozen(band.astype(np.float32))


def normalize(features: Array) -> Array:
    """Return features with mean 0 and standard deviation 1 over time (constant ones become 0)."""
    _, centered, deviation = _moments(features)
    centered /= np.where(deviation == 0, np.float32(1), deviation)
    return centered


def statistics(features: Array) -> Array:
    """Return the mean and the standard deviation over time, of shape (2 * n_coefficients,)."""
    mean, _, deviation = _moments(features)
    return np.concatenate([mean, deviation])


def _moments(features: Array) -> tuple[Array, Array, Array]:
    """Return the mean over time, what is left without it, and its standard deviation."""
    n_frames = len(features)
    left = features.astype(np.float64)
    # A sum, as that of equal float32 numbers is exact in double precision: constants have deviation 0.
    mean = np.ones(n_frames) @ left / n_frames
    left -= mean
    centered = left.astype(np.float32)
    variance = np.ones(n_frames, dtype=np.float32) @ np.square(centered) / np.float32(n_frames)
    return mean.astype(np.float32), centered, np.sqrt(variance)


def fit_length(
    y: Array,
    n_samples: int,
    *,
    padding: Literal["zeros", "repeat"] = "zeros",
    crop: Literal["start", "center", "loudest"] = "start",
    level: Literal["peak", "rms"] | None = None,
) -> Array:
    """Return `n_samples` samples of a waveform, brought to a level: cut where it is longer, padded where shorter."""
    surplus = len(y) - n_samples
    if surplus < 0:
        y = levelled(y, level)
        return np.resize(y, n_samples) if padding == "repeat" else np.pad(y, (0, -surplus))
    start = 0
    if crop == "center":
        start = surplus // 2
    elif crop == "loudest":
        # Scaled by the peak: the energy of huge samples would overflow.
        peak = max(float(np.abs(y).max()), float(np.finfo(np.float32).tiny))
        energy = np.concatenate([[0.0], np.cumsum(np.square(y / peak, dtype=np.float64))])
        start = int(np.argmax(energy[n_samples:] - energy[: surplus + 1]))
    return levelled(y[start : start + n_samples], level)


def levelled(y: Array, level: Literal["peak", "rms"] | None) -> Array:
    """Return a waveform with a peak of 1, or an RMS of `RMS`; silence stays what it is."""
    peak = 0.0 if level is None else float(np.max(np.abs(y)))
    if not peak:
        return y
    scaled = y.astype(np.float64) / peak  # in float32 the smallest peaks would overflow
    if level == "rms":
        scaled *= RMS / np.sqrt(np.mean(np.square(scaled)))
    return scaled.astype(np.float32)
