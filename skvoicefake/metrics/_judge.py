"""The figures of a report, from what was scored and called."""

import platform
import warnings
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit
from sklearn.metrics import roc_auc_score
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, validate_parameter_constraints

from skvoicefake.labels import real_label as find_real_label
from skvoicefake.metrics._bootstrap import FEWEST, intervals
from skvoicefake.metrics._calibration import calibration_loss, cllr, min_cllr
from skvoicefake.metrics._cost import actual_detection_cost, min_detection_cost
from skvoicefake.metrics._inputs import UpsideDownWarning, _is_missing, check_groups
from skvoicefake.metrics._ranking import equal_error_rate
from skvoicefake.metrics._tandem import min_tandem_cost
from skvoicefake.metrics._verdicts import confusion, resampled_confusion, verdict_figures

FEW = 100  # clips of a class; with fewer, a figure is rough
FEW_GROUPS = 20  # with fewer, an interval is rough
OF_RATIOS = ("actual_detection_cost", "cllr", "calibration_loss")  # what scores mean counts, not their order alone
MISSING = "-"  # the name of a group that a clip has none of
NOTHING = (np.nan, np.nan)


@dataclass(frozen=True)
class Judged:
    """The clips of a report: what is true, what was scored and called. Positive is what scores rise towards."""

    classes: list[Any]  # negative, positive
    is_positive: NDArray[np.bool_]
    scores: NDArray[np.float64] | None = None
    limit: float | None = None  # on scores as log-likelihood ratios
    called_positive: NDArray[np.bool_] | None = None
    threshold: float | None = None
    probabilities: NDArray[np.float64] | None = None
    history: dict[str, list[float]] | None = None

    def part(self, chosen: NDArray[np.bool_]) -> "Judged":
        """Return some of the clips."""
        return Judged(
            self.classes,
            self.is_positive[chosen],
            None if self.scores is None else self.scores[chosen],
            self.limit,
            None if self.called_positive is None else self.called_positive[chosen],
        )


@dataclass(frozen=True)
class Resampling:
    """How intervals are drawn."""

    n_resamples: int
    confidence_level: float
    random_state: Any
    groups: NDArray[Any] | None

    def part(self, chosen: NDArray[np.bool_], *, by_clip: bool = False) -> "Resampling":
        """Return how to draw intervals for some of the clips."""
        groups = None if by_clip or self.groups is None else self.groups[chosen]
        return replace(self, groups=groups)

    def where_possible(self, is_positive: NDArray[np.bool_]) -> "Resampling":
        """Return how to draw intervals: not at all where few clips, or groups, hold a class."""
        return self if self.n_units(is_positive) >= FEWEST else replace(self, n_resamples=0)

    def n_units(self, is_positive: NDArray[np.bool_]) -> int:
        """Return how many clips, or groups, hold the class that fewer of them hold."""
        units = np.arange(len(is_positive)) if self.groups is None else self.groups
        return min(len(np.unique(units[is_positive])), len(np.unique(units[~is_positive])))


def judge(
    judged: Judged,
    *,
    units: dict[str, ArrayLike | None],
    groups: ArrayLike | None,
    real_label: Any,
    prior: float | None,
    tandem: dict[str, Any] | None,
    n_resamples: int,
    confidence_level: float,
    random_state: Any,
) -> tuple[pd.DataFrame, pd.DataFrame | None, dict[str, pd.DataFrame], list[str], dict[str, Any]]:
    """Return the table of figures, the confusion matrix, the breakdowns, the notes and the settings of a report."""
    levels = {name: one_a_clip(values, name, judged) for name, values in units.items() if values is not None}
    _check(prior, n_resamples, confidence_level)
    wanted = Resampling(int(n_resamples), float(confidence_level), random_state, _drawn_from(groups, levels, judged))
    resampling = wanted.where_possible(judged.is_positive)
    real, notes = _which_is_real(judged, real_label)
    prior_log_odds = 0.0 if prior is None else float(logit(float(prior)))
    table = _figures(judged, real, prior_log_odds, tandem, resampling)
    breakdowns = {
        name: _breakdown(judged, values, name, real, wanted)
        for name, values in levels.items()
        if not (name == "attack" and real is None)
    }
    matrix = None
    if judged.called_positive is not None:
        counts = confusion(judged.is_positive, judged.called_positive).astype(int)
        rows = [f"is {label}" for label in judged.classes]
        matrix = pd.DataFrame(counts, index=rows, columns=[f"called {label}" for label in judged.classes])
    n_positive = int(judged.is_positive.sum())
    settings = {
        "n_clips": len(judged.is_positive),
        "classes": {str(judged.classes[0]): len(judged.is_positive) - n_positive, str(judged.classes[1]): n_positive},
        "scores_rise_towards": None if judged.scores is None else str(judged.classes[1]),
        "real_label": None if real is None else str(real),
        "threshold": None if judged.threshold is None else float(judged.threshold),
        "prior": None if prior is None else float(prior),
        "tandem": tandem,
        "n_resamples": resampling.n_resamples,
        "confidence_level": wanted.confidence_level,
        "resampled": "clips" if wanted.groups is None else f"{len(np.unique(wanted.groups))} groups",
        "random_state": random_state if isinstance(random_state, int) else str(random_state),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("skvoicefake", "scikit-learn", "numpy")},
    }
    return table, matrix, breakdowns, notes + _notes(judged, table, matrix, wanted), settings


def one_a_clip(values: ArrayLike, name: str, judged: Judged) -> NDArray[Any]:
    """Return what names every clip's group as text; what is missing is "-"."""
    array = np.asarray(values, dtype=object)
    if array.shape != (len(judged.is_positive),):
        raise ValueError(
            f"{name} should name one group a clip: expected shape ({len(judged.is_positive)},), got {array.shape}."
        )
    return np.array([MISSING if _is_missing(value) else str(value) for value in array.tolist()])


def _drawn_from(groups: ArrayLike | None, levels: dict[str, NDArray[Any]], judged: Judged) -> NDArray[Any] | None:
    """Return the groups that resamples are drawn from: those given, or else the speakers."""
    if groups is not None:
        return check_groups(groups, len(judged.is_positive))
    if "speaker" not in levels:
        return None
    return nobody_else(levels["speaker"])


def nobody_else(speakers: NDArray[Any]) -> NDArray[Any]:
    """Return speakers as groups: a clip whose speaker is not known is a group of its own."""
    groups = speakers.astype(object)
    unknown = np.flatnonzero(groups == MISSING)
    groups[unknown] = [f"{MISSING}{i}" for i in unknown]
    return groups.astype(str)


def _check(prior: Any, n_resamples: Any, confidence_level: Any) -> None:
    constraints: dict[str, list[Any]] = {
        "prior": [Interval(Real, 0, 1, closed="neither"), None],
        "n_resamples": [Interval(Integral, 0, None, closed="left")],
        "confidence_level": [Interval(Real, 0, 1, closed="neither")],
    }
    given = {"prior": prior, "n_resamples": n_resamples, "confidence_level": confidence_level}
    validate_parameter_constraints(constraints, given, "evaluate")


def _which_is_real(judged: Judged, real_label: Any) -> tuple[Any, list[str]]:
    """Return the label of the real voice, or None and what that means for the report."""
    if real_label is not None:
        if real_label not in judged.classes:
            raise ValueError(f"real_label={real_label!r} is none of the labels, {judged.classes}.")
        return real_label, []
    try:
        return find_real_label(judged.classes), []
    except ValueError:
        return None, [
            f"The labels {judged.classes} do not tell which is the real voice: detection costs and the table by attack"
            " are left out. Pass real_label."
        ]


def _figures(
    judged: Judged, real: Any, prior_log_odds: float, tandem: dict[str, Any] | None, resampling: Resampling
) -> pd.DataFrame:
    """Compute every figure and its interval."""
    values: dict[str, float] = {}
    bounds: dict[str, Any] = {}
    if judged.called_positive is not None:
        figures = verdict_figures(confusion(judged.is_positive, judged.called_positive), judged.classes)
        values |= {name: float(value) for name, value in figures.items()}
        bounds |= _verdict_intervals(judged, resampling)
    if judged.scores is not None:
        metrics: dict[str, Any] = {"roc_auc": roc_auc_score, "equal_error_rate": equal_error_rate}
        if real is not None:
            coded = int(real == judged.classes[1])
            metrics["min_detection_cost"] = partial(min_detection_cost, real_label=coded)
            metrics["actual_detection_cost"] = partial(actual_detection_cost, real_label=coded)
            if tandem is not None:
                metrics["min_tandem_cost"] = partial(min_tandem_cost, real_label=coded, **tandem)
        metrics |= {"cllr": cllr, "min_cllr": min_cllr, "calibration_loss": calibration_loss}
        # Certain probabilities are mostly rounded ones: as log-likelihood ratios they are limited.
        limited = replace(judged, scores=_limited(judged) - prior_log_odds)
        found: dict[str, float] = {}
        for clips, is_of_ratios in ((judged, False), (limited, True)):
            chosen = {name: metric for name, metric in metrics.items() if (name in OF_RATIOS) == is_of_ratios}
            found |= _score_figures(chosen, clips)
            bounds |= _score_intervals(chosen, clips, resampling)
        values |= {name: found[name] for name in metrics}
    rows = [(value, *bounds.get(name, NOTHING)) for name, value in values.items()]
    return pd.DataFrame(rows, index=pd.Index(values, name="figure"), columns=["value", "low", "high"])


def _limited(judged: Judged) -> NDArray[np.float64]:
    scores = np.asarray(judged.scores)
    return scores if judged.limit is None else np.clip(scores, -judged.limit, judged.limit)


def _score_figures(metrics: dict[str, Any], judged: Judged) -> dict[str, float]:
    with warnings.catch_warnings():
        # The report has a note instead.
        warnings.simplefilter("ignore", UpsideDownWarning)
        labels, scores = judged.is_positive.astype(int), np.asarray(judged.scores)
        return {name: float(metric(labels, scores)) for name, metric in metrics.items()}


def _score_intervals(metrics: dict[str, Any], judged: Judged, resampling: Resampling) -> dict[str, Any]:
    if not resampling.n_resamples:
        return {}
    return dict(
        intervals(
            metrics,
            judged.is_positive.astype(int),
            np.asarray(judged.scores),
            groups=resampling.groups,
            n_resamples=resampling.n_resamples,
            confidence_level=resampling.confidence_level,
            random_state=resampling.random_state,
        )
    )


def _verdict_intervals(judged: Judged, resampling: Resampling) -> dict[str, Any]:
    if not resampling.n_resamples or judged.called_positive is None:
        return {}
    matrices = resampled_confusion(
        judged.is_positive,
        judged.called_positive,
        resampling.groups,
        resampling.n_resamples,
        check_random_state(resampling.random_state),
    )
    tail = (1 - resampling.confidence_level) / 2
    drawn = verdict_figures(matrices, judged.classes)
    return {name: np.quantile(values, [tail, 1 - tail]) for name, values in drawn.items() if len(values)}


def _breakdown(judged: Judged, levels: NDArray[Any], name: str, real: Any, resampling: Resampling) -> pd.DataFrame:
    """Judge every attack (against all real clips), codec or speaker (by its own) by itself; the worst come first."""
    is_real = judged.is_positive == (real == judged.classes[1])
    rows = {}
    for level in sorted(set((levels[~is_real] if name == "attack" else levels).tolist())):
        own = (levels == level) & ~is_real if name == "attack" else levels == level
        chosen = own | is_real if name == "attack" else own
        # All clips of a speaker are one group.
        rows[level] = _level(judged.part(chosen), own[chosen], resampling.part(chosen, by_clip=name == "speaker"))
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(name)
    if "equal_error_rate" not in table:
        return table.sort_values("accuracy", kind="stable")
    # What too few clips say comes last, whatever they say.
    table = table.assign(is_rough=table["low"].isna())
    table = table.sort_values(["is_rough", "equal_error_rate"], ascending=[True, False], kind="stable")
    return table.drop(columns="is_rough")


def _level(judged: Judged, own: NDArray[np.bool_], resampling: Resampling) -> dict[str, Any]:
    """Judge the clips of an attack, codec or speaker; `own` are those whose verdicts are its own."""
    n_positive = int(judged.is_positive.sum())
    row: dict[str, Any] = {
        f"n {judged.classes[0]}": len(judged.is_positive) - n_positive,
        f"n {judged.classes[1]}": n_positive,
    }
    if judged.scores is not None:
        figures = {"equal_error_rate": equal_error_rate}
        row |= {"equal_error_rate": np.nan, "low": np.nan, "high": np.nan, "roc_auc": np.nan}
        if 0 < n_positive < len(judged.is_positive):
            row |= _score_figures(figures | {"roc_auc": roc_auc_score}, judged)
            bounds = _score_intervals(figures, judged, resampling.where_possible(judged.is_positive))
            row["low"], row["high"] = bounds.get("equal_error_rate", NOTHING)
    if judged.called_positive is not None:
        row["accuracy"] = float(np.mean(judged.called_positive[own] == judged.is_positive[own]))
    return row


def _notes(judged: Judged, table: pd.DataFrame, matrix: pd.DataFrame | None, wanted: Resampling) -> list[str]:
    """Say what to mind when reading the figures."""
    notes, figures = [], table["value"]
    eer = figures.get("equal_error_rate", 0.0)
    if eer > 0.5:
        notes.append(
            f"The scores tell the classes apart better upside down: they should rise towards {judged.classes[1]!r}."
            " If they are meant to rise towards the other label, say so (pos_label)."
        )
    if matrix is not None:
        counts = matrix.to_numpy()
        for i, label in enumerate(judged.classes):
            if not counts[:, i].sum():
                notes.append(f"No clip was called {label!r}: its precision is 0 by convention.")
        worst = 1 - float(np.min(np.diagonal(counts) / counts.sum(axis=1)))
        if "equal_error_rate" in figures and worst > 2 * eer + 0.05:
            notes.append(
                f"The threshold does not fit these clips: {worst:.1%} of one class are called wrong, while the equal"
                f" error rate is {eer:.1%}. Choose the operating point on clips like those of use."
            )
    if figures.get("cllr", 0.0) > 1:
        notes.append(
            "Cllr is above 1: taken as log-likelihood ratios, the scores are worse than no detector. Calibrate them"
            " (skvoicefake.calibration.LLRCalibrator) before you set a threshold by cost."
        )
    for label, n in zip(judged.classes, (np.sum(~judged.is_positive), np.sum(judged.is_positive)), strict=True):
        if n < FEW:
            clips = "clip is" if n == 1 else "clips are"
            notes.append(f"Only {n} {clips} {label!r}: a single one moves an error rate by {1 / n:.1%}.")
    n_units, what = wanted.n_units(judged.is_positive), "clips" if wanted.groups is None else "groups"
    if wanted.n_resamples and n_units < FEWEST:
        notes.append(f"There are no intervals: one of the classes has {n_units} of {FEWEST} {what} that they need.")
    elif wanted.n_resamples and wanted.groups is None:
        notes.append(
            "Intervals take all clips to be independent. Those of one speaker, recording or source are not: pass"
            " groups, or the intervals are too narrow."
        )
    elif wanted.n_resamples and n_units < FEW_GROUPS:
        notes.append(f"One of the classes has {n_units} groups only: the intervals are rough, and rather too narrow.")
    return notes
