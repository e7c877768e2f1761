"""The two steps of the detector in the package: every clip is read once, for its features and for the guard."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.utils import Tags

from skvoicefake.audio import load_audio
from skvoicefake.detectors._frozen import Frozen
from skvoicefake.detectors._guard import FOREIGN, NARROW, NO_SPEECH
from skvoicefake.feature_extraction._clips import as_clips
from skvoicefake.feature_extraction._parallel import for_each

NAME = "ShippedDetector"  # what users know
REMARKS = ("", NO_SPEECH, NARROW, FOREIGN)


class Listener(TransformerMixin, BaseEstimator):
    """From clips to features, with the guard's remark as a number behind them.

    Parameters
    ----------
    frozen : Frozen
        See `read`.
    n_jobs : int or None, default=None
        Threads to work with.
    """

    def __init__(self, frozen: Frozen, n_jobs: int | None = None) -> None:
        self.frozen = frozen
        self.n_jobs = n_jobs

    @property
    def sample_rate(self) -> float:
        """Rate in Hz at which clips are analysed."""
        return float(self.frozen.transformer.sample_rate)

    @property
    def duration(self) -> float | None:
        """Seconds of a clip that are heard, from its start."""
        duration = self.frozen.transformer.duration
        return None if duration is None else float(duration)

    def fit(self, X: Any, y: Any = None) -> Self:
        """Return itself, as it is."""
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return a row a clip: its features, and the place of its remark in `REMARKS`."""
        clips = as_clips(self, X, reset=False, name=NAME)
        transformer, guard = self.frozen.transformer, self.frozen.guard
        features = np.zeros((len(clips), len(self.frozen.mean) + 1), dtype=np.float32)

        def listen(i: int) -> None:
            y = load_audio(clips.items[i], self.sample_rate, duration=self.duration, name=clips.name(i))
            features[i, :-1] = transformer.transform([y])[0]
            if guard is not None:
                features[i, -1] = REMARKS.index(guard.remarks([y])[0])

        for_each(listen, range(len(clips)), n_jobs=self.n_jobs, name=NAME, verbose=0)
        return features

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


class FrozenClassifier(ClassifierMixin, BaseEstimator):
    """From the rows of `Listener` to log-likelihood ratios.

    Parameters
    ----------
    frozen : Frozen
        See `read`.
    """

    def __init__(self, frozen: Frozen) -> None:
        self.frozen = frozen

    @property
    def classes_(self) -> NDArray[np.str_]:
        """The labels."""
        return np.array(self.frozen.classes)

    def fit(self, X: Any, y: Any = None) -> Self:
        """Return itself, as it is."""
        return self

    def remarks(self, X: NDArray[np.float32]) -> NDArray[np.str_]:
        """Return the remarks."""
        return np.array(REMARKS)[X[:, -1].astype(int)]

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.str_]:
        """Return the likelier labels, whatever the remarks."""
        return self.classes_[(self.frozen.score(X[:, :-1]) > 0).astype(int)]

    def decision_function(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the log-likelihood ratios; 0 where there is a remark."""
        return np.where(X[:, -1] == 0, self.frozen.score(X[:, :-1]), 0.0)

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the probabilities of both classes at even odds."""
        llr = self.decision_function(X)
        return np.column_stack([expit(-llr), expit(llr)])

    def __sklearn_is_fitted__(self) -> bool:
        return True
