"""Fakes from real speech: the same sentences through vocoders and text-to-speech."""

import hashlib
import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from skvoicefake._warn import warn
from skvoicefake.audio import AudioError, load_audio

if TYPE_CHECKING:
    import pandas as pd

Waveform = NDArray[np.float32]
N_FFT, HOP_LENGTH, N_MELS = 1024, 256, 80
# What a fake is called: the stem of its source, the method, and a digest of source and settings.
FAKE_NAME = re.compile(r"(?P<source>.+)-(?P<method>world|griffinlim|tts)-[0-9a-f]{10}")
PEAK = 0.99
# What a method imports, and the package that brings it.
MODULES = {"world": ("pyworld", "pyworld"), "griffinlim": ("librosa", "librosa"), "tts": ("hibari", "hibari-tts")}


def make_copysynthesis(
    clips: Sequence[str | os.PathLike[str]],
    output_dir: str | os.PathLike[str],
    *,
    methods: Sequence[str] = ("world", "griffinlim"),
    texts: Mapping[str, str] | None = None,
    sample_rate: int = 16_000,
    duration: float | None = None,
    channel: Callable[[Waveform, int], Waveform] | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> "pd.DataFrame":
    """Make fakes of real recordings: the same sentences, voices and levels, through a vocoder.

    What remains to tell the two classes apart is the synthesis. Put a fake on
    the same side of every split as its `source`: a detector must not see one
    copy of a sentence in training and another in the test.

    Fakes that are there already are not made again, so a run that was stopped
    goes on where it was. Files are written whole or not at all.

    Parameters
    ----------
    clips : sequence of paths
        Recordings of real speech.
    output_dir : path
        Folder for the fakes, 16-bit wav files; made if it does not exist.
    methods : sequence of {"world", "griffinlim", "tts"}, default=("world", "griffinlim")
        - "world": analysis and synthesis by the WORLD vocoder [1]_ (needs
          ``pyworld``);
        - "griffinlim": Griffin and Lim's phases [2]_ for the clip's 80-band
          mel spectrogram, the way of many text-to-speech systems before
          neural vocoders;
        - "tts": the sentence in `texts`, spoken by a neural text-to-speech
          voice (needs ``hibari-tts``; English).
    texts : mapping of path to str, default=None
        What is said in some or all of the clips, for "tts", which leaves out
        the others.
    sample_rate : int, default=16000
        Rate of the fakes in Hz.
    duration : float, default=None
        Use at most this many seconds of a clip, from its start.
    channel : callable, default=None
        ``channel(waveform, sample_rate) -> waveform``, applied to every fake:
        the codec or filter that the real recordings went through, so that it
        does not give the fakes away. A function of a module, by whose name
        fakes are known: after a change inside it, use another `output_dir`.
    n_jobs : int, default=None
        Processes to work with, as in scikit-learn.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    fakes : DataFrame
        A row a fake: `path`, `method`, and `source`, the path of the real
        clip, for use as a group.

    Raises
    ------
    ValueError
        If a method is unknown, "tts" has no `texts`, `texts` names a path that
        is not in `clips`, or `channel` is a lambda or local function or
        returns something else than a waveform.
    ImportError
        If a package that a method needs is missing.

    Warns
    -----
    UserWarning
        One warning that lists clips which cannot be read; they are left out.

    References
    ----------
    .. [1] Morise, Yokomori and Ozawa, "WORLD: a vocoder-based high-quality
       speech synthesis system for real-time applications", IEICE Transactions
       on Information and Systems, 2016.
    .. [2] Griffin and Lim, "Signal estimation from modified short-time Fourier
       transform", IEEE Transactions on Acoustics, Speech, and Signal
       Processing, 1984.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np, soundfile
    >>> from skvoicefake.datasets import make_copysynthesis
    >>> folder = tempfile.mkdtemp()
    >>> t = np.arange(8000) / 16000
    >>> soundfile.write(f"{folder}/real.wav", 0.5 * np.sin(2 * np.pi * 220 * t), 16000)
    >>> fakes = make_copysynthesis([f"{folder}/real.wav"], f"{folder}/fakes", methods=["griffinlim"])
    >>> fakes["method"].tolist()
    ['griffinlim']
    """
    import pandas as pd
    from tqdm.auto import tqdm

    if isinstance(clips, str | os.PathLike):
        raise ValueError(f"clips must be a sequence of paths, got the one path {os.fspath(clips)!r}. Wrap it: [path].")
    for i, clip in enumerate(clips):
        if not isinstance(clip, str | os.PathLike):
            raise ValueError(f"clips[{i}]: expected a path, got {type(clip).__name__}. Write it to a file first.")
    if isinstance(methods, str):
        raise ValueError(f"methods must be a sequence, got the string {methods!r}. Wrap it: [{methods!r}].")
    unknown = sorted(set(methods) - set(SYNTHESIZERS))
    if unknown or not len(methods):
        raise ValueError(f"methods must be among {sorted(SYNTHESIZERS)}, got {list(methods)!r}.")
    if "tts" in methods and texts is None:
        raise ValueError('methods has "tts", which needs texts: a mapping of path to the sentence that is spoken.')
    if "<" in _channel_name(channel):
        raise ValueError(
            "channel must be a function of a module, so that its name tells its fakes from those of another; got a"
            f" lambda, local function or object ({channel!r})."
        )
    for method in methods:
        _require(method)
    output_dir, sample_rate = Path(output_dir), int(sample_rate)
    output_dir.mkdir(parents=True, exist_ok=True)
    spoken = {Path(path).resolve(): text for path, text in (texts or {}).items()}
    strangers = spoken.keys() - {Path(clip).resolve() for clip in clips}
    if strangers:
        raise ValueError(f"texts names {len(strangers)} paths that are not in clips, such as {str(min(strangers))!r}.")
    jobs = [
        (os.fspath(clip), method, spoken.get(Path(clip).resolve()))
        for clip in clips
        for method in methods
        if method != "tts" or Path(clip).resolve() in spoken
    ]
    bar = tqdm(jobs, desc="Making fakes", unit="clip", disable=not verbose)
    outcomes = Parallel(n_jobs=n_jobs)(
        delayed(_make_one)(*job, output_dir=output_dir, sample_rate=sample_rate, duration=duration, channel=channel)
        for job in bar
    )
    errors = sorted({error for _, error in outcomes if error is not None})
    if errors:
        listed = "".join(f"\n  {error}" for error in errors[:10])
        more = f"\n  and {len(errors) - 10} more" if len(errors) > 10 else ""
        message = f"{len(errors)} clips could not be read and have no fakes:{listed}{more}"
        warn(message)
    made = [(job, path) for job, (path, error) in zip(jobs, outcomes, strict=True) if error is None]
    rows = [(path, method, source) for (source, method, _), path in made]
    return pd.DataFrame(rows, columns=["path", "method", "source"])


def _make_one(
    source: str,
    method: str,
    text: str | None,
    output_dir: Path,
    sample_rate: int,
    duration: float | None,
    channel: Callable[[Waveform, int], Waveform] | None,
) -> tuple[str, str | None]:
    """Write one fake, unless it is there; return its path, and what is wrong with its source."""
    import soundfile

    # Two folders may hold files of one name, and other settings make other fakes.
    path = Path(source)
    stamp = (path.stat().st_size, path.stat().st_mtime_ns) if path.exists() else None
    settings = f"{path.resolve()}|{stamp}|{method}|{text}|{sample_rate}|{duration}|{_channel_name(channel)}".encode()
    digest = hashlib.sha256(settings).hexdigest()[:10]
    target = output_dir / f"{Path(source).stem}-{method}-{digest}.wav"
    if target.exists():
        return str(target), None
    try:
        real = load_audio(source, sample_rate, duration=duration)
    except AudioError as error:
        return str(target), str(error)
    if not real.any():
        return str(target), f"{source!r}: expected speech, got a silent clip. Leave it out."
    if len(real) < N_FFT:
        return str(target), f"{source!r}: expected speech, got {len(real)} samples at {sample_rate} Hz. Leave it out."
    # One thread for matrix products: on more they add up in another order, and a fake is to be the same
    # whatever n_jobs is.
    with threadpool_limits(1):
        fake = SYNTHESIZERS[method](real, sample_rate, text or "")
    fake = _at_level_of(fake, real)
    if channel is not None:
        fake = channel(fake, sample_rate)
        if not isinstance(fake, np.ndarray) or fake.ndim != 1 or not len(fake) or not np.isfinite(fake).all():
            raise ValueError(f"channel must return a 1-D array of finite samples, for {source!r} it did not.")
    unfinished = target.with_suffix(f".{os.getpid()}.part")
    soundfile.write(unfinished, fake, sample_rate, subtype="PCM_16", format="WAV")
    unfinished.replace(target)
    return str(target), None


def _channel_name(channel: Callable[[Waveform, int], Waveform] | None) -> str:
    return "" if channel is None else f"{channel.__module__}.{getattr(channel, '__qualname__', '<object>')}"


def _at_level_of(fake: Waveform, real: Waveform) -> Waveform:
    """Return the fake with the root mean square of the real clip, as far as its peaks allow."""
    gain = np.sqrt(np.mean(np.square(real)) / max(float(np.mean(np.square(fake))), 1e-20))
    return np.asarray(fake * min(gain, PEAK / max(float(np.abs(fake).max()), 1e-10)), dtype=np.float32)


def _world(real: Waveform, sample_rate: int, text: str) -> Waveform:
    pyworld = _require("world")
    f0, envelope, aperiodicity = pyworld.wav2world(real.astype(np.float64), sample_rate)
    fake = pyworld.synthesize(f0, envelope, aperiodicity, sample_rate)
    return np.resize(np.pad(fake, (0, max(0, len(real) - len(fake)))), len(real)).astype(np.float32)


def _griffinlim(real: Waveform, sample_rate: int, text: str) -> Waveform:
    librosa = _require("griffinlim")
    power = np.square(np.abs(librosa.stft(real, n_fft=N_FFT, hop_length=HOP_LENGTH)))
    filters = librosa.filters.mel(sr=sample_rate, n_fft=N_FFT, n_mels=N_MELS)
    # The least-squares inverse: librosa's own, which keeps to positive values, takes 50 times as long.
    magnitudes = np.sqrt(np.maximum(np.linalg.pinv(filters) @ (filters @ power), 0))
    # No random phases to start from: the same clip gives the same fake.
    fake: Waveform = librosa.griffinlim(
        magnitudes, n_iter=32, n_fft=N_FFT, hop_length=HOP_LENGTH, length=len(real), init=None
    )
    return fake


def _tts(real: Waveform, sample_rate: int, text: str) -> Waveform:
    rate = 24_000
    spoken = np.trim_zeros(np.asarray(_voice()(text, seed=0), dtype=np.float32))
    return load_audio((spoken, rate), sample_rate)


@lru_cache(maxsize=1)
def _voice() -> Any:
    return _require("tts").Hibari()


SYNTHESIZERS: dict[str, Callable[[Waveform, int, str], Waveform]] = {
    "world": _world,
    "griffinlim": _griffinlim,
    "tts": _tts,
}


def _require(method: str) -> Any:
    """Return the module a method works with, or say what to install."""
    module, package = MODULES[method]
    try:
        with warnings.catch_warnings():
            # pyworld imports the retired pkg_resources, which says so.
            warnings.simplefilter("ignore")
            return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"The method {method!r} needs {package}: pip install 'skvoicefake[demo]' ({error})."
        ) from error
