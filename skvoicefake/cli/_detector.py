"""A detector on disk: a folder with the fitted pipeline and what is known of it."""

import hashlib
import json
import os
import warnings
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from skvoicefake._warn import warn
from skvoicefake.labels import real_label as real_of
from skvoicefake.persistence._archive import is_estimator_file
from skvoicefake.persistence._versions import changed, versions

# A folder of an earlier `train` has a pickle in place of the first.
PIPELINE, PICKLED, ABOUT = "pipeline.skvf", "pipeline.joblib", "detector.json"
PICKLES = (".joblib", ".pkl")
FORMAT = 1
HELP = (
    "a folder that `skvoicefake train` wrote, an .skvf file of `skvoicefake.save`, an .onnx file of\n"
    "`skvoicefake.export`, or a .joblib or .pkl file of any fitted classifier of clips"
)
SHIPPED = "the detector in the package"
CAUTION = (
    "From .skvf and .onnx files nothing is run. Loading a .joblib or .pkl file, or the folder of an earlier version\n"
    "with pipeline.joblib in it, runs code that is stored there: load only those of people you trust."
)
TRAIN = "skvoicefake train"


@dataclass
class Detector:
    """A fitted classifier of clips, which of its two classes is the real voice, and what is known of it."""

    estimator: Any
    path: Path | str
    real: Hashable
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def classes(self) -> list[Any]:
        """The two labels, as the classifier orders them."""
        return list(np.asarray(self.estimator.classes_).tolist())


def save_detector(folder: Path, pipeline: Any, about: dict[str, Any]) -> None:
    """Write a detector. `detector.json` comes last: without it, or with another pipeline's, there is none."""
    from skvoicefake.cli._options import whole_file
    from skvoicefake.persistence import save

    folder.mkdir(parents=True, exist_ok=True)
    known = {key: value for key, value in about.items() if key != "held_out"} | {"made_by": TRAIN}
    save(pipeline, folder / PIPELINE, about=known, report=about.get("held_out"))
    digest = _digest(folder / PIPELINE)
    content = {"format": FORMAT, "versions": versions(), **about, "pipeline_sha256": digest}
    with whole_file(folder / ABOUT) as path:
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    # The detector before this one, where an earlier version has written it.
    (folder / PICKLED).unlink(missing_ok=True)


def is_detector(path: str | Path) -> bool:
    """Tell whether an argument names a detector, whole or not, and no clips: a folder, or a file, there or not."""
    # os.path, as a Path of Python 3.11 raises on names that are too long.
    name = os.fspath(path)
    if name.lower().endswith((".skvf", ".onnx", *PICKLES)):
        return True
    # No pickle for its name alone: one that lies among recordings would be run where they were to be judged.
    parts = (os.path.join(name, part) for part in (PIPELINE, ABOUT))  # noqa: PTH118
    return any(map(os.path.isfile, parts)) or is_estimator_file(name)


def load_detector(path: Path | None, real_label: str | None = None) -> Detector:
    """Load a detector's folder or file, of which pickles alone run code that is in them; None is the package's."""
    if path is None:
        from skvoicefake.cli._options import says
        from skvoicefake.detectors._shipped import load_detector as shipped_detector

        says(f"no detector is named: this is {SHIPPED}. `skvoicefake info` prints its card.")
        shipped = shipped_detector()
        return Detector(shipped, SHIPPED, _real_class(shipped.classes_.tolist(), real_label, SHIPPED))
    if not os.path.exists(path):  # noqa: PTH110
        raise FileNotFoundError(f"{path}: no such file or folder. A detector is {' '.join(HELP.split())}.")
    about: dict[str, Any] = {}
    if path.suffix.lower() == ".onnx" and not path.is_dir():
        from skvoicefake.persistence import OnnxDetector

        exported = OnnxDetector(path, n_threads=1)  # more clips at a time are quicker than more threads a clip
        return Detector(exported, path, _real_class(exported.classes_.tolist(), real_label, path), exported.about)
    file = _file_of(path)
    if path.is_dir():
        if not file.exists():
            raise FileNotFoundError(f"{path}: no detector in this folder: {PIPELINE} is missing. Train it first.")
        if not (is_safe(file) or (path / ABOUT).exists()):
            raise ValueError(
                f"{path}: no detector of `{TRAIN}`: there is no {ABOUT} beside {file.name}, a pickle, which runs code"
                " when it is loaded. If it is of people you trust, name that file itself."
            )
        if (path / ABOUT).exists():
            about = _read_about(path / ABOUT)
            if _digest(file) != about.get("pipeline_sha256"):
                raise ValueError(
                    f"{path}: {file.name} is not the one {ABOUT} is about: damaged, or not of one training."
                )
            _warn_of_versions(path, about.get("versions", {}))
    if is_safe(file):
        from skvoicefake.persistence import load

        with warnings.catch_warnings():
            if about:  # It was told.
                warnings.filterwarnings("ignore", ".*: saved with ", UserWarning)
            estimator, about = load(file), about or _known(file)
    elif file.suffix.lower() in PICKLES:
        estimator = _unpickle(file, is_known=bool(about))
    else:
        # A clip, say. What is in it may be a pickle all the same.
        raise ValueError(f"{path}: no detector. A detector is {' '.join(HELP.split())}.")
    if not hasattr(estimator, "classes_"):
        is_classifier = hasattr(estimator, "predict") and hasattr(estimator, "fit")
        what = f"a {type(estimator).__name__} that is not fitted" if is_classifier else type(estimator).__name__
        raise ValueError(f"{file}: expected a fitted classifier, got {what}.")
    return Detector(estimator, path, _real_class(np.asarray(estimator.classes_).tolist(), real_label, file), about)


def mark(detector: Detector) -> str:
    """Return what tells a detector from others, in a row: its name, and a digest of it and of its real class."""
    if detector.path == SHIPPED:
        from skvoicefake.detectors import _shipped

        name, content = "skvoicefake", (_shipped.FOLDER / "detector.json").read_bytes()  # with the digest of the rest
    else:
        path = Path(detector.path)
        name, content = path.name, _digest(_file_of(path)).encode()
    return f"{name}@{hashlib.sha256(content + repr(detector.real).encode()).hexdigest()[:12]}"


def digest_of(mark: str) -> str:
    """Return the part of a mark that counts."""
    return mark.rpartition("@")[2]


def is_safe(file: Path) -> bool:
    """Tell a file that `skvoicefake.save` has written, or that says so, from a pickle."""
    return file.suffix.lower() == ".skvf" or is_estimator_file(file)


def _file_of(path: Path) -> Path:
    """Return the file that a detector lies in."""
    if not path.is_dir():
        return path
    return path / PICKLED if (path / PICKLED).exists() and not (path / PIPELINE).exists() else path / PIPELINE


def _known(file: Path) -> dict[str, Any]:
    """Return what a file of `save` says, as `detector.json` would."""
    from skvoicefake.persistence import describe

    known = describe(file)
    about = dict(known["about"]) if known["about"].get("made_by") == TRAIN else {"about": known["about"]}
    held_out = {} if known["report"] is None else {"held_out": known["report"]}
    card = {} if known["card"] is None else {"card": getattr(known["card"], "content", known["card"])}
    return {"created": known["created"], **about, **held_out, **card, "versions": known["versions"]}


def marks(paths: Sequence[str]) -> list[str]:
    """Return a short digest of each clip's size and first 64 kB, by which it is known again under any name."""
    found = []
    for path in paths:
        with open(path, "rb") as file:
            start = file.read(2**16)
            size = file.seek(0, 2)
        found.append(hashlib.sha256(start + str(size).encode()).hexdigest()[:12])
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_about(path: Path) -> dict[str, Any]:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        found = about["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: damaged, not what `skvoicefake train` writes ({error}).") from error
    if found != FORMAT:
        raise ValueError(f"{path}: expected format {FORMAT}, got {found}. Another version of skvoicefake wrote it.")
    return dict(about)


def _unpickle(file: Path, *, is_known: bool) -> Any:
    import joblib
    from sklearn.exceptions import InconsistentVersionWarning

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", InconsistentVersionWarning)
            estimator = joblib.load(file)
    except ImportError as error:
        raise ImportError(f"{file}: cannot be loaded, a package that it needs is missing: {error}.") from error
    except OSError as error:
        raise OSError(f"{file}: cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # Bytes that are no pickle raise nearly anything.
        raise ValueError(
            f"{file}: cannot be loaded as a pickled classifier ({type(error).__name__}: {error}). Was it written by"
            " joblib.dump or pickle.dump, and wholly copied?"
        ) from error
    news = [warning.message for warning in caught if isinstance(warning.message, InconsistentVersionWarning)]
    if news and not is_known:
        then, now = news[0].original_sklearn_version, news[0].current_sklearn_version
        warn(f"{file}: saved with scikit-learn {then}, loaded with {now}: it may behave differently.")
    return estimator


def _warn_of_versions(path: Path, then: dict[str, str]) -> None:
    if news := changed(then):
        warn(f"{path}: trained with {', '.join(news)}: it may behave differently.")


def _real_class(classes: list[Any], real_label: str | None, file: Path | str) -> Hashable:
    if len(classes) != 2:
        raise ValueError(f"{file}: expected a classifier of two classes, real and fake, got {len(classes)}: {classes}.")
    if real_label is not None:
        named = [label for label in classes if str(label) == real_label]
        if not named:
            raise ValueError(f"{file}: --real-label {real_label} is none of the detector's classes {classes}.")
        return named[0]
    try:
        return real_of(classes)
    except ValueError as error:
        raise ValueError(
            f"{file}: cannot tell which of the classes {classes} is the real voice. Name it: --real-label LABEL."
        ) from error
