"""The audio files below a folder, found without pandas and scikit-learn."""

import os
from pathlib import Path

from skvoicefake.datasets._files import SUFFIXES, walk


def find_audio(root: str | os.PathLike[str]) -> list[str]:
    """List the audio files below a folder, by the ends of their names.

    Linked folders are entered, each once. Hidden files (".name") are left
    out.

    Parameters
    ----------
    root : path
        The folder.

    Returns
    -------
    paths : list of str
        Sorted, each beginning with `root`.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skvoicefake.datasets import find_audio
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("b.WAV", "a.flac", "notes.txt"):
    ...     (folder / name).touch()
    >>> [Path(path).name for path in find_audio(folder)]
    ['a.flac', 'b.WAV']
    """
    return split_by_suffix(Path(root))[0]


def split_by_suffix(root: Path) -> tuple[list[str], list[str]]:
    """Return the audio files below a folder, and the other ones, both sorted."""
    audio: list[str] = []
    others: list[str] = []
    for folder, names in walk(root):
        for name in names:
            # "._name" is what macOS puts beside a file in archives.
            is_audio = name.rpartition(".")[2].lower() in SUFFIXES and not name.startswith(".")
            (audio if is_audio else others).append(folder + name)
    return sorted(audio, key=_by_folder), sorted(others, key=_by_folder)


def _by_folder(path: str) -> str:
    """Sort as paths do, part by part: what a folder holds before its namesakes with a longer name."""
    return path.replace(os.sep, "\0")
