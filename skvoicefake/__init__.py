"""scikit-learn for voice deepfakes: estimators that tell real voices from synthetic ones."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skvoicefake.detectors import baselines, load_detector, recommended_detector
    from skvoicefake.feature_extraction import FilterBankTransformer, LFCCTransformer, MFCCTransformer
    from skvoicefake.neural_network import CNNLSTMClassifier
    from skvoicefake.persistence import OnnxDetector, export, load, save

__version__ = "0.1.0.dev0"
__all__ = [
    "CNNLSTMClassifier",
    "FilterBankTransformer",
    "LFCCTransformer",
    "MFCCTransformer",
    "OnnxDetector",
    "__version__",
    "baselines",
    "export",
    "load",
    "load_detector",
    "recommended_detector",
    "save",
]

# Where public names live. They are loaded on first use, so that importing the package is quick
# and loads no TensorFlow.
_HOMES = {
    "FilterBankTransformer": "skvoicefake.feature_extraction",
    "LFCCTransformer": "skvoicefake.feature_extraction",
    "MFCCTransformer": "skvoicefake.feature_extraction",
    **dict.fromkeys(("baselines", "load_detector", "recommended_detector"), "skvoicefake.detectors"),
    "CNNLSTMClassifier": "skvoicefake.neural_network",
    **dict.fromkeys(("OnnxDetector", "export", "load", "save"), "skvoicefake.persistence"),
}
_ROOMS = {
    *("audio", "augmentation", "calibration", "cli", "datasets", "detectors", "feature_extraction", "inspection"),
    *("labels", "metrics", "mixture", "model_selection", "neural_network", "persistence"),
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _ROOMS:
        return import_module(f"skvoicefake.{name}")
    raise AttributeError(f"module 'skvoicefake' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ROOMS})
