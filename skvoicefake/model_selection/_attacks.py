"""Splits whose test side is an attack that training never heard."""

from collections.abc import Iterator
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_random_state, indexable
from sklearn.utils._param_validation import Interval, validate_parameter_constraints

from skvoicefake._groups import balanced_folds
from skvoicefake._warn import warn
from skvoicefake.labels import REAL_WORDS, real_label
from skvoicefake.model_selection._splits import Split
from skvoicefake.model_selection._structure import Structure, read_names, read_structure


class LeaveOneAttackOut(BaseCrossValidator):
    """Test every attack by a model that never heard it, nor a group of the test.

    There is a split an attack, in the order of their sorted names. Its test
    side holds fakes of that attack, and real clips that are held out of
    training; its training side fakes of the other attacks, and the other real
    clips.

    Parameters
    ----------
    attack : str, default="attack"
        The column of `groups` that says what made a fake, where it is not
        passed to `split` by itself.
    n_folds : int, default=5
        Parts that the groups are dealt to; the real clips of one of them are
        tested beside an attack.
    random_state : int, RandomState or None, default=None
        Seed of the parts. With an int, every call gives the same splits.

    See Also
    --------
    SpoofGroupKFold : Tests every clip once, attacks on both sides.
    LeaveOneSourceOut : Tests every source by a model that never heard it.

    Notes
    -----
    Groups are tied together and dealt to `n_folds` parts as by
    `SpoofGroupKFold`. An attack is tested in the part that has most of it: its
    fakes and the real clips there, and those of its fakes elsewhere whose
    group has nothing else in it. Training has whatever is of another group and
    not of the attack. So in neither are: fakes of the attack in groups of
    other parts that hold other clips too, fakes of other attacks that share a
    group with the test, and fakes whose attack is not known, which may be of
    any. A real clip may be tested beside several attacks: compare the attacks,
    but do not pool their scores.

    Examples
    --------
    >>> import pandas as pd
    >>> from skvoicefake.model_selection import LeaveOneAttackOut
    >>> y = ["real", "fake", "fake"] * 4
    >>> table = pd.DataFrame({"attack": ["-", "A01", "A02"] * 4, "speaker": list("aaabbbcccddd")})
    >>> for train, test in LeaveOneAttackOut(n_folds=2, random_state=0).split(y, y, table):
    ...     print(sorted(set(table["attack"][train])), sorted(set(table["attack"][test])))
    ['-', 'A02'] ['-', 'A01']
    ['-', 'A01'] ['-', 'A02']
    """

    __metadata_request__split: ClassVar[dict[str, Any]] = {"groups": True, "attack": True}
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "attack": [str],
        "n_folds": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, *, attack: str = "attack", n_folds: int = 5, random_state: Any = None) -> None:
        self.attack = attack
        self.n_folds = n_folds
        self.random_state = random_state

    def split(
        self, X: Any, y: ArrayLike | None = None, groups: Any = None, attack: ArrayLike | None = None
    ) -> Iterator[Split]:
        """Yield the rows of training and test of every attack.

        Parameters
        ----------
        X : sequence of n_clips
            Clips; only their number counts.
        y : array-like of shape (n_clips,)
            Labels of two classes.
        groups : array-like of shape (n_clips,) or (n_clips, n_keys), or DataFrame, default=None
            Keys that tie clips together, as for `SpoofGroupKFold`. The column
            of a table that holds the attack is none of them.
        attack : array-like of shape (n_clips,), default=None
            What made each fake; that of real clips does not matter. None takes
            the column of `groups`.

        Yields
        ------
        train, test : ndarray of int
            Positions in X, rising.

        Raises
        ------
        ValueError
            If the attacks are missing or fewer than two, or the groups leave
            nothing to train on or no real clips to test with.

        Warns
        -----
        UserWarning
            If the attack of some fakes is not known.
        """
        X, y, groups, attack = indexable(X, y, groups, attack)
        structure, is_real, names = self._read(y, groups, attack)
        if n_unknown := int(np.sum(~is_real & (names == ""))):
            warn(
                f"LeaveOneAttackOut leaves out {n_unknown} fakes whose attack is not known: they may be of any.",
            )
        fold = balanced_folds(
            structure.sets,
            is_real.astype(np.intp),
            self.n_folds,
            rng=check_random_state(self.random_state),
            needed=np.array([1]),
        )
        if (n_parts := len(np.unique(fold[is_real]))) < self.n_folds:
            advice = f"Take n_folds={n_parts}, or leave" if n_parts > 1 else "Leave"
            raise ValueError(
                f"LeaveOneAttackOut finds no n_folds={self.n_folds} parts with real clips in each:"
                f" {structure.describe()} {advice} out a key that may be on both sides."
            )
        yield from [self._one(structure, is_real, names, fold, name) for name in _attacks(names)]

    def _read(self, y: Any, groups: Any, attack: Any) -> tuple[Structure, NDArray[np.bool_], NDArray[np.str_]]:
        """Return what is tied together, which clips are real, and the attack of every fake, "" if not known."""
        validate_parameter_constraints(self._parameter_constraints, vars(self), type(self).__name__)
        structure = read_structure(y, groups, "LeaveOneAttackOut", without=self.attack)
        names = read_names(attack, groups, self.attack, "attack", "LeaveOneAttackOut")
        # What files say of real clips, and of fakes that nothing is known of. "natural_speech_2" is a generator.
        words = ["".join(character for character in name.casefold() if character.isalnum()) for name in names.tolist()]
        names[[word in REAL_WORDS or word == "unknown" for word in words]] = ""
        is_real = structure.targets == _real_code(structure, names)
        names[is_real] = ""
        attacks = _attacks(names)
        if len(attacks) < 2:
            raise ValueError(
                f"LeaveOneAttackOut needs fakes of two attacks or more, found {attacks or 'none that is known'}."
                " Split by SpoofGroupKFold instead."
            )
        return structure, is_real, names

    def _one(
        self,
        structure: Structure,
        is_real: NDArray[np.bool_],
        names: NDArray[np.str_],
        fold: NDArray[np.intp],
        name: str,
    ) -> Split:
        sets, of_attack = structure.sets, names == name
        is_alone = ~np.isin(sets, sets[~of_attack])
        may_train = is_real | ((names != "") & ~of_attack)
        # From the part that has most of the attack to that which has least.
        n_of_attack = np.bincount(fold[of_attack], minlength=self.n_folds)
        for part in np.argsort(-n_of_attack, kind="stable"):
            test = (is_real & (fold == part)) | (of_attack & ((fold == part) | is_alone))
            train = may_train & ~np.isin(sets, sets[test])
            if test[of_attack].any() and train[is_real].any() and train[~is_real].any():
                return np.flatnonzero(train), np.flatnonzero(test)
        raise ValueError(
            f"LeaveOneAttackOut finds no fakes of other attacks than {name!r} that share no group with the test:"
            f" {structure.describe()} Leave out a key that may be on both sides, or that attack."
        )

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None, attack: Any = None) -> int:
        """Return the number of attacks.

        Parameters
        ----------
        X : object
            Not used.
        y, groups, attack : array-like
            As for `split`.

        Returns
        -------
        n_splits : int

        Raises
        ------
        ValueError
            If the attacks are missing or fewer than two.
        """
        return len(_attacks(self._read(y, groups, attack)[2]))


def _attacks(names: NDArray[np.str_]) -> list[str]:
    return sorted({*names.tolist()} - {""})


def _real_code(structure: Structure, names: NDArray[np.str_]) -> int:
    """Return which of the two classes is real: by its name, or since no clip of it has an attack."""
    classes = structure.classes.tolist()
    if len(classes) != 2:
        raise ValueError(f"LeaveOneAttackOut needs labels of two classes, real and fake, got {classes[:6]}.")
    try:
        return classes.index(real_label(classes))
    except ValueError:
        made = [bool((names[structure.targets == code] != "").any()) for code in (0, 1)]
        if made[0] == made[1]:
            raise ValueError(
                f"LeaveOneAttackOut cannot tell which of the labels {classes} is the real voice: it is no word of the"
                f" field, and {'clips of both have' if made[0] else 'no clip has'} an attack. Label clips 'real' and"
                " 'fake', or give real clips the attack '-'."
            ) from None
        return made.index(False)
