"""The files of a corpus as it was unpacked: one walk, and names as protocols write them."""

import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path

# What libsndfile or ffmpeg reads, and what people call recordings.
AUDIO_SUFFIXES = {".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".mp4", ".amr", ".aif", ".aiff"}
AUDIO_SUFFIXES |= {".au", ".caf", ".w64", ".wma", ".webm", ".mkv", ".mov", ".3gp"}
SUFFIXES = {suffix[1:] for suffix in AUDIO_SUFFIXES}


class Audio(dict[str, str]):
    """Paths of audio files by their `clip_key`.

    Where two files have one, the first by its path stands for it, and
    `same_name` lists the others.
    """

    def __init__(self) -> None:
        super().__init__()
        self.same_name: list[str] = []

    def add(self, key: str, path: str) -> None:
        """Add a file."""
        other = self.setdefault(key, path)
        if other is not path:
            self[key] = min(path, other)
            self.same_name.append(max(path, other))


class Tree:
    """The files below a folder, from one walk that asks no file anything but its name.

    Hidden files and folders (".name", and "__MACOSX") are left out, linked
    folders are entered, each once.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        self.folders = dict(walk(self.root, is_hidden_too=False))

    def files(self, pattern: str) -> list[Path]:
        """Return the files whose name is such, whatever its case, those nearest to the root first."""
        fits = re.compile(pattern, re.IGNORECASE).fullmatch
        paths = [Path(folder, name) for folder, name in self._others if fits(name)]
        return sorted(paths, key=lambda path: (len(path.parts), path))

    @cached_property
    def _others(self) -> list[tuple[str, str]]:
        pairs = ((folder, name) for folder, names in self.folders.items() for name in names)
        return [pair for pair in pairs if pair[1][0] != "." and pair[1].rpartition(".")[2] not in SUFFIXES]

    def audio(self, pattern: str | None = None, *, key: str = "stem") -> Audio:
        """Return the audio in and below the folders whose name is such; see `audio_below` for `key`."""
        fits = re.compile(pattern or ".*", re.IGNORECASE).fullmatch
        all_of_it = pattern is None or fits(spelled_out(self.root).name)
        audio = Audio()
        # Written for speed, as there may be a million files.
        for folder, names in self.folders.items():
            parts = Path(folder).relative_to(self.root).parts
            if not all_of_it and not any(map(fits, parts)):
                continue
            prefix = "".join(f"{part}/" for part in parts) if key == "path" else ""
            for name in names:
                stem, dot, suffix = name.rpartition(".")
                if dot and (suffix in SUFFIXES or suffix.lower() in SUFFIXES) and name[0] != ".":
                    audio.add(_written(prefix + stem), folder + name)
        return audio


def walk(root: Path, *, is_hidden_too: bool = True) -> Iterator[tuple[str, list[str]]]:
    """Give every folder, with the separator at its end, and the names of the files in it; linked folders once."""
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder.")
    seen: set[str] = set()
    for folder, inside, names in os.walk(root, followlinks=True):
        # Links may lead back to where the walk came from.
        real_folder = os.path.realpath(folder)
        if real_folder in seen:
            inside.clear()
            continue
        seen.add(real_folder)
        inside[:] = sorted(name for name in inside if is_hidden_too or not (name[0] == "." or name == "__MACOSX"))
        path = Path(folder)
        yield "" if path == Path() else f"{path}{os.sep}", names


def audio_below(folders: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], *, key: str = "stem") -> Audio:
    """Return the audio files below folders, by name: a mapping of `clip_key` to path.

    Parameters
    ----------
    folders : path or iterable of paths
        Where to look, to any depth.
    key : {"stem", "path"}, default="stem"
        What files are known by: their name, or their path below the folder,
        with "/"; both without the suffix of audio, of any case.
    """
    audio = Audio()
    for folder in [folders] if isinstance(folders, str | os.PathLike) else folders:
        found = Tree(folder).audio(key=key)
        audio.same_name += found.same_name
        for name, path in found.items():
            audio.add(name, path)
    return audio


def spelled_out(path: str | os.PathLike[str]) -> Path:
    """Return a path in full, for the names in it: "." and ".." name no folder."""
    # Not resolved: a link is called as its owner called it.
    return Path(os.path.normpath(Path(path).absolute()))


def around(folder: Path) -> Path:
    """Return the folder around one, beginning as the caller wrote it."""
    return folder / os.pardir if folder.name in ("", os.pardir) else folder.parent


def real_files(paths: list[str]) -> list[str | None]:
    """Return where files really are, by whatever links they are reached, and None for what is no file."""
    real_folder = lru_cache(maxsize=None)(os.path.realpath)
    found: list[str | None] = []
    for path in paths:
        # One question a file. Not by Path, which in Python 3.11 raises on names that are too long.
        try:
            mode = os.lstat(path).st_mode
        except (OSError, ValueError):
            mode = 0
        folder, name = os.path.split(path)
        if stat.S_ISREG(mode):
            found.append(f"{real_folder(folder)}{os.sep}{name}")
        else:
            found.append(os.path.realpath(path) if stat.S_ISLNK(mode) and Path(path).is_file() else None)
    return found


def clip_key(name: str) -> str:
    """Return a clip's name as both files and protocols have it.

    Without the suffix of audio, with "/" between folders, and with accents in
    one of the two ways that Unicode allows (macOS writes the other).
    """
    stem, dot, suffix = name.rpartition(".")
    return _written(stem if dot and suffix.lower() in SUFFIXES else name)


def clip_keys(names: list[str]) -> list[str]:
    """Return the `clip_key` of every name."""
    text = "\n".join(names)
    # Most protocols hold bare names, which are their own keys.
    is_plain = text.isascii() and not any(mark in text for mark in "./\\")
    return names if is_plain else list(map(clip_key, names))


def _written(name: str) -> str:
    if "\\" in name or name.startswith("./"):
        name = name.replace("\\", "/").removeprefix("./")
    return name if name.isascii() else unicodedata.normalize("NFC", name)
