"""UnsafeFileError: why a file was not loaded."""

from typing import Never


class UnsafeFileError(ValueError):
    """A file was not loaded: it is damaged, of a newer format, or asks for what no file may ask for.

    Nothing in it has been run, and nothing of it is left behind.
    """


def refuse(why: str) -> Never:
    """Raise; who called adds the name of the file."""
    raise UnsafeFileError(why)
