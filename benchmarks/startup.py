"""How long until the first MFCC in a fresh process? Beside librosa's, and what scikit-learn itself takes to import.

Every way is a fresh interpreter with compiled bytecode, and its time is that of the statement in it; in turns. The
floor of a transformer is ``import sklearn.base``, which imports pandas (where it is installed) and scipy.stats.

Run it as ``python -m benchmarks.startup``.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks._harness import main, rows_of
from benchmarks.files import write

TIMED = """
import sys, time
path = sys.argv[1]
start = time.perf_counter()
{}
print(time.perf_counter() - start)
"""
WAYS = {
    "import skvoicefake": "import skvoicefake",
    "load_audio + mfcc, functions": """
from skvoicefake.audio import load_audio
from skvoicefake.feature_extraction import mfcc
mfcc(load_audio(path))""",
    "MFCCTransformer, one clip": """
from skvoicefake import MFCCTransformer
MFCCTransformer().transform([path])""",
    "  of it, import sklearn.base": "import sklearn.base",
    "  of it, import scipy.fft": "import scipy.fft",
    "  of it, import numpy": "import numpy",
    "librosa.load + feature.mfcc": """
import librosa
y, rate = librosa.load(path, sr=16_000)
librosa.feature.mfcc(y=y, sr=rate, n_mfcc=40)""",
}
LIMITS = {"import skvoicefake": 0.15, "load_audio + mfcc, functions": 1, "MFCCTransformer, one clip": 1}  # seconds


def add_arguments(parser):
    parser.add_argument("--repeats", type=int, default=7, help="rounds (default: %(default)s)")


def measure(results, args):
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder, "clips"), 1, "wav", 16_000, 1)[0]
        for statement in WAYS.values():  # compiles bytecode, and what numba keeps
            seconds_of(statement, path)
        names = list(WAYS)
        seconds = {name: [] for name in names}
        for i in range(args.repeats):
            for name in names[i % len(names) :] + names[: i % len(names)]:
                seconds[name].append(seconds_of(WAYS[name], path))
    seconds = {name: np.array(values) for name, values in seconds.items()}
    results.table("A fresh process", rows_of(seconds, unit="ms", reference="librosa.load + feature.mfcc"))
    for name, limit in LIMITS.items():
        values = seconds[name]
        results.figure(name, np.median(values), low=min(values), high=max(values), unit="s", at_most=limit)
    ours, floor = seconds["MFCCTransformer, one clip"], seconds["  of it, import sklearn.base"]
    results.ratio("MFCCTransformer, one clip / import sklearn.base", ours, floor)


def seconds_of(statement, path):
    run = subprocess.run(
        [sys.executable, "-c", TIMED.format(statement), path], capture_output=True, text=True, check=True
    )
    return float(run.stdout)


if __name__ == "__main__":
    main(__name__)
