"""augment: some of the changes, drawn at random, in the order in which they happen to a voice."""

from collections.abc import Callable, Sequence
from functools import partial
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
from sklearn.utils import check_random_state

from skvoicefake.audio import load_audio
from skvoicefake.augmentation._codecs import telephone, transcode
from skvoicefake.augmentation._noise import add_noise
from skvoicefake.augmentation._rawboost import raw_boost
from skvoicefake.augmentation._rooms import (
    change_gain,
    clip_peaks,
    equalize,
    limit_band,
    resample,
    reverberate,
)
from skvoicefake.augmentation._signals import Waveform, as_waveform
from skvoicefake.augmentation._time import crop, cut, trim_silence

Method: TypeAlias = Callable[[Waveform, float, np.random.Generator], Waveform]

METHODS: dict[str, Method] = {
    "crop": crop,
    "cut": cut,
    "trim": trim_silence,
    "reverb": reverberate,
    "noise": add_noise,
    "equalizer": equalize,
    "band": limit_band,
    "clipping": clip_peaks,
    "rawboost": raw_boost,
    "gain": change_gain,
    "resampling": resample,
    "codec": transcode,
    "telephone": telephone,
    "aac": partial(transcode, codec="aac"),
}
# From the mouth to the file. Those that change the length, and the one that needs ffmpeg, are to be asked for.
USUAL = ("reverb", "noise", "equalizer", "band", "clipping", "gain", "resampling", "codec", "telephone")


def augment(
    y: Any,
    sample_rate: float = 16_000,
    methods: Sequence[str | Method] = USUAL,
    *,
    n_methods: int | tuple[int, int] = 2,
    random_state: Any = None,
) -> Waveform:
    """Change a waveform as rooms, microphones, codecs and lines do, at random.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Waveform; see :func:`~skvoicefake.audio.load_audio` for integers and
        channels.
    sample_rate : float, default=16000
        Its rate in Hz.
    methods : sequence of str or callable
        What may be done. The usual ones, from the mouth to the file: "reverb",
        "noise", "equalizer", "band", "clipping", "gain", "resampling",
        "codec", "telephone". Besides: "rawboost"; "crop", "cut" and "trim",
        which change the length; "aac", which needs the ``ffmpeg`` program. A callable is called with waveform, rate and
        `numpy.random.Generator`, and returns a waveform; so
        ``functools.partial(add_noise, snr=(0, 10))`` is noise of other levels.
    n_methods : int or (int, int), default=2
        How many of them, at most, are done to a clip; a range is drawn from,
        both ends included. They are drawn without regard to the clip, none
        twice, and done in the order of `methods`.
    random_state : int, RandomState, Generator or None, default=None
        Seed. An int gives the same bits again on one machine.

    Returns
    -------
    y : ndarray of shape (n_samples,), float32
        Finite. As long as before, but for "crop", "cut" and "trim". What would
        leave nothing but zeros of a sound is not done.

    Raises
    ------
    AudioError
        If the waveform is empty, or holds NaN or infinity.
    ValueError
        If a parameter makes no sense, or if a method returns something else
        than a waveform.

    See Also
    --------
    AugmentedClassifier : Augments the training clips of a classifier.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.augmentation import augment
    >>> y = np.random.default_rng(0).normal(size=8000)
    >>> changed = augment(y, 16_000, ["equalizer", "noise"], random_state=0)
    >>> changed.shape, changed.dtype
    ((8000,), dtype('float32'))
    """
    todo = check_methods(methods)
    bounds = check_number(n_methods, len(todo), "n_methods")
    return changed(load_audio(y, sample_rate), sample_rate, todo, bounds, as_generator(random_state))


def check_methods(methods: Any) -> list[Method]:
    """Return the functions behind names, in their order."""
    if isinstance(methods, str) or not isinstance(methods, Sequence) or not methods:
        raise ValueError(f"methods must be a list of names or callables, not empty, got {methods!r}.")
    for method in methods:
        if not callable(method) and method not in METHODS:
            raise ValueError(f"methods must be of {list(METHODS)}, or callables, got {method!r}.")
    return [method if callable(method) else METHODS[method] for method in methods]


def check_number(number: Any, n_methods: int, name: str) -> tuple[int, int]:
    """Return the least and the largest number of methods, no more than there are."""
    pair = number if isinstance(number, tuple) else (number, number)
    if len(pair) != 2 or not all(isinstance(n, Integral) for n in pair) or not 0 <= pair[0] <= pair[1]:
        raise ValueError(f"{name} must be an integer of 0 or more, or a range (low, high) of them, got {number!r}.")
    return min(int(pair[0]), n_methods), min(int(pair[1]), n_methods)


def as_generator(random_state: Any) -> np.random.Generator:
    """Return a Generator of our own; one draw is all that is taken from one that is shared."""
    return np.random.default_rng(seed_of(random_state))


def seed_of(random_state: Any) -> int:
    """Return a seed; one draw is all that is taken from a generator."""
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31 - 1))
    return int(check_random_state(random_state).randint(2**31 - 1))


def changed(
    y: Waveform,
    sample_rate: float,
    methods: list[Method],
    bounds: tuple[int, int],
    rng: np.random.Generator,
    lengths: Sequence[int | None] = (None,),
) -> Waveform:
    """Do some of the methods to a waveform, in their order.

    None that would leave nothing of a sound in the first samples, so many as a
    transformer reads.
    """
    n = rng.integers(bounds[0], bounds[1] + 1)
    for i in sorted(rng.permutation(len(methods))[:n].tolist()):
        after = np.asarray(methods[i](y, sample_rate, rng))
        if after.ndim != 1 or not len(after) or after.dtype.kind != "f" or not np.isfinite(after).all():
            raise ValueError(
                f"{methods[i]!r} must return a waveform: a 1-D array of finite floats, at least one; got"
                f" {after.dtype} of shape {after.shape}."
            )
        after = as_waveform(after)
        if all(after[:n].any() or not y[:n].any() for n in lengths):
            y = after
    return y
