"""One clip, decoded once -> all that an audit wants to know of it."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from skvoicefake.audio import AudioError
from skvoicefake.model_selection._fingerprints import fingerprint
from skvoicefake.model_selection._surface import UNUSABLE, read_file, surface_features, unusable

AT_A_TIME = 32  # clips a task, at most


class Examined(NamedTuple):
    """What is known of a clip; nothing but the problem if it cannot be used."""

    problem: str | None
    features: dict[str, float | str]
    digest: bytes | None
    fingerprint: NDArray[np.int64]


def examine_all(
    clips: Sequence[Any], names: Sequence[str], sample_rate: float, *, n_jobs: int | None, verbose: int
) -> list[Examined]:
    """Examine clips, in processes if there are to be several."""
    from tqdm.auto import tqdm

    # Few clips are long ones, perhaps: they are shared out one by one.
    size = min(AT_A_TIME, max(1, len(clips) // AT_A_TIME))
    tasks = (
        delayed(_examine_some)(clips[start : start + size], names[start : start + size], sample_rate)
        for start in range(0, len(clips), size)
    )
    results: list[Examined] = []
    with tqdm(total=len(clips), desc="Examining", unit="clip", disable=verbose < 1) as bar:
        for some in Parallel(n_jobs=n_jobs, return_as="generator")(tasks):
            results += some
            bar.update(len(some))
    return results


def examine(clip: Any, name: str, sample_rate: float = 16_000) -> Examined:
    """Decode a clip; measure its surface, take its fingerprint and a digest of its samples."""
    nothing = np.empty((0, 2), dtype=np.int64)
    try:
        channels, rate, facts = read_file(clip, name, sample_rate=sample_rate)
    except AudioError as error:
        return Examined(str(error), {}, None, nothing)
    features = surface_features(channels, rate, facts)
    if (problem := unusable(features)) is not None and problem != "mostly clipped":
        return Examined(f"{name}: {problem}: {UNUSABLE[problem]}.", features, None, nothing)
    digest = blake2b(np.ascontiguousarray(channels), digest_size=16, salt=b"%d" % round(rate)).digest()
    mono = channels[:, 0] if channels.shape[1] == 1 else channels.mean(axis=1)
    said = None if problem is None else f"{name}: {problem}: {UNUSABLE[problem]}."
    return Examined(said, features, digest, fingerprint(mono, round(rate)))


def _examine_some(clips: Sequence[Any], names: Sequence[str], sample_rate: float) -> list[Examined]:
    with threadpool_limits(1):
        return [examine(clip, name, sample_rate) for clip, name in zip(clips, names, strict=True)]
