"""Networks that tell real from fake speech, as scikit-learn classifiers."""

from skvoicefake.neural_network import _quiet, _threads
from skvoicefake.neural_network._cnn_lstm import CNNLSTMClassifier
from skvoicefake.neural_network._layers import build_cnn_lstm

__all__ = ["CNNLSTMClassifier", "build_cnn_lstm"]
del _quiet, _threads
