"""Ways in for sound: clips as files, bytes and arrays, features and verdicts of them."""

import io
import warnings
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.fuzz._mutations import arrays, mutate
from benchmarks.fuzz._outcomes import READ, REFUSED, Finding, refusal
from benchmarks.fuzz._seeds import KNOW_THEIR_LENGTH, audio


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
