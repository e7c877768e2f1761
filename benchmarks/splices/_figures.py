"""What windows say of recordings: error rates, and how near the stretch that was found lies to the fake."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from benchmarks.splices._recordings import Recording
from skvoicefake.inspection import Timeline, occlusion
from skvoicefake.inspection._occlusion import FILLS
from skvoicefake.inspection._verdict import AGGREGATIONS, moment_scores
from skvoicefake.metrics import equal_error_rate
from skvoicefake.metrics._bootstrap import intervals

ROUNDS = 1000


@dataclass
class Judged:
    """A recording, and what its windows say."""

    recording: Recording
    timeline: Timeline

    @property
    def scores(self):
        """The scores of the windows that are judged; 0, which is no evidence, if none is."""
        known = self.timeline.scores[self.timeline.is_judged]
        return known if len(known) else np.zeros(1)

    @property
    def places(self):
        """Where these windows are, of shape (n_windows, 2)."""
        rows = [row[:2] for row, known in zip(self.timeline.rows, self.timeline.is_judged, strict=True) if known]
        return np.array(rows).reshape(-1, 2)


# What a whole recording may score by its windows; the first two are what the package has.
OF_ALL: dict[str, Callable] = {
    **AGGREGATIONS,
    "median": np.median,
    "lowest window": np.min,
    "share above 0": lambda scores: np.mean(scores > 0) - 0.5,
    "log of mean likelihood ratio": lambda scores: -np.log(np.mean(np.exp(-scores))),
}


def verdicts(judged, rounds):
    """Return a row an aggregation: its errors on fakes and on partly fake recordings, against the real ones."""
    rows = []
    for name, function in OF_ALL.items():
        scores = {
            kind: np.array([function(one.scores) for one in judged if one.recording.kind == kind])
            for kind in ("real", "fake", "partly")
        }
        homes = {kind: [one.recording.home for one in judged if one.recording.kind == kind] for kind in scores}
        row = {"score of the whole": name}
        for kind in ("fake", "partly"):
            labels = ["real"] * len(scores["real"]) + ["fake"] * len(scores[kind])
            both, groups = np.r_[scores["real"], scores[kind]], homes["real"] + homes[kind]
            row[f"EER, {kind} fake" if kind == "partly" else "EER, fake"] = _eer(labels, both, groups, rounds)
        row["real called fake"] = _percent(np.mean(scores["real"] <= 0))
        row["fake called real"] = _percent(np.mean(scores["fake"] > 0))
        row["partly fake called real"] = _percent(np.mean(scores["partly"] > 0))
        rows.append(row)
    return rows


def segments(judged, rounds):
    """Return the segment EER and the range-based EER of partly fake recordings."""
    windows, moments = [], []  # of (is fake, score, weight, home)
    n_all = 0
    for one in partly(judged):
        n_all += len(one.timeline.rows)
        if not one.timeline.is_judged.any():
            continue
        home, fake = one.recording.home, one.recording.fakes
        for (start, end), score in zip(one.places, one.scores, strict=True):
            windows.append((overlap((start, end), fake) >= (end - start) / 2, score, 1.0, home))
        edges, scores = moment_scores(one.places, one.scores)
        for place, score in zip(pairwise(edges), scores, strict=True):
            seconds = overlap(place, fake)
            for is_fake, weight in [(True, seconds), (False, place[1] - place[0] - seconds)]:
                if weight > 1e-9 and np.isfinite(score):
                    moments.append((is_fake, score, weight, home))
    row = {"windows": len(windows), "of them fake": sum(window[0] for window in windows)}
    row["not judged"] = _percent(1 - len(windows) / n_all)
    for name, found in [("segment EER", windows), ("range EER", moments)]:
        is_fake, scores, weights, homes = zip(*found, strict=True)
        labels = np.where(is_fake, "fake", "real")
        row[name] = _eer(labels, np.array(scores), list(homes), rounds, np.array(weights))
    return [row]


def localisation(judged, rounds):
    """Return a row a way to find the fake: how often it meets it, how much of it, and by how much its ends are off."""
    rows = []
    for name, find in FINDERS.items():
        found = []  # of (met, intersection over union, mean error of both ends or NaN)
        homes = []
        for one in partly(judged):
            fake, stretch = one.recording.fakes, find(one) if one.timeline.is_judged.any() else None
            homes.append(one.recording.home)
            if stretch is None:
                found.append((0.0, 0.0, np.nan))
                continue
            common = overlap(stretch, fake)
            union = max(stretch[1], fake[1]) - min(stretch[0], fake[0])
            errors = (abs(stretch[0] - fake[0]) + abs(stretch[1] - fake[1])) / 2
            found.append((float(common > 0), common / union if common else 0.0, errors))
        met, shared, errors = np.array(found).T
        rows.append(
            {
                "stretch": name,
                "found any": _percent(np.mean(np.isfinite(errors))),
                "meets the fake": _interval(np.mean, 100 * met, homes, rounds, "{:.0f} [{:.0f}, {:.0f}] %"),
                "intersection over union": _interval(np.mean, shared, homes, rounds),
                "error of the ends, median s": _interval(_median, errors, homes, rounds),
            }
        )
    return rows


def occlusions(detector, built, window=0.5):
    """Return a row a fill: whether taking out the fake helps most, and what taking out anything does to real speech."""
    rows = []
    for fill in FILLS:
        hits, chances, areas, times, bands = [], [], [], [], []
        for one in built:
            found = occlusion(detector, one.waveform[: 10 * 16_000], window=window, hop=window / 2, fill=fill)
            effects = np.array([part.effect for part in found.times])
            middles = np.array([(part.start + part.end) / 2 for part in found.times])
            if one.kind == "real":
                times.append(np.nanmean(effects))
                bands.append(np.nanmean([part.effect for part in found.bands]))
                continue
            is_fake = (middles > one.fakes[0]) & (middles < one.fakes[1])
            if is_fake.any() and not is_fake.all():
                hits.append(is_fake[np.nanargmin(effects)])
                chances.append(np.mean(is_fake))
                areas.append(np.mean(effects[is_fake][:, None] < effects[~is_fake]))
        rows.append(
            {
                "in its place": fill,
                "partly fake": len(hits),
                "lowest effect lies in the fake": _percent(np.mean(hits)),
                "by chance": _percent(np.mean(chances)),
                "AUC of fake stretches": f"{np.mean(areas):.2f}",
                "real: mean effect of a stretch": f"{np.mean(times):.2f}",
                "of a band": f"{np.mean(bands):.2f}",
            }
        )
    return rows


def partly(judged):
    return [one for one in judged if one.recording.kind == "partly"]


def overlap(one, other):
    """Return how many seconds two stretches share."""
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def _below(level, one):
    """Return the longest stretch of moments that score below a level."""
    edges, scores = moment_scores(one.places, one.scores)
    is_low = np.concatenate([[False], np.nan_to_num(scores, nan=np.inf) < level, [False]])
    starts, ends = np.flatnonzero(np.diff(is_low.astype(int)) == 1), np.flatnonzero(np.diff(is_low.astype(int)) == -1)
    if not len(starts):
        return None
    longest = int(np.argmax(edges[ends] - edges[starts]))
    return edges[starts[longest]], edges[ends[longest]]


FINDERS = {
    "Timeline.stretch": lambda one: one.timeline.stretch,
    "longest below 0": partial(_below, 0.0),
    "lowest window": lambda one: tuple(one.places[int(np.argmin(one.scores))]),
}


def _eer(labels, scores, homes, rounds, weights=None):
    labels = np.asarray(labels)
    value = equal_error_rate(labels, scores, sample_weight=weights)
    (low, high) = intervals(
        {"EER": equal_error_rate},
        labels,
        scores,
        groups=np.array(homes),
        n_resamples=rounds,
        random_state=0,
        sample_weight=weights,
    )["EER"]
    return f"{100 * value:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def _interval(function, values, homes, rounds, layout="{:.2f} [{:.2f}, {:.2f}]"):
    """Return a figure with the middle 95 % of what it is on homes drawn with replacement."""
    rng = np.random.default_rng(0)
    of_home = [values[np.array(homes) == home] for home in sorted(set(homes))]
    draws = [
        function(np.concatenate([of_home[i] for i in rng.integers(len(of_home), size=len(of_home))]))
        for _ in range(rounds)
    ]
    return layout.format(function(values), *np.nanpercentile(draws, [2.5, 97.5]))


def _median(values):
    known = values[np.isfinite(values)]
    return np.median(known) if len(known) else np.nan


def _percent(share):
    return f"{100 * share:.0f} %"
