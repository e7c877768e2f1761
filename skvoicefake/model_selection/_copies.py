"""Clips that share sound: which pairs, and what a split by the given groups would do to them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake.model_selection._duplicates import duplicate_clusters, near_duplicates

if TYPE_CHECKING:
    from pandas import DataFrame

SAME, SHARED = "same samples", "shared sound"
UNKNOWN = "-"


def find_copies(
    fingerprints: Sequence[NDArray[np.int64]], digests: Sequence[bytes | None]
) -> tuple["DataFrame", NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of clips that share sound, the sets of clips these make, and the sets of exact copies.

    Copies are told against one clip of theirs and not against each other, so
    that there are about as many pairs as copies. Sets are numbered from 0;
    clips without a digest are not looked at.
    """
    import pandas as pd

    first: dict[bytes, int] = {}
    exact = np.array(
        [i if mark is None else first.setdefault(mark, i) for i, mark in enumerate(digests)], dtype=np.intp
    )
    is_original = exact == np.arange(len(exact))
    # What is the same to the bit need not be compared again.
    originals = np.flatnonzero(is_original)
    near = near_duplicates([fingerprints[i] for i in originals.tolist()])
    near = near.assign(first=originals[near["first"]], second=originals[near["second"]], kind=SHARED)
    seconds = np.flatnonzero(~is_original)
    same = pd.DataFrame(
        {"first": exact[seconds], "second": seconds, "offset_s": 0.0, "overlap_s": np.nan, "similarity": 1.0}
    ).assign(kind=SAME)
    pairs = pd.concat([frame for frame in (same, near) if len(frame)] or [same], ignore_index=True)
    pairs = pairs[["first", "second", "kind", "offset_s", "overlap_s", "similarity"]]
    pairs = pairs.sort_values(["first", "second"], kind="stable", ignore_index=True)
    # A digest of its own for each clip that has none.
    marks = [str(i).encode() if mark is None else mark for i, mark in enumerate(digests)]
    return pairs, duplicate_clusters(near, marks, len(marks)), np.unique(exact, return_inverse=True)[1]


def differs(pairs: "DataFrame", values: NDArray[Any] | None) -> NDArray[np.bool_]:
    """Tell for which pairs the two clips have different values, both known."""
    if values is None:
        return np.zeros(len(pairs), dtype=bool)
    first, second = (values[pairs[name].to_numpy()] for name in ("first", "second"))
    return np.asarray((first != second) & (first != UNKNOWN) & (second != UNKNOWN))


def in_mixed_sets(sets: NDArray[np.intp], values: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which clips, of known value, are in a set that holds several values."""
    names, codes = np.unique(values, return_inverse=True)
    known = np.asarray(names != UNKNOWN)[codes]
    least, greatest = np.full(len(sets), len(sets)), np.full(len(sets), -1)
    np.minimum.at(least, sets[known], codes[known])
    np.maximum.at(greatest, sets[known], codes[known])
    return np.asarray(known & (least[sets] != greatest[sets]))
