"""FilterBankTransformer: bands on any scale in dB, in the shell of `_transformer`."""

import os
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from skvoicefake.feature_extraction._bands import log_filter_bank
from skvoicefake.feature_extraction._spectral import FILTER_CONSTRAINTS, SpectralTransformer


class FilterBankTransformer(SpectralTransformer):
    """Turn audio into the power in bands of frequency, in dB.

    See :func:`~skvoicefake.feature_extraction.log_filter_bank` for what is
    computed. A clip's numbers never depend on the other clips of X, except
    through ``normalize="train"`` and ``duration=None``, which learn from the
    clips of `fit`. Without those two the transformer may be used unfitted.

    Parameters
    ----------
    sample_rate : float, default=16000
        Rate in Hz at which clips are analysed; others are resampled. Bare
        arrays are taken to be at this rate.
    duration : float or None, default=3.0
        Seconds of every clip to analyse, at most 86400: longer ones are cut,
        shorter ones padded. None keeps the longest clip of `fit`.
    n_filters : int, default=60
        Bands that the spectrum is summed in.
    scale : {"linear", "mel", "htk", "bark", "erb", "inverse-mel"}, default="linear"
        Scale of frequencies on which the bands are evenly spaced.
    n_fft : int, default=512
        Samples of a frame.
    win_length : int or None, default=320
        Samples of the window inside a frame; None is `n_fft`.
    hop_length : int, default=160
        Samples between frames.
    window : str, float or tuple, default="hann"
        As in `scipy.signal.get_window`.
    center : bool, default=True
        Centre frame ``t`` on sample ``t * hop_length``.
    pad_mode : {"constant", "edge", "reflect", "symmetric"}, default="constant"
        What lies beyond the clip's ends when frames are centred.
    fmin, fmax : float, default=0.0, None
        Lowest and highest frequency in Hz; None is half of `sample_rate`.
    filter_norm : {"area", "peak"}, default="peak"
        Give the filters the same area, or the same peak.
    floor : float, default=1e-10
        Power below this counts as this.
    top_db : float or None, default=None
        Cut a clip's dB spectrum this far below its peak; None cuts nothing.
    pre_emphasis : float, default=0.97
        Weight of the sample before, subtracted from every sample; 0 for none.
    deltas : {0, 1, 2}, default=0
        Append slopes over time: first, or first and second order.
    normalize : {None, "clip", "train"}, default=None
        Bring every coefficient to mean 0 and deviation 1: over the clip
        (cepstral mean and variance normalisation), or with the statistics of
        the clips of `fit`.
    padding : {"zeros", "repeat"}, default="zeros"
        How to lengthen a short waveform.
    crop : {"start", "center", "loudest"}, default="start"
        Which part of a long waveform to keep; "loudest" has the most energy.
    level : {None, "peak", "rms"}, default=None
        Bring what is analysed of a waveform to a peak of 1, or to an RMS of
        0.05, so that its loudness tells nothing. None leaves it.
    output : {"sequence", "flat", "stats"}, default="sequence"
        A 3-D panel; its rows flattened; or the mean and deviation of every
        coefficient over time. The last two are 2-D, for any classifier.
    cache : path, FeatureStore, joblib.Memory or None, default=None
        A folder that keeps the coefficients of every clip, so that a search,
        or the next run, computes them once. The results are the same bits. A
        path stands for a
        :class:`~skvoicefake.feature_extraction.FeatureStore` with its
        defaults: files are known by their content, and the folder takes up to
        10 GiB. Of a `joblib.Memory` the folder is used.
    memmap : path or None, default=None
        A folder in which the panel is made as a file instead of in memory, for
        a panel that is larger than that. What comes back is a
        :class:`numpy.memmap`, or for "flat" an array on top of one; its file
        goes when the last array on it goes, or with the program.
    n_jobs : int or None, default=None
        Threads to work with, as in scikit-learn.
    on_error : {"raise", "zeros", "nan"}, default="raise"
        What becomes of a clip that cannot be read: an
        :class:`~skvoicefake.audio.AudioError`, or a row of zeros or NaN, one
        warning for all, and an entry in `bad_clips_`.
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    n_samples_ : int
        Samples of every clip that are analysed.
    n_frames_ : int
        Frames a clip.
    mean_, scale_ : ndarray of shape (n_coefficients,)
        What ``normalize="train"`` subtracts and divides by.
    bad_clips_ : list of (int, str)
        Position and error of every clip that the last call of `fit`,
        `transform` or `fit_transform` could not read, whichever thread it
        came from. Only with `on_error` other than "raise".
    n_features_in_ : int
        Columns of X. Only if X was a 2-D array or table of samples.
    feature_names_in_ : ndarray of str
        Column names of X. Only if X was a DataFrame.

    See Also
    --------
    LFCCTransformer : The cepstra of the bands.

    Notes
    -----
    The bands are exact within 0.01 dB: spectra are computed in single precision
    where that is enough.

    What ``normalize="train"`` and ``duration=None`` learned holds for the
    parameters of `fit`. Only `output`, `cache`, `memmap`, `n_jobs`, `on_error`
    and `verbose` may be changed without another one.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.feature_extraction import FilterBankTransformer
    >>> rng = np.random.default_rng(0)
    >>> clips = [rng.normal(size=16000), (rng.normal(size=(8000, 2)), 8000)]
    >>> FilterBankTransformer(duration=1.0).fit_transform(clips).shape
    (2, 101, 60)
    >>> FilterBankTransformer(duration=1.0, output="stats").fit_transform(clips).shape
    (2, 120)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **SpectralTransformer._parameter_constraints,
        **FILTER_CONSTRAINTS,
    }
    _stem = "band"
    _counter = "n_filters"

    def __init__(
        self,
        *,
        sample_rate: float = 16_000,
        duration: float | None = 3.0,
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
        filter_norm: str = "peak",
        floor: float = 1e-10,
        top_db: float | None = None,
        pre_emphasis: float = 0.97,
        deltas: int = 0,
        normalize: str | None = None,
        padding: str = "zeros",
        crop: str = "start",
        level: str | None = None,
        output: str = "sequence",
        cache: Any = None,
        memmap: str | os.PathLike[str] | None = None,
        n_jobs: int | None = None,
        on_error: str = "raise",
        verbose: int = 0,
    ) -> None:
        self.sample_rate = sample_rate
        self.duration = duration
        self.n_filters = n_filters
        self.scale = scale
        self.n_fft = n_fft
        self.win_length = win_length
        self.hop_length = hop_length
        self.window = window
        self.center = center
        self.pad_mode = pad_mode
        self.fmin = fmin
        self.fmax = fmax
        self.filter_norm = filter_norm
        self.floor = floor
        self.top_db = top_db
        self.pre_emphasis = pre_emphasis
        self.deltas = deltas
        self.normalize = normalize
        self.padding = padding
        self.crop = crop
        self.level = level
        self.output = output
        self.cache = cache
        self.memmap = memmap
        self.n_jobs = n_jobs
        self.on_error = on_error
        self.verbose = verbose

    def _filters(self) -> tuple[int, str]:
        return self.n_filters, self.scale

    def _function(self) -> Callable[..., NDArray[np.float32]]:
        return log_filter_bank
