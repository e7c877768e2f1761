"""Does a process grow with the number of networks it trains? Memory and seconds a fit, over many fits."""

import subprocess
import sys
import time

import numpy as np

from benchmarks._harness import main

WAYS = {
    "same shape": "CNNLSTMClassifier.fit, predict_proba: one shape, another seed and rate every time",
    "keras": "Keras by hand: a new model every time",
}
# 12 MB: a panel that is kept by each fit is to be seen.
SHAPE = (256, 300, 40)


def add_arguments(parser):
    parser.add_argument("--n-fits", type=int, default=20, help="fits in one process (20; the issue says 100)")
    parser.add_argument("--child", choices=WAYS, help="fit in this process, and print")


def measure(results, args):
    if args.child:
        fit_often(args.child, args.n_fits)
        return
    rows = []
    for name, title in WAYS.items():
        command = [sys.executable, "-m", "benchmarks.fits", "--n-fits", str(args.n_fits), "--child", name]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        table = np.array([line.split()[1:] for line in run.stdout.splitlines() if line.startswith("FIT")], float)
        mb, seconds = table[:, 0], table[:, 1]
        half = len(mb) // 2
        growth = (mb[-1] - mb[half]) / (len(mb) - 1 - half)
        at = sorted({10, 50, 100, args.n_fits} & set(range(1, args.n_fits + 1)))
        rows.append(
            {"": title, "first fit (s)": float(seconds[0]), "later fits (s)": float(np.median(seconds[1:]))}
            | {f"MB after {n}": f"{mb[n - 1]:.0f}" for n in at}
            | {"MB a fit": f"{growth:.2f}"}
        )
        if name == "same shape":
            results.figure("growth a fit, second half", growth, unit="MB", at_most=1)
    results.table(f"{args.n_fits} fits in one process: {SHAPE[0]} clips of {SHAPE[1]} x {SHAPE[2]}, one epoch", rows)


def fit_often(way, n_fits):
    from benchmarks.network import by_hand
    from skvoicefake import CNNLSTMClassifier

    rng = np.random.default_rng(0)
    y = np.arange(SHAPE[0]) % 2
    for i in range(n_fits):
        X = rng.standard_normal(SHAPE, dtype=np.float32)  # as every fold of a search has clips of its own
        start = time.perf_counter()
        if way == "keras":
            model = by_hand(0.0, 1.0, shape=SHAPE[1:])
            model.fit(X, y, epochs=1, verbose=0)
            model.predict(X, verbose=0)
        else:
            clf = CNNLSTMClassifier(epochs=1, early_stopping=False, random_state=i, learning_rate=1e-3 * (1 + i % 3))
            clf.fit(X, y).predict_proba(X)
        print("FIT", resident(), time.perf_counter() - start, flush=True)


def resident():
    """Return the megabytes this process holds."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


if __name__ == "__main__":
    main(__name__)
