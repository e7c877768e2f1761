"""Speech to train on and to judge by: labelled clips, score files and keys, and fakes of real speech."""

from skvoicefake.datasets._copysynthesis import make_copysynthesis
from skvoicefake.datasets._folder import find_audio, load_folder
from skvoicefake.datasets._keys import load_key
from skvoicefake.datasets._scores import join_scores, load_scores, save_scores
from skvoicefake.datasets._table import load_data, load_table

__all__ = [
    "find_audio",
    "join_scores",
    "load_data",
    "load_folder",
    "load_key",
    "load_scores",
    "load_table",
    "make_copysynthesis",
    "save_scores",
]
