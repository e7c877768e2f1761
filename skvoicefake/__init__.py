"""scikit-learn for voice deepfakes: estimators that tell real voices from synthetic ones."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skvoicefake.feature_extraction import MFCCTransformer
    from skvoicefake.neural_network import CNNLSTMClassifier

__version__ = "0.1.0.dev0"
__all__ = ["CNNLSTMClassifier", "MFCCTransformer", "__version__"]

# Where public names live. They are loaded on first use, so that importing the package is quick
# and loads no TensorFlow.
_HOMES = {
    "MFCCTransformer": "skvoicefake.feature_extraction",
    "CNNLSTMClassifier": "skvoicefake.neural_network",
}
_ROOMS = {
    *("audio", "calibration", "cli", "datasets", "feature_extraction", "labels", "metrics", "model_selection"),
    "neural_network",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _ROOMS:
        return import_module(f"skvoicefake.{name}")
    raise AttributeError(f"module 'skvoicefake' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ROOMS})
