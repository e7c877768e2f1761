"""How long do files take to become a panel? Beside librosa's two calls, and with two threads; wav, flac, mp3.

Clips of 3 s are decoded, brought to 16 kHz and turned into 40 cepstra of 80 mels, by one thread: `MFCCTransformer`
beside a loop of ``librosa.load`` and ``librosa.feature.mfcc``. The stages alone show the limit: what libsndfile and
soxr, which both call, take themselves. Then two threads beside one, and beside two processes. Others on the machine
take away the second core more than the first, so of these times only the fastest third counts.

Run it as ``python -m benchmarks.files``.
"""

import tempfile
from pathlib import Path

import joblib
import librosa
import numpy as np
import soundfile
import soxr
from threadpoolctl import threadpool_limits

from benchmarks._harness import interleave, main, rows_of
from skvoicefake import MFCCTransformer
from skvoicefake.audio import load_audio
from skvoicefake.feature_extraction import mfcc

RATE, SECONDS, LONG = 16_000, 3, 30
# Format, rate in Hz, channels.
KINDS = {
    "wav, 16 kHz": ("wav", 16_000, 1),
    "flac, 16 kHz": ("flac", 16_000, 1),
    "mp3, 44.1 kHz": ("mp3", 44_100, 1),
    "mp3, 44.1 kHz, stereo": ("mp3", 44_100, 2),
}
PARAMETERS = {"n_mfcc": 40, "n_fft": 512, "hop_length": 160, "n_mels": 80}
OURS = "MFCCTransformer.transform"


def add_arguments(parser):
    parser.add_argument("--n-clips", type=int, default=16, help="files of every kind (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=7, help="rounds (default: %(default)s)")


def measure(results, args):
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        files = {name: write(Path(folder, str(i)), args.n_clips, *kind) for i, (name, kind) in enumerate(KINDS.items())}
        for name, paths in files.items():
            one_thread(results, name, paths, args.repeats)
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for i, (name, kind) in enumerate(KINDS.items()):
            rows += threads(results, name, write(Path(folder, str(i)), 4 * args.n_clips, *kind), 2 * args.repeats)
        results.table("Two at once: time a clip", rows)
        long_files(results, Path(folder, "long"), args.repeats)


def one_thread(results, name, paths, repeats):
    """Time all of it, and every stage alone."""
    transformer = MFCCTransformer(**PARAMETERS)
    decoded = [soundfile.read(path, dtype="float32", always_2d=True) for path in paths]
    rate = decoded[0][1]
    mono = [np.ascontiguousarray(samples.mean(axis=1)) for samples, _ in decoded]
    waveforms = [load_audio(path) for path in paths]
    ways = {
        "librosa.load + feature.mfcc": lambda: [librosa_mfcc(path) for path in paths],
        OURS: lambda: transformer.transform(paths),
        "  load_audio": lambda: [load_audio(path, duration=SECONDS) for path in paths],
        "    soundfile.read": lambda: [soundfile.read(path, dtype="float32") for path in paths],
        "    soxr.resample": lambda: [soxr.resample(y, rate, RATE, quality="HQ") for y in mono],
        "  mfcc": lambda: [mfcc(y, **PARAMETERS) for y in waveforms],
        "librosa.load": lambda: [librosa.load(path, sr=RATE) for path in paths],
    }
    if rate == RATE:
        del ways["    soxr.resample"]
    seconds = interleave(ways, repeats=repeats)
    rows = rows_of(seconds, per=len(paths), unit="us", reference="librosa.load + feature.mfcc")
    limit = sum(np.median(seconds[stage]) for stage in ("    soundfile.read", "    soxr.resample") if stage in seconds)
    results.table(f"{name}: time a clip, one thread", rows)
    slow = seconds["librosa.load + feature.mfcc"]
    results.ratio(f"{name}: files to panel, times as fast as librosa", slow, seconds[OURS], at_least=3)
    results.figure(f"{name}: the same, if all but decoding and resampling took no time", np.median(slow) / limit)


def librosa_mfcc(path):
    y, _ = librosa.load(path, sr=RATE)
    return librosa.feature.mfcc(y=y, sr=RATE, **PARAMETERS)


def threads(results, name, paths, repeats):
    """Time one thread, two threads and two processes; return rows."""
    ways = {
        "one thread": MFCCTransformer(**PARAMETERS).transform,
        "two threads (n_jobs=2)": MFCCTransformer(**PARAMETERS, n_jobs=2).transform,
        "two processes (loky)": by_processes,
    }
    seconds = interleave({way: lambda f=f: f(paths) for way, f in ways.items()}, repeats=repeats)
    calm = {way: np.sort(values)[: max(1, len(values) // 3)] for way, values in seconds.items()}
    one = calm["one thread"]
    results.ratio(f"{name}: n_jobs=2, times as fast as 1", one, calm["two threads (n_jobs=2)"], at_least=1.8)
    return [{"files": name, **row} for row in rows_of(calm, per=len(paths), unit="us", reference="one thread")]


def by_processes(paths):
    transformer = MFCCTransformer(**PARAMETERS)
    half = len(paths) // 2
    parts = joblib.Parallel(n_jobs=2)(
        joblib.delayed(transformer.transform)(part) for part in (paths[:half], paths[half:])
    )
    return np.concatenate(parts)


def long_files(results, folder, repeats):
    """Time the first seconds of long files beside all of them."""
    for name, kind in KINDS.items():
        paths = write(folder / name, 2, *kind, seconds=LONG)
        seconds = interleave(
            {
                "all": lambda paths=paths: [load_audio(path) for path in paths],
                "a part": lambda paths=paths: [load_audio(path, duration=SECONDS) for path in paths],
            },
            repeats=repeats,
        )
        ratio = f"{name}: {SECONDS} s of {LONG} s, times as fast as all"
        results.ratio(ratio, seconds["all"], seconds["a part"])


def write(folder, n_clips, suffix, rate, n_channels, seconds=SECONDS):
    """Write files of a voice-like buzz with pauses in it and noise beneath; return their paths."""
    folder.mkdir(parents=True)
    paths = []
    for i in range(n_clips):
        rng = np.random.default_rng(i)
        t = np.arange(int(seconds * rate)) / rate
        phase = 2 * np.pi * np.cumsum(120 + 30 * np.sin(2 * np.pi * 2 * t + i)) / rate
        buzz = sum(np.sin(k * phase) / k for k in range(1, 20))
        y = 0.06 * buzz * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * t)) + 0.003 * rng.normal(size=len(t))
        channels = np.stack([y * gain for gain in (1, 0.7)[:n_channels]], axis=1)
        path = folder / f"{i:04d}.{suffix}"
        soundfile.write(path, channels.astype(np.float32), rate)
        paths.append(str(path))
    return paths


if __name__ == "__main__":
    main(__name__)
