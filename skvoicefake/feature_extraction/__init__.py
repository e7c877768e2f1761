"""Audio to features: transformers that follow scikit-learn, and the functions under them."""

from skvoicefake.feature_extraction._cepstra import delta, mfcc
from skvoicefake.feature_extraction._display import MFCCDisplay
from skvoicefake.feature_extraction._mfcc import MFCCTransformer

__all__ = ["MFCCDisplay", "MFCCTransformer", "delta", "mfcc"]
