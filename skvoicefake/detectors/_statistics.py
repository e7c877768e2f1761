"""CepstralStatisticsTransformer: a clip of any length as a row of statistics over time of its cepstra."""

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval

from skvoicefake.audio import MAX_DURATION, AudioError, load_audio
from skvoicefake.detectors._rows import RowTransformer
from skvoicefake.feature_extraction import LFCCTransformer
from skvoicefake.feature_extraction._clips import Clips
from skvoicefake.feature_extraction._spectral import SpectralTransformer
from skvoicefake.feature_extraction._transformer import ClipTransformer

STATISTICS = ("mean", "std", "slope")
HEARD = 0.01  # seconds in the middle of a frame that tell how loud it is: what no window fades out
# What the coefficients of a frame depend on; the rest of a front end's parameters is about clips and panels.
OF_CLIPS = frozenset(ClipTransformer._parameter_constraints) - {"sample_rate"}


class CepstralStatisticsTransformer(RowTransformer):
    """Mean, deviation and restlessness over time of cepstra, whatever a clip's length.

    Nothing is padded: a short clip has the statistics of what there is, and
    no zeros at its end are among them.

    Parameters
    ----------
    front_ends : sequence of transformers or None, default=None
        `LFCCTransformer`, `MFCCTransformer` or `FilterBankTransformer`, whose
        coefficients are taken. Only what makes the coefficients of a frame
        counts of their parameters: length, padding, cache and the like are
        those of this transformer, and their `sample_rate` must be its own.
        None is linear-frequency cepstra of all frequencies, and in finer
        detail of the upper half and of the lower half alone.
    sample_rate : float, default=16000
        Rate in Hz at which clips are analysed, and that of bare arrays.
    duration : float or None, default=10.0
        Seconds of a clip to analyse at most, from its start; None is all.
    silence_db : float or None, default=60.0
        Frames this far beneath the loudest are left out, so that silence before
        or after the speech leaves no trace; None keeps all.
    cache : path, FeatureStore, joblib.Memory or None, default=None
        Where the statistics of every clip are kept, as in `MFCCTransformer`.
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
    skvoicefake.feature_extraction.LFCCTransformer : The cepstra themselves; ``output="stats"`` pads short clips.

    Notes
    -----
    For every coefficient: its mean over frames, its standard deviation, and
    the standard deviation of its difference from one frame to the next, where
    neither is left out (0 if there is none). How loud a frame is, its middle
    10 ms tell. Silence is no error here: its cepstra are those of the floor.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.detectors import CepstralStatisticsTransformer
    >>> rng = np.random.default_rng(0)
    >>> CepstralStatisticsTransformer().fit_transform([rng.normal(size=16000), rng.normal(size=40000)]).shape
    (2, 360)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **RowTransformer._parameter_constraints,
        "front_ends": ["array-like", None],
        "duration": [Interval(Real, 0, MAX_DURATION, closed="right"), None],
        "silence_db": [Interval(Real, 0, None, closed="left"), None],
    }
    _dtype = "<f4"

    def __init__(
        self,
        *,
        front_ends: Sequence[SpectralTransformer] | None = None,
        sample_rate: float = 16_000,
        duration: float | None = 10.0,
        silence_db: float | None = 60.0,
        cache: Any = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.front_ends = front_ends
        self.sample_rate = sample_rate
        self.duration = duration
        self.silence_db = silence_db
        self.cache = cache
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _names(self) -> list[str]:
        return [
            f"{position}_{name}_{statistic}"
            for position, front_end in enumerate(self._front_ends())
            for statistic in STATISTICS
            for name in front_end._coefficient_names()
        ]

    def _recipe(self, clips: Clips) -> dict[str, Any]:
        return {
            "transformer": type(self).__name__,
            "duration": self.duration,
            "silence_db": self.silence_db,
            "is_table": clips.is_table,
            "front_ends": [[type(front_end).__name__, frame_parameters(front_end)] for front_end in self._front_ends()],
        }

    def _read(self, clips: Clips, i: int) -> NDArray[np.float32]:
        return load_audio(clips.items[i], self.sample_rate, duration=self.duration, name=clips.name(i))

    def _rows(self, clips: Clips) -> Callable[[int], NDArray[np.float32]]:
        front_ends = self._front_ends()

        def row(i: int) -> NDArray[np.float32]:
            y = self._read(clips, i)
            return np.concatenate([self._statistics(front_end, y, clips.name(i)) for front_end in front_ends])

        return row

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def _front_ends(self) -> list[SpectralTransformer]:
        rate = self.sample_rate
        if self.front_ends is None:
            fine = LFCCTransformer(sample_rate=rate, n_fft=1024, win_length=640)
            upper, lower = clone(fine).set_params(fmin=rate / 4), clone(fine).set_params(fmax=rate / 4)
            return [LFCCTransformer(sample_rate=rate), upper, lower]
        front_ends = list(self.front_ends)
        for position, front_end in enumerate(front_ends):
            if not isinstance(front_end, SpectralTransformer):
                raise TypeError(
                    f"front_ends[{position}]: expected an LFCCTransformer, MFCCTransformer or FilterBankTransformer,"
                    f" got {type(front_end).__name__}."
                )
            if front_end.sample_rate != rate:
                raise ValueError(
                    f"front_ends[{position}] has sample_rate={front_end.sample_rate:g}, and this transformer {rate:g}."
                    " Give both the same."
                )
            front_end._validate_params()
        if not front_ends:
            raise ValueError("front_ends is empty: expected at least one transformer, or None for the usual ones.")
        return front_ends

    def _statistics(self, front_end: SpectralTransformer, y: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        try:
            coefficients = front_end._coefficients(y)
        except ValueError as error:  # Without center=True, a clip may be too short.
            raise AudioError(f"{name}: {error}") from error
        if self.silence_db is None:
            return statistics(coefficients, np.ones(len(coefficients), dtype=bool))
        middles = front_end.hop_length * np.arange(len(coefficients))
        middles += 0 if front_end.center else front_end.n_fft // 2
        power = power_around(y, middles, round(HEARD * self.sample_rate))
        return statistics(coefficients, power >= np.max(power) * 10 ** (-self.silence_db / 10))


def frame_parameters(front_end: SpectralTransformer) -> dict[str, Any]:
    """Return the parameters that make the coefficients of a frame."""
    return {name: value for name, value in front_end.get_params().items() if name not in OF_CLIPS}


def power_around(y: NDArray[np.float32], middles: NDArray[Any], n_samples: int) -> NDArray[np.float64]:
    """Return the sum of the squares of so many samples around each of some places."""
    so_far = np.concatenate([[0.0], np.cumsum(np.square(y, dtype=np.float64))])
    starts = middles - n_samples // 2
    ends, starts = np.clip(starts + n_samples, 0, len(y)), np.clip(starts, 0, len(y))
    return np.asarray(so_far[ends] - so_far[starts])


def statistics(coefficients: NDArray[np.float32], is_heard: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return mean, deviation, and deviation of the step between frames, of shape (3 * n_coefficients,)."""
    steps = np.diff(coefficients, axis=0)[is_heard[1:] & is_heard[:-1]]
    heard = coefficients[is_heard]
    restless = steps.std(axis=0, dtype=np.float64) if len(steps) else np.zeros(coefficients.shape[1])
    mean, deviation = (function(heard, axis=0, dtype=np.float64) for function in (np.mean, np.std))
    return np.concatenate([mean, deviation, restless]).astype(np.float32)
