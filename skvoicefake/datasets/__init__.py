"""Speech to train on and to judge by: labelled clips, score files and keys, and fakes of real speech."""

from typing import TYPE_CHECKING

from skvoicefake._lazy import lazy

if TYPE_CHECKING:
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
    from skvoicefake.datasets._find import find_audio
    from skvoicefake.datasets._folder import load_folder
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

# Loaded on first use: to find the files to score takes no pandas.
_HOMES = {
    "CORPORA": "_data",
    "cut_segments": "_segments",
    "find_audio": "_find",
    "join_scores": "_scores",
    "load_add2022": "_add",
    "load_add2023": "_add",
    "load_asvspoof5": "_asvspoof",
    "load_asvspoof2017": "_asvspoof",
    "load_asvspoof2019": "_asvspoof",
    "load_asvspoof2021": "_asvspoof",
    "load_cfad": "_cfad",
    "load_codecfake": "_codecfake",
    "load_data": "_data",
    "load_deepvoice": "_deepvoice",
    "load_deepvoice_features": "_deepvoice",
    "load_folder": "_folder",
    "load_for": "_fake_or_real",
    "load_in_the_wild": "_in_the_wild",
    "load_key": "_keys",
    "load_mlaad": "_mlaad",
    "load_scores": "_scores",
    "load_spoofceleb": "_spoofceleb",
    "load_table": "_table",
    "load_wavefake": "_wavefake",
    "make_copysynthesis": "_copysynthesis",
    "save_scores": "_scores",
}

__getattr__, __dir__ = lazy(__name__, _HOMES)
