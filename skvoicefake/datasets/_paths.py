"""Corpora whose folders and file names say all there is to say: paths by a pattern -> a row a file."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from skvoicefake.datasets._corpus import Audio, Names, Tree, audio_below, pick

Folder = str | os.PathLike[str]


def read_paths(root: Folder, pattern: str, *, layout: str) -> tuple[Audio, pd.DataFrame]:
    """Return the audio below a folder by its path, and a row for every file whose path is such.

    Parameters
    ----------
    root : path
        The folder, or one inside it: the names of the folder and of the one
        around it count as parts of the paths.
    pattern : str
        A regular expression for the end of a path without its suffix, such as
        ``(?P<label>real|fake)/(?P<name>[^/]+)``; case does not matter.
    layout : str
        The same in words, for the error.

    Returns
    -------
    audio : Audio
        All audio, fitting or not.
    table : DataFrame
        "clip" and the named groups of the pattern ("" where one takes no
        part), indexed by the names in `audio`.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or nothing in it fits.
    """
    audio = audio_below(root, key="path")
    around = "/".join(Path(root).absolute().parts[-2:]).lstrip("/")
    # The shortest way to what fits, as it may begin with a part that can be missing.
    fits = re.compile(rf"(?:.*?/)??(?:{pattern})", re.IGNORECASE)
    matches = {key: match for key in sorted(audio) if (match := fits.fullmatch(f"{around}/{key}"))}
    if not matches:
        raise FileNotFoundError(f"{os.fspath(root)}: expected audio laid out as {layout}, found {_found(audio)}.")
    cells = [
        (f"{key}.{audio[key].rpartition('.')[2]}", *(match[name] or "" for name in fits.groupindex))
        for key, match in matches.items()
    ]
    index = pd.Index(list(matches), dtype=object)
    return audio, pd.DataFrame(cells, columns=["clip", *fits.groupindex], index=index, dtype=object)


def keep_versions(audio: Audio, table: pd.DataFrame, versions: Names, where: str) -> pd.DataFrame:
    """Return the rows of some versions of a corpus, None for all, and drop the audio of the others."""
    if versions is None:
        return table
    dropped = ~table["version"].isin(pick(versions, table["version"].unique(), where, what="version"))
    for name in table.index[dropped]:
        del audio[name]
    return table[~dropped]


def folders(given: Folder | Sequence[Folder]) -> list[Folder]:
    """Return one folder or several as a list."""
    return [given] if isinstance(given, str | os.PathLike) else list(given)


def find_files(root: Folder, pattern: str, *, layout: str) -> tuple[Tree, list[Path]]:
    """Return a folder and its files of such a name, nearest first; none is an error that says what is expected."""
    tree = Tree(root)
    if not (paths := tree.files(pattern)):
        found = sorted(name for names in tree.folders.values() for name in names)
        raise FileNotFoundError(
            f"{os.fspath(root)}: expected {layout}, found {len(found)} files, such as {found[:3]}."
            if found
            else f"{os.fspath(root)}: expected {layout}, found no files at all."
        )
    return tree, paths


def _found(audio: Audio) -> str:
    inside = sorted({path.rpartition(os.sep)[0] for path in audio.values()})
    if not inside:
        return "no audio at all"
    more = f" and {len(inside) - 1} more" if inside[1:] else ""
    return f"{len(audio)} audio files in {inside[0]!r}{more}"
