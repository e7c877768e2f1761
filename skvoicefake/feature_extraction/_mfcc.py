"""MFCCTransformer: mel-frequency cepstra in the shell of `_transformer`."""

import os
from collections.abc import Callable
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from skvoicefake.feature_extraction._cepstra import mfcc
from skvoicefake.feature_extraction._spectral import CepstralTransformer


class MFCCTransformer(CepstralTransformer):
    """Turn audio into mel-frequency cepstral coefficients.

    The coefficients are those of ``librosa.feature.mfcc`` for the same
    parameters; see :func:`~skvoicefake.feature_extraction.mfcc` for the
    reference. A clip's numbers never depend on the other clips of X, except
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
    n_mfcc : int, default=40
        Coefficients a frame.
    n_fft : int, default=512
        Samples of a frame.
    win_length : int or None, default=None
        Samples of the window inside a frame; None is `n_fft`.
    hop_length : int, default=160
        Samples between frames.
    window : str, float or tuple, default="hann"
        As in `scipy.signal.get_window`.
    center : bool, default=True
        Centre frame ``t`` on sample ``t * hop_length``.
    pad_mode : {"constant", "edge", "reflect", "symmetric"}, default="constant"
        What lies beyond the clip's ends when frames are centred.
    n_mels : int, default=80
        Mel bands.
    fmin, fmax : float, default=0.0, None
        Lowest and highest frequency in Hz; None is half of `sample_rate`.
    htk : bool, default=False
        HTK's mel scale instead of Slaney's.
    mel_norm : {"slaney", None}, default="slaney"
        Give the mel bands the same area, or the same peak.
    dct_type : {1, 2, 3}, default=2
        Type of the discrete cosine transform.
    norm : {"ortho", None}, default="ortho"
        Normalisation of the discrete cosine transform; None with ``dct_type=1``.
    lifter : float, default=0
        Liftering coefficient; 0 does none.
    top_db : float or None, default=80.0
        Cut a clip's dB spectrum this far below its peak.
    pre_emphasis : float, default=0.0
        Weight of the sample before, subtracted from every sample; 0.97 is common.
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
    skvoicefake.CNNLSTMClassifier : The network that takes the panel.
    skvoicefake.feature_extraction.LFCCTransformer : The same of other filters.

    Notes
    -----
    The coefficients differ from librosa's by the rounding of float32: by less
    than 1e-3 for ``norm="ortho"`` without liftering. ``norm=None`` scales
    coefficients, and with them that limit, by up to ``2 * sqrt(n_mels)``, and
    `lifter` by up to ``1 + lifter / 2``.

    What ``normalize="train"`` and ``duration=None`` learned holds for the
    parameters of `fit`. Only `output`, `cache`, `memmap`, `n_jobs`, `on_error`
    and `verbose` may be changed without another one.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake import MFCCTransformer
    >>> rng = np.random.default_rng(0)
    >>> clips = [rng.normal(size=16000), (rng.normal(size=(8000, 2)), 8000)]
    >>> MFCCTransformer(duration=1.0).fit_transform(clips).shape
    (2, 101, 40)
    >>> MFCCTransformer(duration=1.0, output="stats").fit_transform(clips).shape
    (2, 80)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **CepstralTransformer._parameter_constraints,
        "n_mfcc": [Interval(Integral, 1, None, closed="left")],
        "n_mels": [Interval(Integral, 1, None, closed="left")],
        "htk": ["boolean"],
        "mel_norm": [StrOptions({"slaney"}), None],
    }
    _stem = "mfcc"
    _counter = "n_mfcc"
    _band_counter = "n_mels"
    _bands = "mel bands"

    def __init__(
        self,
        *,
        sample_rate: float = 16_000,
        duration: float | None = 3.0,
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
        mel_norm: str | None = "slaney",
        dct_type: int = 2,
        norm: str | None = "ortho",
        lifter: float = 0,
        top_db: float | None = 80.0,
        pre_emphasis: float = 0.0,
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
        self.n_mfcc = n_mfcc
        self.n_fft = n_fft
        self.win_length = win_length
        self.hop_length = hop_length
        self.window = window
        self.center = center
        self.pad_mode = pad_mode
        self.n_mels = n_mels
        self.fmin = fmin
        self.fmax = fmax
        self.htk = htk
        self.mel_norm = mel_norm
        self.dct_type = dct_type
        self.norm = norm
        self.lifter = lifter
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
        return self.n_mels, "htk" if self.htk else "mel"

    def _function(self) -> Callable[..., NDArray[np.float32]]:
        return mfcc
