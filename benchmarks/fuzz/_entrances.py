"""Everything that reads what others wrote, and what has to hold whatever it is given."""

import contextlib
import hashlib
import io
import json
import warnings
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fuzz._mutations import arrays, mutate
from benchmarks.fuzz._seeds import KNOW_THEIR_LENGTH, audio

READ, REFUSED = "read", "refused"


class Finding(AssertionError):  # noqa: N818
    """Something that must not be."""


@dataclass(frozen=True)
class Entrance:
    """A way in: `attempt(folder, rng)` makes an input, tries it, and returns "read" or "refused", or raises."""

    attempt: Any
    needs: str = ""  # a program
    weight: float = 1.0  # of its share of all inputs


def refusal(error, name, *kinds):
    """Check that an error is one clear line that names what it is about."""
    message = str(error)
    if not isinstance(error, kinds):
        raise Finding(f"{type(error).__name__}: {message[:300]}") from error
    if "\n" in message.strip() or not message:
        raise Finding(f"not one line: {message[:300]!r}") from error
    if name not in message:
        raise Finding(f"does not name {name}: {message[:300]}") from error
    return REFUSED


# Audio


def check_waveform(y):
    """Check what `load_audio` promises."""
    if not (type(y) is np.ndarray and y.dtype == np.float32 and y.ndim == 1 and len(y)):
        raise Finding(f"no waveform: {type(y).__name__} {getattr(y, 'shape', '')}")
    if not np.isfinite(y).all():
        raise Finding("a waveform that is not finite")


def load(clip, name="the clip", **options):
    """Return a waveform, or the error that refuses the clip."""
    from skvoicefake.audio import AudioError, load_audio

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", "the clip: .* samples are scaled by their type", UserWarning)
            y = load_audio(clip, name=name, **options)
    except Exception as error:
        refusal(error, name, AudioError)
        return error
    check_waveform(y)
    return y


def mutated_audio(rng):
    files = audio()
    names = list(files)
    name = names[rng.integers(len(names))]
    return name, mutate(files[name], rng, list(files.values()))


def as_bytes(folder, rng):
    """Bytes, whole and a part of them."""
    _, content = mutated_audio(rng)
    whole = load(content)
    part = load(content, duration=0.1)
    if isinstance(whole, np.ndarray) and (
        not isinstance(part, np.ndarray) or not np.array_equal(part, whole[: min(1600, len(whole))])
    ):
        raise Finding(
            f"the first 0.1 s are others than those of the whole: {part if isinstance(part, Exception) else ''}"
        )
    return READ if isinstance(whole, np.ndarray) else REFUSED


def as_path(folder, rng):
    """A path, and an open file: the same as the bytes."""
    name, content = mutated_audio(rng)
    path = Path(folder, name)
    path.write_bytes(content)
    found = [load(str(path)), load(content), load(io.BytesIO(content))]
    is_read = [isinstance(one, np.ndarray) for one in found]
    # By its suffix, libsndfile may read a file that it does not know by its first bytes.
    if any(is_read[1:]) and not all(is_read):
        raise Finding(f"path, bytes and open file differ: {[str(one)[:80] for one in found]}")
    if all(is_read) and not (np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])):
        raise Finding("path, bytes and open file differ")
    return READ if is_read[0] else REFUSED


def truncated(folder, rng):
    """A file cut in its sound is refused, where its header tells."""
    files = {name: content for name, content in audio().items() if name.endswith(KNOW_THEIR_LENGTH)}
    name = list(files)[rng.integers(len(files))]
    content = files[name]
    end = int(rng.integers(1, len(content)))
    y, whole = load(content[:end]), load(content)
    if isinstance(y, np.ndarray) and len(y) < len(whole):
        raise Finding(f"{name} cut after {end} of {len(content)} bytes gives {len(y)} of {len(whole)} samples")
    return READ if isinstance(y, np.ndarray) else REFUSED


def as_array(folder, rng):
    """An array, or what someone takes for one."""
    return READ if isinstance(load(arrays(rng)), np.ndarray) else REFUSED


def to_features(folder, rng):
    """A list of clips, of which one is bad: a row each, and its error."""
    from skvoicefake import MFCCTransformer

    _, content = mutated_audio(rng)
    good = audio()["pcm16.wav"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        transformer = MFCCTransformer(duration=0.2, on_error="nan")
        panel = transformer.fit_transform([good, content])
    if not np.isfinite(panel[0]).all():
        raise Finding("a good clip has coefficients that are not finite")
    if not transformer.bad_clips_ and not np.isfinite(panel[1]).all():
        raise Finding("coefficients that are not finite, and no error")
    return REFUSED if transformer.bad_clips_ else READ


@cache
def detector():
    from skvoicefake import load_detector

    return load_detector()


def to_verdict(folder, rng):
    """The detector in the package, on one clip."""
    from skvoicefake.audio import AudioError

    _, content = mutated_audio(rng)
    try:
        score = detector().decision_function([content])
    except Exception as error:
        return refusal(error, "X[0]", AudioError)
    if not np.isfinite(score).all():
        raise Finding(f"the score {score}")
    return READ


# Tables, protocols, scores


def odd_text(text, rng, others=()):
    return mutate(text, rng, others)


@cache
def trees_of(kind):
    """Return how to make a corpus, and its reader."""
    from skvoicefake import datasets
    from tests.checks import asvspoof, trees

    return {
        "asvspoof2017": (asvspoof.asvspoof2017, datasets.load_asvspoof2017),
        "asvspoof2019": (asvspoof.asvspoof2019, datasets.load_asvspoof2019),
        "in-the-wild": (trees.in_the_wild, datasets.load_in_the_wild),
        "mlaad": (trees.mlaad, datasets.load_mlaad),
        "add2022": (trees.add2022, datasets.load_add2022),
        "add2023": (trees.add2023, datasets.load_add2023),
        "codecfake": (trees.codecfake, datasets.load_codecfake),
        "spoofceleb": (trees.spoofceleb, datasets.load_spoofceleb),
    }[kind]


CORPORA = ("asvspoof2017", "asvspoof2019", "in-the-wild", "mlaad", "add2022", "add2023", "codecfake", "spoofceleb")


def protocol(folder, rng):
    """A corpus, one of whose protocols is mutated."""
    kind = CORPORA[rng.integers(len(CORPORA))]
    make, read = trees_of(kind)
    root = Path(folder, kind)
    if not root.exists():
        made = make(root)
        (root / "made").write_text(str(made))
    made = Path((root / "made").read_text())
    texts = sorted(path for path in made.rglob("*") if path.suffix in (".txt", ".csv", ".tsv") and path.is_file())
    path = texts[rng.integers(len(texts))]
    before = path.read_bytes()
    path.write_bytes(mutate(before, rng, [text.read_bytes() for text in texts]))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            clips = read(made)
    except Exception as error:
        return refusal(error, "", ValueError, OSError)
    finally:
        path.write_bytes(before)
    return check_bunch(clips)


def check_bunch(clips):
    """Check that clips are there, and labelled."""
    n = len(clips.data)
    if not n or len(clips.target) != n or not set(clips.target) <= {"real", "fake"}:
        raise Finding(f"{n} clips with {len(clips.target)} labels {set(clips.target)}")
    if missing := [path for path in clips.data if not Path(path).is_file()]:
        raise Finding(f"a clip that is not there: {missing[0]!r}")
    return READ


def table(folder, rng):
    """A CSV of paths and labels."""
    from skvoicefake.datasets import load_table

    for name in ("a.wav", "b.wav", "c d.wav"):
        Path(folder, name).touch()
    path = Path(folder, "table.csv")
    seeds = [
        b"path,label,speaker\na.wav,real,anna\nb.wav,fake,ben\nc d.wav,fake,anna\n",
        b"file\tlabel\tattack\na.wav\tbonafide\t-\nb.wav\tspoof\tA01\n",
        '\ufeffpath;label\n"a.wav";"real"\n"b.wav";"fake"\n'.encode(),
    ]
    path.write_bytes(mutate(seeds[rng.integers(3)], rng, seeds))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            clips = load_table(path, on_missing=["raise", "skip"][rng.integers(2)])
    except Exception as error:
        return refusal(error, "", ValueError, OSError)
    return check_bunch(clips)


SCORES = (
    b"LA_E_1 2.5\nLA_E_2 -0.3\nLA_E_3 1e-3\n",
    b"LA_E_1 - bonafide 2.5\nLA_E_2 A07 spoof -0.3\n",
    b"filename\tcm-score\nE_1\t0.5\nE_2\t-1\n",
    b"path,label,probability,score,warnings,error,detector\na.wav,real,0.9,2.2,,,x@1\nb.wav,fake,0.9,-2.2,,,x@1\n",
)
KEYS = (
    b"LA_0009 LA_E_1 - - bonafide\nLA_0009 LA_E_2 - A07 spoof\n",
    b"path,label\na.wav,real\nb.wav,fake\n",
)


def score_file(folder, rng):
    """Anyone's score file, and a key."""
    from skvoicefake.datasets import load_key, load_scores

    path = Path(folder, "scores.txt")
    seeds, read = (SCORES, load_scores) if rng.random() < 0.6 else (KEYS, load_key)
    path.write_bytes(mutate(seeds[rng.integers(len(seeds))], rng, seeds))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            found = read(path)
    except Exception as error:
        return refusal(error, "scores.txt", ValueError, OSError)
    if not len(found) or ("score" in found and not np.isfinite(found["score"]).all()):
        raise Finding("no scores, or some that are not finite")
    return READ


def evaluated(folder, rng):
    """The command `evaluate --scores --key`, on both: an exit status and a line, never a traceback."""
    from skvoicefake.cli import main

    scores, key = Path(folder, "scores.csv"), Path(folder, "key.csv")
    rows = [(f"{i}.wav", "real" if i % 2 else "fake", round(float(rng.normal(i % 2)), 3)) for i in range(20)]
    texts = [
        ("path,score\n" + "".join(f"{name},{score}\n" for name, _, score in rows)).encode(),
        ("path,label\n" + "".join(f"{name},{label}\n" for name, label, _ in rows)).encode(),
    ]
    odd = rng.integers(2)
    texts[odd] = mutate(texts[odd], rng, texts)
    scores.write_bytes(texts[0])
    key.write_bytes(texts[1])
    command = ["evaluate", "--scores", str(scores), "--key", str(key), "--resamples", "0"]
    return status_of(main, command)


def status_of(main, command):
    """Run a command; check that it ends with a status and a line."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(command)
    last = err.getvalue().strip().splitlines()[-1:] or [""]
    if last[0].startswith("skvoicefake: unexpected") or "Traceback" in err.getvalue():
        raise Finding(f"{last[0][:300]}")
    if status not in (0, 1):
        raise Finding(f"status {status}: {last[0][:300]}")
    return REFUSED if status else READ


def resumed(folder, rng):
    """The file that `predict --resume` goes on with: whole rows stay, or it is refused and stays as it was."""
    from skvoicefake.cli._rows import open_output, rows_in
    from skvoicefake.detectors._scoring import Row

    layout = ["csv", "jsonl"][rng.integers(2)]
    path = Path(folder, f"rows.{layout}")
    path.unlink(missing_ok=True)
    rows = [
        Row("a.wav", "real", 0.9, 2.2),
        Row('odd "name",\n.wav', "fake", 0.9, -2.2, ["quiet"]),
        Row("c", error="no"),
    ]
    with open_output(path, layout, "x@1") as writer:
        writer.rows(rows * 3)
    whole = path.read_bytes()
    content = mutate(whole, rng, [whole])
    path.write_bytes(content)
    try:
        done = rows_in(path, layout)
    except Exception as error:
        if path.read_bytes() != content:
            raise Finding("refused, and changed") from error
        return refusal(error, path.name, ValueError)
    if not content.startswith(path.read_bytes()):
        raise Finding("more than its end was changed")
    if rows_in(path, layout) != done:
        raise Finding("another answer the second time")
    return READ


# Detectors


@cache
def shipped_files():
    """Return the two files of a small detector of the form of the one in the package."""
    import tempfile

    from tests.checks.shipped import frozen_detector

    with tempfile.TemporaryDirectory() as folder:
        frozen_detector(Path(folder))
        return Path(folder, "detector.json").read_bytes(), Path(folder, "detector.npz").read_bytes()


def shipped(folder, rng):
    """The files of the detector in the package, often with the digest put right, so that more than it is tried."""
    from skvoicefake.audio import AudioError
    from skvoicefake.detectors._shipped import _load

    about, numbers = shipped_files()
    if (place := rng.integers(3)) == 0:
        about = mutate(about, rng, [about])
    else:
        numbers = mutate(numbers, rng, [numbers]) if place == 1 else mutated_member(numbers, rng)
        content = json.loads(about)
        content["sha256"] = hashlib.sha256(numbers).hexdigest()
        about = json.dumps(content).encode()
    root = Path(folder, "shipped")
    root.mkdir(exist_ok=True)
    (root / "detector.json").write_bytes(about)
    (root / "detector.npz").write_bytes(numbers)
    clip = np.frombuffer(audio()["pcm16.wav"][44:], dtype="<i2")
    try:
        found = _load(root)
    except Exception as error:
        return refusal(error, "detector", ValueError, OSError)
    try:
        with np.errstate(all="ignore"):
            scores, remarks = found.decision_function([clip]), found.remarks([clip])
    except Exception as error:
        return refusal(error, "X[0]", AudioError)
    if not np.isfinite(scores).all() or remarks[0] not in ("", "not enough speech", "narrow band", "out of domain"):
        raise Finding(f"loaded, and gives {scores}, {remarks}")
    return READ


def mutated_member(archive, rng):
    """Return a zip with one file in it mutated, and its checksums right."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w") as new:
        odd = old.namelist()[rng.integers(len(old.namelist()))]
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, mutate(content, rng) if name == odd else content)
    return buffer.getvalue()


@cache
def detector_file(suffix):
    """Return a file of a small detector that `save` or `export` wrote."""
    import tempfile

    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from skvoicefake import MFCCTransformer
    from skvoicefake.persistence import export, save
    from tests.checks.shipped import sounds

    X, y = sounds(6)
    features = MFCCTransformer(duration=0.5, n_mfcc=5, output="stats")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder, f"detector{suffix}")
        pipeline = make_pipeline(features, StandardScaler(), LogisticRegression()).fit(X, y)
        (export if suffix == ".onnx" else save)(pipeline, path)
        return path.read_bytes()


def saved(folder, rng):
    """The safe format: refused in a line, or the same detector."""
    from skvoicefake.persistence import UnsafeFileError
    from skvoicefake.persistence import load as load_saved

    content = detector_file(".skvf")
    content = mutate(content, rng, [content]) if rng.random() < 0.5 else mutated_member(content, rng)
    path = Path(folder, "detector.skvf")
    path.write_bytes(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = load_saved(path)
    except Exception as error:
        return refusal(error, "detector.skvf", ValueError, OSError, UnsafeFileError)
    path.write_bytes(detector_file(".skvf"))
    clip = np.frombuffer(audio()["pcm16.wav"][44:], dtype="<i2")
    if not np.array_equal(found.decision_function([clip]), load_saved(path).decision_function([clip])):
        raise Finding("a damaged file was loaded, and gives other scores")
    return READ


def exported(folder, rng):
    """An exported detector: refused in a line, or finite scores, as it has no checksum of its own."""
    from skvoicefake.persistence import OnnxDetector

    content = detector_file(".onnx")
    path = Path(folder, "detector.onnx")
    path.write_bytes(mutate(content, rng, [content]))
    clip = np.frombuffer(audio()["pcm16.wav"][44:], dtype="<i2")
    try:
        probabilities = OnnxDetector(path).predict_proba([clip])
    except Exception as error:
        return refusal(error, "detector.onnx", ValueError, OSError)
    if probabilities.shape != (1, 2) or not np.isfinite(probabilities).all():
        raise Finding(f"loaded, and gives {probabilities}")
    return READ


ENTRANCES = {
    "audio: bytes": Entrance(as_bytes, weight=3),
    "audio: path, bytes, open file": Entrance(as_path, weight=3),
    "audio: cut files": Entrance(truncated),
    "audio: with ffmpeg": Entrance(as_bytes, needs="ffmpeg", weight=0.3),
    "audio: arrays and pairs": Entrance(as_array, weight=2),
    "features of clips": Entrance(to_features),
    "verdict of a clip": Entrance(to_verdict),
    "protocols of corpora": Entrance(protocol, weight=2),
    "tables": Entrance(table, weight=2),
    "score files and keys": Entrance(score_file, weight=2),
    "evaluate --scores": Entrance(evaluated),
    "predict --resume": Entrance(resumed, weight=2),
    "files of the detector in the package": Entrance(shipped),
    "files of save": Entrance(saved),
    "files of export": Entrance(exported, weight=0.5),
}
