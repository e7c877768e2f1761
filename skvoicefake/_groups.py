"""What must stay on one side of a split: groups, and keys that tie clips together."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Codes = NDArray[np.intp]
UNKNOWN = ("", "-")
# Columns of tables of clips that say what a clip is, and not what it shares with others.
NO_KEYS = ("path", "target", "label", "split", "attack")


def connected_groups(groups: Any) -> Codes:
    """Give every clip the number of the group that no split may part.

    Clips that share a value of any key belong together, and so do those that
    are tied through others: clips of one speaker, clips of one recording, and
    all clips of the speakers of that recording.

    Parameters
    ----------
    groups : array-like of shape (n_clips,) or (n_clips, n_keys), or DataFrame
        One key, such as the speaker of every clip, or several in columns. Of a
        table with a column "group", that column alone is used; columns named
        "path", "target", "label", "split" and "attack" are no keys. Missing
        values (None, NaN), empty names and "-" mean "not known", and tie a
        clip to nothing. Blanks around names do not count.

    Returns
    -------
    codes : ndarray of shape (n_clips,), int
        The group of every clip, numbered from 0 in order of appearance.

    Raises
    ------
    ValueError
        If `groups` has no columns, none that is a key, more than two
        dimensions, columns of one name, or holds something else than names and
        numbers.

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


def read_keys(groups: Any, *, without: str | None = None) -> dict[str, Codes]:
    """Return the name of every key, and a number a value of it for every clip, -1 where it is not known.

    The column `without` of a table is no key.
    """
    if hasattr(groups, "columns"):
        names = [str(name) for name in groups.columns]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"groups: expected a table with columns of different names, got columns {names}.")
        keys = ["group"] if "group" in names else [name for name in names if name not in (*NO_KEYS, without)]
        if not keys and without not in names:
            raise ValueError(
                f"groups: columns {names} say what a clip is, not what ties it to others. Add one that does, such as"
                " the speaker."
            )
        by_name = {str(name): name for name in groups.columns}
        return {name: _codes(np.asarray(groups[by_name[name]], dtype=object), name) for name in keys}
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


def balanced_folds(
    groups: Codes,
    targets: Codes,
    n_folds: int,
    *,
    rng: np.random.RandomState | None = None,
    needed: Codes | None = None,
) -> Codes:
    """Return the fold of every clip: no group in two folds, as near to the same share of every class in each as can be.

    Where it can be done, every fold has clips of all classes, or of the
    `needed` ones; the caller has to look.
    """
    n_classes = int(np.max(targets)) + 1
    cells = np.bincount(groups * n_classes + targets, minlength=(int(np.max(groups)) + 1) * n_classes)
    counts = cells.reshape(-1, n_classes)
    shares = counts / np.maximum(counts.sum(axis=0), 1)
    order = np.arange(len(counts)) if rng is None else rng.permutation(len(counts))
    order = order[np.argsort(-np.max(shares, axis=1)[order], kind="stable")]
    # The largest first, each to where it raises the sum of squares over folds and classes least.
    fold_of, load = np.zeros(len(counts), dtype=np.intp), np.zeros((n_folds, n_classes))
    for group, share in zip(order.tolist(), shares[order], strict=True):
        fold_of[group] = best = int(np.argmin(load @ share))
        load[best] += share
    _fill_in(fold_of, counts > 0, counts.sum(axis=1), n_folds, np.arange(n_classes) if needed is None else needed)
    return fold_of[groups]


def _fill_in(fold_of: Codes, has: NDArray[np.bool_], sizes: Codes, n_folds: int, needed: Codes) -> None:
    """Move small groups to folds that lack a class, from where they are not the last of one.

    With two classes this ends with both in every fold, if that can be at all:
    where nothing can be moved, every fold has at most one group with the class
    that one of them lacks, so there are fewer such groups than folds.
    """
    n_holding = np.zeros((n_folds, has.shape[1]), dtype=np.intp)
    np.add.at(n_holding, fold_of, has)
    while len(lacking := np.argwhere(n_holding[:, needed] == 0)):
        fold, label = lacking[0, 0], needed[lacking[0, 1]]
        is_last = has[:, needed] & (n_holding[:, needed][fold_of] == 1)
        movable = np.flatnonzero(has[:, label] & ~is_last.any(axis=1))
        if not len(movable):
            return
        group = movable[np.argmin(sizes[movable])]
        n_holding[fold_of[group]] -= has[group]
        n_holding[fold] += has[group]
        fold_of[group] = fold


def _codes(column: NDArray[Any], name: str) -> Codes:
    values = column.tolist()
    try:
        names = {value: value.strip() if isinstance(value, str) else value for value in dict.fromkeys(values)}
        numbers = {value: i for i, value in enumerate(dict.fromkeys(names.values()))}
    except TypeError:
        raise ValueError(f"{name}: expected names or numbers, got values such as {column[0]!r}.") from None
    code = {value: -1 if is_unknown(known_as) else numbers[known_as] for value, known_as in names.items()}
    return np.fromiter(map(code.__getitem__, values), dtype=np.intp, count=len(values))


def is_unknown(value: Any) -> bool:
    """Tell whether a name stands for one that is not known."""
    if isinstance(value, str):
        return value.strip() in UNKNOWN
    return is_missing(value)


def is_missing(value: Any) -> bool:
    """Tell whether a value is None, NaN, or what pandas has for them."""
    # pandas' NA is neither equal to itself nor unequal.
    return value is None or type(value).__name__ in ("NAType", "NaTType") or bool(value != value)
