"""How long do metrics take on many scores? Beside scikit-learn's AUC and what the published code does, in one run.

Run it as ``python -m benchmarks.metrics``.
"""

from functools import partial

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks._harness import interleave, main, rows_of
from skvoicefake.metrics import (
    actual_detection_cost,
    calibration_loss,
    cllr,
    confidence_interval,
    det_curve,
    equal_error_rate,
    min_cllr,
    min_detection_cost,
    min_tandem_cost,
)

N_CLIPS, N_PUBLISHED, N_REPORT = 1_000_000, 71_000, 3_500
OURS = {
    "equal_error_rate": equal_error_rate,
    "equal_error_rate, rocch": partial(equal_error_rate, method="rocch"),
    "equal_error_rate, asvspoof": partial(equal_error_rate, method="asvspoof"),
    "det_curve": det_curve,
    "min_detection_cost": min_detection_cost,
    "actual_detection_cost": actual_detection_cost,
    "min_tandem_cost": partial(min_tandem_cost, asv_rates=(0.05, 0.05, 0.3)),
    "cllr": cllr,
    "min_cllr": min_cllr,
    "calibration_loss": calibration_loss,
}


def published_eer_and_min_cost(real, fake):
    """Go the way of the ASVspoof 5 evaluation package: arrays for the rates, a loop for the cost."""
    scores = np.concatenate([real, fake])
    order = np.argsort(scores, kind="mergesort")
    rejected = np.cumsum((np.arange(len(scores)) < len(real))[order])
    frr = np.append(0, rejected / len(real))
    far = np.append(1, (len(fake) - (np.arange(1, len(scores) + 1) - rejected)) / len(fake))
    at = np.argmin(np.abs(frr - far))
    least = float("inf")
    for i in range(len(frr)):
        cost = frr[i] * 0.95 + 10 * far[i] * 0.05
        if cost < least:
            least = cost
    return (frr[at] + far[at]) / 2, least / 0.5


def clips(n, ties=False):
    rng = np.random.default_rng(0)
    is_real = rng.random(n) < 0.2
    scores = 2 * rng.normal(size=n) + np.where(is_real, 1.5, -1.5)
    return np.where(is_real, "real", "fake"), np.round(scores, 2) if ties else scores


def add_arguments(parser):
    parser.add_argument("--repeats", type=int, default=5)


def measure(results, args):
    labels, scores = clips(N_CLIPS)
    ways = OURS | {"roc_auc_score (scikit-learn)": roc_auc_score}
    seconds = timed(results, f"{N_CLIPS:,} scores", ways, labels, scores, args.repeats)
    auc = seconds["roc_auc_score (scikit-learn)"]
    results.ratio("roc_auc_score / equal_error_rate", auc, seconds["equal_error_rate"])
    results.ratio("roc_auc_score / min_cllr", auc, seconds["min_cllr"])
    kinds = {
        "list of words": lambda *_: equal_error_rate(words, scores),
        "array of objects": lambda *_: equal_error_rate(objects, scores),
        "0 and 1": lambda *_: equal_error_rate(zeros, scores),
        "0 and 1, roc_auc_score (scikit-learn)": lambda *_: roc_auc_score(zeros, scores),
        "tied scores, min_cllr": lambda *_: min_cllr(labels, np.round(scores, 2)),
    }
    words, objects, zeros = labels.tolist(), labels.astype(object), (labels == "real").astype(int)
    timed(results, f"equal_error_rate of {N_CLIPS:,} labels of other kinds", kinds, labels, scores, args.repeats)
    labels, scores = clips(N_PUBLISHED)
    real, fake = scores[labels == "real"], scores[labels == "fake"]
    ways = {
        "published EER and minDCF": lambda *_: published_eer_and_min_cost(real, fake),
        "equal_error_rate and min_detection_cost": lambda y, s: (equal_error_rate(y, s), min_detection_cost(y, s)),
    }
    seconds = timed(results, f"The published code's way, {N_PUBLISHED:,} scores", ways, labels, scores, args.repeats)
    results.ratio("published EER and minDCF / ours", *seconds.values())
    labels, scores = clips(N_REPORT)
    ways = {name: partial(confidence_interval, OURS[name]) for name in ("equal_error_rate", "min_detection_cost")}
    ways["min_cllr"] = partial(confidence_interval, min_cllr)
    ways["roc_auc_score"] = partial(confidence_interval, roc_auc_score)
    ways["roc_auc_score, as any metric"] = partial(confidence_interval, partial(roc_auc_score, max_fpr=None))
    timed(results, f"An interval of 1000 resamples, {N_REPORT:,} scores", ways, labels, scores, min(3, args.repeats))


def timed(results, title, ways, labels, scores, repeats):
    seconds = interleave({name: partial(way, labels, scores) for name, way in ways.items()}, repeats=repeats)
    results.table(title, rows_of(seconds))
    return seconds


if __name__ == "__main__":
    main(__name__)
