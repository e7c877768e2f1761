"""A network that is quick to build and to train."""

from skvoicefake.neural_network._network import optimizer_config

PARAMETERS = {
    "input_shape": (12, 3),
    "n_classes": 2,
    "filters": (4,),
    "kernel_size": 3,
    "lstm_units": 4,
    "dense_units": (4,),
    "optimizer": optimizer_config("adam", 0.01),
    "seed": 1,
}
