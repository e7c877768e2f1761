"""Pure functions on arrays: waveform -> bands on any scale of frequencies, and their cepstra."""

from typing import Any, Literal

from numpy.typing import NDArray

from skvoicefake.feature_extraction._cepstra import cepstra
from skvoicefake.feature_extraction._filters import Array, filter_bank
from skvoicefake.feature_extraction._spectrum import POWER_FLOOR, band_decibels


def log_filter_bank(
    y: NDArray[Any],
    *,
    sample_rate: float = 16_000,
    n_filters: int = 60,
    scale: str = "linear",
    n_fft: int = 512,
    win_length: int | None = 320,
    hop_length: int = 160,
    window: str | float | tuple[Any, ...] = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    fmin: float = 0.0,
    fmax: float | None = None,
    filter_norm: Literal["area", "peak"] = "peak",
    floor: float = POWER_FLOOR,
    top_db: float | None = None,
    pre_emphasis: float = 0.97,
) -> Array:
    """Compute the power of one waveform in bands, in dB.

    Triangular filters over the power spectrum of every frame. The edges of the
    triangles are evenly spaced on `scale` between `fmin` and `fmax`; every
    filter begins and ends where its neighbours have their peaks.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Waveform.
    sample_rate : float, default=16000
        Rate of `y` in Hz.
    n_filters : int, default=60
        Number of bands.
    scale : {"linear", "mel", "htk", "bark", "erb", "inverse-mel"}, default="linear"
        Hz as they are; Slaney's mel scale [1]_, as in librosa; HTK's [2]_;
        Traunmüller's bark scale [3]_; Glasberg and Moore's scale of equivalent
        rectangular bandwidths [4]_; or HTK's bands back to front, the narrow
        ones at the top [5]_.
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
    fmin, fmax : float
        Lowest and highest edge in Hz (None: half of `sample_rate`).
    filter_norm : {"area", "peak"}, default="peak"
        Give every filter the same peak, 1, or the same area.
    floor : float, default=1e-10
        Power below this counts as this, at least 1e-16. (A full-scale sine has
        a power of about ``win_length ** 2 / 16``.)
    top_db : float, default=None
        Cut what lies this far below the clip's peak; None cuts nothing.
    pre_emphasis : float, default=0.97
        ``y[t] - pre_emphasis * y[t - 1]``, with ``y[-1] = y[0]``; 0 does nothing.

    Returns
    -------
    decibels : ndarray of shape (n_frames, n_filters), float32

    Raises
    ------
    ValueError
        If `y` is empty, or shorter than a frame without ``center=True``; if
        `fmin`, `fmax`, `win_length`, `scale`, `filter_norm` or `floor` make no
        sense.

    References
    ----------
    .. [1] Slaney, "Auditory Toolbox", Interval Research, 1998.
    .. [2] Young et al., "The HTK Book", Cambridge University, 2006.
    .. [3] Traunmüller, "Analytical expressions for the tonotopic sensory
       scale", Journal of the Acoustical Society of America, 1990.
    .. [4] Glasberg and Moore, "Derivation of auditory filter shapes from
       notched-noise data", Hearing Research, 1990.
    .. [5] Chakroborty, Roy and Saha, "Improved closed set text-independent
       speaker identification by combining MFCC with evidence from flipped
       filter banks", International Journal of Signal Processing, 2007.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.feature_extraction import log_filter_bank
    >>> y = np.sin(2 * np.pi * 6000 * np.arange(16000) / 16000)
    >>> bands = log_filter_bank(y, n_filters=15)  # of 500 Hz, and as much overlap on both sides
    >>> bands.shape
    (101, 15)
    >>> int(bands.mean(axis=0).argmax())  # centred on 6 kHz
    11
    """
    return band_decibels(
        y,
        filter_bank(sample_rate, n_fft, n_filters, fmin, fmax, scale, filter_norm),
        n_fft=n_fft,
        win_length=win_length,
        hop_length=hop_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        top_db=top_db,
        floor=floor,
        pre_emphasis=pre_emphasis,
    )


def lfcc(
    y: NDArray[Any],
    *,
    sample_rate: float = 16_000,
    n_lfcc: int = 40,
    n_filters: int = 60,
    scale: str = "linear",
    n_fft: int = 512,
    win_length: int | None = 320,
    hop_length: int = 160,
    window: str | float | tuple[Any, ...] = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    fmin: float = 0.0,
    fmax: float | None = None,
    filter_norm: Literal["area", "peak"] = "peak",
    dct_type: int = 2,
    norm: Literal["ortho"] | None = "ortho",
    lifter: float = 0,
    floor: float = POWER_FLOOR,
    top_db: float | None = None,
    pre_emphasis: float = 0.97,
) -> Array:
    """Compute the linear-frequency cepstral coefficients of one waveform.

    The cosine transform of `log_filter_bank`. Where mel filters blur what lies
    above 4 kHz, linear ones keep it, and there synthetic speech often differs
    from real speech [1]_.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Waveform.
    sample_rate : float, default=16000
        Rate of `y` in Hz.
    n_lfcc : int, default=40
        Coefficients to keep, at most `n_filters`.
    n_filters, scale, fmin, fmax, filter_norm
        The filters, as of `log_filter_bank`.
    n_fft, win_length, hop_length, window, center, pad_mode
        The frames, as of `log_filter_bank`.
    dct_type : {1, 2, 3}, default=2
        Type of the discrete cosine transform.
    norm : {"ortho", None}, default="ortho"
        Normalisation of the discrete cosine transform.
    lifter : float, default=0
        Weight coefficient ``n`` by ``1 + lifter / 2 * sin(pi * (n + 1) / lifter)``; 0 does nothing.
    floor, top_db, pre_emphasis
        The power and the waveform, as of `log_filter_bank`.

    Returns
    -------
    coefficients : ndarray of shape (n_frames, n_lfcc), float32

    Raises
    ------
    ValueError
        As `log_filter_bank`; and if there are fewer filters than coefficients.

    References
    ----------
    .. [1] Sahidullah, Kinnunen and Hanilçi, "A comparison of features for
       synthetic speech detection", Interspeech 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.feature_extraction import lfcc
    >>> y = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    >>> lfcc(y).shape
    (101, 40)
    """
    decibels = log_filter_bank(
        y,
        sample_rate=sample_rate,
        n_filters=n_filters,
        scale=scale,
        n_fft=n_fft,
        win_length=win_length,
        hop_length=hop_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        fmin=fmin,
        fmax=fmax,
        filter_norm=filter_norm,
        floor=floor,
        top_db=top_db,
        pre_emphasis=pre_emphasis,
    )
    return cepstra(decibels, n_lfcc, dct_type, norm, lifter)
