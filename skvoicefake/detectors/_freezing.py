"""freeze: a fitted detector into the two files of `_frozen`."""

import hashlib
import io
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skvoicefake.calibration import LLRCalibrator
from skvoicefake.detectors._blend import EDGE, TreesAndKernel
from skvoicefake.detectors._forest import Arrays, forest_arrays
from skvoicefake.detectors._frozen import ABOUT, FORMAT, NUMBERS, OF_USE, TRANSFORMERS, thawed
from skvoicefake.detectors._frozen_steps import FrozenClassifier, Listener
from skvoicefake.detectors._guarded import GuardedClassifier
from skvoicefake.detectors._kernel import svm_arrays
from skvoicefake.detectors._statistics import CepstralStatisticsTransformer
from skvoicefake.metrics._responses import inner


def freeze(
    fitted: Any,
    folder: Path,
    *,
    card: dict[str, Any],
    clips: Any,
    tolerance: float = 0.01,
    bits: int = 13,
) -> None:
    """Write a fitted detector as two files, and see that they say of clips what it does.

    Parameters
    ----------
    fitted : classifier of clips
        A pipeline of a CepstralStatisticsTransformer, a StandardScaler and a
        TreesAndKernel, fitted. LLRCalibrators and an AugmentedClassifier may be
        around any of it, and a GuardedClassifier with a DomainGuard around all
        of it.
    folder : Path
        Where "detector.json" and "detector.npz" are written.
    card : dict
        See `ModelCard`.
    clips : sequence of clips
        Judged by both, the more the better.
    tolerance : float, default=0.01
        How far the scores of a clip may lie apart, as log-likelihood ratios.
    bits : int, default=13
        What `svm_arrays` keeps of a number.

    Raises
    ------
    ValueError
        If the detector is not of this form, a clip's scores lie further apart,
        or the guard's remarks on it differ; the message names the worst one, or
        the first. Nothing is written then.
    """
    is_guarded = isinstance(fitted, GuardedClassifier)
    unguarded = fitted.estimator_ if is_guarded else fitted
    parts = _parts(unguarded)
    arrays: dict[str, Any] = {
        "mean": np.asarray(parts.scaler.mean_, dtype=np.float32),
        "scale": np.asarray(parts.scaler.scale_, dtype=np.float32),
        **_under("trees", forest_arrays(parts.blend.trees_)),
        **_under("svm", svm_arrays(parts.blend.svm_, bits=bits)),
        **_under("guard", fitted.guard_.to_arrays() if is_guarded else {}),
    }
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    about = {
        "format": FORMAT,
        "classes": np.asarray(parts.blend.classes_).tolist(),
        # The usual front ends may be others one day.
        "transformer": _described(clone(parts.transformer).set_params(front_ends=parts.transformer._front_ends())),
        "edge": EDGE,
        "slope": parts.slope,
        "offset": parts.offset,
        "sha256": hashlib.sha256(content.getvalue()).hexdigest(),
        "card": {"versions": versions(), **card},
    }
    text = json.dumps(about, indent=1, allow_nan=False) + "\n"
    frozen = thawed(json.loads(text), content.getvalue())
    features = Listener(frozen).transform(clips)
    apart = np.abs(frozen.score(features[:, :-1]) - unguarded.decision_function(clips))
    worst = int(np.argmax(apart))
    if not apart[worst] <= tolerance:
        raise ValueError(
            f"clips[{worst}]: the frozen detector's score lies {apart[worst]:.4g} from the fitted one's, more than"
            f" tolerance={tolerance:g}. Keep more bits of the numbers, or look for what differs."
        )
    if is_guarded:
        then, now = fitted.remarks(clips), FrozenClassifier(frozen).remarks(features)
        if len(differ := np.flatnonzero(then != now)):
            first = differ[0]
            raise ValueError(
                f"clips[{first}]: the frozen detector's guard says {str(now[first])!r}, and the fitted one's"
                f" {str(then[first])!r}. Give the guard the sample_rate and duration of the transformer."
            )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NUMBERS).write_bytes(content.getvalue())
    (folder / ABOUT).write_text(text, encoding="utf-8")


def versions() -> dict[str, str]:
    """Return the versions of what a training depends on."""
    names = ("skvoicefake", "scikit-learn", "numpy", "scipy", "soxr")
    return {"python": platform.python_version()} | {name: version(name) for name in names}


class Parts(NamedTuple):
    """What a fitted detector is made of."""

    transformer: Any
    scaler: Any
    blend: TreesAndKernel
    slope: float
    offset: float


def _parts(fitted: Any) -> Parts:
    """Take a fitted detector apart, whatever is around its classifier."""
    estimator, steps, slope, offset = fitted, [], 1.0, 0.0
    while not isinstance(estimator, TreesAndKernel):
        if isinstance(estimator, Pipeline):
            steps += [step for _, step in estimator.steps[:-1]]
            estimator = estimator.steps[-1][1]
            continue
        if isinstance(estimator, LLRCalibrator):
            slope, offset = slope * estimator.slope_, slope * estimator.offset_ + offset
        inside = inner(estimator)
        if inside is None:
            raise ValueError(f"expected a TreesAndKernel in the detector, got {type(estimator).__name__}.")
        estimator = inside
    if [type(step) for step in steps] != [CepstralStatisticsTransformer, StandardScaler]:
        found = [type(step).__name__ for step in steps]
        raise ValueError(
            f"expected a CepstralStatisticsTransformer and a StandardScaler before the classifier, got {found}."
        )
    return Parts(steps[0], steps[1], estimator, float(slope), float(offset))


def _under(name: str, arrays: Arrays) -> Arrays:
    return {f"{name}.{key}": values for key, values in arrays.items()}


def _described(value: Any) -> Any:
    """Return a transformer, and those among its parameters, as JSON holds them."""
    if isinstance(value, BaseEstimator):
        name = type(value).__name__
        if name not in TRANSFORMERS:
            raise ValueError(f"{name} is none of the transformers that a file may name: {sorted(TRANSFORMERS)}.")
        parameters = value.get_params(deep=False).items()
        return {"class": name, "parameters": {key: _described(item) for key, item in parameters if key not in OF_USE}}
    return [_described(item) for item in value] if isinstance(value, list | tuple) else value
