"""What a fitted classifier says of waveforms: scores that rise towards the real voice, probabilities and remarks."""

import re
from collections.abc import Hashable, Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skvoicefake.audio import MAX_RATE, MIN_RATE, AudioError
from skvoicefake.labels import real_label as real_of
from skvoicefake.metrics._responses import inner, responses

DEFAULT_RATE = 16_000  # Hz


class Answer(NamedTuple):
    """What is said of one clip."""

    score: float  # rises towards the real voice; NaN if there is none
    probability_fake: float  # NaN if there is none
    remark: str  # why it is not judged, or ""


class Asker:
    """Asks a fitted classifier of two classes; a clip that it cannot take costs no other its answer.

    Parameters
    ----------
    estimator : classifier
        Fitted, of clips.
    real_label : hashable or None
        Which class is the real voice; None goes by its name.
    """

    def __init__(self, estimator: Any, real_label: Hashable | None = None) -> None:
        name = type(estimator).__name__
        if isinstance(estimator, type):
            raise TypeError(f"expected a fitted classifier, got a class: {estimator.__name__}.")
        if hasattr(estimator, "fit"):  # What comes from a file, such as ONNX, has none, and is fitted.
            check_is_fitted(estimator)
        classes = np.asarray(getattr(estimator, "classes_", [])).tolist()
        if len(classes) != 2:
            raise ValueError(
                f"expected a fitted classifier of clips with two classes, real and fake; got {name}, which has"
                f" {len(classes)}."
            )
        if not hasattr(estimator, "decision_function") and not hasattr(estimator, "predict_proba"):
            raise ValueError(f"{name} has neither decision_function nor predict_proba. Take a classifier that has.")
        if real_label is not None and real_label not in classes:
            raise ValueError(f"real_label={real_label!r} is none of the classes {classes} of {name}.")
        try:
            real = real_of(classes) if real_label is None else real_label
        except ValueError as error:
            raise ValueError(
                f"Cannot tell which of the classes {classes} of {name} is the real voice. Name it: real_label=..."
            ) from error
        self.estimator = estimator
        self.real, self.fake = real, classes[1 - classes.index(real)]
        self._sign = 1.0 if classes.index(real) == 1 else -1.0

    def answers(self, clips: Any) -> list[Answer]:
        """Return an answer for each of a list of waveforms, or of what else the classifier takes."""
        try:
            return self._answers(clips)
        except AudioError as error:
            if len(clips) > 1:
                return [answer for i in range(len(clips)) for answer in self.answers(clips[i : i + 1])]
            return [Answer(np.nan, np.nan, re.sub(r"^X\[0\]:? ", "", str(error)))]

    def _answers(self, clips: Any) -> list[Answer]:
        said = responses(self.estimator, clips, calls=False)
        fake = np.full(len(clips), np.nan)
        if said.probabilities is not None:
            fake = said.probabilities[:, 0 if self._sign > 0 else 1]
        return [
            Answer(float(self._sign * score) + 0.0, float(p), str(remark) or _oddity(score))  # no "-0"
            for score, p, remark in zip(np.asarray(said.scores), fake, said.remarks, strict=True)
        ]


def rate_of(estimator: Any, sample_rate: float | None) -> float:
    """Return the rate in Hz that an estimator takes bare waveforms to have."""
    found = next(_values(estimator, "sample_rate"), None) if sample_rate is None else sample_rate
    rate = DEFAULT_RATE if found is None else found
    if isinstance(rate, bool) or not isinstance(rate, int | float | np.number) or not MIN_RATE <= rate <= MAX_RATE:
        raise ValueError(f"sample_rate must lie between {MIN_RATE} and {MAX_RATE} Hz, got {rate!r}.")
    return float(rate)


def duration_of(estimator: Any) -> float | None:
    """Return how many seconds of a clip an estimator hears, if it says so."""
    return next(_values(estimator, "duration"), None)


def _values(estimator: Any, name: str) -> Iterator[Any]:
    """Give the values of a parameter in an estimator, its steps, and what is inside."""
    for step in (estimator, *(step for _, step in getattr(estimator, "steps", []))):
        if isinstance(value := getattr(step, name, None), int | float | np.number):
            yield value
        # inner() knows what asks one estimator with clips as they are; augmentation and guards hold theirs as well.
        inside = inner(step) if inner(step) is not None else getattr(step, "estimator_", None)
        if inside is not None and not isinstance(inside, list):
            yield from _values(inside, name)


def _oddity(score: float) -> str:
    return "" if np.isfinite(score) else f"the detector gave the score {score}"
