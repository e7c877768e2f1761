"""fingerprint: which clips a detector was trained on, in a line."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path


def fingerprint(paths: Sequence[str | os.PathLike[str]], labels: Sequence[object]) -> str:
    """Return a digest of labelled clips, to tell a set of training data from others.

    It knows names, sizes and labels of files, and not what is in them: it
    takes no time, and a corpus has the same one wherever it lies.

    Parameters
    ----------
    paths : sequence of path
        Audio files, in any order.
    labels : sequence
        A label a file.

    Returns
    -------
    fingerprint : str
        "sha256:" and 64 digits.

    Raises
    ------
    ValueError
        If there are not as many labels as paths.
    OSError
        If a file is not there.

    Examples
    --------
    >>> import tempfile
    >>> from skvoicefake.persistence import fingerprint
    >>> with tempfile.NamedTemporaryFile(suffix=".wav") as file:
    ...     digest = fingerprint([file.name], ["real"])
    >>> digest[:7], len(digest)
    ('sha256:', 71)
    """
    rows = sorted(
        f"{Path(path).name}\t{Path(path).stat().st_size}\t{label}" for path, label in zip(paths, labels, strict=True)
    )
    return "sha256:" + hashlib.sha256("\n".join(rows).encode(errors="surrogateescape")).hexdigest()
