"""How long do metrics take on many scores? Beside scikit-learn's AUC and what the published code does, in one run.

Run it as ``python -m benchmarks.metrics``.
"""

import os
import platform
import statistics
import time
from functools import partial
from importlib.metadata import version

import numpy as np
from sklearn.metrics import roc_auc_score

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
REPEATS = 5
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


def measure(ways, labels, scores, repeats=REPEATS):
    seconds = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            start = time.perf_counter()
            way(labels, scores)
            seconds[name].append(time.perf_counter() - start)
    for name, values in seconds.items():
        print(f"{name:42} {len(scores):9,} {1e3 * statistics.median(values):9.1f} {1e3 * max(values):9.1f}")


def clips(n, ties=False):
    rng = np.random.default_rng(0)
    is_real = rng.random(n) < 0.2
    scores = 2 * rng.normal(size=n) + np.where(is_real, 1.5, -1.5)
    return np.where(is_real, "real", "fake"), np.round(scores, 2) if ties else scores


def main():
    print(f"{'':42} {'clips':>9} {'median ms':>9} {'worst ms':>9}")
    labels, scores = clips(N_CLIPS)
    measure(OURS | {"roc_auc_score (scikit-learn)": roc_auc_score}, labels, scores)
    print("labels as a list, 0 and 1, objects; tied scores")
    measure({"equal_error_rate, list of words": equal_error_rate}, labels.tolist(), scores)
    measure({"equal_error_rate, array of objects": equal_error_rate}, labels.astype(object), scores)
    zeros = {"equal_error_rate, 0 and 1": equal_error_rate, "roc_auc_score, 0 and 1 (scikit-learn)": roc_auc_score}
    measure(zeros, (labels == "real").astype(int), scores)
    measure({"min_cllr, tied scores": min_cllr}, *clips(N_CLIPS, ties=True))
    print("the published code's way")
    labels, scores = clips(N_PUBLISHED)
    real, fake = scores[labels == "real"], scores[labels == "fake"]
    ours = {
        "published EER and minDCF": lambda *_: published_eer_and_min_cost(real, fake),
        "equal_error_rate and min_detection_cost": lambda y, s: (equal_error_rate(y, s), min_detection_cost(y, s)),
    }
    measure(ours, labels, scores)
    print("an interval of 1000 resamples")
    labels, scores = clips(N_REPORT)
    ways = {name: partial(confidence_interval, OURS[name]) for name in ("equal_error_rate", "min_detection_cost")}
    ways["min_cllr"] = partial(confidence_interval, min_cllr)
    ways["roc_auc_score, known"] = partial(confidence_interval, roc_auc_score)
    measure(ways, labels, scores, repeats=3)
    hidden = {
        "roc_auc_score, as any metric": lambda y, s: confidence_interval(partial(roc_auc_score, max_fpr=None), y, s)
    }
    measure(hidden, labels, scores, repeats=1)
    print(f"{os.cpu_count()} cores ({platform.machine()}), numpy {version('numpy')}, scipy {version('scipy')}")


if __name__ == "__main__":
    main()
