"""Clips that share sound, found by their fingerprints in about linear time; clips named as parts of a recording."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from skvoicefake.labels import label_kind
from skvoicefake.model_selection._fingerprints import FRAME_S, N_BINS

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["duplicate_clusters", "near_duplicates", "window_families"]

Ints = NDArray[np.int64]

FAN = 6  # later peaks that a peak is paired with
MOST_FRAMES = 63  # between the two of a pair
LINKS = 4  # entries of the index on either side that an entry is compared with, if they are of the same pair of peaks
LEAST_VOTES = 5  # pairs of peaks at one offset that make a pair of clips worth a look
# Two clips that have nothing in common share up to 20 % of their peaks at the best offset. Of 43 million pairs of
# speech from different sources, none shared more than 5 standard deviations more over half a second, nor 7.3 over less.
SHARED_BY_CHANCE, LEAST_DEVIATIONS, LEAST_IF_BRIEF, BRIEF_S = 0.2, 6, 8, 0.5
LEAST_MOMENTS = 8  # with peaks that two clips must share: those of one moment, such as a click's, are one event
LEAST_SHARED_S = 0.3  # from the first shared peak to the last
LEAST_SIMILARITY = 0.4
VOTES_AT_A_TIME, PAIRS_AT_A_TIME = 10_000_000, 10_000
MOST_PARTS = 10_000  # of one recording: longer series count something else
NUMBERED = re.compile(r"(?P<shared>.*?)[ _.()\[\]-]*(?P<number>\d+)[)\]]?")
# What clips are called that have nothing to do with one another, beside the words for classes.
ANY_CLIP = frozenset(["audio", "clip", "file", "sample", "sound", "speech", "utt", "utterance", "voice", "wav"])


class _Peaks(NamedTuple):
    """The peaks of all clips behind one another, by clip, time and frequency."""

    clips: Ints
    bins: Ints
    frames: Ints
    starts: Ints  # of every clip, and the end of the last


def near_duplicates(
    fingerprints: Sequence[NDArray[np.int64]], *, min_similarity: float = LEAST_SIMILARITY
) -> "DataFrame":
    """Find clips that share sound: copies, of whatever codec, rate, level or shift, and overlapping windows.

    Pairs of peaks of the spectrogram are looked up in an index of all clips,
    where the same pair in two clips votes for an offset between them. Pairs
    of clips with enough votes are then compared peak by peak. Time and memory
    grow about as the number of clips.

    Parameters
    ----------
    fingerprints : sequence of ndarray of shape (n_peaks, 2), int64
        Of every clip, by :func:`fingerprint`.
    min_similarity : float, default=0.4
        The least similarity of clips that are told.

    Returns
    -------
    pairs : DataFrame
        A row a pair, by position: "first" and "second", positions of the
        clips, first < second; "offset_s", where the second clip starts in the
        first, in seconds, negative if before it; "overlap_s", the seconds from
        the first shared peak to the last; "similarity", the share of peaks
        found in both clips where they overlap, 0 to 1. Of a set of many
        copies only as many pairs are told as connect it, the most similar.

    Notes
    -----
    Clips that share peaks at fewer than 8 moments, or less than 0.3 s between
    the first and the last, are not told: short beeps and clicks are alike.
    Nor are copies that were sped up or slowed down by more than about 1 %,
    whose pitch was changed, or that drown in noise.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.model_selection._duplicates import near_duplicates
    >>> from skvoicefake.model_selection._fingerprints import fingerprint
    >>> rng = np.random.default_rng(0)
    >>> long = rng.normal(size=48_000).astype(np.float32)
    >>> other = rng.normal(size=32_000).astype(np.float32)
    >>> windows = [long[:32_000], other, 0.5 * long[16_000:]]
    >>> near_duplicates([fingerprint(clip, 16_000) for clip in windows])[["first", "second", "offset_s"]].round(1)
       first  second  offset_s
    0      0       2       1.0
    """
    import pandas as pd

    peaks = _joined(fingerprints)
    candidates = list(_candidates(peaks, len(fingerprints)))
    first, second, offsets = (np.concatenate(column) for column in zip(*candidates, strict=True))
    shared, moments, there, spans = _compare(peaks, first, second, offsets)
    similarity = np.minimum(1, shared / np.maximum(1, there))
    deviation = np.sqrt(SHARED_BY_CHANCE * (1 - SHARED_BY_CHANCE) * there)
    keep = (similarity >= min_similarity) & (moments >= LEAST_MOMENTS) & (spans >= LEAST_SHARED_S)
    least = np.where(spans < BRIEF_S, LEAST_IF_BRIEF, LEAST_DEVIATIONS)
    keep &= shared >= SHARED_BY_CHANCE * there + least * deviation
    pairs = pd.DataFrame(
        {
            "first": first[keep],
            "second": second[keep],
            "offset_s": offsets[keep] * FRAME_S,
            "overlap_s": spans[keep],
            "similarity": similarity[keep],
        }
    )
    return _connecting(pairs, len(fingerprints))


def duplicate_clusters(pairs: "DataFrame", digests: Sequence[bytes], n: int) -> NDArray[np.intp]:
    """Give a number to every set of clips that are copies, directly or through others.

    Parameters
    ----------
    pairs : DataFrame
        Of `near_duplicates`.
    digests : sequence of bytes of length n
        The same for clips of the same samples.
    n : int
        Number of clips.

    Returns
    -------
    clusters : ndarray of shape (n,), int
        The set of every clip, numbered from 0 in order of appearance. A clip
        without copies is a set of its own.

    Examples
    --------
    >>> import pandas as pd
    >>> from skvoicefake.model_selection._duplicates import duplicate_clusters
    >>> pairs = pd.DataFrame({"first": [0], "second": [2]})
    >>> duplicate_clusters(pairs, [b"a", b"b", b"c", b"b"], 4).tolist()
    [0, 1, 0, 1]
    """
    heads: dict[bytes, int] = {}
    originals = [heads.setdefault(digest, i) for i, digest in enumerate(digests)]
    first = np.concatenate([np.asarray(pairs["first"], dtype=np.intp), originals])
    second = np.concatenate([np.asarray(pairs["second"], dtype=np.intp), np.arange(n)])
    graph = _graph(np.ones(len(first)), first, second, n)
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)


def window_families(paths: Sequence[str | os.PathLike[str]]) -> NDArray[np.str_]:
    """Tell by their names which files look like parts of one recording, such as talk_01.wav, talk_02.wav.

    These are files of one folder whose names are the same but for a number at
    the end, the numbers running from 0 or 1 without a gap. Names that are
    numbers only, that begin with a word for a class or for a sound as such
    (real_001, clip_17), and names that are all of one series are no families:
    this is how clips are numbered that have nothing to do with one another.

    Parameters
    ----------
    paths : sequence of str or path
        Files; they need not exist.

    Returns
    -------
    families : ndarray of shape (n_paths,), str
        What the names of a family have in common; the path of a file alone.

    Examples
    --------
    >>> from skvoicefake.model_selection._duplicates import window_families
    >>> window_families(["a/talk_1.wav", "a/talk_2.wav", "a/0017.wav", "a/0018.wav"]).tolist()
    ['a/talk', 'a/talk', 'a/0017.wav', 'a/0018.wav']
    """
    places = [PurePath(path) for path in paths]
    members: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for i, place in enumerate(places):
        match = NUMBERED.fullmatch(place.stem)
        if match and _is_telling(match["shared"]):
            members[str(place.parent / match["shared"]), place.suffix].append((int(match["number"]), i))
    families = {name: those for name, those in members.items() if _is_series([number for number, _ in those])}
    labels = [os.fspath(path) for path in paths]
    if len(families) == 1 and len(places) < 2 * len(next(iter(families.values()))):
        families = {}
    for (name, _), those in families.items():
        for _, i in those:
            labels[i] = name
    return np.array(labels, dtype=np.str_)


def _joined(fingerprints: Sequence[NDArray[np.int64]]) -> _Peaks:
    counts = [len(peaks) for peaks in fingerprints]
    rows = np.concatenate([np.empty((0, 2), dtype=np.int64), *fingerprints])
    clips = np.repeat(np.arange(len(counts)), counts)
    return _Peaks(clips, rows[:, 0], rows[:, 1], np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]))


def _index(peaks: _Peaks) -> tuple[Ints, Ints, Ints]:
    """Return hash, clip and frame of all pairs of neighbouring peaks, by hash.

    Those of one hash come by the peak that follows: copies stand beside one
    another, so that few links find them among however many other clips.
    """
    hashes, thirds, places = [], [], []
    keys = np.append(peaks.frames * N_BINS + peaks.bins, -1)
    for step in range(1, FAN + 1):
        later = peaks.frames[step:] - peaks.frames[:-step]
        is_pair = (peaks.clips[step:] == peaks.clips[:-step]) & (later <= MOST_FRAMES)
        place = np.flatnonzero(is_pair)
        hashes.append((peaks.bins[place] * N_BINS + peaks.bins[place + step]) * (MOST_FRAMES + 1) + later[place])
        thirds.append(keys[place + step + 1] - keys[place])
        places.append(place)
    joined, at = np.concatenate(hashes), np.concatenate(places)
    order = np.lexsort((at, np.concatenate(thirds), joined))
    at = at[order]
    return joined[order], peaks.clips[at], peaks.frames[at]


def _candidates(peaks: _Peaks, n_clips: int) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Yield pairs of clips with votes enough, and the offset in frames that has the most."""
    hashes, clips, frames = _index(peaks)
    longest = int(np.max(frames, initial=0)) + 2
    n_offsets = 2 * longest
    parts = max(1, len(hashes) * LINKS // VOTES_AT_A_TIME)
    ends = np.quantile(clips, np.linspace(0, 1, parts + 1)[1:-1], method="lower").tolist() if parts > 1 else []
    for low, high in zip([-1, *ends], [*ends, n_clips], strict=True):
        here = np.flatnonzero((clips > low) & (clips <= high))
        votes = []
        for step in range(-LINKS, LINKS + 1):
            one = here[(here + step >= 0) & (here + step < len(hashes))]
            # Both clips come upon a link; the first counts it.
            one = one[(hashes[one] == hashes[one + step]) & (clips[one] < clips[one + step])]
            two = one + step
            votes.append((clips[one] * n_clips + clips[two]) * n_offsets + frames[one] - frames[two] + longest)
        keys, counts = np.unique(np.concatenate(votes), return_counts=True)
        # Codecs and grids of frames shift peaks by a frame: neighbouring offsets count together.
        follows = np.diff(keys) == 1
        total = counts.copy()
        total[1:] += counts[:-1] * follows
        total[:-1] += counts[1:] * follows
        enough = np.flatnonzero(total >= LEAST_VOTES)
        pair = keys[enough] // n_offsets
        # The best offset of every pair: the last of it, by votes.
        order = np.lexsort((counts[enough], total[enough], pair))
        last = order[np.flatnonzero(np.diff(pair[order], append=-1))]
        yield pair[last] // n_clips, pair[last] % n_clips, keys[enough][last] % n_offsets - longest


def _compare(peaks: _Peaks, first: Ints, second: Ints, offsets: Ints) -> tuple[Ints, Ints, Ints, NDArray[np.float64]]:
    """Return how many peaks pairs of clips share, at how many moments, how many they could, and the seconds shared."""
    shared, moments, there = np.zeros((3, len(first)), dtype=np.int64)
    spans = np.zeros(len(first))
    longest = int(np.max(peaks.frames, initial=0)) + 3

    def key(clips: Ints, frames: Ints, bins: Ints | int) -> Ints:
        return np.asarray((clips * 3 * longest + frames + longest) * (N_BINS + 2) + bins + 1)

    # In order, since peaks are; behind them one that is greater than any that is looked for.
    known = np.append(key(peaks.clips, peaks.frames, peaks.bins), np.iinfo(np.int64).max)
    heads, tails = peaks.starts[:-1], peaks.starts[1:] - 1
    for start in range(0, len(first), PAIRS_AT_A_TIME):
        part = slice(start, start + PAIRS_AT_A_TIME)
        one, two, offset = first[part], second[part], offsets[part]
        begin = np.maximum(peaks.frames[heads[one]], peaks.frames[heads[two]] + offset) - 1
        end = np.minimum(peaks.frames[tails[one]], peaks.frames[tails[two]] + offset) + 1
        n_one = np.searchsorted(known, key(one, end, N_BINS)) - np.searchsorted(known, key(one, begin, 0))
        low = np.searchsorted(known, key(two, begin - offset, 0))
        n_two = np.searchsorted(known, key(two, end - offset, N_BINS)) - low
        # All peaks of the second clips in the overlaps, behind one another, and whether the first clips have them.
        pair = np.repeat(np.arange(len(one)), n_two)
        at = np.arange(len(pair)) + (low - np.cumsum(n_two) + n_two)[pair]
        times, bins = peaks.frames[at] + offset[pair], peaks.bins[at]
        found = np.zeros(len(at), dtype=bool)
        for frame in (times - 1, times, times + 1):
            place = np.searchsorted(known, key(one[pair], frame, bins - 1))
            found |= known[place] <= key(one[pair], frame, bins + 1)
        pair, times = pair[found], times[found]
        shared[part] = np.bincount(pair, minlength=len(one))
        there[part] = np.minimum(n_one, n_two)
        # Peaks of a pair come by time.
        is_new = (np.diff(pair, prepend=-1) != 0) | (np.diff(times, prepend=0) != 0)
        moments[part] = np.bincount(pair[is_new], minlength=len(one))
        some = np.flatnonzero(shared[part])
        ends = np.cumsum(shared[part])[some]
        spans[part][some] = (times[ends - 1] - times[ends - shared[part][some]]) * FRAME_S
    return shared, moments, there, spans


def _connecting(pairs: "DataFrame", n_clips: int) -> "DataFrame":
    """Return the pairs that connect all that are connected, the most similar: one fewer than clips in every set."""
    pairs = pairs.sort_values("similarity", ascending=False, kind="stable", ignore_index=True)
    ranks = np.arange(1.0, len(pairs) + 1)
    graph = _graph(ranks, pairs["first"].to_numpy(), pairs["second"].to_numpy(), n_clips)
    kept = minimum_spanning_tree(graph).data.astype(np.int64) - 1
    return pairs.loc[kept].sort_values(["first", "second"], ignore_index=True)


def _is_telling(shared: str) -> bool:
    """Tell whether a name holds more than digits and words that any clip may be called by."""
    words = re.findall(r"[^\W\d_]+", shared)
    is_class = label_kind("".join(words)) is not None
    return not is_class and any(word.casefold() not in ANY_CLIP and label_kind(word) is None for word in words)


def _is_series(numbers: list[int]) -> bool:
    """Tell whether numbers run from 0 or 1 without a gap."""
    return (
        1 < len(numbers) <= MOST_PARTS
        and min(numbers) in (0, 1)
        and max(numbers) - min(numbers) + 1 == len(numbers) == len(set(numbers))
    )


def _graph(weights: NDArray[np.float64], first: Ints, second: Ints, n: int) -> csr_array:
    # The trees of older SciPy take no other integers.
    return csr_array((weights, (first.astype(np.int32), second.astype(np.int32))), shape=(n, n))
