"""Text files of a line a clip: score files, keys, protocols."""

import csv
import os
import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

import pandas as pd

PathLike = str | os.PathLike[str]

DECIMAL_COMMA = re.compile(r"\S+(\s+\S+)*\s[+-]?\d+,\d+")
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


def read_lines(path: PathLike) -> tuple[pd.DataFrame, bool]:
    """Read a table of text, and tell whether it has a header; then columns are named as in HEADERS."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such file.")
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
    rows = [[cell.strip() for cell in row] for row in rows]
    if "clip" not in named.values():
        return pd.DataFrame(rows, dtype=object), False
    if len(rows) == 1:
        raise ValueError(f"{path}: there is a header, and no line below it.")
    columns = [named.get(i, f"column {i + 1}") for i in range(len(words))]
    return pd.DataFrame(rows[1:], columns=columns, dtype=object), True


def unique(table: pd.DataFrame, path: PathLike) -> pd.DataFrame:
    """Return a table whose clips are all there once."""
    twice = table["clip"][table["clip"].duplicated()]
    if len(twice):
        raise ValueError(f"{path}: {len(twice)} clips are there more than once, such as {twice.iloc[0]!r}.")
    return table


def found(table: pd.DataFrame) -> str:
    """Say what a table holds, for an error."""
    first = " ".join(map(str, table.iloc[0]))
    return f"{len(table.columns)} columns: {first[:100]!r}"


def ids(clips: Sequence[str]) -> list[str]:
    """Name clips without folders and suffix; with the folders that tell them apart where two share a name."""
    stems = [stem(clip) for clip in clips]
    if len(set(stems)) == len(stems):
        return stems
    parts = [clip.replace("\\", "/").split("/")[:-1] for clip in clips]
    n_shared = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, zip(*parts, strict=False)))
    return ["/".join([*folders[n_shared:], name]) for folders, name in zip(parts, stems, strict=True)]


def match(names: Sequence[str], among: Sequence[str], what: str) -> list[int]:
    """Find the places of names among others, -1 for none: as they are, or else where all folders that both name agree.

    Suffixes do not count: ``flac/LA_E_1.flac`` is ``LA_E_1``. What is found does not depend on the other names.
    """
    exact = {name: i for i, name in enumerate(among)}
    by_stem: dict[str, list[int]] = {}
    for i, name in enumerate(among):
        by_stem.setdefault(stem(name), []).append(i)
    places = []
    for name in names:
        if name in exact:
            places.append(exact[name])
            continue
        shared = {i: n for i in by_stem.get(stem(name), []) if (n := _n_shared(name, among[i]))}
        best = [i for i, n in shared.items() if n == max(shared.values())]
        if len(best) > 1:
            raise ValueError(f"{what}: {name!r} may be {among[best[0]]!r} or {among[best[1]]!r}. Name both alike.")
        places.append(best[0] if best else -1)
    return places


def _n_shared(name: str, other: str) -> int:
    """Return how many of the last parts of two paths are the same, 0 if they contradict one another."""
    parts, others = (path.replace("\\", "/").split("/")[:-1][::-1] for path in (name, other))
    pairs = list(zip(parts, others, strict=False))
    return len(pairs) + 1 if all(part == folder for part, folder in pairs) else 0


def stem(clip: str) -> str:
    """Drop folders and the suffix of an audio file; a dot inside a name is no suffix."""
    name = clip.replace("\\", "/").rsplit("/", 1)[-1]
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and stem and suffix.isalnum() and 2 <= len(suffix) <= 4 and not suffix.isdigit() else name
