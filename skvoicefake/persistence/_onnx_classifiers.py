"""Fitted classifiers, calibrators and the steps of pipelines as ONNX nodes: from a waveform to an answer."""

from dataclasses import dataclass, replace
from typing import Any, Never

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.feature_selection import SelectorMixin
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from sklearn.svm import SVC

from skvoicefake.augmentation import AugmentedClassifier
from skvoicefake.calibration import LLRCalibrator
from skvoicefake.detectors import DomainGuard, GuardedClassifier, ShippedDetector, TreesAndKernel
from skvoicefake.detectors._blend import EDGE
from skvoicefake.detectors._frozen import Frozen
from skvoicefake.mixture import GMMClassifier
from skvoicefake.persistence._onnx_front_end import FRONT_ENDS, front_end
from skvoicefake.persistence._onnx_graph import Value
from skvoicefake.persistence._onnx_guard import remark_of
from skvoicefake.persistence._onnx_models import (
    Trees,
    forest_probability,
    kernel_scores,
    mixture_scores,
    thawed_trees,
    trees_of,
)

WAVEFORM = "waveform"


@dataclass(frozen=True)
class Answer:
    """What a classifier says of a clip, in double precision; `scores` or `probabilities` may be unknown."""

    classes: NDArray[Any]
    scores: Value | None  # as its decision_function: of shape (1,) for two classes, else (n_classes,)
    probabilities: Value | None  # of shape (n_classes,)
    index: Value  # place of the label among the classes, of shape (1,)
    rule: str = "the likelier class"
    limit: tuple[str, int, float] | None = None  # of that "probability" or "score" of a class; None is the likeliest
    remark: Value | None = None  # place of the guard's remark among `REMARKS`, of shape (1,), if there is a guard


def refuse(estimator: Any, what: str) -> Never:
    """Raise for what cannot be exported."""
    raise ValueError(f"{type(estimator).__name__} cannot be exported to ONNX: {what}.")


def answer_of(estimator: Any, X: Value) -> Answer:
    """Return the answer of a fitted classifier to a waveform, or to features."""
    if (inside := inside_of(estimator)) is not None:
        return answer_of(inside, X)
    if isinstance(estimator, Pipeline):
        for _, step in estimator.steps[:-1]:
            X = transformed(X, step)
        return answer_of(estimator.steps[-1][1], X)
    if isinstance(estimator, LLRCalibrator):
        return _calibrated(estimator, answer_of(estimator.estimator_, X))
    if isinstance(estimator, CalibratedClassifierCV):
        return _platt(estimator, X)
    if isinstance(estimator, FixedThresholdClassifier | TunedThresholdClassifierCV):
        return _thresholded(estimator, answer_of(estimator.estimator_, X))
    if isinstance(estimator, ShippedDetector):
        frozen = estimator.estimator_[-1].frozen
        inner = _shipped(frozen, X)
        if frozen.guard is None:
            return inner
        # Its guard is given what the features are of, and no more is read.
        seconds, rate = X.graph.facts["duration"], X.graph.facts["sample_rate"]
        heard = X if seconds is None else X.part(0, max(1, round(seconds * rate)))
        X.graph.guarded.append((estimator, frozen.guard))
        return _guarded(inner, remark_of(heard, frozen.guard))
    if isinstance(estimator, GuardedClassifier):
        if type(estimator.guard_) is not DomainGuard:
            refuse(estimator, "its guard is no DomainGuard; export its estimator_, which has none")
        if X.name != WAVEFORM:
            refuse(estimator, "features come in where its guard needs a waveform")
        inner, guard = answer_of(estimator.estimator_, X), estimator.guard_
        # What either of the two listens to has to be read.
        durations = X.graph.facts["duration"], guard.duration
        X.graph.facts["duration"] = None if None in durations else float(max(durations))
        X.graph.guarded.append((estimator, guard))
        return _guarded(inner, remark_of(X, guard))
    if X.name == WAVEFORM:
        names = ", ".join(kind.__name__ for kind in FRONT_ENDS)
        refuse(estimator, f"it is not a Pipeline that begins with one of {names}")
    return _classified(estimator, X)


def inside_of(estimator: Any) -> Any:
    """Return what answers for a classifier of which nothing else counts once it is fitted: a search, a frozen one."""
    if isinstance(estimator, FrozenEstimator):
        return estimator.estimator
    if hasattr(estimator, "best_estimator_"):
        return estimator.best_estimator_
    if isinstance(estimator, AugmentedClassifier):
        return estimator.estimator_
    return None


def transformed(X: Value, step: Any) -> Value:
    """Return what a step before the last makes of a waveform, or of features."""
    if step is None or isinstance(step, str):  # "passthrough"
        return X
    if isinstance(step, FRONT_ENDS):
        if X.name != WAVEFORM:
            refuse(step, "it does not come first")
        return front_end(X, step)
    if X.name == WAVEFORM:
        refuse(step, f"the first step has to be one of {', '.join(kind.__name__ for kind in FRONT_ENDS)}")
    if isinstance(step, StandardScaler):
        return _scaled(X, step.mean_ if step.with_mean else None, step.scale_ if step.with_std else None)
    if isinstance(step, RobustScaler):
        return _scaled(X, step.center_ if step.with_centering else None, step.scale_ if step.with_scaling else None)
    if isinstance(step, MinMaxScaler) and not step.clip:
        return (X.cast(np.float64) * step.scale_ + step.min_).cast(np.float32)
    is_plain = isinstance(step, SimpleImputer) and not step.add_indicator and np.isfinite(step.statistics_).all()
    if is_plain and isinstance(step.missing_values, float) and np.isnan(step.missing_values):
        return X  # The features of a waveform are never missing.
    if isinstance(step, PCA):
        scale = np.sqrt(np.maximum(step.explained_variance_, np.finfo(np.float64).eps)) if step.whiten else None
        return _scaled((X.cast(np.float64) - step.mean_) @ step.components_.T, None, scale)
    if isinstance(step, SelectorMixin):
        return X.take(step.get_support(indices=True))
    refuse(step, "of scikit-learn's transformers, scalers, PCA, selectors and SimpleImputer (of NaN) can be")


def _scaled(X: Value, mean: Any, scale: Any) -> Value:
    # Rounded to single precision after every step, as scikit-learn has it.
    X = X if mean is None else (X.cast(np.float64) - mean).cast(np.float32)
    return X if scale is None else (X.cast(np.float64) / scale).cast(np.float32)


def _classified(estimator: Any, X: Value) -> Answer:
    classes = (
        np.asarray(estimator.classes_) if hasattr(estimator, "classes_") else refuse(estimator, "it is not fitted")
    )
    if type(estimator).__name__ == "CNNLSTMClassifier":  # by name: not everyone who exports has to load TensorFlow
        from skvoicefake.persistence._onnx_network import network_scores

        return _by_scores(classes, network_scores(X, estimator))
    if isinstance(estimator, GMMClassifier):
        scores = mixture_scores(X, estimator)
        return _by_scores(classes, scores.part(1) - scores.part(0, 1) if len(classes) == 2 else scores)
    X = X.reshape(-1)
    row = X.cast(np.float64)
    if isinstance(estimator, LogisticRegression):
        return _by_scores(classes, row @ estimator.coef_.T.astype(np.float64) + estimator.intercept_)
    if len(classes) != 2:
        refuse(
            estimator,
            f"of more than two classes ({len(classes)}) only networks, mixtures and LogisticRegression can be",
        )
    if isinstance(estimator, SVC):
        return replace(_by_scores(classes, _svm(row, estimator)), probabilities=None)
    if isinstance(estimator, ExtraTreesClassifier | RandomForestClassifier):
        return _by_probability(classes, forest_probability(X, trees_of(estimator)))
    if isinstance(estimator, TreesAndKernel):
        trees = forest_probability(X, trees_of(estimator.trees_))
        return _by_scores(classes, _log_odds(trees, EDGE) + _svm(row, estimator.svm_))
    refuse(estimator, "networks, mixtures, LogisticRegression, SVC, forests and what is made of them can be")


def _by_scores(classes: NDArray[Any], scores: Value, offset: float = 0.0) -> Answer:
    """Return the answer of log-odds for two classes, of logits for more; `offset` is added for probabilities alone."""
    of = scores.graph
    if len(classes) > 2:
        index = of.op("ArgMax", scores, dtype=np.int64, axis=0, keepdims=1)
        return Answer(classes, scores, scores.apply("Softmax", axis=0), index)
    odds = scores + offset
    probabilities = of.join((odds * -1).apply("Sigmoid"), odds.apply("Sigmoid"))
    return Answer(classes, scores, probabilities, (odds > 0).cast(np.int64))


def _by_probability(classes: NDArray[Any], probability: Value) -> Answer:
    probabilities = probability.graph.join(1 - probability, probability)
    return Answer(classes, None, probabilities, (probability > 0.5).cast(np.int64))


def _log_odds(probability: Value, edge: float) -> Value:
    kept = probability.maximum(edge).minimum(1 - edge)
    return (kept / (1 - kept)).apply("Log")


def _svm(row: Value, svm: SVC) -> Value:
    if callable(svm.kernel) or svm.kernel == "precomputed":
        refuse(svm, f"its kernel is {svm.kernel!r}")
    weights, intercept = np.ravel(svm.dual_coef_), float(svm.intercept_[0])
    return kernel_scores(
        row, svm.kernel, svm.support_vectors_, weights, intercept, float(svm._gamma), svm.degree, float(svm.coef0)
    )


def _calibrated(calibrator: LLRCalibrator, inner: Answer) -> Answer:
    scores = inner.scores
    if scores is None:
        assert inner.probabilities is not None
        logs = inner.probabilities.maximum(calibrator._edge).apply("Log")
        scores = logs.part(1) - logs.part(0, 1)
    ratio = scores * calibrator.slope_ + calibrator.offset_
    if inner.remark is not None:
        ratio = ratio.graph.where(inner.remark.equals(0), ratio, ratio * 0)
    answer = _by_scores(np.asarray(calibrator.classes_), ratio, float(logit(calibrator.prior)))
    return replace(answer, remark=inner.remark)


def _platt(calibrator: CalibratedClassifierCV, X: Value) -> Answer:
    classes = np.asarray(calibrator.classes_)
    if len(classes) != 2 or calibrator.method != "sigmoid":
        refuse(
            calibrator, f"only method='sigmoid' of two classes can be; it has {calibrator.method!r} of {len(classes)}"
        )
    found = []
    for part in calibrator.calibrated_classifiers_:
        inner = answer_of(part.estimator, X)
        response = (
            inner.probabilities.part(1) if inner.scores is None and inner.probabilities is not None else inner.scores
        )
        assert response is not None
        (line,) = part.calibrators
        found.append((response * -line.a_ - line.b_).apply("Sigmoid"))
    return _by_probability(classes, X.graph.join(*found).mean(0, keepdims=True))


def _thresholded(classifier: Any, inner: Answer) -> Answer:
    is_fixed = isinstance(classifier, FixedThresholdClassifier)
    pos_label = classifier.pos_label if is_fixed else classifier._curve_scorer._get_pos_label()
    threshold = classifier.threshold if is_fixed else classifier.best_threshold_
    positive = 1 if pos_label is None else int(np.flatnonzero(inner.classes == pos_label)[0])
    method = classifier.response_method
    if method != "decision_function" and inner.probabilities is not None:
        response, usual = inner.probabilities.part(positive, positive + 1), 0.5
    elif inner.scores is not None:
        response, usual = inner.scores if positive else inner.scores * -1, 0.0
    else:
        refuse(classifier, f"its response_method is {method!r}")
    limit = usual if threshold == "auto" else float(threshold)
    is_positive = response >= limit
    places = is_positive.graph.constant([1 - positive, positive], np.int64)
    what = "probability" if usual else "score"
    rule = f"{inner.classes.tolist()[positive]!r} where its {what} is {limit:.6g} or more"
    index = places.take(is_positive.cast(np.int64))
    return replace(inner, index=index, rule=rule, limit=(what, positive, limit))


def _guarded(inner: Answer, remark: Value) -> Answer:
    """Return an answer that says nothing where a guard has a remark, but for the label."""
    of, is_known = remark.graph, remark.equals(0)
    scores, probabilities = inner.scores, inner.probabilities
    if scores is not None:
        scores = of.where(is_known, scores, scores * 0)
    if probabilities is not None:
        probabilities = of.where(is_known, probabilities, probabilities * 0 + 1 / len(inner.classes))
    return replace(inner, scores=scores, probabilities=probabilities, remark=remark)


def _shipped(frozen: Frozen, X: Value) -> Answer:
    row = ((front_end(X, frozen.transformer) - frozen.mean) / frozen.scale).cast(np.float32)
    machine = frozen.machine
    wide = row.cast(np.float64)
    margin = kernel_scores(wide, "rbf", machine.vectors, machine.weights, machine.intercept, machine.gamma, 0, 0.0)
    trees: Trees = thawed_trees(frozen.forest)
    blended = _log_odds(forest_probability(row, trees), frozen.edge) + margin
    return _by_scores(np.asarray(frozen.classes), blended * frozen.slope + frozen.offset)
