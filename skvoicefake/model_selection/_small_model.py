"""A small model of two classes, judged on clips held out, and what chance would give it."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from skvoicefake._groups import is_unknown

N_FLIPS = 999
MOST_TIMES, N_CELLS = 40, 5000  # of few groups, so many times as many flips are drawn, and the best kept
KNOTS, PENALTY = 7, 5.0
BEND = 0.3  # how readily the model bends: few clips get about a line, thousands what they ask for
FEW_VALUES = 8  # a feature of so few values is a choice between them
BLOCK = 2_000_000  # cells of a matrix of flipped labels

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Signs = NDArray[np.float32]


class Clips(NamedTuple):
    """What is judged: the class of clips, what belongs together, and which fold they are held out in."""

    is_second: NDArray[np.bool_]
    groups: Codes
    folds: Codes

    @property
    def labels(self) -> Floats:
        """Return the labels, a half for the second class and minus a half for the first."""
        return np.where(self.is_second, 0.5, -0.5)

    def flips(self, rng: np.random.RandomState) -> Signs:
        """Draw the signs that the labels of each group are turned round by, the first time by none.

        Groups of one class exchange their labels; those of both are turned round or not. Of few groups, the draws are
        kept that leave the classes in the folds about as balanced as they are: folds were made for the labels.
        """
        n_groups = int(np.max(self.groups)) + 1
        share = np.bincount(self.groups, self.is_second) / np.bincount(self.groups)
        is_pure = (share == 0) | (share == 1)
        own = np.asarray(2 * share[is_pure] - 1, dtype=np.float32)
        n_times = min(MOST_TIMES, max(1, N_CELLS // n_groups))
        signs = np.empty((n_groups, n_times * N_FLIPS + 1), dtype=np.float32)
        signs[~is_pure] = 2 * rng.randint(0, 2, size=(n_groups - len(own), signs.shape[1])) - 1
        signs[is_pure] = own[:, np.newaxis] * np.transpose([rng.permutation(own) for _ in range(signs.shape[1])])
        signs[:, 0] = 1
        if n_times == 1:
            return signs
        pairs = np.zeros(signs.shape[1])
        for fold in range(int(np.max(self.folds)) + 1):
            here = self.folds == fold
            sums = np.bincount(self.groups[here], self.labels[here], n_groups).astype(np.float32)
            pairs += np.sum(here) ** 2 / 4 - (sums @ signs) ** 2
        return signs[:, np.argsort(np.abs(pairs - pairs[0]), kind="stable")[: N_FLIPS + 1]]


class Judged(NamedTuple):
    """The area under the ROC curve over all pairs in one fold, and what chance gives, less a half.

    `places` orders the clips by fold and score, and ties have one place.
    """

    auc: float
    chance: Floats
    places: Codes


def basis(values: NDArray[Any], is_fit: NDArray[np.bool_]) -> Floats:
    """Return a feature as columns that a linear model can bend, made for the clips to fit to."""
    if values.dtype.kind not in "biuf":
        words = np.array(["" if is_unknown(value) else str(value) for value in values.tolist()])
        return _indicators(words, np.unique(words[is_fit]))
    # In float32, so that what was computed in another order is the same number.
    numbers = values.astype(np.float32)
    known = np.isfinite(numbers)
    ordered = np.sort(numbers[is_fit & known])
    if len(distinct := np.unique(ordered)) <= FEW_VALUES:
        return np.column_stack([_indicators(numbers, distinct), ~known])
    ranks = (np.searchsorted(ordered, numbers) + np.searchsorted(ordered, numbers, "right")) / (2 * len(ordered))
    hats = BEND * np.maximum(0, 1 - np.abs((KNOTS - 1) * ranks[:, np.newaxis] - np.arange(KNOTS)))
    return np.column_stack([np.where(known[:, np.newaxis], np.column_stack([2 * ranks - 1, hats]), 0), ~known])


def _indicators(values: NDArray[Any], distinct: NDArray[Any]) -> Floats:
    return (values[:, np.newaxis] == distinct).astype(np.float64)


def cross_validate(X: Floats, clips: Clips, flips: Signs) -> Judged:
    """Judge the model by its folds."""
    scores, excess, pairs = np.empty(len(X)), np.zeros(flips.shape[1]), np.zeros(flips.shape[1])
    for fold in range(int(np.max(clips.folds)) + 1):
        test = clips.folds == fold
        centre, inverse = _fit(X[~test])
        for columns in _blocks(flips, len(X)):
            labels = clips.labels[:, np.newaxis] * flips[clips.groups, columns]
            # Rounded, so that clips with the same features tie.
            answers = np.round((X[test] - centre) @ (inverse @ labels[~test]), 9)
            ranks = rankdata(np.ascontiguousarray(answers.T), axis=1) - (len(answers) + 1) / 2
            labels = labels[test] - labels[test].mean(axis=0)
            excess[columns] += np.einsum("ij,ji->i", ranks, labels)
            pairs[columns] += len(labels) * np.einsum("ij,ij->j", labels, labels)
            if columns.start == 0:
                scores[test] = answers[:, 0]
    return _judged(excess / np.maximum(pairs, 1), scores, clips)


def transfer(X: Floats, clips: Clips, X_test: Floats, test: Clips, flips: Signs) -> Judged:
    """Judge the model of some clips on others."""
    centre, inverse = _fit(X)
    scores = np.round((X_test - centre) @ (inverse @ clips.labels), 9)
    labels, ranks = test.labels, rankdata(scores) - (len(scores) + 1) / 2
    excess = np.bincount(test.groups, labels * ranks) @ flips
    pairs = len(labels) * (labels @ labels) - (np.bincount(test.groups, labels) @ flips) ** 2
    return _judged(excess / np.maximum(pairs, 1), scores, test)


def _blocks(flips: Signs, n_clips: int) -> list[slice]:
    size = max(1, BLOCK // n_clips)
    return [slice(start, start + size) for start in range(0, flips.shape[1], size)]


def _fit(X: Floats) -> tuple[Floats, Floats]:
    """Return the centre of a ridge regression, and what makes its coefficients of centred labels."""
    centre = X.mean(axis=0)
    centred = X - centre
    return centre, np.linalg.solve(centred.T @ centred + PENALTY * np.eye(X.shape[1]), centred.T)


def _judged(excess: Floats, scores: Floats, clips: Clips) -> Judged:
    _, values = np.unique(scores, return_inverse=True)
    _, places = np.unique(clips.folds * (len(scores) + 1) + values, return_inverse=True)
    return Judged(0.5 + float(excess[0]), excess[1:], places)


def weighted_auc(y_true: Any, y_score: Any, sample_weight: Floats, *, judged: Judged, clips: Clips) -> float:
    """Return the area over pairs in one fold, with clips counted by their weights, for the bootstrap."""
    n_places = int(np.max(judged.places)) + 1
    second = np.bincount(judged.places, sample_weight * clips.is_second, minlength=n_places)
    first = np.bincount(judged.places, sample_weight * ~clips.is_second, minlength=n_places)
    fold_of = np.empty(n_places, dtype=np.intp)
    fold_of[judged.places] = clips.folds
    starts = np.flatnonzero(np.diff(fold_of, prepend=-1))
    below = np.cumsum(first) - first
    below -= np.repeat(below[starts], np.diff(np.append(starts, n_places)))
    pairs = np.add.reduceat(first, starts) @ np.add.reduceat(second, starts)
    # No pair is left in any fold: such a resample tells nothing.
    return float(second @ (below + first / 2) / pairs) if pairs else 0.5
