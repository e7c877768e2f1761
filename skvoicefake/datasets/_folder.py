"""A folder with one sub-folder a class -> labelled clips."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from sklearn.utils import Bunch

from skvoicefake._warn import warn
from skvoicefake.datasets._bunch import as_bunch, fill_unknown, listed
from skvoicefake.datasets._collector import without_collector
from skvoicefake.datasets._copysynthesis import FAKE_NAME
from skvoicefake.datasets._corpus import Names, pick
from skvoicefake.datasets._files import AUDIO_SUFFIXES
from skvoicefake.datasets._find import find_audio, split_by_suffix
from skvoicefake.labels import label_kind

SPLITS = {"train": "train", "training": "train", "dev": "dev", "development": "dev", "val": "dev", "validation": "dev"}
SPLITS |= {"eval": "eval", "evaluation": "eval", "test": "test", "testing": "test"}


@without_collector
def load_folder(root: str | os.PathLike[str], *, split: Names = None) -> Bunch:
    """Load a folder that has one sub-folder a class, or such a folder for every split.

    The sub-folders of a class are searched to any depth. Sub-folders are told
    by the field's words (real, bonafide, genuine, human, ... against fake,
    spoof, deepfake, synthetic, ...) as :func:`~skvoicefake.labels.label_kind`
    knows them. Sub-folders of other names, and files that are not audio by the
    ends of their names, are left out and reported.

    Parameters
    ----------
    root : path
        The folder. Where it has no class folders of its own, but all its
        sub-folders called train, training, dev, development, val, validation,
        eval, evaluation, test or testing have, these are the splits.
    split : str or list of str, default=None
        Keep these splits alone, of "train", "dev", "eval" and "test" (the
        folders' own names are understood).

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : list of str
            Paths of the clips, in order of class folder and name.
        target : ndarray of shape (n_clips,)
            "real" or "fake".
        groups : ndarray of shape (n_clips,) or None
            What must stay on one side of a split. Where a class has
            sub-folders of its own, the first of them is the speaker, and the
            group; a clip outside them is a group of its own. Else, and where
            sub-folders part a recording from the fakes that
            `make_copysynthesis` made of it, or the fakes in sub-folders from
            real clips of the same names outside any, clips of one recording
            are a group, by their file names, if any name is in both classes.
            Else None: nothing is known.
        attack : ndarray of shape (n_clips,) or None
            The method of fakes that `make_copysynthesis` made; "-" for real
            clips, "unknown" for other fakes. None if no fake bears such a name.
        codec : None
            Folders say nothing about it.
        split : ndarray of shape (n_clips,) or None
            "train", "dev", "eval" or "test", by the folder around the class
            folder.
        frame : DataFrame
            A row a clip: path, target, label (the class folder's name), and
            split, group and attack where there are any.
        report : dict
            What was left out, and what the groups are.
        DESCR : str
            The same in words.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or a class has no folder or no audio.
    ValueError
        If there is no such split.

    Warns
    -----
    UserWarning
        If audio lies in sub-folders of other names, or beside them.

    See Also
    --------
    load_table : The same from a CSV or TSV file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skvoicefake.datasets import load_folder
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("Bona-Fide/anna/1.wav", "Bona-Fide/ben/2.wav", "Spoof/anna/3.wav"):
    ...     (folder / name).parent.mkdir(parents=True, exist_ok=True)
    ...     (folder / name).touch()
    >>> clips = load_folder(folder)
    >>> clips.target.tolist(), clips.groups.tolist()
    (['real', 'real', 'fake'], ['anna', 'ben', 'anna'])
    """
    root = Path(root)
    splits = _split_folders(root, split)
    kinds = {top: kind for part in splits or [root] for top, kind in class_folders(part).items()}
    paths: list[str] = []
    tops: list[Path] = []
    others: list[str] = []
    for top in kinds:
        files, strangers = split_by_suffix(top)
        if not files:
            raise FileNotFoundError(
                f"{top}: no audio below this folder ({listed(strangers, 'other file')}). Known endings:"
                f" {' '.join(sorted(AUDIO_SUFFIXES))}."
            )
        paths += files
        tops += [top] * len(files)
        others += strangers
    targets = [kinds[top] for top in tops]
    frame = pd.DataFrame({"path": paths, "target": targets, "label": [top.name for top in tops]}, dtype=object)
    if splits:
        frame["split"] = [splits[top.parent] for top in tops]
    made_of = [FAKE_NAME.fullmatch(_stem(path)) for path in paths]
    frame["group"], what = _groups(paths, tops, targets, made_of, frame["split"].tolist() if splits else None)
    if any(match and kind == "fake" for match, kind in zip(made_of, targets, strict=True)):
        frame["attack"] = [match["method"] if match else "-" for match in made_of]
        fill_unknown(frame)
    inside = tuple(f"{top}{os.sep}" for top in kinds)
    around = [root] if split is None else [*splits]
    beside = [path for part in around for path in find_audio(part) if not path.startswith(inside)]
    if beside:
        warn(
            f"{root}: {listed(beside, 'audio file')} left out, in no folder that is named as a class."
            f" Class folders: {[*dict.fromkeys(top.name for top in kinds)]}."
        )
    report = {"source": str(root), "groups": what, "other_audio": beside, "not_audio": others}
    return as_bunch(frame, report)


def _split_folders(root: Path, split: Names) -> dict[Path, str]:
    """Return the sub-folders that are splits with both classes, and what these are called, if such are asked for."""
    names = [split] if isinstance(split, str) else split
    if names is not None and not (isinstance(names, Sequence) and all(isinstance(name, str) for name in names)):
        raise ValueError(f"split: expected the name of a split or a list of names, got {split!r}.")
    if not root.is_dir() or (split is None and _has_classes(root)):
        return {}
    folders = [] if _has_classes(root) else sorted(path for path in root.iterdir() if path.is_dir())
    called = {path: SPLITS[path.name.casefold()] for path in folders if path.name.casefold() in SPLITS}
    usable = {path: name for path, name in called.items() if _has_classes(path)}
    if split is None:
        return usable if usable == called else {}
    wanted = [SPLITS.get(name.casefold(), name) for name in names or []]
    picked = pick(wanted, dict.fromkeys(usable.values()), str(root))
    return {path: name for path, name in usable.items() if name in picked}


def class_folders(root: Path) -> dict[Path, str]:
    """Return the sub-folders that are named by the field's words, and which of "real" and "fake" each is."""
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: expected a folder with real/ and fake/ inside, there is no such folder.")
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    kinds: dict[Path, str] = {path: kind for path in folders if (kind := label_kind(path.name)) is not None}
    if set(kinds.values()) != {"real", "fake"}:
        found = [path.name for path in folders]
        inside = [str(path) for path in folders if _has_classes(path)]
        hint = f" {inside[0]} is such a folder." if inside else ""
        if set(kinds.values()) == {"real"}:
            hint = " Fakes can be made of real recordings: skvoicefake.datasets.make_copysynthesis."
        raise FileNotFoundError(f"{root}: expected a folder with real/ and fake/ inside, found {found[:20]}.{hint}")
    return kinds


def speaker_of(path: Path, root: Path) -> str:
    """Return the name of the first folder between root and the file, or "-"."""
    between = path.relative_to(root).parts[:-1]
    return between[0] if between else "-"


def sentence_of(path: Path) -> str:
    """Return the name of a recording, or of the one that a fake was made of."""
    made_of = FAKE_NAME.fullmatch(path.stem)
    return made_of["source"] if made_of else path.stem


def _groups(
    paths: list[str],
    tops: list[Path],
    targets: list[str],
    made_of: list[re.Match[str] | None],
    splits: list[str] | None,
) -> tuple[list[str] | None, str]:
    """Return the group of every file, if the folder says anything about groups, and what the groups are."""
    starts = {top: len(f"{top}{os.sep}") for top in set(tops)}
    below = [path[starts[top] :].partition(os.sep) for path, top in zip(paths, tops, strict=True)]
    speakers = [first if rest else "-" for first, _, rest in below]
    sentences = [match["source"] if match else _stem(path) for path, match in zip(paths, made_of, strict=True)]
    if splits is not None:
        # Clips that are merely numbered begin anew in every split.
        sentences = [f"{at}/{name}" if name.isdecimal() else name for at, name in zip(splits, sentences, strict=True)]
    voices: dict[str, set[str]] = {}
    kinds: dict[str, set[str]] = {}
    for sentence, speaker, kind in zip(sentences, speakers, targets, strict=True):
        kinds.setdefault(sentence, set()).add(kind)
        if kind == "real":
            voices.setdefault(sentence, set()).add(speaker)
    # Sub-folders cannot be speakers to split by if they part a recording from the fakes that were made of it. Where no
    # real clip is in one, they are generators rather than speakers, and a name that is there again is such a fake.
    are_flat = set().union(*voices.values()) == {"-"}
    parted = [speaker not in voices.get(name, {speaker}) for name, speaker in zip(sentences, speakers, strict=True)]
    of_folders = [
        is_parted
        for is_parted, speaker, kind in zip(parted, speakers, targets, strict=True)
        if speaker != "-" and kind == "fake"
    ]
    # A name or two may be there by chance.
    are_parted = any(match and is_parted for match, is_parted in zip(made_of, parted, strict=True)) or (
        are_flat and 2 * sum(of_folders) > len(of_folders)
    )
    if set(speakers) != {"-"} and not are_parted:
        groups = [path if name == "-" else name for name, path in zip(speakers, paths, strict=True)]
        outside = f"; clips outside them ({speakers.count('-')}) are a group each" if "-" in speakers else ""
        return groups, f"sub-folders of the class folders{outside}"
    if any(len(both) == 2 for both in kinds.values()):
        return sentences, "recordings, by file name"
    return None, "unknown"


def _stem(path: str) -> str:
    # Not by Path: there may be many, and all end like audio.
    return path.rpartition(os.sep)[2].rpartition(".")[0]


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir() if path.is_dir()]
    except OSError:
        return []


def _has_classes(folder: Path) -> bool:
    return {*map(label_kind, _names(folder))} >= {"real", "fake"}
