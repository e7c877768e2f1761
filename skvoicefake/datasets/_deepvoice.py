"""DEEP-VOICE: eight public figures, each with the voices of the other seven; and its table of features."""

import os
import re
from pathlib import Path

import pandas as pd
from sklearn.utils import Bunch

from skvoicefake.datasets._bunch import listed
from skvoicefake.datasets._corpus import Corpus, Names, assemble
from skvoicefake.datasets._paths import Folder, find_files, read_paths
from skvoicefake.datasets._rows import read_rows
from skvoicefake.datasets._segments import cut_segments
from skvoicefake.labels import label_kind

DEEPVOICE = Corpus(
    name="DEEP-VOICE",
    licence="MIT",
    citation='Bird and Lotfi, "Real-time detection of AI-generated speech for DeepFake voice conversion",'
    " arXiv:2308.12734, 2023.",
    url="https://www.kaggle.com/datasets/birdy654/deep-voice-deepfake-voice-recognition",
    groups=("recording",),
    # Short copies of two recordings, for a demonstration.
    aside=r".*-DEMO",
)
PATTERN = r"(?P<label>REAL|FAKE)"
LAYOUT = "KAGGLE/AUDIO/CLASS/NAME.wav, such as REAL/obama-original.wav and FAKE/Obama-to-Biden.wav"
NAME = re.compile(r"(?P<speaker>.+?)-(?:to-(?P<target>.+?)|original)(?:_(?:seg_|frag)\d+)?")


def load_deepvoice(
    root: Folder,
    *,
    split: Names = None,
    groups: Names = None,
    on_missing: str = "skip",
    segments: Folder | None = None,
    duration: float = 3.0,
) -> Bunch:
    """Load DEEP-VOICE: speeches of eight public figures, and the same in each other's voices.

    Expects ``KAGGLE/AUDIO/{REAL,FAKE}``, as the archive unpacks. A recording is
    up to ten minutes long, and there are but 64 of them: cut them
    into windows by `segments`.

    Parameters
    ----------
    root : path
        The folder of the archive, ``AUDIO``, or one between them.
    split : None
        The corpus has none.
    groups : str or list of str, default=None
        Columns of `frame` whose shared values keep clips on one side of a
        split. None takes "recording": the real recording that a fake was made
        of, with all its fakes; its speaker is heard in them all.
        Voices cannot be kept apart as well: each is tied to all others.
    on_missing : {"skip", "raise"}, default="skip"
        What to do about what cannot be used: leave it out with a warning, or
        raise an error.
    segments : path, default=None
        Cut the recordings into windows, which are written to this folder, by
        :func:`cut_segments`. None keeps them whole.
    duration : float, default=3.0
        Length of the windows in seconds.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`. Columns of `frame`: path, target, label,
        group, speaker (whose speech it is), attack, language, recording, and
        voice (whose voice it has). With `segments` those of
        :func:`cut_segments` too; `recording` is then the file that was cut.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no audio in this layout.
    ValueError
        If there is one class alone, or `split` is given.

    See Also
    --------
    load_deepvoice_features : The corpus' table of features.

    Examples
    --------
    >>> from skvoicefake.datasets import load_deepvoice
    >>> folder = getfixture("tmp_path")
    >>> for name in ("REAL/obama-original.wav", "FAKE/Obama-to-Biden.wav"):
    ...     (folder / "KAGGLE" / "AUDIO" / name).parent.mkdir(parents=True)
    ...     (folder / "KAGGLE" / "AUDIO" / name).touch()
    >>> load_deepvoice(folder).frame[["target", "speaker", "voice", "group"]].values.tolist()
    [['fake', 'obama', 'biden', 'obama-original'], ['real', 'obama', 'obama', 'obama-original']]
    """
    audio, table = read_paths(root, PATTERN, layout=LAYOUT)
    # "Obama-to-Biden" and "obama-original" are of one man.
    matches = [NAME.fullmatch(name.casefold()) for name in table.pop("name")]
    unparsed = [name for name, match in zip(table.index, matches, strict=True) if match is None]
    for name in unparsed:
        del audio[name]
    table = table.drop(index=unparsed)
    table["speaker"] = [match["speaker"] for match in matches if match]
    table["attack"] = "RVC"
    table["language"] = "en"
    table["recording"] = table["speaker"] + "-original"
    table["voice"] = [match["target"] or match["speaker"] for match in matches if match]
    clips = assemble(
        DEEPVOICE, table, audio, root, splits=split, groups=groups, on_missing=on_missing, unparsed=unparsed
    )
    return clips if segments is None else cut_segments(clips, segments, duration=duration)


def load_deepvoice_features(path: Folder) -> Bunch:
    r"""Load DEEP-VOICE's table of features: 26 numbers for every second of its audio.

    Its rows do not tell which recording they are of. So no split of it can
    keep a recording on one side, and any result on it is too good: use it to
    learn to handle tables, not to judge a detector.

    Parameters
    ----------
    path : path
        ``DATASET-balanced.csv``, or a folder around it.

    Returns
    -------
    table : :class:`~sklearn.utils.Bunch`
        data : DataFrame of shape (n_rows, 26), float
            Chroma, level, spectral moments, zero crossings and 20 MFCCs.
        target : ndarray of shape (n_rows,)
            "real" or "fake".
        groups : None
            Not known.
        feature_names : list of str
            The columns of `data`.
        frame : DataFrame
            `data` with the column "target".
        report : dict
            How many rows there are.
        DESCR : str
            What it is.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it has no column "LABEL", a cell is no finite number, a label is no
        word for real or fake speech, or a class is missing.

    Examples
    --------
    >>> from skvoicefake.datasets import load_deepvoice_features
    >>> path = getfixture("tmp_path") / "DATASET-balanced.csv"
    >>> _ = path.write_text("chroma_stft,rms,LABEL\n0.3,0.02,FAKE\n0.4,0.05,REAL\n")
    >>> table = load_deepvoice_features(path)
    >>> table.data.shape, table.target.tolist()
    ((2, 2), ['fake', 'real'])
    """
    path = Path(path)
    if path.is_dir():
        _, (path, *_) = find_files(path, r"DATASET-balanced\.csv", layout="DATASET-balanced.csv")
    table, unparsed = read_rows(path, ("LABEL",), divider=",", header=True)
    if unparsed:
        raise ValueError(f"{path}: {listed(unparsed, 'line', 'with more or fewer cells than the header')}.")
    labels = table.pop("LABEL")
    target = labels.map({word: label_kind(word) for word in labels.unique()})
    data = table.apply(pd.to_numeric, errors="coerce").astype(float)
    usable = pd.DataFrame({"label": target.notna(), "cells": data.abs().lt(float("inf")).all(axis=1)}).all(axis=1)
    if not usable.all():
        places = usable.index[~usable].tolist()
        raise ValueError(f"{path}: {listed(places, 'line', 'with a cell that is no number, or an unknown label')}.")
    counts = target.value_counts()
    if len(counts) < 2 or not data.shape[1]:
        raise ValueError(f"{path}: expected numbers of real and fake speech, found {data.shape} and {dict(counts)}.")
    data, target = data.reset_index(drop=True), target.reset_index(drop=True)
    report = {"source": os.fspath(path), "n_real": int(counts["real"]), "n_fake": int(counts["fake"])}
    about = (
        f"{path}: {len(data)} seconds of real and fake speech, {data.shape[1]} numbers each. Which recording a row is"
        f" of is not known: no split keeps recordings apart.\n{DEEPVOICE.name}. Licence: {DEEPVOICE.licence}.\n"
        f"Reference: {DEEPVOICE.citation}\nFrom {DEEPVOICE.url}"
    )
    return Bunch(
        data=data,
        target=target.to_numpy(dtype=str),
        groups=None,
        feature_names=list(data.columns),
        frame=data.assign(target=target),
        report=report,
        DESCR=about,
    )
