"""One mechanism for all benchmarks: ways to do one job, taken in turns in one run; a table, ratios, and JSON.

A benchmark is a module with ``measure(results, args)``, whose docstring begins with the question it answers, and
maybe ``add_arguments(parser)``. Its last line is ``main(__name__)`` under the usual ``if``.
"""

import argparse
import gc
import importlib
import json
import os
import platform
import sys
import time
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
BASELINE = HERE / "baseline.json"
LIBRARIES = ("numpy", "scipy", "scikit-learn", "librosa", "soundfile", "soxr", "keras", "tensorflow", "jax", "pandas")


@dataclass(frozen=True)
class Figure:
    """A number of a run, what it has to reach, and between which two most of its single measurements lie."""

    value: float
    low: float
    high: float
    unit: str = "x"
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self):
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )


class Results:
    """What a benchmark found: figures by name, and tables as printed."""

    def __init__(self, name):
        self.name = name
        self.figures = {}
        self.tables = []

    def table(self, title, rows):
        """Print rows (dicts of one set of keys) as a table, and keep them."""
        print(f"\n{title}")
        columns = list(rows[0])
        cells = [columns, *([_text(row[column]) for column in columns] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for line in cells:
            rest = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
            print("  ".join([line[0].ljust(widths[0]), *rest]).rstrip(), flush=True)
        self.tables.append({"title": title, "rows": rows})

    def ratio(self, name, slow, fast, *, at_least=None, at_most=None):
        """Note down how many times longer one way took than another, by seconds taken in turns."""
        pairs = np.asarray(slow) / np.asarray(fast)
        # Of pairs taken one after the other: a machine that is busy for a while slows both.
        low, value, high = np.quantile(pairs, [0.1, 0.5, 0.9])
        return self.figure(name, value, low=low, high=high, at_least=at_least, at_most=at_most)

    def figure(self, name, value, *, low=None, high=None, unit="x", at_least=None, at_most=None):
        """Note down a number, and what it has to reach."""
        low, high = (value if low is None else low), (value if high is None else high)
        found = Figure(float(value), float(low), float(high), unit, at_least, at_most)
        self.figures[name] = found
        return found

    def print_figures(self):
        if self.figures:
            self.table(
                "Figures",
                [
                    {
                        "figure": name,
                        "value": f"{figure.value:.3g} {figure.unit}",
                        "10-90 %": f"{figure.low:.3g}-{figure.high:.3g}",
                        "limit": _limit(figure),
                        "": "" if not _limit(figure) else "holds" if figure.holds else "MISSED",
                    }
                    for name, figure in self.figures.items()
                ],
            )
            self.tables.pop()

    def as_json(self):
        figures = {name: asdict(figure) for name, figure in self.figures.items()}
        return {"name": self.name, "environment": environment(), "figures": figures, "tables": self.tables}


def interleave(ways, *, repeats, warmups=1):
    """Call every way in turn, `repeats` times round; return the seconds of each as an array.

    The order moves on by one every round, and the garbage collector rests.
    """
    names = list(ways)
    for _ in range(warmups):
        for name in names:
            ways[name]()
    seconds = {name: [] for name in names}
    was_on = gc.isenabled()
    gc.disable()
    try:
        for i in range(repeats):
            for j in range(len(names)):
                name = names[(i + j) % len(names)]
                start = time.perf_counter()
                ways[name]()
                seconds[name].append(time.perf_counter() - start)
            gc.collect()
    finally:
        if was_on:
            gc.enable()
    return {name: np.array(values) for name, values in seconds.items()}


def rows_of(seconds, *, per=1, unit="ms", reference=None):
    """Return a row a way: median and spread of a unit of work (`per` of them a call), and the ratio to a reference."""
    scale = {"s": 1, "ms": 1e3, "us": 1e6}[unit] / per
    rows = []
    for name, values in seconds.items():
        low, high = np.quantile(values, [0.1, 0.9])
        row = {"": name, unit: f"{np.median(values) * scale:.3g}", "10-90 %": f"{low * scale:.3g}-{high * scale:.3g}"}
        if reference is not None:
            row["times as fast"] = f"{np.median(seconds[reference]) / np.median(values):.2f}"
        rows.append(row)
    return rows


def environment():
    libraries = {}
    for name in LIBRARIES:
        try:
            libraries[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "processor": _processor(),
        "system": platform.system(),
        "python": platform.python_version(),
        "libraries": libraries,
    }


def modules():
    """Return the names of all benchmarks."""
    return sorted(path.stem for path in HERE.glob("[a-z]*.py"))


def load(name):
    """Return the module of a benchmark."""
    return importlib.import_module(f"benchmarks.{name}")


def run(name, args):
    """Run a benchmark, print what it finds, and return it."""
    results = Results(name)
    load(name).measure(results, args)
    results.print_figures()
    found = environment()
    libraries = ", ".join(f"{library} {number}" for library, number in found["libraries"].items())
    print(f"\n{found['cores']} cores ({found['processor'] or found['machine']}), Python {found['python']}, {libraries}")
    return results


def parser_of(name):
    """Return the command line of a benchmark."""
    module = load(name)
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=module.__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write tables and figures here")
    if hasattr(module, "add_arguments"):
        module.add_arguments(parser)
    return parser


def main(name, argv=None):
    """Run a benchmark from the command line."""
    if name == "__main__":
        name = Path(sys.argv[0]).stem
    args = parser_of(name).parse_args(argv)
    results = run(name, args)
    if args.json:
        args.json.write_text(json.dumps(results.as_json(), indent=1) + "\n")
    return results


def _text(value):
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _limit(figure):
    if figure.at_least is not None:
        return f">= {figure.at_least:g}"
    return "" if figure.at_most is None else f"<= {figure.at_most:g}"


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
