"""One check of labels, scores and weights for every metric."""

from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit
from sklearn.utils._missing import is_pandas_na

from skvoicefake import labels as field_words
from skvoicefake._warn import warn
from skvoicefake.metrics._sample import Floats, Sample


class UpsideDownWarning(UserWarning):
    """The scores would tell the classes apart better with the sign turned round.

    Their equal error rate is above 0.5: most often they rise towards the
    other class than the metric was told.
    """


class Clips(NamedTuple):
    """Checked labels, scores and weights, one of each a clip."""

    is_positive: NDArray[np.bool_]
    scores: Floats
    weights: Floats | None
    classes: tuple[Hashable, Hashable]

    def sample(self) -> Sample:
        """Sort the scores and count the clips of each class on every one of them."""
        order = np.argsort(self.scores)
        scores = self.scores[order]
        starts = np.flatnonzero(np.append(True, scores[1:] != scores[:-1]))
        is_positive = self.is_positive[order]
        weights = 1.0 if self.weights is None else self.weights[order]
        positives = np.add.reduceat(weights * is_positive, starts)
        negatives = np.add.reduceat(weights * ~is_positive, starts)
        held = positives + negatives > 0
        return Sample(scores[starts][held], positives[held], negatives[held], self.classes)


def read_sample(y_true: ArrayLike, y_score: ArrayLike, pos_label: Any, sample_weight: ArrayLike | None) -> Sample:
    """Check the input of a public metric, and warn its caller of scores that point the wrong way."""
    sample = check_clips(y_true, y_score, pos_label, sample_weight).sample()
    warn_if_upside_down(sample)
    return sample


def is_upside_down(sample: Sample) -> bool:
    """Tell whether the scores would do better with the sign turned round."""
    # Rounding must not turn chance into a fault.
    return sample.crossing[0] > 0.5 + 1e-12


def warn_if_upside_down(sample: Sample) -> None:
    """Warn if the scores would do better with the sign turned round."""
    if is_upside_down(sample):
        negative, positive = sample.classes
        # No figures in the text, so that Python shows it once a place.
        warn(
            f"These scores tell the classes apart better upside down (the equal error rate is above 0.5)."
            f" They should rise towards {positive!r}. If they rise towards {negative!r}, pass pos_label={negative!r}.",
            UpsideDownWarning,
        )


def check_clips(y_true: ArrayLike, y_score: ArrayLike, pos_label: Any, sample_weight: ArrayLike | None) -> Clips:
    """Check labels, scores and weights, and find the two classes."""
    labels = _check_labels(y_true)
    scores = check_numbers(y_score, "y_score")
    _check_lengths(labels, scores, "y_score")
    classes = _two_classes(labels)
    if pos_label is None:
        pos_label = classes[1]
    elif pos_label not in classes:
        raise ValueError(f"pos_label={pos_label!r} is none of the labels in y_true, {classes}.")
    check_finite(scores, "y_score", "Drop these clips, or give finite scores.")
    is_positive = np.asarray(labels == pos_label, dtype=bool)
    weights = None
    if sample_weight is not None:
        weights = check_numbers(sample_weight, "sample_weight")
        _check_lengths(labels, weights, "sample_weight")
        if (is_bad := ~(np.isfinite(weights) & (weights >= 0))).any():
            raise ValueError(
                f"sample_weight holds {np.count_nonzero(is_bad)} weights that are NaN, infinite or negative, the first"
                f" at position {int(np.argmax(is_bad))}. Give such clips a weight of zero, or drop them."
            )
        with np.errstate(over="ignore"):
            if not np.isfinite(weights.sum()):
                raise ValueError("sample_weight holds weights too large to add up. Divide all by the largest.")
        for label in classes:
            if not weights[is_positive == (label == pos_label)].any():
                raise ValueError(
                    f"sample_weight gives all clips of class {label!r} a weight of zero, and a figure needs both"
                    " classes. Give some of them a weight."
                )
    negative, positive = classes if pos_label == classes[1] else classes[::-1]
    return Clips(is_positive, scores, weights, (negative, positive))


def real_is_positive(sample: Sample, real_label: Any) -> bool:
    """Tell whether the scores rise towards the real voice."""
    classes = sorted(sample.classes)  # type: ignore[type-var]
    if real_label is None:
        try:
            real_label = field_words.real_label(classes)
        except ValueError:
            raise ValueError(
                f"This figure weighs real and fake speech differently, and the labels {classes} do not tell which is"
                f" which. Pass the label of the real voice: real_label={classes[0]!r} or real_label={classes[1]!r},"
                " whichever stands for it."
            ) from None
    elif real_label not in classes:
        raise ValueError(f"real_label={real_label!r} is none of the labels in y_true, {classes}.")
    return bool(real_label == sample.classes[1])


def log_odds(probabilities: ArrayLike) -> Floats:
    """Return the log odds of one P(positive) a clip, or of the second column of two, as log-likelihood ratios.

    Probabilities are taken to be at least half the machine epsilon of their type away from 0 and from 1, so that
    certain ones are finite, and alike on both sides: nearer to 1 the type holds no number.
    """
    odds, limit = unlimited_log_odds(probabilities)
    return np.clip(odds, -limit, limit)


def unlimited_log_odds(probabilities: ArrayLike) -> tuple[Floats, float]:
    """Return log odds in the full order of their probabilities, and the limit that `log_odds` puts on both sides.

    Near 0 probabilities differ that are all alike near 1. That is no reason to take the clips for equal.
    """
    array = np.asarray(probabilities)
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    if array.ndim == 2:
        array = array[:, 1]
    floats = np.finfo(array.dtype)
    most = 1 - float(floats.eps) / 2
    return np.asarray(logit(np.clip(array.astype(np.float64), float(floats.tiny), most))), float(logit(most))


def check_finite(scores: NDArray[np.float64], name: str, advice: str) -> None:
    """Raise for scores that are NaN or infinite."""
    is_finite = np.isfinite(scores)
    if n_bad := np.count_nonzero(~is_finite):
        raise ValueError(
            f"{name} holds {n_bad} scores that are NaN or infinite, the first at position {int(np.argmin(is_finite))}."
            f" {advice}"
        )


def check_numbers(values: ArrayLike, name: str) -> Floats:
    """Return one float64 number a clip."""
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"{name} should be one number a clip: {error}.") from None
    return _check_one_a_clip(numbers, name)


def check_groups(groups: ArrayLike, n_clips: int) -> NDArray[np.intp]:
    """Return the number of each clip's group, from zero up."""
    try:
        array = _as_given(groups)
    except ValueError as error:
        raise ValueError(f"groups should be one name a clip: {error}.") from None
    names = _check_one_a_clip(array, "groups").tolist()
    try:
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    except TypeError:
        raise ValueError("groups should be one name a clip, such as a str or an int.") from None
    if len(names) != n_clips:
        raise ValueError(f"y_true and groups have inconsistent numbers of samples: {n_clips} and {len(names)}.")
    if any(_is_missing(name) for name in numbers):
        raise ValueError("groups holds names that are NaN or None. Drop these clips, or name a group for them.")
    return np.array([numbers[name] for name in names], dtype=np.intp)


def _check_one_a_clip(array: NDArray[Any], name: str) -> NDArray[Any]:
    if array.ndim == 2 and array.shape[1] == 1:
        return array.ravel()
    if array.ndim != 1:
        is_proba = name == "y_score" and array.ndim == 2 and array.shape[1] == 2
        hint = " Pass one column, such as predict_proba(X)[:, 1]." if is_proba else ""
        raise ValueError(f"{name} should have the shape (n_clips,), got an array of shape {array.shape}.{hint}")
    return array


def _check_lengths(labels: NDArray[Any], others: NDArray[Any], name: str) -> None:
    if len(labels) != len(others):
        raise ValueError(f"y_true and {name} have inconsistent numbers of samples: {len(labels)} and {len(others)}.")


def _as_given(names: ArrayLike) -> NDArray[Any]:
    array = np.asarray(names)
    if array.dtype.kind in "US" and not hasattr(names, "dtype"):
        # NumPy made text of everything in the list, of NaN too: look at what was there.
        array = np.asarray(names, dtype=object)
    return array


def _check_labels(y_true: ArrayLike) -> NDArray[Any]:
    try:
        labels = _as_given(y_true)
    except ValueError as error:
        raise ValueError(f"y_true should be one label a clip: {error}.") from None
    return _check_one_a_clip(labels, "y_true")


def _two_classes(labels: NDArray[Any]) -> tuple[Any, Any]:
    """Return the two labels in order; neither sorts the labels nor looks at each in Python if there are types."""
    if labels.dtype.kind == "O":
        try:
            found = list(set(labels.tolist()))
        except TypeError:
            raise ValueError("y_true should be one label a clip, such as a str or an int.") from None
        if any(_is_missing(label) for label in found):
            n_missing = sum(_is_missing(label) for label in labels.tolist())
            raise ValueError(f"y_true holds {n_missing} labels that are NaN or None. Drop these clips.")
        if 0 < sum(isinstance(label, str) for label in found) < len(found):
            raise ValueError(f"y_true mixes text and other labels: {found[:5]}. Give all labels one type.")
    else:
        if labels.dtype.kind == "f" and (n_missing := int(np.isnan(labels).sum())):
            raise ValueError(f"y_true holds {n_missing} labels that are NaN or None. Drop these clips.")
        found, rest = [], labels
        while len(rest) and len(found) < 6:
            found.append(rest[0].item())
            rest = rest[rest != rest[0]]
    if len(found) != 2:
        n_found = len(found) if len(found) < 6 else "more than five"
        hint = " In cross-validation, StratifiedKFold and StratifiedGroupKFold keep both." if len(found) == 1 else ""
        raise ValueError(f"This figure needs two classes, y_true has {n_found}: {sorted(found)[:5]}.{hint}")
    first, second = sorted(found)
    return first, second


def _is_missing(label: Any) -> bool:
    return label is None or is_pandas_na(label) or bool(label != label)
