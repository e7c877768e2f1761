"""List the benchmarks, run some, or compare their figures with those that were stored.

``python -m benchmarks`` lists them; ``python -m benchmarks mfcc store`` runs some; with ``--compare`` their figures are
held against the stored ones (all that have some, if none is named), and what became worse by more than the noise of
both is named and makes the command fail; ``--update`` stores the figures.
"""

import argparse
import json
import sys

from benchmarks._harness import BASELINE, load, modules, parser_of, run

# A figure may be this much worse than the stored one, besides the spread of both, before it counts as slower.
TOLERANCE = 0.1


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which benchmarks")
    parser.add_argument("--compare", action="store_true", help="compare with the stored figures")
    parser.add_argument("--update", action="store_true", help="store the figures")
    args = parser.parse_args(argv)
    stored = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    names = args.names or (list(stored) if args.compare or args.update else [])
    if unknown := [name for name in names if name not in modules()]:
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(modules())}")
    if not names:
        for name in modules():
            question = (load(name).__doc__ or "").split("\n")[0]
            print(f"{name:12} {'*' if name in stored else ' '} {question}")
        print("\n* has stored figures: python -m benchmarks --compare")
        return 0
    worse = []
    for name in names:
        print(f"\n=== {name}")
        figures = run(name, parser_of(name).parse_args([])).as_json()
        if args.compare and name in stored:
            worse += [f"{name}: {line}" for line in compare(stored[name]["figures"], figures["figures"])]
        if args.update:
            stored[name] = {key: figures[key] for key in ("environment", "figures")}
            BASELINE.write_text(json.dumps(stored, indent=1) + "\n")
    if args.compare:
        print("\n" + ("\n".join(["Worse than stored:", *worse]) if worse else "Nothing is worse than stored."))
    return bool(worse)


def compare(before, now):
    """Return a line for every figure that is worse than before by more than the noise of both."""
    lines = []
    for name, old in before.items():
        new = now.get(name)
        if new is None:
            lines.append(f"{name}: was {old['value']:.3g} {old['unit']}, was not measured now")
            continue
        sign = -1 if old["at_most"] is not None else 1
        spread = max((figure["high"] - figure["low"]) / 2 / abs(figure["value"]) for figure in (old, new))
        loss = sign * (old["value"] - new["value"]) / abs(old["value"])
        if loss > TOLERANCE + spread:
            lines.append(f"{name}: {old['value']:.3g} -> {new['value']:.3g} {old['unit']} (noise {spread:.0%})")
    return lines


if __name__ == "__main__":
    sys.exit(main())
