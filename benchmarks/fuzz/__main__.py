"""Throw inputs at everything that reads what others wrote, in processes of their own, and list what must not be.

``python -m benchmarks.fuzz --inputs 20000``. The same seed makes the same inputs: a finding is named by its entrance
and number, and ``--only ENTRANCE --first NUMBER --inputs 1`` repeats it. A finding is a crash, more than 2 s of the
processor's time, more than 1 GB above what the process had, an error that is not one clear line or that nobody can
catch, or a wrong answer.
"""

import argparse
import contextlib
import json
import os
import resource
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.fuzz._entrances import ENTRANCES
from benchmarks.fuzz._outcomes import Finding

SECONDS, HANG = 2.0, 20.0  # of the processor; on the clock, before a process is ended
MEMORY = 1e9  # bytes above what the process had
ROOT = Path(__file__).parents[2]


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000, help="of all entrances together (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", metavar="ENTRANCE", choices=list(ENTRANCES), action="append")
    parser.add_argument("--first", type=int, default=0, metavar="NUMBER", help="begin with this one")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.child:
        return child(args.child, args.seed, args.first, args.first + args.inputs)
    names = [
        name for name in args.only or ENTRANCES if not ENTRANCES[name].needs or shutil.which(ENTRANCES[name].needs)
    ]
    total = sum(ENTRANCES[name].weight for name in names)
    findings = []
    print(
        f"{'entrance':40}{'inputs':>8}{'read':>8}{'refused':>9}{'found':>7}{'slowest s':>11}{'most MB':>9}", flush=True
    )
    for name in names:
        n_inputs = -(-int(args.inputs * ENTRANCES[name].weight) // max(1, int(total)))
        found = fuzz(name, args.seed, args.first, n_inputs)
        print(
            f"{name:40}{n_inputs:8}{found['read']:8}{found['refused']:9}{len(found['findings']):7}"
            f"{found['seconds']:11.2f}{found['bytes'] / 1e6:9.0f}",
            flush=True,
        )
        findings += [(name, *finding) for finding in found["findings"]]
    for name, number, words in findings:
        print(f"\n{name} {number}: {words}")
    print(f"\n{len(findings)} findings, seed {args.seed}")
    return int(bool(findings))


def fuzz(name, seed, first, n_inputs):
    """Try inputs of an entrance; a process that ends is noted down, and another one goes on behind it."""
    total = {"read": 0, "refused": 0, "seconds": 0.0, "bytes": 0, "findings": []}
    number, stop = first, first + n_inputs
    while number < stop:
        number = run(name, seed, number, stop, total)
    return total


def run(name, seed, first, stop, total):
    """Start a process at an input; return the one to go on with."""
    command = [sys.executable, "-m", "benchmarks.fuzz", "--child", name, "--seed", str(seed)]
    command += ["--first", str(first), "--inputs", str(stop - first)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONFAULTHANDLER": "1"}
    if not ENTRANCES[name].needs:
        environment["PATH"] = str(Path(sys.executable).parent)
    with (
        tempfile.TemporaryFile("w+", errors="replace") as errors,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        assert process.stdout is not None
        selector = selectors.DefaultSelector()
        selector.register(process.stdout, selectors.EVENT_READ)
        number, has_begun, unread = first, False, b""
        while number < stop:
            # Imports come first.
            if not selector.select(HANG if has_begun else 120):
                process.kill()
                total["findings"].append((number, f"hangs for {HANG} s"))
                return number + 1
            if not (chunk := os.read(process.stdout.fileno(), 65_536)):
                break
            *lines, unread = (unread + chunk).split(b"\n")
            for line in lines:
                has_begun = True
                answer = json.loads(line)
                if "outcome" not in answer:
                    continue
                number = answer["number"] + 1
                note(total, answer)
        if number < stop:
            process.wait()
            errors.seek(0)
            last = errors.read()[-1500:]
            total["findings"].append((number, f"the process ended with status {process.returncode}: {last}"))
            number += 1
    return number


def note(total, answer):
    outcome, number = answer["outcome"], answer["number"]
    total["seconds"], total["bytes"] = max(total["seconds"], answer["seconds"]), max(total["bytes"], answer["bytes"])
    if outcome in ("read", "refused"):
        total[outcome] += 1
    else:
        total["findings"].append((number, outcome))
    if answer["seconds"] > SECONDS:
        total["findings"].append((number, f"takes {answer['seconds']:.1f} s"))
    if answer["bytes"] > MEMORY:
        total["findings"].append((number, f"takes {answer['bytes'] / 1e6:.0f} MB"))


def child(name, seed, first, stop):
    """Try inputs, and print what becomes of each."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # What libraries print is no answer.
    entrance, place = ENTRANCES[name], list(ENTRANCES).index(name)
    uncaught = []  # raised where no caller could catch it, such as in what C calls: Python prints a traceback
    sys.unraisablehook = lambda raised: uncaught.append(f"{type(raised.exc_value).__name__}: {raised.exc_value}")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(stop, stop + 5):  # imports, and what is made once
            with contextlib.suppress(Exception):
                entrance.attempt(folder, np.random.default_rng([seed, place, number]))
        limit_memory()
        for number in range(first, stop):
            print(json.dumps({"number": number}), file=out, flush=True)
            uncaught.clear()
            before, start = reset_peak(), time.process_time()
            try:
                outcome = entrance.attempt(folder, np.random.default_rng([seed, place, number]))
            except Finding as finding:
                outcome = f"finding: {finding}"
            except BaseException as error:
                outcome = f"finding: {type(error).__name__}: {str(error)[:300]}"
            if uncaught:
                outcome = f"finding: cannot be caught: {uncaught[0]}"
            answer = {"number": number, "outcome": outcome, "seconds": time.process_time() - start}
            print(json.dumps({**answer, "bytes": max(0, peak() - before)}), file=out, flush=True)
    return 0


def limit_memory():
    """Let the process have 1.5 GB more than it has: whatever wants more is told that there is none."""
    if Path("/proc/self/statm").exists():
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + int(1.5 * MEMORY), resource.RLIM_INFINITY))


def reset_peak():
    """Return the bytes of resident memory, and begin to note down the most of it anew."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")


def peak():
    return status("VmHWM")


def status(name):
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(name)), 0)


if __name__ == "__main__":
    sys.exit(main())
