"""Speech to train on and to judge by: labelled clips, score files and keys, and fakes of real speech."""

from skvoicefake.datasets._add import load_add2022, load_add2023
from skvoicefake.datasets._asvspoof import (
    load_asvspoof5,
    load_asvspoof2017,
    load_asvspoof2019,
    load_asvspoof2021,
)
from skvoicefake.datasets._cfad import load_cfad
from skvoicefake.datasets._codecfake import load_codecfake
from skvoicefake.datasets._copysynthesis import make_copysynthesis
from skvoicefake.datasets._data import CORPORA, load_data
from skvoicefake.datasets._deepvoice import load_deepvoice, load_deepvoice_features
from skvoicefake.datasets._fake_or_real import load_for
from skvoicefake.datasets._folder import find_audio, load_folder
from skvoicefake.datasets._in_the_wild import load_in_the_wild
from skvoicefake.datasets._keys import load_key
from skvoicefake.datasets._mlaad import load_mlaad
from skvoicefake.datasets._scores import join_scores, load_scores, save_scores
from skvoicefake.datasets._segments import cut_segments
from skvoicefake.datasets._spoofceleb import load_spoofceleb
from skvoicefake.datasets._table import load_table
from skvoicefake.datasets._wavefake import load_wavefake

__all__ = [
    "CORPORA",
    "cut_segments",
    "find_audio",
    "join_scores",
    "load_add2022",
    "load_add2023",
    "load_asvspoof5",
    "load_asvspoof2017",
    "load_asvspoof2019",
    "load_asvspoof2021",
    "load_cfad",
    "load_codecfake",
    "load_data",
    "load_deepvoice",
    "load_deepvoice_features",
    "load_folder",
    "load_for",
    "load_in_the_wild",
    "load_key",
    "load_mlaad",
    "load_scores",
    "load_spoofceleb",
    "load_table",
    "load_wavefake",
    "make_copysynthesis",
    "save_scores",
]
