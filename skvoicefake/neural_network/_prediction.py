"""What a fitted network says of clips: scores, probabilities, labels."""

from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, softmax
from sklearn.utils.validation import check_is_fitted

from skvoicefake.neural_network._network import Network
from skvoicefake.neural_network._validation import as_panel


class Predictions:
    """The methods of a classifier that ask its network."""

    classes_: NDArray[Any]
    _network: Network
    _crop_starts: tuple[int, ...]

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Score clips by their log-odds.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        scores : ndarray of shape (n_clips,) or (n_clips, n_classes)
            For two classes one score, positive for ``classes_[1]``; for more
            the logit of every class.
        """
        check_is_fitted(self)
        scores = self._network.scores(as_panel(self, X, reset=False), self._crop_starts).astype(np.float64)
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Estimate the probability of every class.

        A clip's probability does not depend on the clips beside it, but for the
        rounding of float32 (1e-6 of a score).

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        probabilities : ndarray of shape (n_clips, n_classes)
            In the order of `classes_`.
        """
        scores = self.decision_function(X)
        return softmax(scores, axis=1) if scores.ndim == 2 else np.column_stack([expit(-scores), expit(scores)])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Name the likeliest class of every clip.

        Parameters
        ----------
        X : array-like
            As in `fit`.

        Returns
        -------
        labels : ndarray of shape (n_clips,)
        """
        scores = self.decision_function(X)
        return self.classes_[scores.argmax(axis=1) if scores.ndim == 2 else (scores > 0).astype(int)]

    @property
    def model_(self) -> keras.Model:
        """The trained Keras model, from panels to probabilities."""
        check_is_fitted(self)
        return self._network.model
