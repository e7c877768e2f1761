"""Audio to features: transformers that follow scikit-learn, and the functions under them."""

from typing import TYPE_CHECKING

from skvoicefake._lazy import lazy

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

__getattr__, __dir__ = lazy(__name__, _HOMES)
