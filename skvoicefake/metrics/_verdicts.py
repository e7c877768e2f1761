"""Figures of verdicts, from confusion matrices."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def confusion(is_positive: NDArray[np.bool_], called_positive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Count verdicts in a matrix of shape (2, 2): rows are what is, columns what was called, negative first."""
    return np.bincount(2 * is_positive + called_positive, minlength=4).reshape(2, 2).astype(np.float64)


def verdict_figures(matrix: NDArray[Any], classes: list[Any]) -> dict[str, NDArray[np.float64]]:
    """Compute accuracy, precision, recall and F1 of every class, and both averages.

    They are those of :func:`sklearn.metrics.classification_report`; a precision
    without a single call is 0, as there.

    Parameters
    ----------
    matrix : ndarray of shape (..., 2, 2)
        Confusion matrices: rows are what is, columns what was called.
    classes : list of two labels
        Negative first.

    Returns
    -------
    figures : dict of str to ndarray of shape (...)
    """
    n = matrix.sum(axis=(-2, -1))
    right = np.diagonal(matrix, axis1=-2, axis2=-1)
    support, called = matrix.sum(axis=-1), matrix.sum(axis=-2)
    by_class = {
        "precision": _share(right, called),
        "recall": _share(right, support),
        "f1": _share(2 * right, called + support),
    }
    figures = {"accuracy": right.sum(axis=-1) / n, "balanced_accuracy": by_class["recall"].mean(axis=-1)}
    for i, label in enumerate(classes):
        figures |= {f"{name}[{label}]": values[..., i] for name, values in by_class.items()}
    figures |= {f"{name}[macro]": values.mean(axis=-1) for name, values in by_class.items()}
    figures |= {f"{name}[weighted]": (values * support).sum(axis=-1) / n for name, values in by_class.items()}
    return figures


def _share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=np.asarray(whole) > 0)


def resampled_confusion(
    is_positive: NDArray[np.bool_],
    called_positive: NDArray[np.bool_],
    groups: NDArray[Any] | None,
    n_resamples: int,
    random_state: np.random.RandomState,
) -> NDArray[np.float64]:
    """Draw confusion matrices of bootstrap resamples: of clips within their class, or of whole groups.

    Resamples of groups that hold one class alone are left out.
    """
    whole = confusion(is_positive, called_positive)
    if groups is None:
        rows = [random_state.multinomial(int(row.sum()), row / row.sum(), size=n_resamples) for row in whole]
        return np.stack(rows, axis=-2).astype(np.float64)
    names, codes = np.unique(groups, return_inverse=True)
    n_groups = len(names)
    by_group = np.zeros((n_groups, 2, 2))
    np.add.at(by_group, (codes, is_positive.astype(int), called_positive.astype(int)), 1)
    drawn = random_state.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=n_resamples)
    matrices = np.einsum("rg,gij->rij", drawn, by_group)
    return matrices[matrices.sum(axis=-1).min(axis=-1) > 0]
