"""Score files: what a detector said of every clip."""

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from skvoicefake.datasets._lines import PathLike, found, ids, match, read_lines, unique
from skvoicefake.labels import label_kind


def load_scores(path: PathLike) -> pd.DataFrame:
    r"""Read a score file of any detector.

    Parameters
    ----------
    path : path
        A line a clip, in a layout of ASVspoof: ``clip score`` (2021), ``clip
        attack key score`` (2019), or a header ``filename`` and ``cm-score``
        over columns divided by tabs (ASVspoof 5); or CSV with a header that
        names a clip or path and a score, such as ``skvoicefake predict``
        writes.

    Returns
    -------
    scores : DataFrame
        Columns "clip" (str) and "score" (float).

    Raises
    ------
    ValueError
        If the layout is none of these, a score is no finite number, or a clip
        is there twice.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from skvoicefake.datasets import load_scores
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "scores.txt").write_text("LA_E_1 2.5\nLA_E_2 -0.3\n")
    >>> load_scores(folder / "scores.txt")["score"].tolist()
    [2.5, -0.3]
    """
    table, has_header = read_lines(path)
    if "score" in table and "clip" in table:
        clips, texts = table["clip"], table["score"]
    elif not has_header and len(table.columns) in (2, 4) and not _is_header(table):
        clips, texts = table.iloc[:, 0], table.iloc[:, -1]
    else:
        raise ValueError(
            f"{path}: expected 'clip score' or 'clip attack key score' on every line, or a header that names a clip"
            f" and a score; found {found(table)}."
        )
    scores = np.array([_number(text) for text in texts])
    if bad := np.flatnonzero(~np.isfinite(scores)).tolist():
        examples = ", ".join(f"{clips.iloc[i]!r}: {texts.iloc[i]!r}" for i in bad[:3])
        raise ValueError(f"{path}: {len(bad)} scores are no finite numbers ({examples}).")
    return unique(pd.DataFrame({"clip": clips, "score": scores}), path)


def join_scores(scores: pd.DataFrame, key: pd.DataFrame) -> pd.DataFrame:
    """Add the score of every clip to its line of the key.

    Names match as they are, or else without suffix and as far as both name
    folders (``flac/LA_E_1.flac`` is ``LA_E_1``). Scores of clips that the key
    does not hold are left out.

    Parameters
    ----------
    scores : DataFrame
        Of `load_scores`.
    key : DataFrame
        Of `load_key`.

    Returns
    -------
    table : DataFrame
        The key, with a column "score".

    Raises
    ------
    ValueError
        If a clip of the key has no score, or two, or shares one.

    Examples
    --------
    >>> import pandas as pd
    >>> from skvoicefake.datasets import join_scores
    >>> key = pd.DataFrame({"clip": ["a", "b"], "label": ["real", "fake"]})
    >>> join_scores(pd.DataFrame({"clip": ["b.wav", "a.wav"], "score": [-1.0, 2.0]}), key)["score"].tolist()
    [2.0, -1.0]
    """
    for what, table in (("scores", scores), ("key", key)):
        unique(table, f"the {what}")
    places = match(key["clip"].tolist(), scores["clip"].tolist(), "the score file")
    missing = key["clip"][[place < 0 for place in places]]
    if len(missing):
        raise ValueError(
            f"{len(missing)} of the {len(key)} clips of the key have no score, such as {missing.iloc[0]!r}; the score"
            f" file names clips like {scores['clip'].iloc[0]!r}. Score them all, or pick a subset of the key."
        )
    shared = key["clip"][pd.Series(places, index=key.index).duplicated()]
    if len(shared):
        raise ValueError(
            f"Two clips of the key have one score, such as {shared.iloc[0]!r}. Name both files' clips alike."
        )
    return key.assign(score=scores["score"].to_numpy()[places])


def save_scores(
    path: PathLike,
    clips: Sequence[PathLike],
    scores: ArrayLike,
    *,
    layout: str = "asvspoof2021",
    key: Mapping[str, Sequence[str]] | pd.DataFrame | None = None,
) -> None:
    """Write a score file in a layout of ASVspoof. Higher is more bona fide.

    Parameters
    ----------
    path : path
        Where to. A file that is there is replaced.
    clips : sequence of str or path
        Names or paths of the clips; folders and suffix are dropped, as in the
        keys of ASVspoof. Where two clips share a name, the folders that tell
        them apart stay.
    scores : array-like of shape (n_clips,)
        Scores that rise towards the real voice.
    layout : {"asvspoof2019", "asvspoof2021", "asvspoof5"}, default="asvspoof2021"
        ``clip attack key score``, ``clip score``, or ``filename`` and
        ``cm-score`` under a header, divided by tabs.
    key : DataFrame or mapping, default=None
        "label" and "attack" of every clip, for "asvspoof2019", in the order of
        `clips`, or with the names in "clip", as of `load_key`. What is not known is
        written "-".

    Raises
    ------
    ValueError
        If a score is not finite, the name of a clip or attack is empty or has
        blanks, two clips share a name, `key` does not hold what every clip is,
        or `layout` is none of these.

    Examples
    --------
    >>> from skvoicefake.datasets import save_scores
    >>> path = getfixture("tmp_path") / "scores.txt"
    >>> save_scores(path, ["flac/LA_E_1.flac", "flac/LA_E_2.flac"], [2.5, -0.25])
    >>> print(path.read_text(), end="")
    LA_E_1 2.5
    LA_E_2 -0.25
    """
    names = ids([os.fspath(clip) for clip in clips])
    values = np.asarray(scores, dtype=np.float64).tolist()
    if len(names) != len(values):
        raise ValueError(f"expected a score for every clip, got {len(names)} clips and {len(values)} scores.")
    if bad := [name for name, value in zip(names, values, strict=True) if not math.isfinite(value)]:
        raise ValueError(f"{len(bad)} scores are NaN or infinite, such as that of {bad[0]!r}. Leave these clips out.")
    if bad := [name for name in names if not name or len(name.split()) != 1]:
        raise ValueError(f"A name in a score file must have no blanks, as {bad[0]!r} has. Rename the clip.")
    unique(pd.DataFrame({"clip": names}), "scores")
    lines = list(zip(names, map(repr, values), strict=True))
    if layout == "asvspoof2021":
        text = "".join(f"{name} {value}\n" for name, value in lines)
    elif layout == "asvspoof5":
        text = "filename\tcm-score\n" + "".join(f"{name}\t{value}\n" for name, value in lines)
    elif layout == "asvspoof2019":
        attacks, labels = _known([os.fspath(clip) for clip in clips], key)
        rows = zip(lines, attacks, labels, strict=True)
        text = "".join(f"{name} {attack} {label} {value}\n" for (name, value), attack, label in rows)
    else:
        raise ValueError(f"layout={layout!r}: expected 'asvspoof2019', 'asvspoof2021' or 'asvspoof5'.")
    Path(path).write_text(text, encoding="utf-8")


def _known(clips: list[str], key: Mapping[str, Sequence[str]] | pd.DataFrame | None) -> tuple[list[str], list[str]]:
    """Return the attack and the label of every clip, as they are written."""
    table = pd.DataFrame(dict(key) if key is not None else {})
    if "clip" in table:
        places = match(clips, unique(table, "key")["clip"].tolist(), "key")
        if missing := [clip for clip, place in zip(clips, places, strict=True) if place < 0]:
            raise ValueError(f"key does not hold {len(missing)} of the clips, such as {missing[0]!r}.")
        table = table.iloc[places]
    elif len(table.columns) and len(table) != len(clips):
        raise ValueError(f"key has {len(table)} rows, for {len(clips)} clips.")
    words = {"real": "bonafide", "fake": "spoof"}
    labels = ["-"] * len(clips)
    if "label" in table:
        kinds = [label_kind(label) for label in table["label"]]
        if unknown := [label for label, kind in zip(table["label"], kinds, strict=True) if kind is None]:
            raise ValueError(f"key: the label {unknown[0]!r} is no word for real or fake speech.")
        labels = [words[str(kind)] for kind in kinds]
    attacks = [str(attack) for attack in table["attack"]] if "attack" in table else ["-"] * len(clips)
    if bad := [attack for attack in attacks if len(attack.split()) != 1]:
        raise ValueError(f"key: the name of an attack in a score file must have no blanks, as {bad[0]!r} has.")
    return attacks, labels


def _number(text: str) -> float:
    # Not pandas' way: some versions are off by the last bit.
    try:
        return float(text)
    except ValueError:
        return math.nan


def _is_header(table: pd.DataFrame) -> bool:
    """Tell whether the first line alone has no number where the score should be: a header of unknown names."""
    texts = table.iloc[:2, -1]
    return len(texts) == 2 and math.isnan(_number(texts.iloc[0])) and not math.isnan(_number(texts.iloc[1]))
