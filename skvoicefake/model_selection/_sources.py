"""Splits whose test side is a source that training never heard."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import indexable
from sklearn.utils._param_validation import validate_parameter_constraints

from skvoicefake._warn import warn
from skvoicefake.model_selection._splits import Split
from skvoicefake.model_selection._structure import Structure, read_names, read_structure


class LeaveOneSourceOut(BaseCrossValidator):
    """Test every source that has both classes by a model that never heard it.

    A source is where clips come from: a corpus, a studio, a microphone, a
    language, a web site. There is a split a source, in the order of their
    sorted names; training has the other sources. Sources of one class only
    train, as their figures could not be computed.

    Parameters
    ----------
    source : str, default="source"
        The column of `groups` that names the source, where it is not passed to
        `split` by itself.

    See Also
    --------
    SpoofGroupKFold : Tests every clip once, in a given number of folds.
    LeaveOneAttackOut : Tests every attack by a model that never heard it.

    Notes
    -----
    In neither training nor test are clips of other sources that share a group
    with the test, and clips whose source is not known, which may be of any.

    Examples
    --------
    >>> import pandas as pd
    >>> from skvoicefake.model_selection import LeaveOneSourceOut
    >>> y = ["real", "fake"] * 3
    >>> table = pd.DataFrame({"source": ["web", "web", "studio", "studio", "phone", "phone"]})
    >>> for train, test in LeaveOneSourceOut().split(y, y, table):
    ...     print(train, test)
    [0 1 2 3] [4 5]
    [0 1 4 5] [2 3]
    [2 3 4 5] [0 1]
    """

    __metadata_request__split: ClassVar[dict[str, Any]] = {"groups": True, "source": True}
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {"source": [str]}

    def __init__(self, *, source: str = "source") -> None:
        self.source = source

    def split(
        self, X: Any, y: ArrayLike | None = None, groups: Any = None, source: ArrayLike | None = None
    ) -> Iterator[Split]:
        """Yield the rows of training and test of every source that has both classes.

        Parameters
        ----------
        X : sequence of n_clips
            Clips; only their number counts.
        y : array-like of shape (n_clips,)
            Labels.
        groups : array-like of shape (n_clips,) or (n_clips, n_keys), or DataFrame, default=None
            Keys that tie clips together, as for `SpoofGroupKFold`. The column
            of a table that holds the source is none of them.
        source : array-like of shape (n_clips,), default=None
            Where each clip comes from. None takes the column of `groups`.

        Yields
        ------
        train, test : ndarray of int
            Positions in X, rising.

        Raises
        ------
        ValueError
            If the sources are missing, none has every class, or nothing is
            left to train on.

        Warns
        -----
        UserWarning
            If some sources have one class, or that of some clips is not known.
        """
        X, y, groups, source = indexable(X, y, groups, source)
        structure, names, tested = self._read(y, groups, source)
        left_out = sorted(set(names.tolist()) - {*tested, ""})
        if left_out:
            warn(
                f"LeaveOneSourceOut only trains on {len(left_out)} sources that have no clips of some class:"
                f" {', '.join(map(repr, left_out[:5]))}{', ...' if len(left_out) > 5 else ''}.",
            )
        if n_unknown := int(np.sum(names == "")):
            warn(
                f"LeaveOneSourceOut leaves out {n_unknown} clips whose source is not known: they may be of any.",
            )
        yield from [self._one(structure, names, name) for name in tested]

    def _read(self, y: Any, groups: Any, source: Any) -> tuple[Structure, NDArray[np.str_], list[str]]:
        """Return what is tied together, the source of every clip ("" if not known), and those that can be tested."""
        validate_parameter_constraints(self._parameter_constraints, vars(self), type(self).__name__)
        structure = read_structure(y, groups, "LeaveOneSourceOut", without=self.source)
        names = read_names(source, groups, self.source, "source", "LeaveOneSourceOut")
        n_classes = len(structure.classes)
        sources = sorted({*names.tolist()} - {""})
        tested = [name for name in sources if len(np.unique(structure.targets[names == name])) == n_classes]
        if not tested:
            raise ValueError(
                f"LeaveOneSourceOut needs sources with clips of every class, and none of the {len(sources)} sources"
                " has them: alone on the test side it gives no error rates. To keep sources whole, use SpoofGroupKFold"
                " with the source as group."
            )
        return structure, names, tested

    def _one(self, structure: Structure, names: NDArray[np.str_], name: str) -> Split:
        test = names == name
        train = (names != "") & ~np.isin(structure.sets, structure.sets[test])
        if len(np.unique(structure.targets[train])) < len(structure.classes):
            raise ValueError(
                f"LeaveOneSourceOut finds no clips of every class that share neither source nor group with {name!r}:"
                f" {structure.describe()} Leave out a key that may be on both sides, or add clips of other sources."
            )
        return np.flatnonzero(train), np.flatnonzero(test)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None, source: Any = None) -> int:
        """Return the number of sources that have every class.

        Parameters
        ----------
        X : object
            Not used.
        y, groups, source : array-like
            As for `split`.

        Returns
        -------
        n_splits : int

        Raises
        ------
        ValueError
            If the sources are missing, or none has every class.
        """
        return len(self._read(y, groups, source)[2])
