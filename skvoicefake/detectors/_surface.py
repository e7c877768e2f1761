"""SurfaceTransformer: what can be told of a clip without listening to the voice, as features."""

import warnings
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval

from skvoicefake.audio import MAX_RATE, MIN_RATE
from skvoicefake.feature_extraction._clips import Clips, as_clips
from skvoicefake.feature_extraction._parallel import for_each
from skvoicefake.feature_extraction._shelf import Shelf, as_store
from skvoicefake.feature_extraction._transformer import ClipTransformer
from skvoicefake.model_selection._surface import read_file, surface_features

# Of the sound alone: what only files have (container, codec, bits) says nothing of a waveform.
FEATURES = (
    *("duration_s", "level_db", "peak_db", "dc", "clipping", "digital_silence"),
    *("leading_silence_s", "trailing_silence_s", "bandwidth_hz", "high_db", "top_db"),
    *("noise_db", "noise_low_db", "noise_mid_db", "noise_high_db", "noise_top_db"),
)


class SurfaceTransformer(TransformerMixin, BaseEstimator):
    """Measure what a clip gives away without its voice: length, level, pauses, noise floor, bandwidth.

    These are the features of the [audit](audit.md) that are of the sound and
    not of the file. A detector that is no better than a small model of them
    has learned nothing about voices.

    Parameters
    ----------
    sample_rate : float, default=16000
        Rate in Hz of bare arrays. Other clips are measured at their own rate.
    cache : path, FeatureStore, joblib.Memory or None, default=None
        Where the features of every clip are kept, as in `MFCCTransformer`.
    n_jobs : int or None, default=None
        Threads to work with, as in scikit-learn.
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    n_features_in_ : int
        Columns of X. Only if X was a 2-D array or table of samples.
    feature_names_in_ : ndarray of str
        Column names of X. Only if X was a DataFrame.

    See Also
    --------
    skvoicefake.model_selection.audit : Says what of it tells real from fake.
    skvoicefake.detectors.baselines : Has a detector of these features.

    Notes
    -----
    - `duration_s`: seconds.
    - `level_db`: RMS of what is no pause, in dBFS. A pause is a frame of 10 ms
      that is 30 dB beneath the loudest twentieth of the frames, or (in noise)
      nearer to the quietest twentieth than to them and 6 dB beneath.
    - `peak_db`: the greatest sample, dBFS.
    - `dc`: mean of the samples over the RMS of what is no pause; NaN where
      everything is silent.
    - `clipping`: share of the samples in flat tops.
    - `digital_silence`: share of the frames in which all samples are one value.
    - `leading_silence_s`, `trailing_silence_s`: seconds before and after the
      first and last frames that are no pauses.
    - `bandwidth_hz`: where the long-term spectrum ends.
    - `high_db`, `top_db`: power above 3400 Hz, and in the upper eighth of the
      spectrum, in dB relative to all of it.
    - `noise_db`: level of the quietest tenth of the frames, in dB relative to
      `level_db`; `noise_low_db`, `noise_mid_db`, `noise_high_db`,
      `noise_top_db`: their power below 300 Hz, from there to 3400 Hz, from
      there to the upper eighth, and in it, relative to that of what is no
      pause.

    Bands that a sample rate does not have are NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.detectors import SurfaceTransformer
    >>> clip = np.zeros(16000)
    >>> clip[4000:] = 0.1 * np.random.default_rng(0).normal(size=12000)
    >>> surface = SurfaceTransformer()
    >>> features = dict(zip(surface.get_feature_names_out(), surface.fit_transform([clip])[0], strict=True))
    >>> float(features["leading_silence_s"]), round(features["level_db"])
    (0.25, -20)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "sample_rate": [Interval(Real, MIN_RATE, MAX_RATE, closed="both")],
        "cache": ClipTransformer._parameter_constraints["cache"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self, *, sample_rate: float = 16_000, cache: Any = None, n_jobs: int | None = None, verbose: int = 0
    ) -> None:
        self.sample_rate = sample_rate
        self.cache = cache
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the parameters and X; there is nothing to learn, so files are not read.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            See :func:`~skvoicefake.audio.load_audio` for what a clip may be.
        y : None
            Ignored.

        Returns
        -------
        self : SurfaceTransformer

        Raises
        ------
        AudioError
            If a waveform is none.
        """
        self._validate_params()
        clips = as_clips(self, X, reset=True)
        for i, clip in enumerate(clips.items):
            if isinstance(clip, np.ndarray | tuple):
                read_file(clip, clips.name(i), sample_rate=self.sample_rate)
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Measure every clip.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            See :func:`~skvoicefake.audio.load_audio` for what a clip may be.

        Returns
        -------
        features : ndarray of shape (n_clips, 16)
            See the notes of the class; NaN where a clip has no such thing.

        Raises
        ------
        AudioError
            If a clip cannot be read.
        """
        self._validate_params()
        clips = as_clips(self, X, reset=False)
        store = as_store(self.cache)
        recipe = {"transformer": type(self).__name__, "sample_rate": self.sample_rate, "names": FEATURES}
        shelf = None if store is None else Shelf(store, recipe, (len(FEATURES),), "<f8")
        features = np.empty((len(clips), len(FEATURES)))

        def measure(i: int) -> None:
            features[i] = (
                self._measured(clips, i)
                if shelf is None
                else shelf.get(clips.items[i], lambda: self._measured(clips, i))
            )

        for_each(measure, range(len(clips)), n_jobs=self.n_jobs, name=type(self).__name__, verbose=self.verbose)
        if shelf is not None and shelf.failure is not None:
            warnings.warn(
                f"cache={shelf.folder!r} cannot be written to ({shelf.failure.strerror}): the features are right, but"
                " not all are kept for the next time. Make room, or choose another folder.",
                UserWarning,
                stacklevel=2,
            )
        return features

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the columns.

        Parameters
        ----------
        input_features : None
            Ignored: the names do not depend on those of X.

        Returns
        -------
        names : ndarray of str
        """
        return np.array(FEATURES, dtype=object)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags

    def _measured(self, clips: Clips, i: int) -> list[float]:
        clip = clips.items[i]
        channels, rate, facts = read_file(clip, clips.name(i), sample_rate=self.sample_rate)
        found = surface_features(channels, rate, facts)
        return [float(found[name]) for name in FEATURES]
