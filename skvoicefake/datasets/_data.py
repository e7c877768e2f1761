"""Labelled clips by what they lie in: a folder, a table, or a published corpus by its name."""

import inspect
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sklearn.utils import Bunch

from skvoicefake.datasets._add import load_add2022, load_add2023
from skvoicefake.datasets._asvspoof import (
    load_asvspoof5,
    load_asvspoof2017,
    load_asvspoof2019,
    load_asvspoof2021,
)
from skvoicefake.datasets._cfad import load_cfad
from skvoicefake.datasets._codecfake import load_codecfake
from skvoicefake.datasets._corpus import Names
from skvoicefake.datasets._deepvoice import load_deepvoice
from skvoicefake.datasets._fake_or_real import load_for
from skvoicefake.datasets._folder import load_folder
from skvoicefake.datasets._in_the_wild import load_in_the_wild
from skvoicefake.datasets._mlaad import load_mlaad
from skvoicefake.datasets._spoofceleb import load_spoofceleb
from skvoicefake.datasets._table import load_table
from skvoicefake.datasets._wavefake import load_wavefake

# What `load_data` and the command line call the corpora.
CORPORA: dict[str, Callable[..., Bunch]] = {
    "asvspoof2017": load_asvspoof2017,
    "asvspoof2019-la": partial(load_asvspoof2019, track="LA"),
    "asvspoof2019-pa": partial(load_asvspoof2019, track="PA"),
    "asvspoof2021-la": partial(load_asvspoof2021, track="LA"),
    "asvspoof2021-pa": partial(load_asvspoof2021, track="PA"),
    "asvspoof2021-df": partial(load_asvspoof2021, track="DF"),
    "asvspoof5": load_asvspoof5,
    "add2022": load_add2022,
    "add2023": load_add2023,
    "cfad": load_cfad,
    "codecfake": load_codecfake,
    "deepvoice": load_deepvoice,
    "fake-or-real": load_for,
    "in-the-wild": load_in_the_wild,
    "mlaad": load_mlaad,
    "spoofceleb": load_spoofceleb,
    "wavefake": load_wavefake,
}


def load_data(
    path: str | os.PathLike[str], *, corpus: str | None = None, split: Names = None, **parameters: Any
) -> Bunch:
    """Load a folder with one sub-folder a class, a CSV or TSV file, or a published corpus.

    Parameters
    ----------
    path : path
        A folder for :func:`load_folder`, a file for :func:`load_table`, or
        what the reader of `corpus` takes.
    corpus : str, default=None
        The name of a corpus: "asvspoof2019-la", "in-the-wild", ... An unknown
        name is an error that lists them all.
    split : str or list of str, default=None
        Keep these splits of a corpus, a table or a folder.
    **parameters : dict
        For :func:`load_table`, or for the reader of `corpus`.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`.

    Raises
    ------
    FileNotFoundError
        If there is neither such a folder nor such a file.
    ValueError
        If the corpus is unknown, the reader takes no such parameter, or
        `parameters` are given for a folder; and as the readers do.

    Examples
    --------
    >>> from skvoicefake.datasets import load_data
    >>> load_data("nowhere")
    Traceback (most recent call last):
    FileNotFoundError: nowhere: no such folder or file.
    """
    path = Path(path)
    given = parameters if split is None else {"split": split, **parameters}
    if corpus is not None:
        if corpus not in CORPORA:
            raise ValueError(f"corpus {corpus!r} is not known. Known: {', '.join(sorted(CORPORA))}.")
        reader = CORPORA[corpus]
        if strangers := given.keys() - (inspect.signature(reader).parameters.keys() - {"root"}):
            raise ValueError(f"The reader of corpus {corpus!r} does not take {', '.join(sorted(strangers))}.")
        return reader(path, **given)
    if path.is_dir():
        if parameters:
            raise ValueError(f"{path} is a folder. Only CSV and TSV files take {', '.join(sorted(parameters))}.")
        return load_folder(path, split=split)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such folder or file.")
    return load_table(path, **given)
