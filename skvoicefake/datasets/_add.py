"""ADD 2022 and 2023: the audio deepfake detection challenges, in Mandarin."""

import os
import re
from pathlib import Path

import pandas as pd
from sklearn.utils import Bunch

from skvoicefake.datasets._collector import without_collector
from skvoicefake.datasets._corpus import Audio, Corpus, Names, assemble, audio_below, clip_key, pick, read_rows
from skvoicefake.datasets._files import around, spelled_out
from skvoicefake.datasets._paths import Folder, find_files, join_audio

ADD2022 = Corpus(
    name="ADD 2022",
    licence="CC BY-NC-ND 4.0",
    citation='Yi et al., "ADD 2022: the first audio deep synthesis detection challenge", ICASSP, 2022.',
    url="https://zenodo.org/records/12188127 (training and development; the page of arXiv:2202.08433 lists the rest)",
)
ADD2023 = Corpus(
    name="ADD 2023",
    licence="as the page of the part says that you downloaded",
    citation='Yi et al., "ADD 2023: the second audio deepfake detection challenge", DADA workshop at IJCAI, 2023'
    " (arXiv:2305.13774).",
    url="http://addchallenge.cn/add2023",
)
LAYOUT = "a file of labels (label.txt, train_label.txt, ...) beside its audio"
TRACK = re.compile(r"ADD2023_T([\d.]+?)(?:R\d)?_", re.IGNORECASE)
# 0.00-1.62-T/1.62-2.48-F: where the genuine parts are and where the fake ones.
STRETCHES = re.compile(r"(?:[\d.]+-[\d.]+-[TF]/?)+")


@without_collector
def load_add2022(root: Folder, *, split: Names = None, groups: Names = None, on_missing: str = "skip") -> Bunch:
    r"""Load ADD 2022, the first Audio Deep synthesis Detection challenge.

    Expects files of labels (``ADD_T_00000000.wav genuine``; a third column,
    where there is one, is the generator): ``label/train_label.txt`` and
    ``label/dev_label.txt`` beside ``train/`` and ``dev/``, and ``label.txt`` or
    ``track3_R2_label.txt`` in the folder of a test.

    Parameters
    ----------
    root : path
        The folder of the challenge, or of one of its parts.
    split : str or list of str, default=None
        "train", "dev", and tests by the name of their labels' file or, where
        that is ``label.txt``, of its folder.
    groups : str or list of str, default=None
        Columns of `frame` whose shared values keep clips on one side of a
        split. None groups nothing: neither speakers nor recordings are known.
    on_missing : {"skip", "raise"}, default="skip"
        What to do about lines that cannot be used, such as those without
        audio: leave them out with a warning, or raise an error.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`, and `split`. Columns of `frame`: path,
        target, label, split, attack (where known), language.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, file of labels or audio.
    ValueError
        If there is no such split, or one class alone.

    Examples
    --------
    >>> from skvoicefake.datasets import load_add2022
    >>> folder = getfixture("tmp_path")
    >>> for name in ("label", "train"):
    ...     (folder / name).mkdir()
    >>> lines = ["ADD_T_00000000.wav genuine", "ADD_T_00000001.wav fake"]
    >>> _ = (folder / "label" / "train_label.txt").write_text("\n".join(lines))
    >>> for line in lines:
    ...     (folder / "train" / line.split()[0]).touch()
    >>> load_add2022(folder).frame[["target", "split"]].values.tolist()
    [['real', 'train'], ['fake', 'train']]
    """
    audio, table, unparsed = _read(root)
    return assemble(ADD2022, table, audio, root, splits=split, groups=groups, on_missing=on_missing, unparsed=unparsed)


@without_collector
def load_add2023(
    root: Folder,
    *,
    track: Names = None,
    split: Names = None,
    groups: Names = None,
    on_missing: str = "skip",
) -> Bunch:
    r"""Load ADD 2023, the second Audio Deepfake Detection challenge: tracks 1.2 and 2.

    Expects ``label.txt`` in the folder of every part, with the audio in
    ``wav/`` beside it: ``ADD2023_T1.2_T_00000000.wav fake`` for track 1.2, and
    ``ADD2023_T2_T_00000002 0.00-1.62-T/1.62-2.48-F 0`` for track 2, in which
    clips are fake in parts. The labels of track 3 are numbers of generators;
    which of them stands for real speech is not in the files, so its lines are
    left out and reported.

    Parameters
    ----------
    root : path
        The folder of the challenge, of a track, or of one of its parts.
    track : str or list of str, default=None
        Of "1.2" and "2". None takes all that are there.
    split : str or list of str, default=None
        "train", "dev", and tests by the folder's name ("testR1", "testR2").
    groups : str or list of str, default=None
        Columns of `frame` whose shared values keep clips on one side of a
        split. None groups nothing: neither speakers nor recordings are known.
    on_missing : {"skip", "raise"}, default="skip"
        What to do about lines that cannot be used, such as those without
        audio: leave them out with a warning, or raise an error.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`, and `split`. Columns of `frame`: path,
        target, label, split, language, track, and stretches (the genuine and
        fake parts of the clips of track 2, in seconds).

    Raises
    ------
    FileNotFoundError
        If there is no such folder, file of labels or audio.
    ValueError
        If there is no such track or split, or one class alone.

    Examples
    --------
    >>> from skvoicefake.datasets import load_add2023
    >>> folder = getfixture("tmp_path") / "ADD2023_Track2_train"
    >>> (folder / "wav").mkdir(parents=True)
    >>> lines = ["ADD2023_T2_T_00000001 0.00-4.72-T 1", "ADD2023_T2_T_00000002 0.00-1.62-T/1.62-2.48-F 0"]
    >>> _ = (folder / "label.txt").write_text("\n".join(lines))
    >>> for line in lines:
    ...     (folder / "wav" / f"{line.split()[0]}.wav").touch()
    >>> load_add2023(folder).frame[["target", "split", "stretches"]].values.tolist()
    [['real', 'train', '0.00-4.72-T'], ['fake', 'train', '0.00-1.62-T/1.62-2.48-F']]
    """
    audio, table, unparsed = _read(root)
    tracks = [match[1] if (match := TRACK.search(clip)) else "-" for clip in table["clip"].tolist()]
    table["track"] = pd.Series(tracks, index=table.index, dtype=object)
    if track is not None:
        wanted = pick(track, table["track"].unique(), f"{os.fspath(root)}: {ADD2023.name}", what="track")
        dropped = ~table["track"].isin(wanted)
        for clip in table["clip"][dropped]:
            audio.pop(clip_key(clip), None)
        table = table[~dropped]
    return assemble(ADD2023, table, audio, root, splits=split, groups=groups, on_missing=on_missing, unparsed=unparsed)


def _read(root: Folder) -> tuple[Audio, pd.DataFrame, list[str]]:
    """Return the audio beside all files of labels, their lines, and those that do not parse."""
    audio, tables, unparsed = Audio(), [], []
    for path in find_files(root, r".*labels?\.txt", layout=LAYOUT)[1]:
        split, base = _split_of(path)
        rows, bad = _pairs_and_triples(path)
        unparsed += bad
        clips = [f"{split}/{clip}" for clip in rows["clip"].tolist()]
        tables.append(rows.assign(clip=pd.Series(clips, index=rows.index, dtype=object), split=split, language="zh"))
        join_audio(audio, audio_below(base), f"{split}/")
    table = pd.concat(tables)
    table = table.drop(columns=[name for name in ("attack", "stretches") if name in table and table[name].isna().all()])
    if "stretches" in table:
        table["stretches"] = table["stretches"].fillna("-")
    return audio, table, unparsed


def _pairs_and_triples(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the lines of two cells and those of three, and those that are neither."""
    with path.open("rb") as file:
        is_triple = len(file.readline().split()) == 3
    # Most files are of one kind throughout, and read once.
    kinds: list[tuple[str, ...]] = [("clip", "label"), ("clip", "label", "attack")]
    first, second = reversed(kinds) if is_triple else kinds
    rows, bad = _of_kind(path, first)
    if bad:
        more, others = _of_kind(path, second)
        rows, never = pd.concat([rows, more]), set(others)
        bad = [line for line in bad if line in never]
    return rows, bad


def _of_kind(path: Path, columns: tuple[str, ...]) -> tuple[pd.DataFrame, list[str]]:
    rows, bad = read_rows(path, columns)
    return _parts(rows) if "attack" in columns else rows, bad


def _parts(table: pd.DataFrame) -> pd.DataFrame:
    """Return lines of three cells as clip, label and attack, or stretches where the clip is fake in parts."""
    rows = []
    for clip, label, last in table.itertuples(index=False, name=None):
        if not STRETCHES.fullmatch(label):
            rows.append((clip, label, last, None))
            continue
        # What is genuine as a whole has no fake part.
        word = {("1", False): "genuine", ("0", True): "fake"}.get((last, "F" in label), f"{label} {last}")
        rows.append((clip, word, None, label))
    return pd.DataFrame(rows, columns=["clip", "label", "attack", "stretches"], index=table.index, dtype=object)


def _split_of(path: Path) -> tuple[str, Path]:
    """Return the split that a file of labels is of, and the folder where its audio lies."""
    is_inside = spelled_out(path).parent.name.lower() in ("label", "labels")
    base = around(path.parent) if is_inside else path.parent
    name = re.sub(r"_?labels?$", "", path.stem, flags=re.IGNORECASE) or spelled_out(base).name
    if match := re.fullmatch(r"(?:.*[_.])?(train|dev)", name, re.IGNORECASE):
        name = match[1].lower()
    inside = base / name
    return name, inside if is_inside and inside.is_dir() else base
