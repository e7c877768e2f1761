"""Everything that reads what others wrote, by name."""

from dataclasses import dataclass
from typing import Any

from benchmarks.fuzz._audio import as_array, as_bytes, as_path, to_features, to_verdict, truncated
from benchmarks.fuzz._detectors import exported, saved, shipped
from benchmarks.fuzz._tables import evaluated, protocol, resumed, score_file, table


@dataclass(frozen=True)
class Entrance:
    """A way in: `attempt(folder, rng)` makes an input, tries it, and returns "read" or "refused", or raises."""

    attempt: Any
    needs: str = ""  # a program
    weight: float = 1.0  # of its share of all inputs


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
