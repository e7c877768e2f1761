"""How much memory does a panel take above clips and panel, and does one that is larger than memory fit?

Every case is a fresh process. Peaks are those of resident memory (VmHWM, which counts the pages of mapped files too).
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks._harness import HERE, main

RATE, SECONDS = 16_000, 3
N_FILES = 500  # that are written; more names are links to them
MB = 1e6
CASES = [
    ("arrays", {}),
    ("arrays", {"output": "flat", "normalize": "train"}),
    ("paths", {"output": "stats", "normalize": "train"}),
]


def add_arguments(parser):
    """Add the options of this benchmark."""
    parser.add_argument("--n-clips", type=int, default=10_000, help="of the panel in a file; the issue has 100,000")
    parser.add_argument("--folder", help="where files and panel are made (about 50 kB a clip); default: temporary")


def measure(results, args):
    """Measure panels in memory, then one in a file from audio files to probabilities."""
    if not Path("/proc/self/clear_refs").exists():
        raise SystemExit("benchmarks.memory reads /proc, so it needs Linux.")
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        write_files(folder, args.n_clips)
        measure_panels(results, folder)
        measure_end_to_end(results, folder, args.n_clips)


def measure_panels(results, folder):
    """Measure what lies above clips and panel, for few clips and many."""
    rows = []
    for kind, parameters in CASES:
        case = ", ".join([kind, *(f"{name}={value!r}" for name, value in parameters.items())])
        for n_clips in (1_000, 10_000):
            found = fresh("panel_in_memory", folder, kind, n_clips, parameters)
            rows.append(
                {
                    "fit_transform": case,
                    "clips": n_clips,
                    "panel MB": f"{found['panel']:.1f}",
                    "above clips and panel MB": f"{found['above']:.1f}",
                    "ms a clip": f"{found['seconds'] / n_clips * 1e3:.2f}",
                }
            )
        results.figure(f"peak above clips and panel, {case}", found["above"], unit="MB", at_most=100)
    results.table("Peak memory above clips and panel", rows)


def measure_end_to_end(results, folder, n_clips):
    """Measure files -> panel in a file -> fit of one epoch -> probabilities."""
    stages = fresh("end_to_end", folder, n_clips)
    rows = [
        {
            "stage": stage,
            "s": f"{found['seconds']:.1f}",
            "ms a clip": f"{found['seconds'] / n_clips * 1e3:.2f}" if stage != "imports" else "",
            "peak MB": f"{found['peak']:.0f}",
            "resident at its end MB": f"{found['resident']:.0f}",
            "of it mapped files MB": f"{found['mapped']:.0f}",
        }
        for stage, found in stages.items()
    ]
    panel = n_clips * 301 * 40 * 4 / MB
    results.table(f"{n_clips:,} files of {SECONDS} s, a panel of {panel:,.0f} MB in a file", rows)
    peak = max(found["peak"] for found in stages.values())
    results.figure(f"peak, {n_clips:,} clips end to end", peak * MB / 2**20, unit="MiB", at_most=2048)


def fresh(function, *arguments):
    """Call a function of this module in a fresh process, and return what it returns."""
    script = "import json, sys; from benchmarks import memory as m; f, *a = json.loads(sys.argv[1]);"
    script += "print(json.dumps(getattr(m, f)(*a)))"
    command = [sys.executable, "-c", script, json.dumps([function, *arguments])]
    done = subprocess.run(command, cwd=HERE.parent, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def panel_in_memory(folder, kind, n_clips, parameters):
    """Return the peak above clips and panel, in MB."""
    from skvoicefake import MFCCTransformer

    clips = [waveform(i) for i in range(N_FILES)] if kind == "arrays" else names(folder, N_FILES)
    X = [clips[i % N_FILES] for i in range(n_clips)]
    transformer = MFCCTransformer(**parameters)
    # Imports and tables stay, and are no part of it; the arrays that a clip of 3 s takes are.
    MFCCTransformer(**parameters, duration=0.1).fit_transform(X[:2])
    before = reset_peak()
    start = time.perf_counter()
    panel = transformer.fit_transform(X)
    seconds = time.perf_counter() - start
    return {"panel": panel.nbytes / MB, "above": status("VmHWM") - before - panel.nbytes / MB, "seconds": seconds}


def end_to_end(folder, n_clips):
    """Return seconds, peak and resident memory of every stage, in MB."""
    stages = {}

    def stage(name, work):
        reset_peak()
        start = time.perf_counter()
        result = work()
        stages[name] = {
            "seconds": time.perf_counter() - start,
            "peak": status("VmHWM"),
            "resident": status("VmRSS"),
            "mapped": status("RssFile"),
        }
        return result

    def imports():
        from skvoicefake import CNNLSTMClassifier, MFCCTransformer

        return CNNLSTMClassifier(epochs=1, random_state=0), MFCCTransformer(memmap=folder)

    classifier, transformer = stage("imports", imports)
    X, y = names(folder, n_clips), np.arange(n_clips) % 2
    panel = stage("files -> panel", lambda: transformer.fit_transform(X))
    stage("fit, one epoch", lambda: classifier.fit(panel, y))
    stage("predict_proba", lambda: classifier.predict_proba(panel))
    return stages


def waveform(seed):
    """Return a clip."""
    return (0.1 * np.random.default_rng(seed).normal(size=RATE * SECONDS)).astype(np.float32)


def write_files(folder, n_clips):
    """Write some clips, and link as many names to them as asked for."""
    import soundfile

    for i in range(N_FILES):
        soundfile.write(Path(folder) / f"{i}.wav", waveform(i), RATE, subtype="PCM_16")
    for i in range(N_FILES, n_clips):
        (Path(folder) / f"{i}.wav").hardlink_to(Path(folder) / f"{i % N_FILES}.wav")


def names(folder, n_clips):
    """Return the paths of the clips."""
    return [f"{folder}/{i}.wav" for i in range(n_clips)]


def reset_peak():
    """Let the peak of resident memory begin anew, and return what is resident, in MB."""
    Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")


def status(name):
    """Return a line of the system's account of this process, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / MB for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main(__name__)
