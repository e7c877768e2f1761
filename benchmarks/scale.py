"""What do many clips cost: seconds, memory and bytes of features for each, by one process and by workers of dask?

Half a second to 6 s of pseudo-speech, as in `tests/checks/speech.py`, a file each; more names are links to them. Every
case is a fresh process with one thread. Its seconds are those of the processor, which others on the machine do not
lengthen much; what is loaded before the first clip is left out of them.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks._harness import HERE, main

N_FILES = 100
MB = 1e6
STAGES = {
    "decoding": "load_audio, 10 s at most",
    "panel": "MFCCTransformer, 3 s",
    "statistics": "CepstralStatisticsTransformer",
    "detector": "load_detector().decision_function",
    "table": "score_table",
}


def add_arguments(parser):
    """Add the options of this benchmark."""
    parser.add_argument("--n-clips", type=int, default=1000, help="clips a case (default: %(default)s)")
    parser.add_argument("--n-listed", type=int, default=100_000, help="paths that predict holds (default: %(default)s)")
    parser.add_argument("--cluster", action="store_true", help="measure score_table on two workers of dask as well")


def measure(results, args):
    """Measure stages clip by clip, then predict, then workers."""
    if not Path("/proc/self/status").exists():
        raise SystemExit("benchmarks.scale reads /proc, so it needs Linux.")
    with tempfile.TemporaryDirectory() as folder:
        seconds = write(folder)
        rows = []
        for stage, words in STAGES.items():
            found = fresh("stage", stage, folder, args.n_clips)
            rows.append(
                {
                    "": words,
                    "ms a clip": f"{found['seconds'] / args.n_clips * 1e3:.2f}",
                    "core-hours a million": f"{found['seconds'] / args.n_clips * 1e6 / 3600:.2f}",
                    "kB a clip kept": f"{found['bytes'] / args.n_clips / 1e3:.2f}" if found["bytes"] else "",
                    "peak MB": f"{found['peak']:.0f}",
                }
            )
            results.figure(f"{stage}: a clip", found["seconds"] / args.n_clips * 1e3, unit="ms")
        results.table(f"One core, clips of {seconds:.1f} s on average", rows)
        few, many = (fresh("listed", folder, n)["peak"] for n in (1000, args.n_listed))
        results.figure(f"predict: above its memory for 1,000 paths, {args.n_listed:,} paths", many - few, unit="MB")
        results.figure("the detector in the package, pickled", fresh("pickled")["bytes"] / MB, unit="MB")
        if args.cluster:
            found = fresh("cluster", folder, args.n_clips)
            results.figure("score_table, one worker / two workers", found["one"] / found["two"])


def fresh(function, *arguments):
    """Call a function of this module in a fresh process with one thread, and return what it returns."""
    script = "import json, sys; from benchmarks import scale as m; f, *a = json.loads(sys.argv[1]);"
    script += "\nif __name__ == '__main__': print(json.dumps(getattr(m, f)(*a)))"
    command = [sys.executable, "-c", script, json.dumps([function, *arguments])]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=HERE.parent, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def write(folder):
    """Write clips; return their mean length in seconds."""
    import soundfile

    from tests.checks.speech import speech

    lengths = np.round(np.clip(np.random.default_rng(0).lognormal(1, 0.5, N_FILES), 0.5, 6), 1) + 0.05
    for i, seconds in enumerate(lengths):
        soundfile.write(Path(folder, f"{i}.wav"), speech(i, seconds=seconds, voice=i % 7), 16_000)
    return float(lengths.mean())


def names(folder, n_clips):
    """Return the paths of so many clips, some of them again and again."""
    return [str(Path(folder, f"{i % N_FILES}.wav")) for i in range(n_clips)]


def stage(name, folder, n_clips):
    """Return seconds, bytes and the peak in MB."""
    import pandas as pd

    from skvoicefake import MFCCTransformer
    from skvoicefake.audio import load_audio
    from skvoicefake.detectors import CepstralStatisticsTransformer, load_detector, score_table

    detector = load_detector() if name == "detector" else None
    ways = {
        "decoding": lambda paths: [load_audio(path, duration=10).nbytes * 0 for path in paths],
        "panel": lambda paths: MFCCTransformer().fit_transform(paths),
        "statistics": lambda paths: CepstralStatisticsTransformer().fit_transform(paths),
        "detector": lambda paths: detector.decision_function(paths),
        "table": lambda paths: score_table(pd.DataFrame({"path": paths})),
    }
    paths = names(folder, n_clips)
    ways[name](paths[:3])
    start = time.process_time()
    kept = ways[name](paths)
    seconds = time.process_time() - start
    n_bytes = kept.nbytes if name in ("panel", "statistics") else 0
    return {"seconds": seconds, "bytes": n_bytes, "peak": peak()}


def listed(folder, n_paths):
    """Return the peak of what predict holds of its paths before it scores the first."""
    from skvoicefake.cli._inputs import unique_paths
    from skvoicefake.cli._progress import Remaining

    below = Path(folder, f"listed{n_paths}")
    for i in range(n_paths):
        if i % 1000 == 0:
            (below / f"speaker{i // 1000:05}").mkdir(parents=True)
        os.link(Path(folder, f"{i % N_FILES}.wav"), below / f"speaker{i // 1000:05}" / f"recording{i:08}.wav")
    paths = list(unique_paths([str(below)]))
    assert len(paths) == Remaining(paths).n_clips == n_paths
    return {"peak": peak()}


def pickled():
    """Return the bytes of a pickle of the detector in the package."""
    import pickle

    from skvoicefake.detectors import load_detector

    return {"bytes": len(pickle.dumps(load_detector()))}


def cluster(folder, n_clips):
    """Return the seconds that one worker and two take for a table."""
    import dask.dataframe as dd
    import pandas as pd
    from distributed import Client, LocalCluster

    from skvoicefake.detectors import score_table

    table = pd.DataFrame({"path": names(folder, n_clips)})
    found = {}
    for name, n_workers in (("one", 1), ("two", 2)):
        with (
            LocalCluster(n_workers=n_workers, threads_per_worker=1, dashboard_address=None) as workers,
            Client(workers) as client,
        ):
            client.run(score_table, table.head(3))  # loads what there is to load
            parts = dd.from_pandas(table, npartitions=20).map_partitions(score_table, meta=score_table(table.head(0)))
            start = time.perf_counter()
            assert len(parts.compute()) == n_clips
            found[name] = time.perf_counter() - start
    return found


def peak():
    """Return the peak of resident memory in MB. (That of getrusage is what the process that started this one had.)"""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / MB for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(__name__)
