"""How long does one clip take to score? ``predict_proba`` beside Keras' own ways, interleaved in one run.

Run it as ``python -m benchmarks.single_clip``.
"""

import os
import platform
import statistics
import time
from importlib.metadata import version

import numpy as np

from skvoicefake import CNNLSTMClassifier

N_FRAMES, N_COEFFICIENTS = 301, 40
REPEATS = 100


def main():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(64, N_FRAMES, N_COEFFICIENTS)).astype(np.float32)
    clf = CNNLSTMClassifier(epochs=1, early_stopping=False, random_state=0).fit(X, np.arange(64) % 2)
    ways = {
        "model.predict (Keras)": lambda clip: clf.model_.predict(clip, verbose=0),
        "model(x) (Keras)": lambda clip: np.asarray(clf.model_(clip)),
        "model.predict_on_batch (Keras)": clf.model_.predict_on_batch,
        "predict_proba (skvoicefake)": clf.predict_proba,
    }
    seconds = {name: [] for name in ways}
    for way in ways.values():
        way(X[:1])
    for i in range(REPEATS):
        for name, way in ways.items():
            start = time.perf_counter()
            way(X[i % 64 : i % 64 + 1])
            seconds[name].append(time.perf_counter() - start)
    ours = statistics.median(seconds["predict_proba (skvoicefake)"])
    print(f"{'one clip, median of ' + str(REPEATS):34} {'ms':>8} {'ratio':>8}")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"{name:34} {1e3 * median:8.2f} {median / ours:8.1f}")
    print(
        f"{os.cpu_count()} cores ({platform.machine()}), keras {version('keras')}, tensorflow {version('tensorflow')}"
    )


if __name__ == "__main__":
    main()
