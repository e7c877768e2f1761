"""What would fool a detector, told before it is trained."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Bunch

import skvoicefake
from skvoicefake._groups import components
from skvoicefake._reports import plain, written
from skvoicefake.feature_extraction._clips import as_clips
from skvoicefake.model_selection import _checks
from skvoicefake.model_selection._audit_input import (
    Labels,
    check_parameters,
    content_of,
    named_audit,
    of_bunch,
    read_labels,
    shown_name,
)
from skvoicefake.model_selection._copies import differs, find_copies
from skvoicefake.model_selection._duplicates import window_families
from skvoicefake.model_selection._examine import examine_all
from skvoicefake.model_selection._shortcuts import judge_shortcuts

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class AuditReport:
    """What `audit` found.

    Attributes
    ----------
    title : str
        What was audited.
    table : DataFrame of shape (n_findings, 4)
        "check", "verdict" ("problem", "mind" or "fine"), "found" and
        "advice", problems first.
    shortcuts : DataFrame
        How well a small model tells the classes apart by trivial things: a
        row a kind of thing ("family") and place ("judged_on"), with "auc",
        the ends of its 95 % interval "low" and "high", "p_value" (how often
        chance alone gives any row so much), and "verdict".
    copies : DataFrame
        Pairs of clips that share sound: "first", "second" (positions in X),
        "kind" ("same samples" or "shared sound"), "offset_s" (where the second
        starts in the first, seconds), "overlap_s", "similarity" from 0 to 1,
        and whether they are "across_classes", "across_splits" and
        "across_groups". A copy is told against one other clip, not all.
    clips : DataFrame of shape (n_clips, n_columns)
        A row a clip: its name, label, group, split and attack, "problem"
        (None, or why it is of no use), "copies" (the number of the set of
        clips it shares sound with, itself alone if no other), and all
        trivial features.
    groups : ndarray of shape (n_clips,), int
        The given groups, with copies tied together: what no split may part.
        Pass them on as `groups`.
    balance : dict of str to DataFrame
        Clips of each class by "split" and "attack", where these were given,
        and by "group", the largest first.
    settings : dict
        How it came about: clips, seeds, versions.
    """

    title: str
    table: "pd.DataFrame"
    shortcuts: "pd.DataFrame"
    copies: "pd.DataFrame"
    clips: "pd.DataFrame"
    groups: NDArray[np.intp] = field(repr=False)
    balance: dict[str, "pd.DataFrame"] = field(repr=False)
    settings: dict[str, Any] = field(repr=False)

    def __str__(self) -> str:
        return self.to_markdown()

    @property
    def n_problems(self) -> int:
        """The number of findings that are problems."""
        return int((self.table["verdict"] == _checks.PROBLEM).sum())

    def to_markdown(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the report as Markdown, and write it to a file where one is named."""
        from skvoicefake.model_selection._audit_page import to_markdown

        return written(to_markdown(self), path)

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the report as one HTML page that holds its pictures, and write it to a file where one is named.

        The pictures need matplotlib (``pip install 'skvoicefake[plot]'``);
        without it the page says that they are left out.
        """
        from skvoicefake.model_selection._audit_page import to_html

        return written(to_html(self), path)

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return all of it but the features of single clips as JSON, and write it to a file where one is named."""
        bad = self.clips[self.clips["problem"].notna()]
        content = {
            "title": self.title,
            "settings": plain(self.settings),
            "n_problems": self.n_problems,
            "findings": self.table.to_dict("records"),
            "shortcuts": [plain(row) for row in self.shortcuts.to_dict("records")],
            "copies": [plain(row) for row in self.copies.to_dict("records")],
            "unusable": bad[["clip", "problem"]].to_dict("records"),
            "balance": {
                name: {str(level): plain(row) for level, row in table.to_dict("index").items()}
                for name, table in self.balance.items()
            },
        }
        return written(json.dumps(content, indent=2, allow_nan=False) + "\n", path)

    def figures(self) -> dict[str, Any]:
        """Draw the pictures of the report, as :class:`matplotlib.figure.Figure` by name."""
        from skvoicefake.model_selection._audit_pictures import draw

        return draw(self)


def audit(
    X: Any,
    y: ArrayLike | None = None,
    *,
    groups: Any = None,
    split: ArrayLike | None = None,
    attack: ArrayLike | None = None,
    metadata: "pd.DataFrame | None" = None,
    sample_rate: float = 16_000,
    n_resamples: int = 500,
    random_state: Any = 0,
    n_jobs: int | None = None,
    verbose: int = 0,
    title: str | None = None,
) -> AuditReport:
    """Tell what would fool a detector, before it is trained.

    Clips are decoded once, whole, at their own rate. It is told

    - which cannot be read, are silent, or mostly clipped;
    - which are copies of one another, whole or in part, whatever codec, rate,
      level or shift is between them, and whether splits, groups or labels
      tear them apart;
    - how well trivial things give the classes away: duration, level, DC
      offset, silence around the voice, noise floor, bandwidth, sample rate,
      channels, codec, bit depth, clipping; each alone and all together, by a
      small model that is judged on groups it never saw;
    - how clips are spread over classes, groups, splits and generators.

    Parameters
    ----------
    X : sequence of clips, or Bunch
        Paths, byte strings, waveforms, ... as `MFCCTransformer` takes them; or
        what a reader of :mod:`skvoicefake.datasets` returns, whose target,
        groups, split, attack and other columns stand for the parameters that
        are not given.
    y : array-like of shape (n_clips,), default=None
        Labels of two classes. None takes those of the Bunch.
    groups : array-like of shape (n_clips,) or (n_clips, n_keys) or DataFrame, default=None
        Speakers, recordings or sources; several keys in several columns.
    split : array-like of shape (n_clips,), default=None
        The split of every clip, such as "train" and "dev". If one is "train",
        shortcuts learned there are judged on the others, too.
    attack : array-like of shape (n_clips,), default=None
        What made each fake; "-" for real clips.
    metadata : DataFrame of shape (n_clips, n_columns), default=None
        What else is known of the clips, such as source and language. It is
        told which columns give the class away by their values alone.
    sample_rate : float, default=16000
        Rate in Hz of clips that are bare arrays.
    n_resamples : int, default=500
        Bootstrap resamples for the intervals; 0 for none.
    random_state : int, RandomState or None, default=0
        Seed of folds, chance and intervals.
    n_jobs : int, default=None
        Processes to work with, as in scikit-learn.
    verbose : int, default=0
        1 shows a progress bar.
    title : str, default=None
        Heading of the report.

    Returns
    -------
    report : AuditReport
        Print it, or write it with `to_html`.

    Raises
    ------
    ValueError
        If there are no labels, not two classes, arrays of different lengths,
        or no clip that can be read.

    See Also
    --------
    SpoofGroupKFold : Folds that keep groups on one side.
    skvoicefake.metrics.evaluate : Judge a detector.

    Notes
    -----
    What it does not find: non-overlapping windows of one recording (but names
    that look like such are pointed out), one sentence read twice, a voice on
    both sides under two names, and whatever no trivial feature measures.
    "Fine" means that nothing was found.

    Examples
    --------
    Fakes that do not end at zero, since what made them added an offset:

    >>> import numpy as np
    >>> from skvoicefake.model_selection import audit
    >>> rng = np.random.default_rng(0)
    >>> clips = [rng.uniform(0.05, 0.2) * rng.normal(size=8000) for _ in range(60)]
    >>> fake = [clip + 0.02 for clip in clips[30:]]
    >>> report = audit(clips[:30] + fake, ["real"] * 30 + ["fake"] * 30)
    >>> report.table.loc[report.table["verdict"] == "problem", "check"].tolist()
    ['shortcut: DC offset', 'shortcut: together']
    """
    import pandas as pd

    check_parameters(sample_rate, n_resamples, random_state, n_jobs, verbose, title)
    if isinstance(X, Bunch):
        told = of_bunch(X)
        X, y = told.pop("data"), told.pop("target") if y is None else y
        groups = told["groups"] if groups is None else groups
        split, attack = (
            told[name] if given is None else given for name, given in (("split", split), ("attack", attack))
        )
        metadata = told["metadata"] if metadata is None else metadata
        title = told["title"] if title is None else title
    clips = as_clips(named_audit(), X, reset=True)
    items: Sequence[Any] = [content_of(clip) if hasattr(clip, "read") else clip for clip in clips.items]
    names = [shown_name(clip, i) for i, clip in enumerate(items)]
    labels = read_labels(names, y, groups, split, attack, metadata)
    examined = examine_all(
        items, [clips.name(i) for i in range(len(items))], sample_rate, n_jobs=n_jobs, verbose=verbose
    )
    is_usable = np.array([clip.digest is not None for clip in examined])
    if not is_usable.any():
        raise ValueError(f"None of the {len(items)} clips can be used. First: {examined[0].problem}")
    copies, sets, exact = find_copies([clip.fingerprint for clip in examined], [clip.digest for clip in examined])
    for name, values in (("classes", labels.y), ("splits", labels.split), ("groups", labels.groups)):
        copies[f"across_{name}"] = differs(copies, values)
    features = pd.DataFrame([clip.features for clip in examined])
    problems = [clip.problem for clip in examined]
    shortcuts = _judged(features, labels, is_usable, n_resamples=n_resamples, random_state=random_state)
    is_grouped = labels.groups is not None and int(np.max(labels.groups)) + 1 < len(items)
    families = None if is_grouped else window_families(list(dict.fromkeys(names)))
    findings = [
        *_checks.check_files(labels, problems, np.array([bool(clip.features) for clip in examined])),
        *_checks.check_balance(labels, is_usable),
        *_checks.check_groups(labels),
        *_checks.check_metadata(labels),
        *_checks.check_attacks(labels),
        *_checks.check_copies(labels, copies, sets, exact, families),
        *_checks.check_shortcuts(shortcuts),
    ]
    table = pd.DataFrame(findings, columns=_checks.Finding._fields)
    order = table["verdict"].map({_checks.PROBLEM: 0, _checks.MIND: 1, _checks.FINE: 2})
    columns = {
        "clip": names,
        "label": labels.y,
        "group": labels.group_names,
        "split": labels.split,
        "attack": labels.attack,
    }
    known = {name: values for name, values in columns.items() if values is not None}
    return AuditReport(
        title=title or "Audit",
        table=table.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True),
        shortcuts=shortcuts,
        copies=copies,
        clips=pd.concat([pd.DataFrame({**known, "problem": problems, "copies": sets}), features], axis="columns"),
        groups=sets if labels.groups is None else components([labels.groups, sets]),
        balance=_balance(labels),
        settings={
            "n_clips": len(items),
            "n_unusable": int(np.sum(~is_usable)),
            "classes": ", ".join(f"{np.sum(labels.y == label)} {label}" for label in np.unique(labels.y).tolist()),
            "n_groups": None if labels.groups is None else int(np.max(labels.groups)) + 1,
            "splits": None if labels.split is None else ", ".join(map(str, np.unique(labels.split))),
            "n_resamples": n_resamples,
            "random_state": str(random_state),
            "version": skvoicefake.__version__,
        },
    )


def _judged(features: "pd.DataFrame", labels: Labels, is_usable: NDArray[np.bool_], **options: Any) -> "pd.DataFrame":
    """Judge the shortcuts of the clips that can be used."""
    import pandas as pd

    y = labels.y[is_usable]
    if len(np.unique(y)) < 2:
        nothing = pd.DataFrame(columns=["family", "judged_on", "auc", "low", "high", "p_value", "verdict"])
        nothing.attrs["notes"] = [f"All clips that can be used are {y.tolist()[0]!r}, so nothing can be told apart."]
        return nothing
    groups, split = (None if values is None else values[is_usable] for values in (labels.groups, labels.split))
    features = features[is_usable].reset_index(drop=True)
    judged = judge_shortcuts(features, y, groups, split, **options)
    if judged.empty and split is not None and judged.attrs["notes"]:
        # A training split that lacks a class: then what all clips say.
        notes = judged.attrs["notes"]
        judged = judge_shortcuts(features, y, groups, **options)
        judged.attrs["notes"] = [*notes, *judged.attrs["notes"]]
    return judged


def _balance(labels: Labels) -> dict[str, "pd.DataFrame"]:
    """Count the clips of every class by split, attack and group."""
    import pandas as pd

    columns = {"split": labels.split, "attack": labels.attack, "group": labels.group_names}
    tables = {}
    for name, values in columns.items():
        if values is not None:
            table = pd.crosstab(pd.Series(values, name=name), pd.Series(labels.y, name="label"))
            tables[name] = table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    return tables
