"""Does a grid search over networks gain from a second process? 6 candidates x 3 folds, each way in a fresh process."""

import json
import os
import subprocess
import sys
import time

import numpy as np

from benchmarks._harness import main, rows_of

WAYS = {
    "n_jobs=1": (1, {}),
    "n_jobs=2": (2, {}),
    "n_jobs=2, a thread a worker": (2, {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}),
}


def add_arguments(parser):
    parser.add_argument("--n-clips", type=int, default=120, help="clips (120)")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of a fit (3; 5 and 600 clips are realistic)")
    parser.add_argument("--repeats", type=int, default=1, help="searches of every way (1)")
    parser.add_argument("--child", type=int, metavar="N_JOBS", help="search in this process, and print JSON")


def measure(results, args):
    if args.child:
        print("JSON" + json.dumps(search(args.child, args)))
        return
    found = {name: [] for name in WAYS}
    shared = ["--n-clips", str(args.n_clips), "--epochs", str(args.epochs)]
    for i in range(args.repeats):
        names = list(WAYS)
        for name in names[i % 3 :] + names[: i % 3]:
            n_jobs, variables = WAYS[name]
            command = [sys.executable, "-m", "benchmarks.search", "--child", str(n_jobs), *shared]
            run = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=True)
            line = next(line for line in run.stdout.splitlines() if line.startswith("JSON"))
            found[name].append(json.loads(line[4:]))
    seconds = {name: np.array([run["seconds"] for run in runs]) for name, runs in found.items()}
    rows = rows_of(seconds, unit="s", reference="n_jobs=1")
    for row in rows:
        row["MB a worker"] = f"{np.median([run['mb'] for run in found[row['']]]):.0f}"
    results.table(f"GridSearchCV: 6 candidates x 3 folds, {args.n_clips} clips, {args.epochs} epochs", rows)
    results.ratio("n_jobs=1 / n_jobs=2", seconds["n_jobs=1"], seconds["n_jobs=2"], at_least=1)


def search(n_jobs, args):
    from joblib import Parallel, delayed
    from sklearn.model_selection import GridSearchCV

    from benchmarks.network import data
    from skvoicefake import CNNLSTMClassifier

    X, y = data(args.n_clips)
    clf = CNNLSTMClassifier(epochs=args.epochs, early_stopping=False, random_state=0)
    grid = {"learning_rate": [3e-4, 1e-3, 3e-3], "lstm_units": [32, 64]}
    start = time.perf_counter()
    GridSearchCV(clf, grid, cv=3, n_jobs=n_jobs, refit=False).fit(X, y)
    seconds = time.perf_counter() - start
    # Asks the workers that the search has left.
    peaks = Parallel(n_jobs=n_jobs)(delayed(peak)() for _ in range(n_jobs))
    return {"seconds": seconds, "mb": max(peaks)}


def peak():
    """Return the most megabytes that this process has held."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(__name__)
