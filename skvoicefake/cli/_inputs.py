"""What stands on a command line: a detector, and then files, folders, addresses, or "-" for the standard input."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from skvoicefake.audio import AudioError, files_below, is_address
from skvoicefake.cli import _detector

EMPTY_FOLDER = "no audio below this folder."


def named(inputs: list[str]) -> tuple[Path | None, list[str]]:
    """Return the detector that is named before the files, if one is, and the files."""
    from skvoicefake.cli import UsageError

    if not names_detector(inputs):
        return None, inputs
    if len(inputs) == 1:
        raise UsageError(f"expected files to judge with the detector {inputs[0]}.")
    return Path(inputs[0]), inputs[1:]


def names_detector(inputs: list[str]) -> bool:
    """Tell whether the first input is meant as a detector, be it there or not."""
    first = inputs[0]
    if _detector.is_detector(first):
        return True
    if len(inputs) == 1 or first == "-" or is_address(first) or os.path.exists(first):  # noqa: PTH110
        return False
    from skvoicefake.datasets._files import AUDIO_SUFFIXES

    # Nothing is there. Were a detector's misspelt name taken for a clip, another detector would score the clips.
    return os.path.splitext(first)[1].lower() not in AUDIO_SUFFIXES  # noqa: PTH122


def unique_paths(inputs: Iterable[str], done: Iterable[str] = ()) -> Iterator[str]:
    """Give every file once, in the order of the inputs, but those done; and folders without audio themselves."""
    seen = {key_of(path) for path in done}
    for name in inputs:
        for given in lines_of_stdin() if name == "-" else [name]:
            for path in audio_below(given) or [given]:
                if (key := key_of(path)) not in seen:
                    seen.add(key)
                    yield path


def key_of(path: str) -> str:
    """Return what two ways to write one path have in common."""
    # os.path, as a Path of Python 3.11 raises on names that are too long.
    return path if is_address(path) else os.path.abspath(path)  # noqa: PTH100


def audio_below(path: str) -> list[str]:
    """Return the audio files below a folder; none, if it is none."""
    from skvoicefake.datasets import find_audio
    from skvoicefake.datasets._files import AUDIO_SUFFIXES

    if is_folder_address(path):
        with suppress(AudioError):  # which its row will tell
            return [found for found in files_below(path) if os.path.splitext(found)[1].lower() in AUDIO_SUFFIXES]  # noqa: PTH122
        return []
    return find_audio(path) if os.path.isdir(path) else []  # noqa: PTH112


def why_empty(path: str) -> str:
    """Say why no audio was found below a folder; nothing, if it is none."""
    from skvoicefake._row import reason

    if not (os.path.isdir(path) or is_folder_address(path)):  # noqa: PTH112
        return ""
    try:
        if is_address(path):
            files_below(path)
    except AudioError as error:
        return reason(error, path)
    return EMPTY_FOLDER


def is_folder_address(path: str) -> bool:
    """Tell whether a path is an address of a folder."""
    return is_address(path) and path.endswith("/")


def lines_of_stdin() -> Iterator[str]:
    """Give the lines of the standard input as they come."""
    with suppress(AttributeError):  # Names of files need not be UTF-8.
        sys.stdin.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    for line in sys.stdin:
        if path := line.rstrip("\r\n"):
            yield path
