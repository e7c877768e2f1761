"""From the lines of a published corpus and the audio that is there to labelled clips: one mechanism for all readers."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import Bunch

from skvoicefake._groups import connected_groups, is_unknown
from skvoicefake._warn import warn
from skvoicefake.datasets._bunch import LEFT_OUT, as_bunch, fill_unknown, listed
from skvoicefake.datasets._files import Audio, Tree, audio_below, clip_key, clip_keys
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
    clips = clip_keys(table["clip"].tolist())
    table = table.assign(clip=pd.Series(clips, index=table.index, dtype=object))
    lost: dict[str, list[str]] = {key: [] for key in LEFT_OUT}
    lost |= {"unparsed_lines": list(unparsed), "same_name": audio.same_name}
    lost["unnamed_audio"], n_aside = _unnamed(audio, set(clips), corpus.aside)
    # Before any split is picked: a clip that is in two splits is in none.
    table, lost["repeated_lines"], lost["contradictory_lines"] = _once(table)
    if splits is not None:
        picked = pick(splits, table["split"].unique() if "split" in table else (), where)
        table = table[table["split"].isin(picked)]
    frame = _with_audio(table, audio, lost, any_split=splits is None)
    if frame.empty:
        raise FileNotFoundError(
            f"{where}: none of {len(table)} lines can be used: {_lost(lost) or 'nothing to read'}. The lines name"
            f" {table['clip'].head(3).tolist()}, the audio is {list(audio.values())[:3] or 'nowhere'}."
        )
    _tell(corpus, frame, lost, where, is_error=on_missing == "raise")
    fill_unknown(frame)
    columns = names(groups)
    if columns is None:
        columns = [name for name in corpus.groups if name in frame]
    if absent := [name for name in columns if name not in frame]:
        raise ValueError(f"{where}: no column {absent[0]!r} to group by; there are {list(frame.columns)}.")
    if columns:
        frame["group"] = group_names(frame, columns)
    report: dict[str, Any] = {"source": os.fspath(root), "corpus": corpus.name}
    report |= {"groups": ", ".join(columns) or "unknown", "n_aside": n_aside}
    about = [f"{corpus.name}. Licence: {corpus.licence}.", f"Reference: {corpus.citation}", f"From {corpus.url}"]
    return as_bunch(frame, {**report, **lost}, about)


def names(given: Names) -> list[str] | None:
    """Return one name or several as a list."""
    return [given] if isinstance(given, str) else None if given is None else list(given)


def pick(wanted: Names, known: Iterable[str], where: str, *, what: str = "split") -> list[str]:
    """Return the splits that are asked for, all if none is, or say that there is no such split."""
    has = list(known)
    picked = has if wanted is None else names(wanted) or []
    if strangers := [name for name in picked if name not in has] or ([] if picked else ["(none)"]):
        raise ValueError(f"{where}: no {what} {strangers[0]!r}; there are {', '.join(map(repr, has)) or 'none'}.")
    return [name for name in has if name in picked]


def group_names(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Name what ties clips together: the value of the one column; of several, a value of the first that is known."""
    if len(columns) == 1:
        pairs = zip(frame[columns[0]].tolist(), frame["path"].tolist(), strict=True)
        return [path if is_unknown(cell) else str(cell) for cell, path in pairs]
    cells = frame[list(columns)].to_numpy(dtype=object)
    codes = connected_groups(cells)
    _, first = np.unique(codes, return_index=True)
    found: list[str] = []
    for i in first:
        known = [(name, str(cell)) for name, cell in zip(columns, cells[i], strict=True) if not is_unknown(cell)]
        found.append("=".join(known[0]) if known else frame["path"].iloc[i])
    return np.array(found, dtype=object)[codes].tolist()


def _unnamed(audio: Audio, clips: set[str], aside: str) -> tuple[list[str], int]:
    """Return the audio that no line names, and how much of it is there for another use."""
    strangers = audio.keys() - clips
    if not strangers:
        return [], 0
    # A file may have two names, where one of the folders that are read lies in the other.
    paths = sorted({audio[name] for name in strangers} - {audio[name] for name in audio.keys() - strangers})
    is_aside = re.compile(aside or r"(?!)").fullmatch
    unnamed = [path for path in paths if not is_aside(Path(path).stem)]
    return unnamed, len(paths) - len(unnamed)


def _with_audio(table: pd.DataFrame, audio: Audio, lost: dict[str, list[str]], *, any_split: bool) -> pd.DataFrame:
    """Return the lines with a known label and their audio, as path and target, and note down the others."""
    words, clips = table["label"].tolist(), table["clip"].tolist()
    kinds = {word: label_kind(word) for word in set(words)}
    paths, targets = list(map(audio.get, clips)), [kinds[word] for word in words]
    frame = table.drop(columns="clip")
    frame.insert(0, "path", pd.Series(paths, index=table.index, dtype=object))
    frame.insert(1, "target", pd.Series(targets, index=table.index, dtype=object))
    is_known = np.array([kind is not None for kind in targets], dtype=bool)
    is_there = np.array([path is not None for path in paths], dtype=bool)
    is_absent = np.zeros(len(table), dtype=bool)
    if any_split and "split" in table and is_there.any():
        lost["absent_splits"] = sorted(set(table["split"].unique()) - set(table["split"][is_there].unique()))
        is_absent = table["split"].isin(lost["absent_splits"]).to_numpy()
    lost["unknown_labels"] = _lines(table, ~is_known, "clip", "label")
    lost["missing_audio"] = _lines(table, is_known & ~is_there & ~is_absent, "clip")
    is_good = is_known & is_there
    return frame if is_good.all() else frame[is_good].copy()


def _tell(corpus: Corpus, frame: pd.DataFrame, lost: dict[str, list[str]], where: str, *, is_error: bool) -> None:
    """Say in one error or warning what is left out."""
    if is_error and (serious := {key: items for key, items in lost.items() if key in SERIOUS and items}):
        error = FileNotFoundError if serious.keys() <= {"missing_audio", "absent_splits"} else ValueError
        hint = " Pick splits that are there: split=..." if "absent_splits" in serious else ""
        raise error(f"{where}: {_lost(serious)}. Mend this, or leave it out: on_missing='skip'.{hint}")
    if strange := set(corpus.classes) - set(frame["target"].unique()):
        raise ValueError(
            f"{where}: expected {' and '.join(corpus.classes)} clips, found {len(frame)} that are all"
            f" {frame['target'].iloc[0]}; none is {min(strange)} ({_lost(lost) or 'nothing is left out'})."
        )
    if message := _lost(lost):
        hint = " Name the splits that you have: split=..." if lost["absent_splits"] else ""
        warn(f"{where}: {message}; left out, and listed in report.{hint}")


def _once(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Return the clips that are named once, or several times alike, and the lines that are left out."""
    if table["clip"].is_unique:
        return table, [], []
    several = table["clip"].duplicated(keep=False).to_numpy()
    doubtful = table[several]
    n_versions = doubtful.drop_duplicates()["clip"].value_counts()
    contradictory = several & table["clip"].isin(n_versions.index[n_versions > 1]).to_numpy()
    repeated = several & ~contradictory & table["clip"].duplicated().to_numpy()
    lists = _lines(table, repeated, "clip"), _lines(table, contradictory, "clip", "label")
    return table[~repeated & ~contradictory], *lists


def _lines(table: pd.DataFrame, which: NDArray[np.bool_], *columns: str) -> list[str]:
    """Return the lines as a message shows them: where they are, and what they say."""
    rows = table.loc[which, list(columns)]
    cells = rows.itertuples(index=True, name=None)
    return [f"{place}: {' '.join(map(str, values))}" for place, *values in cells]


def _lost(lost: dict[str, list[str]]) -> str:
    return "; ".join(listed(lost[key], *words) for key, words in LEFT_OUT.items() if lost.get(key))
