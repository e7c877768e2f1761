"""Detectors in files that can be trusted: safe to load, or to run without TensorFlow."""

from typing import TYPE_CHECKING

from skvoicefake._lazy import lazy

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

__getattr__, __dir__ = lazy(__name__, _HOMES)
