"""Speech to train on and to judge by: labelled clips, score files and keys, and fakes of real speech."""

from skvoicefake.datasets._asvspoof import (
    load_asvspoof5,
    load_asvspoof2017,
    load_asvspoof2019,
    load_asvspoof2021,
)
from skvoicefake.datasets._copysynthesis import make_copysynthesis
from skvoicefake.datasets._data import CORPORA, load_data
from skvoicefake.datasets._folder import find_audio, load_folder
from skvoicefake.datasets._keys import load_key
from skvoicefake.datasets._scores import join_scores, load_scores, save_scores
from skvoicefake.datasets._table import load_table

__all__ = [
    "CORPORA",
    "find_audio",
    "join_scores",
    "load_asvspoof5",
    "load_asvspoof2017",
    "load_asvspoof2019",
    "load_asvspoof2021",
    "load_data",
    "load_folder",
    "load_key",
    "load_scores",
    "load_table",
    "make_copysynthesis",
    "save_scores",
]
