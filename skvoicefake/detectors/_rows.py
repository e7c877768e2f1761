"""The shell of transformers from a clip, whatever its length, to a row of numbers: nothing is learned."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
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


class RowTransformer(TransformerMixin, BaseEstimator, ABC):
    """Base of transformers from clips to rows.

    A subclass declares its parameters, with those below among them, and says
    what the numbers of a row are called, what they depend on, and how they
    are computed.
    """

    sample_rate: float
    cache: Any
    n_jobs: int | None
    verbose: int

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "sample_rate": [Interval(Real, MIN_RATE, MAX_RATE, closed="both")],
        "cache": ClipTransformer._parameter_constraints["cache"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }
    _dtype: ClassVar[str]  # of the rows

    @abstractmethod
    def _names(self) -> Sequence[str]:
        """Return what the numbers of a row are called; raise where parameters make no sense."""

    @abstractmethod
    def _recipe(self, clips: Clips) -> dict[str, Any]:
        """Return what the rows depend on besides the clips."""

    @abstractmethod
    def _read(self, clips: Clips, i: int) -> Any:
        """Read a clip, or raise an error that names it."""

    @abstractmethod
    def _rows(self, clips: Clips) -> Callable[[int], Any]:
        """Return what computes the row of the clip at a position."""

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
        self : estimator

        Raises
        ------
        AudioError
            If a waveform is none.
        """
        self._validate_params()
        self._names()
        clips = as_clips(self, X, reset=True)
        for i, clip in enumerate(clips.items):
            if isinstance(clip, np.ndarray | tuple):
                self._read(clips, i)
        return self

    def transform(self, X: Any) -> NDArray[Any]:
        """Compute the row of every clip.

        Parameters
        ----------
        X : sequence of clips, or array of shape (n_clips, n_samples)
            See :func:`~skvoicefake.audio.load_audio` for what a clip may be.

        Returns
        -------
        features : ndarray of shape (n_clips, n_features)
            What they are, the notes of the class say.

        Raises
        ------
        AudioError
            If a clip cannot be read.
        """
        self._validate_params()
        n_features = len(self._names())
        clips = as_clips(self, X, reset=False)
        store = as_store(self.cache)
        shelf = None if store is None else Shelf(store, self._recipe(clips), (n_features,), self._dtype)
        features = np.empty((len(clips), n_features), dtype=self._dtype)
        row = self._rows(clips)

        def put(i: int) -> None:
            features[i] = row(i) if shelf is None else shelf.get(clips.items[i], lambda: row(i))

        for_each(put, range(len(clips)), n_jobs=self.n_jobs, name=type(self).__name__, verbose=self.verbose)
        if shelf is not None:
            shelf.warn_of_failure()
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
        return np.array(self._names(), dtype=object)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags
