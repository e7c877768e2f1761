"""Recordings of some sentences: real, fake, and real but for one sentence."""

from dataclasses import dataclass

import numpy as np

from skvoicefake.audio import load_audio

RATE = 16_000
N_SENTENCES = 8
FEWEST = 4
EDGE = 0.4  # seconds at either end of a clip in which its quietest moment is looked for
FADE = 0.02  # seconds over which two clips are faded into one another


@dataclass
class Recording:
    """Sound, where it is fake (seconds), and where its clips come from."""

    kind: str  # real, fake or partly
    home: str
    waveform: np.ndarray
    fakes: tuple[float, float] | None


def recordings(table, *, n_each=20, n_sentences=N_SENTENCES, seed=0):
    """Build `n_each` recordings of every kind and home of a table that `benchmarks._protocols.read_corpus` has read.

    A recording is made of clips of one home, of one speaker where one has enough, of others else. They are joined at
    their quietest moments; the sentence that takes another's place has its level. No home depends on the others.
    """
    found = []
    for home, clips in table.groupby("home", sort=True):
        real, fake = (clips[clips["label"] == label] for label in ("real", "fake"))
        if len(real) < FEWEST or len(fake) < FEWEST:
            continue
        rng = np.random.default_rng([seed, *home.encode()])
        for _ in range(n_each):
            found.append(_joined("real", home, _drawn(real, "speaker", n_sentences, rng), rng))
            found.append(_joined("fake", home, _drawn(fake, "generator", n_sentences, rng), rng))
            host = _drawn(real, "speaker", n_sentences, rng)
            # Of the host's own speaker, if there is such a fake.
            same = fake[(fake["speaker"] == host["speaker"].iloc[0]) & (fake["speaker"] != "-")]
            guest = (same if len(same) else fake).sample(1, random_state=rng).iloc[0]
            found.append(_joined("partly", home, host, rng, guest))
    return found


def _drawn(clips, by, n_sentences, rng):
    """Return some clips in any order: of one speaker or generator, if there are enough."""
    counts = clips[by].value_counts()
    enough = sorted(name for name, count in counts.items() if count >= FEWEST and name != "-")
    if enough:
        weights = counts[enough].to_numpy()
        clips = clips[clips[by] == rng.choice(enough, p=weights / weights.sum())]
    return clips.sample(min(n_sentences, len(clips)), random_state=rng)


def _joined(kind, home, clips, rng, guest=None):
    sentences = [sentence(path) for path in clips["file"]]
    place = int(rng.integers(1, len(sentences) - 1))
    if guest is not None:
        other = sentence(guest["file"])
        sentences[place] = other * level(sentences[place]) / max(level(other), 1e-6)
    waveform, starts = joined(sentences)
    if kind == "partly":
        return Recording(kind, home, waveform, (starts[place] / RATE, starts[place + 1] / RATE))
    return Recording(kind, home, waveform, (0.0, len(waveform) / RATE) if kind == "fake" else None)


def sentence(path):
    """Return a clip from the quietest moment near its start to that near its end."""
    y = load_audio(path, RATE)
    n_frame, n_edge = round(FADE * RATE), min(round(EDGE * RATE), len(y) // 4)
    power = np.convolve(np.square(y, dtype=np.float64), np.ones(n_frame), "same")
    return y[int(np.argmin(power[:n_edge])) : len(y) - n_edge + int(np.argmin(power[len(y) - n_edge :])) + 1]


def joined(sentences):
    """Return sentences in one waveform, and where each begins; last, where all end."""
    n_fade = round(FADE * RATE)
    ramp = np.linspace(0, 1, n_fade, dtype=np.float32)
    whole, starts = sentences[0].copy(), [0]
    for following in sentences[1:]:
        starts.append(len(whole) - n_fade // 2)
        whole[-n_fade:] = whole[-n_fade:] * (1 - ramp) + following[:n_fade] * ramp
        whole = np.concatenate([whole, following[n_fade:]])
    return whole, [*starts, len(whole)]


def level(y):
    """Return the root mean square."""
    return float(np.sqrt(np.mean(np.square(y, dtype=np.float64))))
