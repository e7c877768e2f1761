"""How well trivial things alone tell real from fake: what would fool a detector before it hears a voice."""

from functools import partial
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, validate_parameter_constraints
from threadpoolctl import threadpool_limits

from skvoicefake._groups import balanced_folds, connected_groups, is_unknown
from skvoicefake.metrics._bootstrap import ConfidenceInterval, intervals
from skvoicefake.model_selection._small_model import (
    Clips,
    Judged,
    basis,
    cross_validate,
    transfer,
    weighted_auc,
)

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["FAMILIES", "TOGETHER", "judge_shortcuts"]

FAMILIES = {
    "duration": ("duration_s",),
    "level": ("level_db", "peak_db"),
    "DC offset": ("dc",),
    "silence": ("leading_silence_s", "trailing_silence_s", "digital_silence"),
    "noise floor": ("noise_db", "noise_low_db", "noise_mid_db", "noise_high_db", "noise_top_db"),
    "bandwidth": ("bandwidth_hz", "high_db", "top_db"),
    "sample rate": ("sample_rate",),
    "channels": ("n_channels",),
    "container and codec": ("container", "codec", "bits_per_second"),
    "bit depth": ("bit_depth",),
    "clipping": ("clipping",),
}
TOGETHER = "together"
TRAIN = ("train", "training", "trn")

GIVES_AWAY = "gives the classes away"
HELPS = "helps to tell the classes apart"
MISLEADS = "points the other way than in training"
MAYBE = "may give the classes away, or be chance"
NOTHING = "nothing found"
# Where there are too few groups to hold some out, classes and groups cannot be told apart.
OF_FEW_GROUPS = {
    GIVES_AWAY: "gives the classes away, or their few groups",
    HELPS: "helps to tell the classes apart, or their few groups",
}
MUCH, WORTH_A_WORD = 0.75, 0.55  # areas under the ROC curve
LEVEL = 0.05  # of all verdicts together: how often a corpus without shortcuts gets one that finds something
FEWEST = 5  # groups that hold a class, and half of all groups, to hold some out; clips of a class to judge anything


def judge_shortcuts(
    features: "DataFrame",
    y: ArrayLike,
    groups: Any = None,
    split: ArrayLike | None = None,
    *,
    n_folds: int = 5,
    n_resamples: int = 500,
    random_state: Any = None,
    n_jobs: int | None = None,
) -> "DataFrame":
    """Judge how well a small model tells the classes apart from trivial features.

    Parameters
    ----------
    features : DataFrame of shape (n_clips, n_features)
        What :func:`surface_features` returns, a row a clip, or some of its
        columns. Other columns are left aside.
    y : array-like of shape (n_clips,)
        Labels of two classes.
    groups : array-like of shape (n_clips,) or (n_clips, n_keys) or DataFrame, default=None
        The speaker, recording or source of each clip: what one clip has in
        common with the others of its group counts once. None makes every clip
        a group of its own.
    split : array-like of shape (n_clips,), default=None
        The split of each clip. If one is "train", folds are made within it,
        and models of all of it are judged on each other split, too.
    n_folds : int, default=5
        Folds of the cross-validation.
    n_resamples : int, default=500
        Resamples of the intervals; 0 leaves them out.
    random_state : int, RandomState or None, default=None
        Pass an int for the same table at every call.
    n_jobs : int, default=None
        Threads.

    Returns
    -------
    table : DataFrame
        A row a family of features and place where it was judged, with
        columns:

        - `family`: a key of `FAMILIES`, or "together" for all features.
        - `judged_on`: "held-out groups", "held-out clips" (where a class has
          fewer than five groups, or there are fewer than ten in all), or the
          name of a split other than training.
        - `auc`: area under the ROC curve; of folds, over all pairs of clips
          in one fold.
        - `low`, `high`: 95 % interval by the bootstrap over groups; NaN
          where a class has fewer than five groups.
        - `p_value`: how often chance gives any row of the table so much.
        - `verdict`: "gives the classes away" (from 0.75), "helps to tell the
          classes apart" (from 0.55), "nothing found" (less, no more than
          chance gives in one of twenty tables, or an interval that holds
          0.5), "may give the classes away, or be chance" (from 0.75, of
          groups too few to tell); on other splits also "points the other way
          than in training". The first two end in ", or their few groups"
          where clips are held out of few groups.

        ``table.attrs["constant"]`` lists the families that are the same in all
        clips, and ``table.attrs["notes"]`` what else is to be said.

    Raises
    ------
    ValueError
        If lengths differ, or `y` does not hold two classes, in training too.

    Notes
    -----
    The model is a ridge regression on hat functions of each feature's ranks
    and on indicators of its words, few values and gaps: additive, so that two
    features that tell nothing apart but much together may be missed.

    Chance is what the same models and statistics give when labels mean
    nothing: groups of one class exchange their labels, and those of both
    are turned round or not, at random [1]_. The p-values hold for all rows
    at once: each is the share of 1000 such tables in which any row is as rare
    by chance as this one [2]_.

    References
    ----------
    .. [1] Winkler et al., "Multi-level block permutation", NeuroImage 123,
       2015.
    .. [2] Westfall and Young, "Resampling-based multiple testing", 1993.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skvoicefake.model_selection._shortcuts import judge_shortcuts
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["real", "fake"], 100)
    >>> features = pd.DataFrame({"duration_s": rng.uniform(1, 3, 200), "codec": np.where(y == "real", "PCM_16", "MP3")})
    >>> judge_shortcuts(features, y, random_state=0)[["family", "verdict"]]
                    family                 verdict
    0             duration           nothing found
    1  container and codec  gives the classes away
    2             together  gives the classes away
    """
    import pandas as pd

    constraints: dict[str, list[Any]] = {
        "n_folds": [Interval(Integral, 2, None, closed="left")],
        "n_resamples": [Interval(Integral, 0, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [None, Integral],
    }
    given = (n_folds, n_resamples, random_state, n_jobs)
    validate_parameter_constraints(constraints, dict(zip(constraints, given, strict=True)), "judge_shortcuts")
    rng = check_random_state(random_state)
    n_clips = len(features)
    codes = np.arange(n_clips) if groups is None else connected_groups(groups)
    splits = np.full(n_clips, "") if split is None else np.asarray(split, dtype=object)
    for name, values in (("y", np.asarray(y)), ("groups", codes), ("split", splits)):
        if len(values) != n_clips:
            raise ValueError(f"{name}: expected one a clip, {n_clips} in all, got {len(values)}.")
    is_second = _is_second(np.asarray(y))
    rows = _parted(splits)
    fit = next(iter(rows.values()))
    families, constant = _families(features[fit])
    places, notes = _places(rows, is_second, codes, n_folds, rng)
    if not places:
        families = {}
    columns = {name: basis(features[name].to_numpy(), fit) for names in families.values() for name in names}
    if len(families) > 1:
        families[TOGETHER] = list(columns)
    flips = [place.clips.flips(rng) for place in places]

    def judge(names: list[str]) -> list[Judged]:
        X = np.hstack([columns[name] for name in names])
        training = places[0].clips
        found = [cross_validate(X[fit], training, flips[0])]
        for place, signs in zip(places[1:], flips[1:], strict=True):
            found.append(transfer(X[fit], training, X[place.rows], place.clips, signs))
        return found

    # Matrices so small are slower with more threads of BLAS.
    with threadpool_limits(1, user_api="blas"):
        found = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(judge)(names) for names in families.values())
    cells = [(family, i) for family in families for i in range(len(places))]
    results = [result for of_family in found for result in of_family]
    p_values = _p_values(results, [i > 0 for _, i in cells])
    ends = [_intervals(place.clips, [of[i] for of in found], n_resamples, rng) for i, place in enumerate(places)]
    table = pd.DataFrame(
        [
            {
                "family": family,
                "judged_on": places[i].name,
                "auc": result.auc,
                "low": ends[i][n // len(places)].low,
                "high": ends[i][n // len(places)].high,
                "p_value": p_value,
                "verdict": _verdict(result.auc, p_value, ends[i][n // len(places)], places[i].is_confounded),
            }
            for n, ((family, i), result, p_value) in enumerate(zip(cells, results, p_values, strict=True))
        ],
        columns=["family", "judged_on", "auc", "low", "high", "p_value", "verdict"],
    )
    table.attrs |= {"constant": constant, "notes": notes}
    return table


class _Place(NamedTuple):
    """Where models are judged: the folds of training first, and other splits."""

    name: str
    rows: NDArray[np.bool_]
    clips: Clips
    is_confounded: bool  # Its groups are too few to tell them from classes.


def _is_second(y: NDArray[Any]) -> NDArray[np.bool_]:
    y = y.astype(str) if y.dtype == object else y
    classes = np.unique(y)
    if len(classes) != 2:
        raise ValueError(f"y: expected labels of two classes, got {len(classes)}: {classes[:5].tolist()}.")
    return np.asarray(y == classes[1])


def _parted(splits: NDArray[Any]) -> dict[str, NDArray[np.bool_]]:
    """Return the rows of training, or all if no split is for that, and then those of every other split."""
    names = np.array(["" if is_unknown(name) else str(name).strip() for name in splits.tolist()])
    is_train = np.isin(np.char.lower(names), TRAIN)
    if not is_train.any():
        return {"": np.ones(len(names), dtype=bool)}
    others = [str(name) for name in np.unique(names[~is_train]) if name]
    return {str(names[is_train][0]): is_train} | {name: names == name for name in others}


def _families(features: "DataFrame") -> tuple[dict[str, list[str]], list[str]]:
    """Return the features of each family that are not the same in all clips, and the families without any."""
    families, constant = {}, []
    for family, names in FAMILIES.items():
        there = [name for name in names if name in features]
        if varying := [name for name in there if _varies(features[name].to_numpy())]:
            families[family] = varying
        elif there:
            constant.append(family)
    return families, constant


def _varies(values: NDArray[Any]) -> bool:
    if values.dtype.kind in "biuf":
        return len(np.unique(values.astype(np.float32))) > 1
    return len({"" if is_unknown(value) else str(value) for value in values.tolist()}) > 1


def _places(
    rows: dict[str, NDArray[np.bool_]],
    is_second: NDArray[np.bool_],
    codes: NDArray[np.intp],
    n_folds: int,
    rng: np.random.RandomState,
) -> tuple[list[_Place], list[str]]:
    """Return where to judge, and what is to be said of that."""
    places: list[_Place] = []
    notes: list[str] = []
    for split, here in rows.items():
        of_split = f" of split {split!r}" if split else ""
        labels, groups = is_second[here].astype(np.intp), np.unique(codes[here], return_inverse=True)[1]
        if (n_least := int(np.min(np.bincount(labels, minlength=2)))) < FEWEST:
            notes.append(f"Nothing is judged on the clips{of_split}: one class has {n_least}, {FEWEST} are needed.")
            if not places:
                break
            continue
        n_groups = int(np.max(groups)) + 1
        n_holding = min(len(np.unique(groups[labels == label])) for label in (0, 1))
        is_confounded = n_groups < len(groups) and (n_holding < FEWEST or n_groups < 2 * FEWEST)
        if is_confounded:
            notes.append(
                f"The clips{of_split} are of {n_groups} groups, {n_holding} with clips of the rarer class; {2 * FEWEST}"
                f" and {FEWEST} are needed to hold groups out. Clips are held out instead: what is found there may"
                " tell groups apart, not classes."
            )
            groups, n_holding = np.arange(len(groups)), n_least
        name, folds = split, np.zeros(len(groups), dtype=np.intp)
        if not places:
            name = "held-out clips" if is_confounded or n_groups == len(groups) else "held-out groups"
            folds = balanced_folds(groups, labels, min(n_folds, n_holding), rng=rng)
        places.append(_Place(name, here, Clips(labels == 1, groups, folds), is_confounded))
    return places, notes


def _intervals(clips: Clips, results: list[Judged], n_resamples: int, rng: Any) -> list[ConfidenceInterval]:
    """Return the 95 % intervals of all figures of a place, over the same resamples of groups."""
    if not n_resamples:
        return [ConfidenceInterval(np.nan, np.nan)] * len(results)
    metrics = {str(i): partial(weighted_auc, judged=result, clips=clips) for i, result in enumerate(results)}
    groups = clips.groups if np.max(clips.groups) + 1 < len(clips.groups) else None
    found = intervals(
        metrics,
        clips.is_second,
        np.zeros(len(clips.groups)),
        groups=groups,
        n_resamples=n_resamples,
        random_state=rng,
    )
    return [found[name] for name in metrics]


def _p_values(results: list[Judged], is_two_sided: list[bool]) -> list[float]:
    """Return how often chance gives any row a figure that is as rare in that row as each row's is in its own."""
    if not results:
        return []
    drawn = np.array([[result.auc - 0.5, *result.chance] for result in results])
    # Rounded, so that what is the same in another order ties.
    drawn = np.round(np.where(np.array(is_two_sided)[:, np.newaxis], np.abs(drawn), drawn), 9)
    rarity = rankdata(-drawn, "max", axis=1)
    rarest = np.sort(np.min(rarity, axis=0))
    return (np.searchsorted(rarest, rarity[:, 0], "right") / len(rarest)).tolist()


def _verdict(auc: float, p_value: float, interval: ConfidenceInterval, is_confounded: bool) -> str:
    auc = round(auc, 2)  # as it is printed
    is_chance = p_value > LEVEL or interval.low <= 0.5 <= interval.high
    if is_chance or abs(auc - 0.5) < WORTH_A_WORD - 0.5:
        verdict = MAYBE if auc >= MUCH else NOTHING
    elif auc < 0.5:
        verdict = MISLEADS
    else:
        verdict = GIVES_AWAY if auc >= MUCH else HELPS
    return OF_FEW_GROUPS.get(verdict, verdict) if is_confounded else verdict
