"""Corpora whose folders and file names say all there is to say: folders by a pattern -> a row a file."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from skvoicefake.datasets._corpus import Audio, Names, Tree, audio_below, pick
from skvoicefake.datasets._files import spelled_out

Folder = str | os.PathLike[str]


def read_paths(root: Folder, pattern: str, *, layout: str, twins: bool = False) -> tuple[Audio, pd.DataFrame]:
    """Return the audio below a folder by its path, and a row for every file in folders of such paths.

    Parameters
    ----------
    root : path
        The folder, or one inside it: see `fitting`.
    pattern : str
        See `fitting`.
    layout : str
        The same in words, for the error.
    twins : bool, default=False
        Whether files whose names differ in the suffix alone are clips of their
        own, known by their names with the suffix.

    Returns
    -------
    audio : Audio
        All audio, fitting or not.
    table : DataFrame
        As of `fitting`.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or nothing in it fits.
    """
    audio = audio_below(root, key="path")
    if twins:
        audio.update({Path(path).relative_to(root).as_posix(): path for path in audio.same_name})
        audio.same_name.clear()
    table = fitting(audio, root, pattern)
    if table.empty:
        raise not_laid_out(root, audio, layout)
    return audio, table


def fitting(audio: Mapping[str, str], root: Folder, pattern: str) -> pd.DataFrame:
    """Return a row for every file whose folder's path is such.

    Parameters
    ----------
    audio : mapping of str to str
        Files by their path below `root`, without their suffix.
    root : path
        The folder. Its name and that of the one around it count as parts of
        the paths, so that it may be one of those that the pattern names.
    pattern : str
        A regular expression for the end of the path of a folder with audio,
        such as ``(?P<split>train|dev)/(?P<label>real|fake)``, whose groups all
        have names; case does not matter.

    Returns
    -------
    table : DataFrame
        "clip", "name" (of the file, without suffix) and the groups of the
        pattern ("" where one takes no part), indexed by the names in `audio`.
    """
    above = "/".join(spelled_out(root).parts[-2:]).lstrip("/")
    # The shortest way to what fits, as it may begin with a part that can be missing.
    fits = re.compile(rf"(?:.*?/)??(?:{pattern})", re.IGNORECASE)
    by_folder: dict[str, list[str]] = {}
    for name in sorted(audio):
        by_folder.setdefault(name.rpartition("/")[0], []).append(name)
    index: list[str] = []
    columns: dict[str, list[str]] = {group: [] for group in fits.groupindex}
    for folder, names in by_folder.items():
        if match := fits.fullmatch(f"{above}/{folder}".rstrip("/")):
            index += names
            for group, cells in columns.items():
                cells += [match[group] or ""] * len(names)
    # With the suffix, as in a protocol: a name may have two, and only the last is no part of it.
    clips = [f"{name}.{audio[name].rpartition('.')[2]}" for name in index]
    first = {"clip": clips, "name": [name.rpartition("/")[2] for name in index]}
    return pd.DataFrame(first | columns, index=pd.Index(index, dtype=object), dtype=object)


def not_laid_out(root: Folder, audio: Mapping[str, str], layout: str) -> FileNotFoundError:
    """Return an error that says what is expected below a folder, and what is there."""
    inside = sorted({path.rpartition(os.sep)[0] for path in audio.values()})
    found = f"{len(audio)} audio files in {inside[0]!r}" if inside else "no audio at all"
    more = f" and {len(inside) - 1} more" if inside[1:] else ""
    return FileNotFoundError(f"{os.fspath(root)}: expected audio laid out as {layout}, found {found}{more}.")


def find_files(root: Folder, pattern: str, *, layout: str) -> tuple[Tree, list[Path]]:
    """Return a folder and its files of such a name, nearest first; none is an error that says what is expected."""
    tree = Tree(root)
    if not (paths := tree.files(pattern)):
        found = sorted(name for names in tree.folders.values() for name in names)
        such = f", such as {', '.join(map(repr, found[:3]))}" if found else ""
        raise FileNotFoundError(f"{os.fspath(root)}: expected {layout}, found {len(found)} files{such}.")
    return tree, paths


def join_audio(audio: Audio, found: Audio, prefix: str) -> None:
    """Add audio under longer names, so that those of different folders are told apart."""
    longer = {prefix + name: path for name, path in found.items()}
    twice = {name: audio[name] for name in longer.keys() & audio.keys()}
    audio.same_name += found.same_name + sorted(longer[name] for name, path in twice.items() if longer[name] != path)
    audio.update(longer | twice)


def keep_versions(audio: Audio, table: pd.DataFrame, versions: Names, where: str) -> pd.DataFrame:
    """Return the rows of some versions of a corpus, None for all, and drop the audio of the others."""
    if versions is None:
        return table
    dropped = ~table["version"].isin(pick(versions, table["version"].unique(), where, what="version"))
    for name in table.index[dropped]:
        del audio[name]
    return table[~dropped]


def folders(given: Folder | Sequence[Folder]) -> list[Folder]:
    """Return one folder or several as a list, without those that lie in another, as that is read to any depth."""
    listed = [given] if isinstance(given, str | os.PathLike) else list(given)
    places = [Path(folder).resolve() for folder in listed]
    outer = {place for place in places if not any(other in place.parents for other in places)}
    # What is not there stays, for the error.
    return [
        folder
        for i, (folder, place) in enumerate(zip(listed, places, strict=True))
        if (place in outer and place not in places[:i]) or not place.is_dir()
    ]
