"""Splits of labelled clips that have both classes on both sides, and no group on both."""

from collections import Counter
from itertools import product

import numpy as np
from numpy.typing import NDArray

from skvoicefake._groups import Codes, balanced_folds, connected_groups

Split = tuple[NDArray[np.intp], NDArray[np.intp]]


def hold_out(y: NDArray[np.str_], groups: NDArray[np.str_] | None, share: float, *, seed: int) -> Split:
    """Split clips into training and test, both with both classes; no group is in both.

    The share of each class is the nearest that is found with whole groups.
    """
    from sklearn.model_selection import StratifiedShuffleSplit

    if share == 0:
        return np.arange(len(y)), np.arange(0)
    n_least = min(Counter(y.tolist()).values())
    if groups is None:
        n_test = max(2, round(share * len(y)))
        if n_least < 2 or len(y) - n_test < 2:
            raise ValueError(f"too few clips to hold some out: a class has {n_least}. Add clips, or set --test-size 0.")
        train, test = next(StratifiedShuffleSplit(1, test_size=n_test, random_state=seed).split(y, y))
        return np.sort(train), np.sort(test)
    targets = np.unique(y, return_inverse=True)[1]
    n_of_class = np.bincount(targets)
    best, least = None, np.inf
    # One of few folds, or neighbours of many, which make up any share.
    for n_folds, most in ((max(2, round(1 / share)), 1), (20, 19)):
        fold = _dealt(targets, groups, n_folds, seed=seed)
        # Clips of every class in every fold; twice, so that the last fold and the first are neighbours.
        table = np.tile(np.bincount(2 * fold + targets, minlength=2 * n_folds).reshape(-1, 2), (2, 1))
        for first, n_joined in product(range(n_folds), range(1, most + 1)):
            n_held_out = table[first : first + n_joined].sum(axis=0)
            distance = float(np.sum(np.abs(n_held_out / n_of_class - share)))
            if np.all((n_held_out > 0) & (n_held_out < n_of_class)) and distance < least - 1e-9:
                best, least = (fold - first) % n_folds < n_joined, distance
    if best is None:
        raise ValueError(
            f"no part of the {len(set(groups))} groups can be held out so that real and fake clips are in both parts."
            " Add groups, hold nothing out (--test-size 0), or split at random (--no-groups), which flatters."
        )
    return np.flatnonzero(~best), np.flatnonzero(best)


def grouped_folds(y: NDArray[np.str_], groups: NDArray[np.str_], n_folds: int, *, seed: int) -> list[Split]:
    """Return the folds of whole groups that have both classes on both sides."""
    fold = _dealt(np.unique(y, return_inverse=True)[1], groups, n_folds, seed=seed)
    folds = [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(n_folds)]
    return [(train, test) for train, test in folds if len(set(y[train])) == len(set(y[test])) == 2]


def _dealt(targets: Codes, groups: NDArray[np.str_], n_folds: int, *, seed: int) -> Codes:
    return balanced_folds(connected_groups(groups), targets, n_folds, rng=np.random.RandomState(seed))


def search_folds(y: NDArray[np.str_], groups: NDArray[np.str_] | None, n_folds: int, *, seed: int) -> list[Split]:
    """Return the folds of a search."""
    # Without groups, every clip is one.
    folds = grouped_folds(y, np.arange(len(y)).astype(str) if groups is None else groups, n_folds, seed=seed)
    if len(folds) < n_folds:
        raise ValueError(
            f"--search needs {n_folds} folds with real and fake clips in each; there are too few clips or groups."
        )
    return folds
