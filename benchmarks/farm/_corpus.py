"""Reading a corpus's real clips, and writing fakes beside a manifest of the same kind."""

import csv
import zlib
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000
LONGEST = 2.7  # seconds
PEAK = 0.7
UNKNOWN = "-"


@dataclass(frozen=True)
class Clip:
    """A real clip of a corpus's train split."""

    path: str
    speaker: str
    source: str
    licence: str
    sound: np.ndarray


@dataclass(frozen=True)
class Row:
    """A line of the manifest: what the corpus has, and what a fake was made of."""

    path: str
    split: str
    label: str
    generator: str
    speaker: str
    source: str
    duration_s: float
    licence: str
    kind: str
    source_path: str
    text: str


def real_clips(corpus):
    """Return the real clips of the train split, in the manifest's order."""
    with Path(corpus, "manifest.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "train" and row["label"] == "real"]
    clips = []
    for row in rows:
        sound, rate = soundfile.read(Path(corpus, row["path"]), dtype="float32")
        if rate != RATE or sound.ndim != 1:
            raise ValueError(f"{row['path']}: expected mono at {RATE} Hz, got {sound.shape} at {rate} Hz")
        clips.append(Clip(row["path"], row["speaker"], row["source"], row["licence"], sound))
    return clips


def balanced(clips, n, generator):
    """Return `n` of the clips (all, if None), as even over the sources as they go; each generator gets others."""
    if n is None or n >= len(clips):
        return clips
    rng = np.random.default_rng(seed(generator))
    queues = {source: [] for source in dict.fromkeys(clip.source for clip in clips)}
    for position in rng.permutation(len(clips)):
        queues[clips[position].source].append(clips[position])
    chosen = []
    while len(chosen) < n:
        chosen += [queue.pop() for queue in queues.values() if queue]
    return chosen[:n]


def seed(*names):
    """Return a seed that hangs on names alone."""
    return zlib.crc32("/".join(names).encode())


def finished(sound, length=None):
    """Return a sound as the corpus has them: cut or padded to `length` samples, 2.7 s at most, its peak at 0.7."""
    sound = np.nan_to_num(np.asarray(sound, dtype=np.float64).ravel())[: int(LONGEST * RATE)]
    if length is not None:
        sound = np.pad(sound[:length], (0, max(0, length - len(sound))))
    return sound * (PEAK / max(np.abs(sound).max(), 1e-9))


def write(path, sound):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, RATE, subtype="PCM_16", format="FLAC")


def write_manifest(path, rows):
    """Write the rows of the generators made now over those of earlier runs."""
    kept = []
    if path.exists():
        made = {row.generator for row in rows}
        with path.open(newline="") as file:
            kept = [row for row in csv.DictReader(file) if row["generator"] not in made]
    with path.with_suffix(".tmp").open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        writer.writeheader()
        writer.writerows(kept + [asdict(row) for row in rows])
    path.with_suffix(".tmp").replace(path)
