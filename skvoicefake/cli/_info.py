"""``skvoicefake info``: say what a detector is."""

import argparse
import json
from pathlib import Path
from typing import Any

from skvoicefake.cli import _detector
from skvoicefake.persistence._versions import versions

DESCRIPTION = f"""\
Says what a detector is: its classes, steps and parameters, the size of its network, what it was
trained on, how it did on recordings that were held out, and the versions of libraries, then and now.
Without DETECTOR, prints the card of the detector in the package: what it is for, what it was trained on,
what it scored, thresholds, and where it fails.

DETECTOR is {_detector.HELP}.
{_detector.CAUTION}"""
EXAMPLES = """\
examples:
  skvoicefake info
  skvoicefake info detector
  skvoicefake info detector --json
"""
SHOWN = ("equal_error_rate", "roc_auc", "accuracy", "min_detection_cost", "actual_detection_cost", "cllr")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("detector", type=Path, nargs="?", metavar="DETECTOR")
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.add_argument("--real-label", metavar="LABEL", help="the class of real voices, where classes are 0 and 1")


def run(args: argparse.Namespace) -> None:
    """Print."""
    if args.detector is None:
        from skvoicefake.detectors._shipped import load_detector

        card = load_detector().card
        print(json.dumps(card.content, indent=2) if args.json else card, end="\n" if args.json else "")
        return
    about = describe(_detector.load_detector(args.detector, args.real_label))
    # What a file says of itself may be made to confuse a terminal.
    text = "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in as_text(about))
    print(json.dumps(about, indent=2) if args.json else text)


def describe(detector: _detector.Detector) -> dict[str, Any]:
    """Return what is known of a detector."""
    estimator = detector.estimator
    steps = getattr(estimator, "steps", [("classifier", estimator)])
    network = getattr(steps[-1][1], "model_", None)
    about = {
        "path": str(detector.path),
        "classes": detector.classes,
        "real": detector.real,
        "steps": [
            {
                "name": name,
                "type": type(step).__name__,
                "summary": " ".join(repr(step).split()),
                "parameters": {key: _plain(value) for key, value in step.get_params(deep=False).items()},
            }
            for name, step in steps
            if hasattr(step, "get_params")
        ],
        "network_parameters": None if network is None else int(network.count_params()),
        "versions_now": versions(),
    }
    return {**about, **{key: value for key, value in detector.about.items() if key not in about}}


def as_text(about: dict[str, Any]) -> str:
    """Lay out what is known of a detector."""
    lines = [f"{about['path']}", f"Classes: {', '.join(map(str, about['classes']))} (the real voice: {about['real']})"]
    for step in about["steps"]:
        lines.append(f"Step {step['name']}: {step['summary']}, the rest as by default")
    if about["network_parameters"] is not None:
        lines.append(f"Network: {about['network_parameters']} parameters")
    if "verified" in about:
        verified = about["verified"]
        lines += [f"Exported {about['created']}: {about['detector']}", f"Label: {about['rule']}"]
        lines.append(
            f"Verified on {verified['n_clips']} clips: probabilities differ by at most"
            f" {verified['largest_difference']:.1e}"
        )
        lines += ["With a guard: some clips get no verdict"] if about["has_guard"] else []
    if "training" in about:
        training = about["training"]
        lines.append(
            f"Trained {about['created']} on {training['n_real']} real and {training['n_fake']} fake clips of"
            f" {training['source']} ({training['fingerprint'][:19]}...)"
        )
        lines.append(f"Groups: {training['groups']}")
    if about.get("held_out"):
        held_out = about["held_out"]
        if "training" in about:
            lines.append(f"Held out: {held_out['n_real']} real and {held_out['n_fake']} fake clips")
        else:
            lines.append(f"Report: {held_out.get('title', 'without a title')}")
        for name, row in held_out.get("figures", {}).items():
            if name in SHOWN and row["value"] is not None:
                interval = "" if row["low"] is None else f" ({row['low']:.4f} to {row['high']:.4f})"
                lines.append(f"  {name}: {row['value']:.4f}{interval}")
    elif "training" in about:
        lines.append("Held out: nothing, so there are no figures.")
    lines += [f"{name}: {value}" for name, value in about.get("about", {}).items()]
    then = about.get("versions", {})
    for name, now in about["versions_now"].items():
        if now == "unknown" and then.get(name, now) == "unknown":  # An exported detector needs few of them.
            continue
        was = f", trained with {then[name]}" if name in then and then[name] != now else ""
        lines.append(f"{name} {now}{was}")
    if about.get("card") is not None:
        from skvoicefake.detectors import ModelCard

        lines += ["", str(ModelCard(about["card"]) if isinstance(about["card"], dict) else about["card"])]
    return "\n".join(lines)


def _plain(value: Any) -> Any:
    """Return what JSON can hold."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
