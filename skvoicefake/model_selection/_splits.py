"""Folds of whole groups that have every class in each."""

from collections.abc import Iterator
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_random_state, indexable
from sklearn.utils._param_validation import Interval, validate_parameter_constraints

from skvoicefake._groups import balanced_folds
from skvoicefake.model_selection._structure import Structure, read_structure

Split = tuple[NDArray[np.intp], NDArray[np.intp]]


class SpoofGroupKFold(BaseCrossValidator):
    """K folds with real and fake clips in each, and no speaker, recording or sentence in two.

    Like scikit-learn's `StratifiedGroupKFold`, with three differences: groups
    may be several keys at once; every fold has every class, so that its
    figures can be computed; and where the groups make that impossible, the
    error says why.

    Parameters
    ----------
    n_splits : int, default=5
        Folds, at least 2. Every clip is tested in one of them.
    shuffle : bool, default=True
        Take groups of one size in random order instead of that of their first
        clips.
    random_state : int, RandomState or None, default=None
        Seed of the order. With an int, every call gives the same folds.

    See Also
    --------
    LeaveOneAttackOut : Tests every attack by a model that never heard it.
    LeaveOneSourceOut : Tests every source by a model that never heard it.

    Notes
    -----
    Clips that share a value of any key are tied, directly or through other
    clips: what no split may part are the connected components of the graph of
    clips and values. Components are dealt to folds from the largest share of
    a class to the smallest, each to where it raises the sum of squared class
    shares least.

    Examples
    --------
    >>> import pandas as pd
    >>> from skvoicefake.model_selection import SpoofGroupKFold
    >>> y = ["real", "fake"] * 4
    >>> groups = pd.DataFrame({"speaker": list("aabbccdd"), "sentence": [1, 1, 2, 3, 3, 4, 5, 5]})
    >>> for train, test in SpoofGroupKFold(3, random_state=0).split(y, y, groups):
    ...     print(test)
    [2 3 4 5]
    [6 7]
    [0 1]
    """

    __metadata_request__split: ClassVar[dict[str, Any]] = {"groups": True}
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(self, n_splits: int = 5, *, shuffle: bool = True, random_state: Any = None) -> None:
        self.n_splits = n_splits
        self.shuffle = shuffle
        self.random_state = random_state

    def split(self, X: Any, y: ArrayLike | None = None, groups: Any = None) -> Iterator[Split]:
        """Yield the rows of training and test of every fold.

        Parameters
        ----------
        X : sequence of n_clips
            Clips; only their number counts.
        y : array-like of shape (n_clips,)
            Labels.
        groups : array-like of shape (n_clips,) or (n_clips, n_keys), or DataFrame
            One key or several that tie clips together. Of a table with a
            column "group", that column alone counts; columns "path", "target",
            "label", "split" and "attack" are no keys. What is not known (None,
            NaN, "" or "-") ties a clip to nothing.

        Yields
        ------
        train, test : ndarray of int
            Positions in X, rising.

        Raises
        ------
        ValueError
            If `groups` is missing, or does not allow so many folds with every
            class on both sides.
        """
        validate_parameter_constraints(self._parameter_constraints, vars(self), type(self).__name__)
        if groups is None:
            raise ValueError(
                "SpoofGroupKFold needs groups: what must stay on one side, such as the speaker of every clip"
                " (groups=clips.groups). Where nothing is known of them, scikit-learn's StratifiedKFold splits clip by"
                " clip, which flatters."
            )
        X, y, groups = indexable(X, y, groups)
        structure = read_structure(y, groups, type(self).__name__)
        if structure.n_folds() < self.n_splits:
            raise ValueError(f"SpoofGroupKFold cannot make n_splits={self.n_splits} folds: {_too_few(structure)}")
        rng = check_random_state(self.random_state) if self.shuffle else None
        fold = balanced_folds(structure.sets, structure.targets, self.n_splits, rng=rng)
        n_classes = len(structure.classes)
        if len(np.unique(fold * n_classes + structure.targets)) < self.n_splits * n_classes:
            raise ValueError(
                f"SpoofGroupKFold found no n_splits={self.n_splits} folds with all {n_classes} classes in each:"
                f" {_too_few(structure)}"
            )
        for i in range(self.n_splits):
            yield np.flatnonzero(fold != i), np.flatnonzero(fold == i)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : object
            Not used.

        Returns
        -------
        n_splits : int
        """
        return int(self.n_splits)


def _too_few(structure: Structure) -> str:
    most = structure.n_folds()
    advice = f"Take n_splits={most} or fewer, leave out" if most > 1 else "Leave out"
    return (
        f"every fold needs clips of every class, and {structure.describe()} {advice} a key that may be on both sides,"
        " or add clips of other groups."
    )
