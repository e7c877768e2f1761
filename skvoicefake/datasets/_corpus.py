"""From the lines of a published corpus and the audio that is there to labelled clips: one mechanism for all readers."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from skvoicefake._groups import connected_groups, is_unknown
from skvoicefake.datasets._bunch import LEFT_OUT, as_bunch, fill_unknown, listed, warn
from skvoicefake.datasets._files import Audio, Tree, audio_below, clip_key
from skvoicefake.datasets._rows import read_rows
from skvoicefake.labels import label_kind

__all__ = [
    "Audio",
    "Corpus",
    "Names",
    "Tree",
    "assemble",
    "audio_below",
    "clip_key",
    "group_names",
    "names",
    "pick",
    "read_rows",
]

Names = str | Sequence[str] | None
# What loses clips that the corpus has; the rest is told, and no error.
SERIOUS = ("absent_splits", "unparsed_lines", "contradictory_lines", "unknown_labels", "missing_audio")


@dataclass(frozen=True)
class Corpus:
    """What is true of a corpus whoever unpacked it.

    Parameters
    ----------
    name : str
        As its authors call it.
    licence, citation, url : str
        The licence's name, the reference, and where to get it.
    groups : tuple of str
        Columns whose shared values keep clips on one side of a split.
    classes : tuple of str
        What it holds, of "real" and "fake".
    aside : str
        Names of audio that lies with the clips but is for another use, as a
        regular expression; it is counted, and no reason to warn.
    """

    name: str
    licence: str
    citation: str
    url: str
    groups: tuple[str, ...] = ()
    classes: tuple[str, ...] = ("real", "fake")
    aside: str = ""


def assemble(
    corpus: Corpus,
    table: pd.DataFrame,
    audio: Audio,
    root: str | os.PathLike[str],
    *,
    splits: Names = None,
    groups: Names = None,
    on_missing: str = "skip",
    unparsed: Sequence[str] = (),
) -> Bunch:
    """Join lines and audio, leave out what is in doubt, say what that was, and return the clips.

    Parameters
    ----------
    corpus : Corpus
        What is read.
    table : DataFrame
        A row a line, as of `read_rows`: "clip", "label", and what else is
        known, by the names of `COLUMNS` where they fit.
    audio : Audio
        As of `audio_below`.
    root : path
        The corpus' folder, for messages.
    splits : str or sequence of str, default=None
        Keep these of the column "split". None keeps all that have audio.
    groups : str or sequence of str, default=None
        Columns to group by. None takes those of the corpus.
    on_missing : {"skip", "raise"}, default="skip"
        Whether lines that cannot be used are left out or an error.
    unparsed : sequence of str
        As of `read_rows`.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of all readers.

    Raises
    ------
    FileNotFoundError
        If no line has audio; with `on_missing="raise"`, if any has none.
    ValueError
        If a class is missing that the corpus holds; a split or column is not
        there; or, with `on_missing="raise"`, a line cannot be used.
    """
    if on_missing not in ("skip", "raise"):
        raise ValueError(f"on_missing must be 'skip' or 'raise', got {on_missing!r}.")
    where = f"{os.fspath(root)}: {corpus.name}"
    table = table.assign(clip=list(map(clip_key, table["clip"])))
    named = set(table["clip"])
    unnamed = [path for name, path in audio.items() if name not in named]
    is_aside = re.compile(corpus.aside or r"(?!)").fullmatch
    lost: dict[str, list[str]] = {key: [] for key in LEFT_OUT}
    lost["unparsed_lines"] = list(unparsed)
    lost["unnamed_audio"] = [path for path in unnamed if not is_aside(Path(path).stem)]
    lost["same_name"] = audio.same_name

    # Before any split is picked: a clip that is in two splits is in none.
    table, lost["repeated_lines"], lost["contradictory_lines"] = _once(table)
    if splits is not None:
        table = table[table["split"].isin(pick(splits, table["split"].unique(), where))].copy()
    n_lines, first = len(table), table["clip"].head(3).tolist()
    kinds = table["label"].map({word: label_kind(word) for word in table["label"].unique()})
    table.insert(0, "target", kinds.astype(object))
    lost["unknown_labels"] = _lines(table, table["target"].isna(), "label")
    table = table[table["target"].notna()]
    table.insert(0, "path", [audio.get(name) for name in table["clip"]])
    is_there = table["path"].notna()
    if not is_there.any():
        raise FileNotFoundError(
            f"{where}: none of the {n_lines} lines that are read can be used: {_lost(lost) or 'no audio is there'}."
            f" The lines name {first}, the audio is {list(audio.values())[:3] or 'nowhere'}."
        )
    if "split" in table and splits is None:
        has_audio = is_there.groupby(table["split"], sort=False).transform("any")
        lost["absent_splits"] = table["split"][~has_audio].unique().tolist()
        table, is_there = table[has_audio], is_there[has_audio]
    lost["missing_audio"] = _lines(table, ~is_there, "clip")
    table = table[is_there]

    if on_missing == "raise" and (serious := {key: items for key, items in lost.items() if key in SERIOUS and items}):
        error = FileNotFoundError if serious.keys() <= {"missing_audio", "absent_splits"} else ValueError
        hint = " Pick splits that are there: split=..." if "absent_splits" in serious else ""
        raise error(f"{where}: {_lost(serious)}. Mend this, or leave it out: on_missing='skip'.{hint}")
    if strange := set(corpus.classes) - set(table["target"]):
        raise ValueError(
            f"{where}: expected {' and '.join(corpus.classes)} clips, found {len(table)} that are all"
            f" {table['target'].iloc[0]}; none is {min(strange)} ({_lost(lost) or 'nothing is left out'})."
        )
    if message := _lost(lost):
        hint = " Name the splits that you have: split=..." if lost["absent_splits"] else ""
        warn(f"{where}: {message}; left out, and listed in report.{hint}")
    frame = table.drop(columns="clip")
    fill_unknown(frame)
    columns = names(groups)
    if columns is None:
        columns = [name for name in corpus.groups if name in frame]
    if absent := [name for name in columns if name not in frame]:
        raise ValueError(f"{where}: no column {absent[0]!r} to group by; there are {list(frame.columns)}.")
    if columns:
        frame["group"] = group_names(frame, columns)
    report: dict[str, Any] = {"source": os.fspath(root), "corpus": corpus.name}
    report["groups"] = ", ".join(columns) or "unknown"
    report["n_aside"] = len(unnamed) - len(lost["unnamed_audio"])
    about = [f"{corpus.name}. Licence: {corpus.licence}.", f"Reference: {corpus.citation}", f"From {corpus.url}"]
    return as_bunch(frame, {**report, **lost}, about)


def names(given: Names) -> list[str] | None:
    """Return one name or several as a list."""
    return [given] if isinstance(given, str) else None if given is None else list(given)


def pick(wanted: Names, known: Iterable[str], where: str) -> list[str]:
    """Return the splits that are asked for, all if none is, or say that there is no such split."""
    has = list(known)
    picked = has if wanted is None else names(wanted) or []
    if strangers := [name for name in picked if name not in has] or ([] if picked else ["(none)"]):
        raise ValueError(f"{where}: no split {strangers[0]!r}; there are {', '.join(map(repr, has)) or 'none'}.")
    return picked


def group_names(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Name what ties clips together: the value of the one column; of several, a value of the first that is known."""
    cells = frame[list(columns)].to_numpy(dtype=object)
    codes = connected_groups(cells)
    _, first = np.unique(codes, return_index=True)
    found: list[str] = []
    for i in first:
        known = [(name, str(cell)) for name, cell in zip(columns, cells[i], strict=True) if not is_unknown(cell)]
        if not known:
            found.append(frame["path"].iloc[i])
        else:
            found.append(known[0][1] if len(columns) == 1 else "=".join(known[0]))
    return [found[code] for code in codes]


def _once(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Return the clips that are named once, or several times alike, and the lines that are left out."""
    several = table["clip"].duplicated(keep=False)
    if not several.any():
        return table.copy(), [], []
    doubtful = table[several]
    n_versions = doubtful.drop_duplicates()["clip"].value_counts()
    contradictory = several & table["clip"].isin(n_versions.index[n_versions > 1])
    repeated = several & ~contradictory & table["clip"].duplicated()
    lists = _lines(table, repeated, "clip"), _lines(table, contradictory, "clip", "label")
    return table[~repeated & ~contradictory].copy(), *lists


def _lines(table: pd.DataFrame, which: "pd.Series[bool]", *columns: str) -> list[str]:
    """Return the lines as a message shows them: where they are, and what they say."""
    rows = table.loc[which.to_numpy(), list(columns)]
    cells = rows.itertuples(index=True, name=None)
    return [f"{place}: {' '.join(map(str, values))}" for place, *values in cells]


def _lost(lost: dict[str, list[str]]) -> str:
    return "; ".join(listed(lost[key], *words) for key, words in LEFT_OUT.items() if lost.get(key))
