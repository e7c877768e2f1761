"""Audio to features: transformers that follow scikit-learn, and the functions under them."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skvoicefake.feature_extraction._bands import lfcc, log_filter_bank
    from skvoicefake.feature_extraction._cepstra import delta, mfcc
    from skvoicefake.feature_extraction._display import MFCCDisplay
    from skvoicefake.feature_extraction._filter_bank import FilterBankTransformer
    from skvoicefake.feature_extraction._lfcc import LFCCTransformer
    from skvoicefake.feature_extraction._mfcc import MFCCTransformer
    from skvoicefake.feature_extraction._store import FeatureStore

__all__ = [
    "FeatureStore",
    "FilterBankTransformer",
    "LFCCTransformer",
    "MFCCDisplay",
    "MFCCTransformer",
    "delta",
    "lfcc",
    "log_filter_bank",
    "mfcc",
]

# Loaded on first use: the functions need no scikit-learn, which takes a second.
_HOMES = {
    "FeatureStore": "_store",
    "FilterBankTransformer": "_filter_bank",
    "LFCCTransformer": "_lfcc",
    "MFCCDisplay": "_display",
    "MFCCTransformer": "_mfcc",
    "delta": "_cepstra",
    "lfcc": "_bands",
    "log_filter_bank": "_bands",
    "mfcc": "_cepstra",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
