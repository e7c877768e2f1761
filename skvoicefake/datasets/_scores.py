"""Score files and keys: what a detector said of every clip, and what was true."""

import csv
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from skvoicefake.labels import label_kind

PathLike = str | os.PathLike[str]

# Columns of the keys that come without a header, by their number.
KEY_LAYOUTS: dict[int, tuple[str, ...]] = {
    2: ("clip", "label"),
    # ASVspoof 2019 LA and PA
    5: ("speaker", "clip", "environment", "attack", "label"),
    # ASVspoof 2017
    7: ("clip", "label", "speaker", "phrase", "environment", "playback", "recording"),
    # ASVspoof 2021 LA
    8: ("speaker", "clip", "codec", "transmission", "attack", "label", "trim", "subset"),
    # ASVspoof 5
    10: ("speaker", "clip", "gender", "codec", "codec_q", "codec_seed", "attack_tag", "attack", "label", "-"),
    # ASVspoof 2021 PA
    12: (*("speaker", "clip", "asv_room", "asv_microphone", "asv_distance", "room", "microphone", "attacker"),
         *("distance", "label", "trim", "subset")),
    # ASVspoof 2021 DF
    13: (*("speaker", "clip", "codec", "source", "attack", "label", "trim", "subset", "vocoder"),
         *("task", "team", "gender_pair", "language")),
}  # fmt: skip
DECIMAL_COMMA = re.compile(r"\S+(\s+\S+)*\s[+-]?\d+,\d+")
KEY_COLUMNS = ("clip", "label", "attack", "codec", "speaker", "subset")
# What score files and keys with a header call these columns.
HEADERS = {
    "clip": (
        "clip",
        "filename",
        "file_name",
        "file",
        "path",
        "audio",
        "utt",
        "utt_id",
        "utterance",
        "trial",
        "id",
        "name",
    ),
    "label": ("cm-label", "label", "key", "target", "class"),
    "score": ("cm-score", "score", "cm_score", "llr"),
    "attack": ("attack", "generator", "system", "method"),
    "codec": ("codec",),
    "speaker": ("speaker", "speaker_id"),
    "subset": ("subset", "split"),
}


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
    table, has_header = _read(path)
    if "score" in table and "clip" in table:
        clips, texts = table["clip"], table["score"]
    elif not has_header and len(table.columns) in (2, 4) and not _is_header(table):
        clips, texts = table.iloc[:, 0], table.iloc[:, -1]
    else:
        raise ValueError(
            f"{path}: expected 'clip score' or 'clip attack key score' on every line, or a header that names a clip"
            f" and a score; found {_found(table)}."
        )
    scores = np.array([_number(text) for text in texts])
    if bad := np.flatnonzero(~np.isfinite(scores)).tolist():
        examples = ", ".join(f"{clips.iloc[i]!r}: {texts.iloc[i]!r}" for i in bad[:3])
        raise ValueError(f"{path}: {len(bad)} scores are no finite numbers ({examples}).")
    return _unique(pd.DataFrame({"clip": clips, "score": scores}), path)


def load_key(path: PathLike, *, subset: str | None = None) -> pd.DataFrame:
    r"""Read what is true of every clip.

    Parameters
    ----------
    path : path
        A key or protocol of ASVspoof 2017, 2019, 2021 or 5, known by its
        number of columns; lines of ``clip label``; or a table with a header
        that names a clip or path, a label, and perhaps attack, codec,
        speaker and subset.
    subset : str, default=None
        Keep the clips of this subset alone, such as "eval" for ASVspoof 2021.

    Returns
    -------
    key : DataFrame
        Columns "clip", "label" ("real" or "fake"), and those of "attack",
        "codec", "speaker" and "subset" that the key has.

    Raises
    ------
    ValueError
        If the layout is unknown, a label is no word for real or fake speech,
        a clip is there twice, or no clip is of the subset.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> from skvoicefake.datasets import load_key
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "key.txt").write_text("LA_0039 LA_E_2834763 - A11 spoof\nLA_0014 LA_E_8877452 - - bonafide\n")
    >>> load_key(folder / "key.txt")[["clip", "label", "attack"]].values.tolist()
    [['LA_E_2834763', 'fake', 'A11'], ['LA_E_8877452', 'real', '-']]
    """
    table, has_header = _read(path)
    if "label" not in table or "clip" not in table:
        if has_header or len(table.columns) not in KEY_LAYOUTS:
            raise ValueError(
                f"{path}: expected a key of ASVspoof ({', '.join(map(str, KEY_LAYOUTS))} columns) or a header that"
                f" names a clip and a label; found {_found(table)}."
            )
        table.columns = pd.Index(KEY_LAYOUTS[len(table.columns)])
    key = table[[name for name in KEY_COLUMNS if name in table]].copy()
    kinds = key["label"].map({word: label_kind(word) for word in key["label"].unique()})
    if kinds.isna().any():
        words = key["label"][kinds.isna()]
        raise ValueError(
            f"{path}: {len(words)} labels are no words for real or fake speech, such as {words.iloc[0]!r} of clip"
            f" {key['clip'][words.index[0]]!r}. Expected bonafide or spoof, real or fake."
        )
    key["label"] = kinds
    if subset is not None:
        if "subset" not in key:
            raise ValueError(f"{path}: the key has no subsets, so {subset!r} cannot be picked.")
        found = sorted(key["subset"].unique())
        key = key[key["subset"] == subset].reset_index(drop=True)
        if key.empty:
            raise ValueError(f"{path}: no clip of subset {subset!r}; the key has {found}.")
    return _unique(key, path)


def join_scores(scores: pd.DataFrame, key: pd.DataFrame) -> pd.DataFrame:
    """Add the score of every clip to its line of the key.

    Names match as they are, or else without folders and suffix
    (``flac/LA_E_1.flac`` is ``LA_E_1``). Scores of clips that the key does not
    hold are left out.

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
        If a clip of the key has no score, or two.

    Examples
    --------
    >>> import pandas as pd
    >>> from skvoicefake.datasets import join_scores
    >>> key = pd.DataFrame({"clip": ["a", "b"], "label": ["real", "fake"]})
    >>> join_scores(pd.DataFrame({"clip": ["b.wav", "a.wav"], "score": [-1.0, 2.0]}), key)["score"].tolist()
    [2.0, -1.0]
    """
    for what, table in (("scores", scores), ("key", key)):
        _unique(table, f"the {what}")
    by_clip = scores.set_index("clip")["score"]
    if not key["clip"].isin(by_clip.index).any():
        by_clip.index = by_clip.index.map(_stem)
        names = key["clip"].map(_stem)
        for what, stems in (("scores", by_clip.index), ("key", names)):
            if not stems.is_unique:
                raise ValueError(
                    f"Two clips of the {what} differ in folder or suffix alone: name them alike in both files."
                )
    else:
        names = key["clip"]
    missing = key["clip"][~names.isin(by_clip.index)]
    if len(missing):
        raise ValueError(
            f"{len(missing)} of the {len(key)} clips of the key have no score, such as {missing.iloc[0]!r}; the score"
            f" file names clips like {scores['clip'].iloc[0]!r}. Score them all, or pick a subset of the key."
        )
    return key.assign(score=by_clip.reindex(names).to_numpy())


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
        keys of ASVspoof.
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
    names = [_stem(os.fspath(clip)) for clip in clips]
    values = np.asarray(scores, dtype=np.float64).tolist()
    if len(names) != len(values):
        raise ValueError(f"There are {len(names)} clips and {len(values)} scores.")
    if bad := [name for name, value in zip(names, values, strict=True) if not math.isfinite(value)]:
        raise ValueError(f"{len(bad)} scores are NaN or infinite, such as that of {bad[0]!r}.")
    if bad := [name for name in names if not name or len(name.split()) != 1]:
        raise ValueError(f"A name in a score file must have no blanks, as {bad[0]!r} has. Rename the clip.")
    _unique(pd.DataFrame({"clip": names}), "scores")
    lines = list(zip(names, map(repr, values), strict=True))
    if layout == "asvspoof2021":
        text = "".join(f"{name} {value}\n" for name, value in lines)
    elif layout == "asvspoof5":
        text = "filename\tcm-score\n" + "".join(f"{name}\t{value}\n" for name, value in lines)
    elif layout == "asvspoof2019":
        attacks, labels = _known(names, key)
        rows = zip(lines, attacks, labels, strict=True)
        text = "".join(f"{name} {attack} {label} {value}\n" for (name, value), attack, label in rows)
    else:
        raise ValueError(f"layout={layout!r}: expected 'asvspoof2019', 'asvspoof2021' or 'asvspoof5'.")
    Path(path).write_text(text, encoding="utf-8")


def _known(names: list[str], key: Mapping[str, Sequence[str]] | pd.DataFrame | None) -> tuple[list[str], list[str]]:
    """Return the attack and the label of every clip, as they are written."""
    table = pd.DataFrame(dict(key) if key is not None else {})
    if "clip" in table:
        table.index = pd.Index([_stem(str(clip)) for clip in table["clip"]])
        if missing := [name for name in names if name not in table.index]:
            raise ValueError(f"key does not hold {len(missing)} of the clips, such as {missing[0]!r}.")
        table = table.loc[names]
    elif len(table.columns) and len(table) != len(names):
        raise ValueError(f"key has {len(table)} rows, for {len(names)} clips.")
    words = {"real": "bonafide", "fake": "spoof"}
    labels = ["-"] * len(names)
    if "label" in table:
        kinds = [label_kind(label) for label in table["label"]]
        if unknown := [label for label, kind in zip(table["label"], kinds, strict=True) if kind is None]:
            raise ValueError(f"key: the label {unknown[0]!r} is no word for real or fake speech.")
        labels = [words[str(kind)] for kind in kinds]
    attacks = [str(attack) for attack in table["attack"]] if "attack" in table else ["-"] * len(names)
    if bad := [attack for attack in attacks if len(attack.split()) != 1]:
        raise ValueError(f"key: the name of an attack in a score file must have no blanks, as {bad[0]!r} has.")
    return attacks, labels


def _read(path: PathLike) -> tuple[pd.DataFrame, bool]:
    """Read a table of text, and tell whether it has a header; then columns are named as in HEADERS."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected a text file ({error}).") from None
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError(f"{path}: the file is empty.")
    divider = next((mark for mark in ("\t", ",") if mark in lines[0]), None)
    if divider == "," and DECIMAL_COMMA.fullmatch(lines[0].strip()):
        raise ValueError(f"{path}: expected numbers with a decimal point, found a comma: {lines[0][:100]!r}.")
    rows = list(csv.reader(lines, delimiter=divider)) if divider else [line.split() for line in lines]
    if uneven := next((i for i, row in enumerate(rows) if len(row) != len(rows[0])), None):
        raise ValueError(
            f"{path}: line {uneven + 1} has {len(rows[uneven])} columns, the first has {len(rows[0])}:"
            f" {lines[uneven][:100]!r}."
        )
    # A clip may be called NA: everything stays text.
    words = [word.strip().casefold() for word in rows[0]]
    named = {}
    for name, usual in HEADERS.items():
        if position := next((words.index(word) for word in usual if word in words), -1) + 1:
            named[position - 1] = name
    if "clip" not in named.values():
        return pd.DataFrame(rows, dtype=object), False
    columns = [named.get(i, f"column {i + 1}") for i in range(len(words))]
    return pd.DataFrame(rows[1:], columns=columns, dtype=object), True


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


def _unique(table: pd.DataFrame, path: PathLike) -> pd.DataFrame:
    twice = table["clip"][table["clip"].duplicated()]
    if len(twice):
        raise ValueError(f"{path}: {len(twice)} clips are there more than once, such as {twice.iloc[0]!r}.")
    return table


def _found(table: pd.DataFrame) -> str:
    first = " ".join(str(value) for value in table.iloc[0]) if len(table) else "no line below the header"
    return f"{len(table.columns)} columns: {first[:100]!r}"


def _stem(clip: str) -> str:
    """Drop folders and the suffix of an audio file; a dot inside a name is no suffix."""
    name = clip.replace("\\", "/").rsplit("/", 1)[-1]
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and stem and suffix.isalnum() and 2 <= len(suffix) <= 4 and not suffix.isdigit() else name
