"""A fitted detector in two files, JSON and numbers: no code in them, and the same scores with any scikit-learn."""

import hashlib
import io
import json
from importlib import import_module
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from skvoicefake.detectors._card import ModelCard
from skvoicefake.detectors._forest import Arrays, Forest, forest_of, forest_probability
from skvoicefake.detectors._guard import DomainGuard
from skvoicefake.detectors._kernel import Machine, machine_of, svm_decision

ABOUT, NUMBERS = "detector.json", "detector.npz"
FORMAT = 1
# Where the classes are that a file may name; nothing else is ever made of one.
TRANSFORMERS = {
    "CepstralStatisticsTransformer": "skvoicefake.detectors._statistics",
    "FilterBankTransformer": "skvoicefake.feature_extraction",
    "LFCCTransformer": "skvoicefake.feature_extraction",
    "MFCCTransformer": "skvoicefake.feature_extraction",
}


class Frozen(NamedTuple):
    """What the two files hold."""

    classes: list[str]
    transformer: Any
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    forest: Forest
    machine: Machine
    edge: float  # how far the trees' probabilities are kept from 0 and 1
    slope: float
    offset: float
    guard: DomainGuard | None
    card: ModelCard

    def __repr__(self) -> str:
        return f"<{len(self.forest.roots)} trees and {len(self.machine.weights)} support vectors>"

    def score(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the log-likelihood ratio of ``classes[1]`` of rows of features."""
        X = ((features - self.mean) / self.scale).astype(np.float32)
        probability = np.clip(forest_probability(self.forest, X), self.edge, 1 - self.edge)
        return np.asarray(self.slope * (logit(probability) + svm_decision(self.machine, X)) + self.offset)


def read(folder: Traversable) -> Frozen:
    """Read what `freeze` wrote. Nothing in the files is ever run.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is damaged, or of another format.
    """
    try:
        text, numbers = (folder / ABOUT).read_bytes(), (folder / NUMBERS).read_bytes()
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{folder}: no detector in this folder: {Path(error.filename).name} is missing. Install skvoicefake again."
        ) from error
    try:
        about = json.loads(text)
        found = about["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder / ABOUT}: damaged. Install skvoicefake again.") from error
    if found != FORMAT:
        raise ValueError(f"{folder / ABOUT}: expected format {FORMAT}, got {found}: it is of another skvoicefake.")
    if hashlib.sha256(numbers).hexdigest() != about.get("sha256"):
        raise ValueError(
            f"{folder / NUMBERS}: damaged, or not the one that {ABOUT} is about. Install skvoicefake again."
        )
    try:
        return thawed(about, numbers)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder / ABOUT}: damaged ({error}). Install skvoicefake again.") from error


def thawed(about: dict[str, Any], numbers: bytes) -> Frozen:
    """Return what the contents of the two files stand for."""
    with np.load(io.BytesIO(numbers), allow_pickle=False) as file:
        arrays = dict(file)
    guard = _of("guard", arrays)
    # Its rows are for the score alone, whatever scikit-learn's transform_output is set to.
    transformer = _made(about["transformer"]).set_output(transform="default")
    if (n_features := len(transformer.get_feature_names_out())) != len(arrays["mean"]):
        raise ValueError(f"expected a transformer to {len(arrays['mean'])} features, got one to {n_features}")
    return Frozen(
        classes=about["classes"],
        transformer=transformer,
        mean=arrays["mean"],
        scale=arrays["scale"],
        forest=forest_of(_of("trees", arrays)),
        machine=machine_of(_of("svm", arrays)),
        edge=float(about["edge"]),
        slope=float(about["slope"]),
        offset=float(about["offset"]),
        guard=DomainGuard.from_arrays(guard) if guard else None,
        card=ModelCard(about["card"]),
    )


def _of(name: str, arrays: Arrays) -> Arrays:
    return {key.removeprefix(f"{name}."): values for key, values in arrays.items() if key.startswith(f"{name}.")}


def _made(value: Any) -> Any:
    """Return the transformer that JSON describes, and those among its parameters."""
    if isinstance(value, dict):
        kind = getattr(import_module(TRANSFORMERS[value["class"]]), value["class"])
        return kind(**{key: _made(item) for key, item in value["parameters"].items()})
    return [_made(item) for item in value] if isinstance(value, list) else value
