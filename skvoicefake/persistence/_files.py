"""save, load and describe: estimators in files from which nothing is ever run."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from skvoicefake._warn import warn
from skvoicefake.persistence import _arrays
from skvoicefake.persistence._allowed import full_name, name_on_list, read_trusted
from skvoicefake.persistence._archive import ESTIMATOR, Archive, from_json, pack, read_whole, to_json, write_whole
from skvoicefake.persistence._errors import UnsafeFileError, refuse
from skvoicefake.persistence._reading import Reader, refuse_names, strangers
from skvoicefake.persistence._versions import changed, versions
from skvoicefake.persistence._writing import Writer

Path_ = str | os.PathLike[str]


def save(
    estimator: Any,
    path: Path_,
    *,
    card: Any = None,
    report: Any = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Save an estimator, fitted or not, to one file that is safe to load.

    The file is a zip archive of JSON and arrays: no pickle, no code. `load`
    gives back an estimator whose predictions are the same to the bit.

    Parameters
    ----------
    estimator : estimator
        A Pipeline, say, or any other estimator of this package, or of those of
        scikit-learn that are on the list in the [guide](persistence.md); or of
        your own, which `load` builds if it is told to trust them.
    path : path
        Where to write; ".skvf" is the usual suffix. What is there is replaced
        when the new file is whole, and not before.
    card : ModelCard, str or None, default=None
        What it is for, and where it fails: a
        :class:`~skvoicefake.detectors.ModelCard`, or Markdown.
    report : Report, AuditReport, mapping or None, default=None
        What it scored: of :func:`~skvoicefake.metrics.evaluate`. All figures
        are kept.
    about : mapping or None, default=None
        What else is known of it, such as its training data and the
        :func:`fingerprint` of that; anything that JSON can hold.

    Raises
    ------
    ValueError
        If something in the estimator cannot be stored; the message names it.
        What was at `path` is still there.
    OSError
        If the file cannot be written.

    Warns
    -----
    UserWarning
        If what is left out was set: folders of this machine (``cache``,
        ``memmap``, ``memory``), ``callbacks`` of a training, and requests for
        metadata. The estimator itself stays as it is.

    See Also
    --------
    load : Reads it.
    describe : What is in a file, but the estimator.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skvoicefake import MFCCTransformer, load, save
    >>> rng = np.random.default_rng(0)
    >>> clips = [rng.normal(size=4000).cumsum() * i + rng.normal(size=4000) for i in (0, 0, 1, 1)]
    >>> pipe = make_pipeline(MFCCTransformer(duration=0.25, output="stats"), LogisticRegression())
    >>> pipe = pipe.fit(clips, ["real", "real", "fake", "fake"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(pipe, f"{folder}/detector.skvf")
    ...     loaded = load(f"{folder}/detector.skvf")
    >>> bool((loaded.predict_proba(clips) == pipe.predict_proba(clips)).all())
    True
    """
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(f"{target}: a folder is there. Name a file, such as {target / 'detector.skvf'}.")
    if not hasattr(estimator, "get_params") or isinstance(estimator, type):
        what = f"the class {estimator.__name__}" if isinstance(estimator, type) else f"a {type(estimator).__name__}"
        raise TypeError(f"save expected an estimator, got {what}.")
    writer = Writer()
    node = writer.node(estimator, type(estimator).__name__)
    manifest = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "estimator": _name(type(estimator)),
        "versions": versions(),
        "about": _as_json("about", {} if about is None else dict(about)),
        "report": _report(report),
        "card": _card(card),
    }
    members = {ESTIMATOR: to_json(node)}
    members |= {f"arrays/{i}.npy": _arrays.to_bytes(array) for i, array in enumerate(writer.arrays)}
    content = pack(manifest, members)
    # What cannot be loaded is found now, and not when it is needed.
    try:
        _build(Archive(content), writer.strangers)
    except UnsafeFileError as error:
        raise ValueError(f"{type(estimator).__name__} cannot be saved: {error}.") from error
    if writer.left_out:
        # The same again in what was fitted of it is not told.
        told = [where for where in writer.left_out if "_." not in where] or writer.left_out
        warn(
            f"{target}: left out is what is of this machine or training alone: {', '.join(sorted(told))}. Set it again"
            " after loading, where it is needed.",
        )
    write_whole(target, content)


def load(path: Path_, *, trusted: Iterable[Any] = ()) -> Any:
    """Load an estimator that `save` has written. Nothing in the file is run.

    Only what is on a list is built: the estimators of this package, and the
    usual ones of scikit-learn. Nothing is unpickled, no module is imported
    because a file says so, and every number that compiled code relies on is
    looked at first.

    Parameters
    ----------
    path : path
        Of the file.
    trusted : sequence of class, function or str, default=()
        What else may be built: classes and functions, or their names as
        "package.module.Class". Their code is yours to trust: it is run with
        attributes that the file sets.

    Returns
    -------
    estimator : estimator
        As it was saved. Folders of the machine (``cache``, ``memmap``,
        ``memory``) and ``callbacks`` are None.

    Raises
    ------
    UnsafeFileError
        If the file is damaged, of a newer format, or names what is neither on
        the list nor trusted. It is a ValueError.
    OSError
        If it cannot be read.
    ImportError
        If a package that it needs is missing, such as TensorFlow.
    TypeError
        If `trusted` holds something else.

    Warns
    -----
    UserWarning
        If scikit-learn, Keras (of a file with a network) or another library
        had another version when it was saved. Only the first two numbers of a
        version count.

    See Also
    --------
    save : Writes it.

    Notes
    -----
    Files of every earlier version of the format are read. A file of a newer
    one is refused.
    """
    known = read_trusted(trusted)
    if (inner := Path(path, "pipeline.skvf")).exists():
        raise IsADirectoryError(f"{path}: a folder. The file in it to load is {inner}.")
    with _named(path):
        archive = Archive(read_whole(Path(path)))
        then = _about(archive)["versions"]
        estimator, has_network = _build(archive, known)
    if news := changed(then, has_network=has_network):
        warn(
            f"{path}: saved with {', '.join(news)}: it may behave differently. Compare its scores on a few clips, or"
            " save it again.",
        )
    return estimator


def describe(path: Path_) -> dict[str, Any]:
    """Return what is known of the estimator in a file, without building it.

    Parameters
    ----------
    path : path
        Of a file that `save` has written.

    Returns
    -------
    known : dict
        "estimator" (the name of its class), "created", "version" (of the
        format), "versions" (of libraries, then), "about", "report" (a dict, or
        None), "card" (a `ModelCard`, Markdown, or None) and "untrusted" (names
        of what is not on the list, which `load` builds only where they are in
        `trusted`).

    Raises
    ------
    UnsafeFileError
        As in `load`.
    OSError
        If it cannot be read.
    """
    from skvoicefake.detectors import ModelCard

    with _named(path):
        archive = Archive(read_whole(Path(path)))
        known = _about(archive)
        if isinstance(known["card"], dict):
            known["card"] = ModelCard(known["card"])
        known["untrusted"] = strangers(from_json(archive.member(ESTIMATOR)), {})
    return known


def _name(kind: type) -> str:
    """Return the name of an estimator's class as users know it."""
    name = name_on_list(kind) or full_name(kind)
    return ".".join(part for part in name.split(".") if not (name.startswith("skvoicefake.") and part.startswith("_")))


def _about(archive: Archive) -> dict[str, Any]:
    """Return what a file says of its estimator."""
    kinds: dict[str, tuple[type, ...]] = dict.fromkeys(("estimator", "created"), (str,))
    kinds |= {"version": (int,), "versions": (dict,), "about": (dict,)}
    kinds |= {"report": (dict, type(None)), "card": (dict, str, type(None))}
    known = {name: archive.manifest.get(name) for name in kinds}
    if not all(isinstance(value, kinds[name]) for name, value in known.items()):
        refuse("what it says of its estimator is none")
    if not all(isinstance(text, str) and text.isprintable() for text in known["versions"].values()):
        refuse("the versions in it are none")
    return known


def _build(archive: Archive, trusted: Mapping[str, Any]) -> tuple[Any, bool]:
    """Return the estimator, and whether there is a network in it."""
    node = from_json(archive.member(ESTIMATOR))
    if names := strangers(node, trusted):
        refuse_names(names)
    arrays: dict[int, NDArray[Any]] = {}

    def array(i: Any) -> NDArray[Any]:
        if type(i) is not int:
            refuse("its content refers to an array that is none")
        if i not in arrays:
            arrays[i] = _arrays.from_bytes(archive.member(f"arrays/{i}.npy"))
        return arrays[i]

    reader = Reader(array, trusted)
    estimator = reader.value(node)
    if not hasattr(estimator, "get_params"):
        refuse(f"it holds no estimator but a {type(estimator).__name__}")
    if archive.names() != {ESTIMATOR} | {f"arrays/{i}.npy" for i in arrays}:
        refuse("it holds arrays that nothing refers to")
    return estimator, reader.has_network


@contextmanager
def _named(path: Path_) -> Iterator[None]:
    """Name the file in errors, of which there is one kind for all that a file may be."""
    try:
        yield
    except UnsafeFileError as error:
        raise UnsafeFileError(f"{path}: not loaded: {_plain(error)}.") from error
    except ImportError as error:
        raise ImportError(f"{path}: not loaded: {error}. Install the package that it needs.") from error
    except OSError as error:
        if error.filename is not None:  # of the file itself, and not of what a damaged one made Python look for
            raise
        raise UnsafeFileError(f"{path}: not loaded: it is damaged ({error}).") from error
    except Exception as error:  # Whatever else a file holds may raise nearly anything.
        why = _plain(error)[:200] or type(error).__name__
        raise UnsafeFileError(f"{path}: not loaded: it is damaged, or no file of skvoicefake.save ({why}).") from error


def _plain(error: Exception) -> str:
    """Return what an error says on one line, without what a file may have put in to confuse a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(str(error).split()))


def _report(report: Any) -> Any:
    if report is None or isinstance(report, Mapping):
        return _as_json("report", report)
    if not hasattr(report, "to_json"):
        raise TypeError(f"report must be what metrics.evaluate returns, got {type(report).__name__}.")
    return json.loads(report.to_json())


def _card(card: Any) -> Any:
    content = getattr(card, "content", card)
    if not (content is None or isinstance(content, str | Mapping)):
        raise TypeError(f"card must be a ModelCard or Markdown, got {type(card).__name__}.")
    return _as_json("card", content)


def _as_json(name: str, value: Any) -> Any:
    """Return what JSON makes of a value."""
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{name} must hold what JSON can: {error}.") from error
