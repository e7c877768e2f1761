"""The detector in the package, as it comes or calibrated."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake.persistence._errors import refuse

FOREST = {"roots": "i", "feature": "i", "threshold": "f", "to_right": "i", "to_left": "i", "probability": "f"}
MACHINE = ("vectors", "weights", "squares", "gamma", "intercept")


def is_mine(value: Any) -> bool:
    """Tell a ShippedDetector."""
    return type(value).__name__ == "ShippedDetector" and type(value).__module__ == "skvoicefake.detectors._shipped"


def content(detector: Any) -> dict[str, Any]:
    """Take a detector apart."""
    if not hasattr(detector, "estimator_"):
        raise ValueError("is an empty ShippedDetector")
    listener, classifier = (step for _, step in detector.estimator_.steps)
    frozen = classifier.frozen
    return frozen._asdict() | {
        "n_jobs": listener.n_jobs,
        "forest": frozen.forest._asdict(),
        "machine": frozen.machine._asdict(),
        "card": frozen.card.content,
    }


def value(content: Any) -> Any:
    """Put a detector together, and look at all of it.

    Raises
    ------
    UnsafeFileError
        If it could not judge clips.
    """
    from skvoicefake.detectors import CepstralStatisticsTransformer, DomainGuard, ModelCard
    from skvoicefake.detectors._forest import Forest
    from skvoicefake.detectors._frozen import CLASSES, Frozen, _check
    from skvoicefake.detectors._kernel import Machine
    from skvoicefake.detectors._shipped import _detector

    if not isinstance(content, dict) or content.keys() != {*Frozen._fields, "n_jobs"}:
        refuse("the detector in it has not the parts that it should have")
    n_jobs, guard, numbers = (
        content["n_jobs"],
        content["guard"],
        [content[name] for name in ("edge", "slope", "offset")],
    )
    is_right = [
        n_jobs is None or type(n_jobs) is int,
        content["classes"] == CLASSES,
        type(content["transformer"]) is CepstralStatisticsTransformer,
        guard is None or type(guard) is DomainGuard,
        all(type(number) is float and np.isfinite(number) for number in numbers),
        isinstance(content["machine"], dict) and tuple(content["machine"]) == MACHINE,
        isinstance(content["forest"], dict) and tuple(content["forest"]) == tuple(FOREST),
        all(isinstance(content[name], np.ndarray) for name in ("mean", "scale")),
    ]
    if not all(is_right):
        refuse("the parts of the detector in it are not what they should be")
    _check_forest(content["forest"], len(content["mean"]))
    parts = {name: content[name] for name in Frozen._fields}
    frozen = Frozen(
        **parts
        | {
            "forest": Forest(**content["forest"]),
            "machine": Machine(**content["machine"]),
            "card": ModelCard(content["card"]),
        }
    )
    _check(frozen)
    return _detector(frozen, n_jobs)


def _check_forest(forest: dict[str, NDArray[Any]], n_features: int) -> None:
    """Refuse trees on which a clip would not come to a leaf."""
    n_nodes = len(forest["feature"])
    for name, kind in FOREST.items():
        values = forest[name]
        is_array = isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype.kind == kind
        if not is_array or (name != "roots" and len(values) != n_nodes) or not len(values):
            refuse(f"the trees in it have no {name!r}")
    roots, to_left, to_right = (forest[name].astype(np.int64) for name in ("roots", "to_left", "to_right"))
    inner = to_left != 0
    place = np.arange(n_nodes)
    is_right = [
        (roots >= 0) & (roots < n_nodes),
        (to_left == 1) | (to_left == 0),
        np.where(inner, (to_right > 0) & (place + np.maximum(to_right, 1) < n_nodes), to_right == 0),
        (forest["feature"] >= 0) & (forest["feature"] < n_features),
        (forest["probability"] >= 0) & (forest["probability"] <= 1),
    ]
    if not all(np.all(part) for part in is_right):
        refuse("the trees in it are not whole")
