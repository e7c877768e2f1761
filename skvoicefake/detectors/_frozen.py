"""A fitted detector in two files, JSON and numbers: no code in them, and the same scores with any scikit-learn."""

import hashlib
import io
import json
import platform
from importlib import import_module
from importlib.metadata import version
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.base import BaseEstimator
from sklearn.utils import get_tags

from skvoicefake.detectors._card import ModelCard
from skvoicefake.detectors._forest import Arrays, Forest, forest_arrays, forest_of, forest_probability
from skvoicefake.detectors._kernel import Machine, machine_of, svm_arrays, svm_decision

ABOUT, NUMBERS = "detector.json", "detector.npz"
FORMAT = 1
# Probabilities of the trees count as this far from 0 and 1 at least, where their log-odds are taken.
EDGE = 1e-3
# Where the classes are that a file may name; nothing else is ever made of one.
TRANSFORMERS = {
    "CepstralStatisticsTransformer": "skvoicefake.detectors._statistics",
    "FilterBankTransformer": "skvoicefake.feature_extraction",
    "LFCCTransformer": "skvoicefake.feature_extraction",
    "MFCCTransformer": "skvoicefake.feature_extraction",
}
# What is the user's own, and not the detector's.
OF_USE = frozenset({"cache", "memmap", "n_jobs", "on_error", "verbose"})


class Frozen(NamedTuple):
    """What the two files hold."""

    classes: list[str]
    transformer: Any
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    forest: Forest
    machine: Machine
    blend: dict[str, Any]  # weights, edge, slope and offset
    guard: Any
    card: ModelCard

    def score(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the log-likelihood ratio of ``classes[1]`` of rows of features."""
        X = ((features - self.mean) / self.scale).astype(np.float32)
        return blended(forest_probability(self.forest, X), svm_decision(self.machine, X), **self.blend)


def blended(
    probability: NDArray[np.float64],
    decision: NDArray[np.float64],
    *,
    weights: tuple[float, float],
    slope: float,
    offset: float,
    edge: float = EDGE,
) -> NDArray[np.float64]:
    """Return ``slope * (w_trees * logit(p) + w_svm * decision) + offset``, with p kept from 0 and 1 by `edge`."""
    trees, svm = weights
    return slope * (trees * logit(np.clip(probability, edge, 1 - edge)) + svm * decision) + offset


def freeze(
    fitted: Any,
    folder: Path,
    *,
    card: dict[str, Any],
    clips: Any,
    tolerance: float = 0.01,
    mantissa: int = 23,
    bits: int = 12,
) -> None:
    """Write a fitted detector as two files, and see that they score clips as it does.

    Parameters
    ----------
    fitted : GuardedClassifier or Pipeline
        Guarded or not: a pipeline of a transformer of ours that learns
        nothing, a StandardScaler and a TreesAndKernel, fitted.
    folder : Path
        Where "detector.json" and "detector.npz" are written.
    card : dict
        See `ModelCard`.
    clips : sequence of clips
        Scored by both, the more the better.
    tolerance : float, default=0.01
        How far the scores of a clip may lie apart, as log-likelihood ratios.
    mantissa, bits : int
        What `forest_arrays` and `svm_arrays` keep of their numbers.

    Raises
    ------
    ValueError
        If the detector is not of this form, or a clip's scores lie further
        apart; the message names the worst one. The files are written then.
    """
    pipeline = getattr(fitted, "estimator_", fitted)
    transformer, scaler, blend = (step for _, step in pipeline.steps)
    if get_tags(transformer).requires_fit:
        raise ValueError(f"{type(transformer).__name__} learns from clips with these parameters, which is not kept.")
    guard = getattr(fitted, "guard_", None)
    arrays = {
        "mean": np.asarray(scaler.mean_, dtype=np.float32),
        "scale": np.asarray(scaler.scale_, dtype=np.float32),
        **_under("trees", forest_arrays(blend.trees_, mantissa=mantissa)),
        **_under("svm", svm_arrays(blend.svm_, bits=bits)),
        **_under("guard", {} if guard is None else guard.to_arrays()),
    }
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    trees, svm = map(float, blend.weights_)
    about = {
        "format": FORMAT,
        "classes": np.asarray(blend.classes_).tolist(),
        "transformer": _described(transformer),
        "blend": {
            "weights": [trees, svm],
            "edge": EDGE,
            "slope": float(blend.slope_),
            "offset": float(blend.offset_),
        },
        "guard": guard is not None,
        "sha256": hashlib.sha256(content.getvalue()).hexdigest(),
        "card": {"versions": versions(), **card},
    }
    ModelCard(about["card"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NUMBERS).write_bytes(content.getvalue())
    (folder / ABOUT).write_text(json.dumps(about, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    frozen = read(folder)
    apart = np.abs(frozen.score(frozen.transformer.transform(clips)) - pipeline.decision_function(clips))
    worst = int(np.argmax(apart))
    if not apart[worst] <= tolerance:
        raise ValueError(
            f"clips[{worst}]: the frozen detector's score lies {apart[worst]:.4g} from the fitted one's, more than"
            f" tolerance={tolerance:g}. Keep more bits of the numbers, or look for what differs."
        )


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
        return _frozen(about, numbers)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder / ABOUT}: damaged ({error}). Install skvoicefake again.") from error


def versions() -> dict[str, str]:
    """Return the versions of what a training depends on."""
    names = ("skvoicefake", "scikit-learn", "numpy", "scipy", "soxr")
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def _frozen(about: dict[str, Any], numbers: bytes) -> Frozen:
    with np.load(io.BytesIO(numbers), allow_pickle=False) as file:
        arrays = dict(file)
    return Frozen(
        classes=about["classes"],
        transformer=_made(about["transformer"]),
        mean=arrays["mean"],
        scale=arrays["scale"],
        forest=forest_of(_of("trees", arrays)),
        machine=machine_of(_of("svm", arrays)),
        blend=about["blend"],
        guard=None,
        card=ModelCard(about["card"]),
    )


def _under(name: str, arrays: Arrays) -> Arrays:
    return {f"{name}.{key}": values for key, values in arrays.items()}


def _of(name: str, arrays: Arrays) -> Arrays:
    return {key.removeprefix(f"{name}."): values for key, values in arrays.items() if key.startswith(f"{name}.")}


def _described(value: Any) -> Any:
    """Return a transformer, and those among its parameters, as JSON holds them."""
    if isinstance(value, BaseEstimator):
        name = type(value).__name__
        if name not in TRANSFORMERS:
            raise ValueError(f"{name} is none of the transformers that a file may name: {sorted(TRANSFORMERS)}.")
        parameters = value.get_params(deep=False).items()
        return {"class": name, "parameters": {key: _described(item) for key, item in parameters if key not in OF_USE}}
    return [_described(item) for item in value] if isinstance(value, list | tuple) else value


def _made(value: Any) -> Any:
    """Return what `_described` described."""
    if isinstance(value, dict):
        kind = getattr(import_module(TRANSFORMERS[value["class"]]), value["class"])
        return kind(**{key: _made(item) for key, item in value["parameters"].items()})
    return [_made(item) for item in value] if isinstance(value, list) else value
