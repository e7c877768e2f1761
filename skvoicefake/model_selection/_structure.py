"""What ties clips together, and why that leaves no split: in words."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from skvoicefake._groups import Codes, components, is_missing, is_unknown, read_keys


class Structure(NamedTuple):
    """Clips, their classes, and the sets of them that no split may part."""

    keys: dict[str, Codes]
    sets: Codes
    targets: Codes
    classes: NDArray[Any]

    def has(self) -> NDArray[np.bool_]:
        """Return which set holds clips of which class."""
        return classes_of_sets(self.sets, self.targets)

    def n_folds(self) -> int:
        """Return the greatest number of folds with every class in each; of more than two classes, at most that."""
        return most_folds(self.sets, self.targets)

    def describe(self) -> str:
        """Say how many sets there are, of which classes, how large the largest is, and what leaving out a key gives."""
        n_clips, n_sets = len(self.sets), int(np.max(self.sets)) + 1
        if n_sets == 1:
            text = f"the groups tie all {n_clips} clips together"
        else:
            has = self.has()
            single = has.sum(axis=1) == 1
            kinds = [f"{np.sum(single & has[:, i])} {label!r}" for i, label in enumerate(self.classes.tolist())]
            largest = np.max(np.bincount(self.sets)) / n_clips
            text = (
                f"the groups tie {n_clips} clips into {n_sets} sets that no split may part ({', '.join(kinds)},"
                f" {np.sum(~single)} of several classes; the largest holds {largest:.0%} of the clips)"
            )
        without = []
        for name in self.keys if len(self.keys) > 1 else ():
            sets = components([codes for other, codes in self.keys.items() if other != name])
            most = most_folds(sets, self.targets)
            without.append(f"{name!r} {np.max(sets) + 1} sets, {f'{most} folds' if most > 1 else 'no split'}")
        return f"{text}. Without {'; without '.join(without)}." if without else f"{text}."


def read_structure(y: Any, groups: Any, owner: str, *, without: str | None = None) -> Structure:
    """Check labels and groups, and find what is tied together; `without` is no key, if it is a column."""
    if y is None:
        raise ValueError(f"{owner} needs y, the labels, to have every class on both sides.")
    labels = column_or_1d(y)
    if missing := [i for i, label in enumerate(labels.tolist()) if is_missing(label)]:
        raise ValueError(
            f"{owner}: y holds None or NaN at positions {missing[:5]}. Label these clips, or leave them out."
        )
    check_classification_targets(labels)
    classes, targets = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"{owner} needs clips of two classes, y has only {classes.tolist()}.")
    n_clips = len(targets)
    keys = {} if groups is None else read_keys(groups, without=without)
    keys = keys or {"nothing": np.full(n_clips, -1)}
    lengths = {len(codes) for codes in keys.values()}
    if lengths != {n_clips}:
        raise ValueError(f"{owner} got {n_clips} labels and groups of {lengths.pop()} clips.")
    return Structure(keys, components(list(keys.values())), targets, classes)


def read_names(given: Any, groups: Any, column: str, role: str, owner: str) -> NDArray[np.str_]:
    """Return the attack or the source of every clip by its name, "" where it is not known."""
    if given is None:
        if column not in getattr(groups, "columns", ()):
            raise ValueError(
                f"{owner} needs the {role} of every clip: a column {column!r} of a table passed as groups"
                f" (groups=clips.frame[[{column!r}, 'group']]), or {role}=... through metadata routing."
            )
        given = groups[column]
    values = np.asarray(given, dtype=object)
    if values.ndim != 1:
        raise ValueError(f"{owner} needs one {role} a clip, got {role} of shape {values.shape}.")
    return np.array(["" if is_unknown(value) else str(value).strip() for value in values.tolist()], dtype=str)


def classes_of_sets(sets: Codes, targets: Codes) -> NDArray[np.bool_]:
    """Return which set holds clips of which class."""
    has = np.zeros((int(np.max(sets)) + 1, int(np.max(targets)) + 1), dtype=bool)
    has[sets, targets] = True
    return has


def most_folds(sets: Codes, targets: Codes) -> int:
    """Return how many folds can have every class: one a set of all classes, one for sets of single ones together."""
    has = classes_of_sets(sets, targets)
    if has.shape[1] > 2:
        return int(np.min(has.sum(axis=0)))
    both = has.all(axis=1)
    return int(both.sum() + np.min(has[~both].sum(axis=0)))
