"""A fitted detector in two files, JSON and numbers: no code in them, and the same scores with any scikit-learn."""

import hashlib
import io
import json
from importlib import import_module
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from skvoicefake.detectors._card import ModelCard
from skvoicefake.detectors._forest import Arrays, Forest, forest_of, forest_probability
from skvoicefake.detectors._guard import DomainGuard
from skvoicefake.detectors._kernel import Machine, machine_of, svm_decision

ABOUT, NUMBERS = "detector.json", "detector.npz"
FORMAT = 2
CLASSES = ["fake", "real"]
MOST = 64 * 2**20  # bytes of numbers; those in the package are 7 million
# Where the classes are that a file may name; nothing else is ever made of one.
TRANSFORMERS = {
    "CepstralStatisticsTransformer": "skvoicefake.detectors._statistics",
    "FilterBankTransformer": "skvoicefake.feature_extraction",
    "LFCCTransformer": "skvoicefake.feature_extraction",
    "MFCCTransformer": "skvoicefake.feature_extraction",
}
# What is the user's own, and not the detector's: no file says it.
OF_USE = frozenset({"cache", "memmap", "n_jobs", "on_error", "verbose"})


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
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{folder / ABOUT}: damaged. Install skvoicefake again.") from error
    if found != FORMAT:
        raise ValueError(f"{folder / ABOUT}: expected format {FORMAT}, got {found!r}: it is of another skvoicefake.")
    if hashlib.sha256(numbers).hexdigest() != about.get("sha256"):
        raise ValueError(
            f"{folder / NUMBERS}: damaged, or not the one that {ABOUT} is about. Install skvoicefake again."
        )
    try:
        return thawed(about, numbers)
    except Exception as error:  # Whatever else than such a detector the files hold raises nearly anything.
        why = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"{folder / ABOUT}: damaged ({why}). Install skvoicefake again.") from error


def thawed(about: dict[str, Any], numbers: bytes) -> Frozen:
    """Return what the contents of the two files stand for.

    Raises
    ------
    ValueError
        If they stand for no detector that could judge clips. Contents that
        are no such files at all raise nearly anything.
    """
    if about["classes"] != CLASSES:
        raise ValueError(f"expected the classes {CLASSES}, got {about['classes']}")
    arrays = _arrays(numbers)
    guard = _of("guard", arrays)
    if about["transformer"]["class"] != "CepstralStatisticsTransformer":
        raise ValueError(f"expected a CepstralStatisticsTransformer, got {about['transformer']['class']!r}")
    if about["transformer"]["parameters"]["front_ends"] is None:
        raise ValueError("expected front ends, got none: the usual ones may be others one day")
    # Its rows are for the score alone, whatever scikit-learn's transform_output is set to.
    transformer = _made(about["transformer"]).set_output(transform="default")
    if (n_features := len(transformer.get_feature_names_out())) != len(arrays["mean"]):
        raise ValueError(f"expected a transformer to {len(arrays['mean'])} features, got one to {n_features}")
    frozen = Frozen(
        classes=CLASSES,
        transformer=transformer,
        mean=arrays["mean"],
        scale=arrays["scale"],
        forest=_forest(_of("trees", arrays), n_features),
        machine=machine_of(_of("svm", arrays)),
        edge=_number(about, "edge", 0, 0.5),
        slope=_number(about, "slope", 0, np.inf),
        offset=_number(about, "offset", -np.inf, np.inf),
        guard=DomainGuard.from_arrays(guard) if guard else None,
        card=ModelCard(about["card"]),
    )
    _check(frozen)
    return frozen


def _arrays(numbers: bytes) -> Arrays:
    """Read the arrays, once it is known that they are no more than fit."""
    with ZipFile(io.BytesIO(numbers)) as packed:
        if (size := sum(member.file_size for member in packed.infolist())) > MOST:
            raise ValueError(f"expected {MOST} bytes of numbers at most, got {size}")
    with np.load(io.BytesIO(numbers), allow_pickle=False) as file:
        return dict(file)


def _forest(arrays: Arrays, n_features: int) -> Forest:
    """Return the trees, all of whose paths end, in a leaf."""
    n_nodes = arrays["n_nodes"]
    if len(arrays["is_node"]) != -(-int(n_nodes.sum()) // 8):
        raise ValueError(f"expected a bit for each of {n_nodes.sum()} nodes, got {8 * len(arrays['is_node'])}")
    forest = forest_of(arrays)
    # A node asks for one leaf more than before, a leaf gives one: a tree ends where it first has one to spare.
    spare = np.cumsum(np.where(forest.to_left, -1, 1))
    ends = np.flatnonzero(np.diff(np.maximum.accumulate(np.concatenate([[0], spare]))))
    if not len(n_nodes) or not np.array_equal(ends, np.cumsum(n_nodes) - 1):
        raise ValueError("the trees are not whole")
    if not (np.min(forest.feature) >= 0 and np.max(forest.feature) < n_features):
        raise ValueError(f"expected trees of {n_features} features, got one that asks for another")
    return forest


def _check(frozen: Frozen) -> None:
    """Raise unless all that a score is made of goes together, and is finite."""
    mean, scale, forest, machine, guard = frozen.mean, frozen.scale, frozen.forest, frozen.machine, frozen.guard
    n_features = len(mean)
    shapes = [mean.shape, scale.shape, machine.vectors.shape, machine.weights.shape]
    n_vectors = len(machine.weights)
    if shapes != [(n_features,), (n_features,), (n_vectors, n_features), (n_vectors,)] or not n_vectors:
        raise ValueError(f"expected mean, scale, support vectors and weights that go together, got shapes {shapes}")
    line = [machine.gamma, machine.intercept]
    for values in (mean, scale, forest.threshold, machine.vectors, machine.weights, line):
        if not np.isfinite(values).all():
            raise ValueError("expected numbers, got some that are NaN or infinite")
    if not (np.min(scale) > 0 and machine.gamma > 0):
        raise ValueError("expected scales above 0, got others")
    if guard is None:
        return
    learned = [guard.center_, guard.scale_, guard.location_, guard.precision_]
    # Without a limit, the last two are infinite.
    is_nan = any(np.isnan(value) for value in (guard.narrow_, guard.threshold_))
    if is_nan or not all(np.isfinite(values).all() for values in learned) or not np.min(guard.scale_) > 0:
        raise ValueError("expected a guard of numbers, and scales above 0, got others")
    if guard.sample_rate != frozen.transformer.sample_rate:
        raise ValueError(f"expected a guard at {frozen.transformer.sample_rate} Hz, got one at {guard.sample_rate}")


def _number(about: dict[str, Any], name: str, low: float, high: float) -> float:
    value = about[name]
    if not isinstance(value, int | float) or not low < value < high:
        raise ValueError(f"expected {name} between {low} and {high}, got {value!r}")
    return float(value)


def _of(name: str, arrays: Arrays) -> Arrays:
    return {key.removeprefix(f"{name}."): values for key, values in arrays.items() if key.startswith(f"{name}.")}


def _made(value: Any) -> Any:
    """Return the transformer that JSON describes, and those among its parameters."""
    if isinstance(value, dict):
        name, parameters = value["class"], value["parameters"]
        kind = getattr(import_module(TRANSFORMERS[name]), name)
        # One that is missing would be whatever the default is today.
        if parameters.keys() != (expected := kind().get_params(deep=False).keys() - OF_USE):
            odd = sorted(parameters.keys() ^ expected)
            raise ValueError(f"expected all parameters of {name} that are not of use, and no others: {odd}")
        made = kind(**{key: _made(item) for key, item in parameters.items()})
        made._validate_params()
        return made
    return [_made(item) for item in value] if isinstance(value, list) else value
