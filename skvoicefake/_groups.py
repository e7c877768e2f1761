"""What must stay on one side of a split: groups, and keys that tie clips together."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Codes = NDArray[np.intp]
UNKNOWN = ("", "-")


def connected_groups(groups: Any) -> Codes:
    """Give every clip the number of the group that no split may part.

    Clips that share a value of any key belong together, and so do those that
    are tied through others: clips of one speaker, clips of one recording, and
    all clips of the speakers of that recording.

    Parameters
    ----------
    groups : array-like of shape (n_clips,) or (n_clips, n_keys), or DataFrame
        One key, such as the speaker of every clip, or several in columns. Of a
        table with a column "group", that column alone is used. Missing
        values (None, NaN), empty names and "-" mean "not known", and tie a
        clip to nothing.

    Returns
    -------
    codes : ndarray of shape (n_clips,), int
        The group of every clip, numbered from 0 in order of appearance.

    Raises
    ------
    ValueError
        If `groups` has no columns, more than two dimensions, columns of one
        name, or holds something else than names and numbers.

    Examples
    --------
    >>> from skvoicefake._groups import connected_groups
    >>> connected_groups(["anna", "ben", "anna", None, None]).tolist()
    [0, 1, 0, 2, 3]
    >>> speaker_and_sentence = [["anna", 1], ["ben", 1], ["cleo", 2], ["cleo", "-"]]
    >>> connected_groups(speaker_and_sentence).tolist()
    [0, 0, 1, 1]
    """
    return components(list(read_keys(groups).values()))


def read_keys(groups: Any) -> dict[str, Codes]:
    """Return the name of every key, and a number a value of it for every clip, -1 where it is not known."""
    if hasattr(groups, "columns"):
        names = [str(name) for name in groups.columns]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"groups: expected a table with columns of different names, got columns {names}.")
        if "group" in names:
            names = ["group"]
        by_name = {str(name): name for name in groups.columns}
        return {name: _codes(np.asarray(groups[by_name[name]], dtype=object), name) for name in names}
    try:
        # Not NumPy's choice of a type, which would turn the numbers of a mixed list into strings.
        array = np.asarray(groups, dtype=object)
    except ValueError:
        raise ValueError("groups: expected one name a clip, or a row of as many names for every clip.") from None
    if array.ndim == 1:
        return {"groups": _codes(array, "groups")}
    if array.ndim != 2 or not array.shape[1]:
        raise ValueError(
            f"groups: expected shape (n_clips,), or (n_clips, n_keys) for several keys, got {array.shape}."
        )
    return {f"column {i}": _codes(array[:, i], f"column {i} of groups") for i in range(array.shape[1])}


def components(keys: list[Codes]) -> Codes:
    """Give numbers to the sets of clips that share values of keys, directly or through others."""
    n_clips = len(keys[0])
    # A graph of clips and values, not of pairs of clips: its edges are as many as there are cells.
    clips, values, n_nodes = [], [], n_clips
    for codes in keys:
        known = np.flatnonzero(codes >= 0)
        clips.append(known)
        values.append(codes[known] + n_nodes)
        n_nodes += int(np.max(codes, initial=-1)) + 1
    edges = (np.concatenate(clips), np.concatenate(values))
    graph: Any = csr_array((np.ones(len(edges[0]), dtype=np.int8), edges), shape=(n_nodes, n_nodes))
    labels = connected_components(graph, directed=False)[1][:n_clips]
    _, first, codes = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[codes]


def _codes(column: NDArray[Any], name: str) -> Codes:
    numbers: dict[Any, int] = {}
    try:
        codes = np.array([numbers.setdefault(value, len(numbers)) for value in column.tolist()], dtype=np.intp)
    except TypeError:
        raise ValueError(f"{name}: expected names or numbers, got values such as {column[0]!r}.") from None
    unknown = np.array([is_unknown(value) for value in numbers], dtype=bool)
    return np.where(unknown[codes], -1, codes)


def is_unknown(value: Any) -> bool:
    """Tell whether a name stands for one that is not known."""
    if isinstance(value, str):
        return value.strip() in UNKNOWN
    # pandas' NA is neither equal to itself nor unequal.
    return value is None or type(value).__name__ in ("NAType", "NaTType") or bool(value != value)
