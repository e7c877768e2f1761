"""Does a detector lean on what is no voice? What its scores follow, and what becomes of them if that is changed."""

import numpy as np
from scipy.stats import spearmanr

from benchmarks._conditions import RATE
from skvoicefake.audio import load_audio
from skvoicefake.augmentation import limit_band
from skvoicefake.detectors import SurfaceTransformer
from skvoicefake.metrics import equal_error_rate


def quieter(y, rng):
    return 0.1 * y


def padded(y, rng):
    silence = np.zeros(RATE // 2, dtype=np.float32)
    return np.concatenate([silence, y, silence])


def halved(y, rng):
    return y[: max(RATE // 2, len(y) // 2)]


def floored(y, rng):
    """Fill pauses, and what coding left empty, with hiss 60 dB beneath the speech."""
    return y + np.float32(1e-3 * np.sqrt(np.mean(np.square(y)))) * rng.standard_normal(len(y), dtype=np.float32)


def offset(y, rng):
    return y + np.float32(0.01)


def narrowed(y, rng):
    return limit_band(y, RATE, rng, low=None, high=7500.0, order=16.0)


CHANGES = {
    "20 dB quieter": quieter,
    "half a second of digital silence before and after": padded,
    "the first half alone": halved,
    "hiss 60 dB beneath the speech": floored,
    "an offset of 0.01": offset,
    "nothing above 7.5 kHz": narrowed,
}


def changes(classifier, files, labels):
    """Return a table of a card: error rates where what is no voice is changed, in all clips alike."""
    sounds = [load_audio(file, RATE) for file in files]
    before = classifier.decision_function(sounds)
    rows = [["nothing", 100 * float(equal_error_rate(labels, before)), 0.0, 0.0]]
    for name, change in CHANGES.items():
        rng = np.random.default_rng(0)
        scores = classifier.decision_function([change(y, rng) for y in sounds])
        moved = [float(np.mean((scores - before)[labels == label])) for label in ("real", "fake")]
        rows.append([name, 100 * float(equal_error_rate(labels, scores)), *moved])
    columns = ["what is changed", "EER %", "mean change of the score, real", "mean change of the score, fakes"]
    return {"title": "Does it lean on what is no voice? The dev split, changed", "columns": columns, "rows": rows}


def followed(scores, files, labels, *, n_jobs):
    """Return a table of a card: rank correlation of scores and surface features, within real clips and within fakes."""
    surface = SurfaceTransformer(n_jobs=n_jobs)
    features = surface.fit_transform(files)
    rows = []
    for name, values in zip(surface.get_feature_names_out(), features.T, strict=True):
        found = []
        for label in ("real", "fake"):
            use = (labels == label) & np.isfinite(values)
            some = np.ptp(values[use]) > 0 if use.any() else False
            found.append(float(spearmanr(values[use], scores[use]).statistic) if some else None)
        rows.append([name, *found])
    note = "What changing them does, the table above says. See SurfaceTransformer for what the features are."
    title = "What its scores follow: rank correlation with what is no voice, on the dev split"
    return {"title": title, "columns": ["feature", "within real", "within fakes"], "rows": rows, "note": note}
