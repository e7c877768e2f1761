"""How much memory does a recording of ten hours take, and how long an hour of it?

Every case is a fresh process: imports, the detector, the whole recording, its table. Peaks are those of resident memory
(VmHWM). The classifier of the first cases is a trivial one, so that the rest is what is measured.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks._harness import HERE, main
from benchmarks.memory import status

MB = 1e6
MINUTES = 10  # of the sound that is repeated


def add_arguments(parser):
    parser.add_argument("--hours", type=float, default=10, help="of the recording (10)")
    parser.add_argument("--folder", help="where recordings are made (2.5 GB for 10 hours); default: temporary")


def measure(results, args):
    if not Path("/proc/self/status").exists():
        raise SystemExit("benchmarks.timeline reads /proc, so it needs Linux.")
    # The classifier, and window and hop in seconds.
    cases = [(suffix, "trivial", 3.0, 1.0) for suffix in ("wav", "flac", "mp3", "m4a")]
    cases += [("wav", "load_detector()", 10.0, 10.0)]
    rows = []
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        for suffix, classifier, window, hop in cases:
            path = recording(Path(folder), suffix, args.hours)
            if path is None:
                continue
            found = fresh(str(path), classifier, window, hop)
            if path.suffix != ".wav":
                path.unlink()
            rows.append(
                {
                    "file": f"{suffix}, 44.1 kHz, stereo" if suffix in ("mp3", "m4a") else f"{suffix}, 16 kHz",
                    "classifier": classifier,
                    "window, hop": f"{window:g}, {hop:g} s",
                    "hours": f"{found['hours']:.2f}",
                    "windows": found["windows"],
                    "peak MB": f"{found['peak']:.0f}",
                    "s an hour": f"{found['seconds'] / found['hours']:.1f}",
                }
            )
            results.figure(f"peak, {args.hours:g} h of {suffix}, {classifier}", found["peak"], unit="MB", at_most=500)
        wav = recording(Path(folder), "wav", 0.1)
        found = fresh(str(wav), "load_detector()", 3.0, 1.0)
        results.figure("load_detector(), the defaults", found["seconds"] / found["hours"], unit="s an hour of audio")
    results.table("A whole process: imports, detector, recording, table", rows)


def recording(folder, suffix, hours):
    """Write a recording of that length, and return its path; None where ffmpeg is needed and not there."""
    import soundfile

    path = folder / f"{hours:g}h.{suffix}"
    if path.exists():
        return path
    n_repeats = max(1, round(hours * 60 / MINUTES))
    rng = np.random.default_rng(0)
    if suffix in ("wav", "flac"):
        part = 0.1 * rng.normal(size=round(16_000 * 3600 * hours / n_repeats)).astype(np.float32)
        with soundfile.SoundFile(path, "w", 16_000, 1, "PCM_16") as file:
            for _ in range(n_repeats):
                file.write(part)
        return path
    if shutil.which("ffmpeg") is None:
        print(f"no ffmpeg, so no {suffix}")
        return None
    part = folder / f"part.{suffix}"
    seconds = 3600 * hours / n_repeats
    noise = ["-f", "lavfi", "-i", f"anoisesrc=d={seconds}:a=0.1:r=44100", "-ac", "2"]
    ffmpeg = ["ffmpeg", "-nostdin", "-v", "error"]
    subprocess.run([*ffmpeg, *noise, str(part)], check=True)
    subprocess.run([*ffmpeg, "-stream_loop", str(n_repeats - 1), "-i", part, "-c", "copy", str(path)], check=True)
    return path


def fresh(*arguments):
    """Call `judged` in a fresh process, and return what it returns."""
    script = (
        "import json, sys; from benchmarks import timeline as t; print(json.dumps(t.judged(*json.loads(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", script, json.dumps(arguments)]
    done = subprocess.run(command, cwd=HERE.parent, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def judged(path, classifier, window, hop):
    """Judge a recording; return the peak of memory in MB, and how long it took."""
    from skvoicefake import load_detector
    from skvoicefake.inspection import timeline

    detector = load_detector() if classifier == "load_detector()" else trivial()
    start = time.perf_counter()
    found = timeline(detector, path, window, hop)
    seconds = time.perf_counter() - start
    windows = len(found.table)
    return {"peak": status("VmHWM"), "seconds": seconds, "hours": found.duration / 3600, "windows": windows}


def trivial():
    """Return a classifier of clips that looks at their level."""
    from sklearn.dummy import DummyClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    levels = FunctionTransformer(lambda clips: np.array([[np.mean(np.square(clip))] for clip in clips]))
    return make_pipeline(levels, DummyClassifier()).fit([np.ones(2), np.zeros(2)], ["fake", "real"])


if __name__ == "__main__":
    main(__name__)
