"""Detectors in files that can be trusted: safe to load, or to run without TensorFlow."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skvoicefake.persistence._errors import UnsafeFileError
    from skvoicefake.persistence._files import describe, load, save
    from skvoicefake.persistence._fingerprint import fingerprint
    from skvoicefake.persistence._onnx_detector import OnnxDetector
    from skvoicefake.persistence._onnx_export import export

__all__ = ["OnnxDetector", "UnsafeFileError", "describe", "export", "fingerprint", "load", "save"]

# Loaded on first use: to run an exported detector takes no scikit-learn, which need not be installed there.
_HOMES = {
    "OnnxDetector": "_onnx_detector",
    "UnsafeFileError": "_errors",
    "describe": "_files",
    "export": "_onnx_export",
    "fingerprint": "_fingerprint",
    "load": "_files",
    "save": "_files",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
