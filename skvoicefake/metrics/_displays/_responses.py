"""Scores of an estimator."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._response import _get_response_values_binary

# Probabilities round to 1 where log-odds still differ, so scores are taken before them.
AUTO = ["decision_function", "predict_proba"]


def response(estimator: Any, X: Any, method: str, pos_label: Any) -> tuple[NDArray[np.float64], Any]:
    """Return the scores of a fitted classifier of two classes, and the label that they rise towards."""
    scores, pos_label = _get_response_values_binary(estimator, X, AUTO if method == "auto" else method, pos_label)
    return scores, pos_label
