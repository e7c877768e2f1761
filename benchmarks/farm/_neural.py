"""Copy-synthesis and voice conversion by the neural vocoder in Opus."""

import numpy as np

from benchmarks.farm import _signal
from benchmarks.farm._opus import DELAY, FRAME, PITCH, NeuralOpus


def fargan(tools):
    """The vocoder alone: near transparent, so that nothing but the vocoder tells the copy."""
    opus = NeuralOpus(tools.opus)
    return lambda y, rng: _synthesize(opus, y, lambda features: features)


def dred(tools):
    """The neural codec: features through the autoencoder's latents, at one of its finer 10 of 16 levels."""
    opus = NeuralOpus(tools.opus)
    return lambda y, rng: _synthesize(opus, y, lambda features: opus.quantized(features, rng.integers(10)))


def fargan_vc(tools):
    """Another pitch, other formants, another speed, and features smoothed in time as acoustic models give them."""
    opus = NeuralOpus(tools.opus)

    def make(y, rng):
        def change(features):
            ratio = np.exp(rng.uniform(0.1, 0.5) * rng.choice([-1, 1]))
            features = features.copy()
            features[:, PITCH] = np.clip(features[:, PITCH] + np.log2(ratio), -1.4, 1.5)
            features[:, 1:PITCH] *= rng.uniform(0.9, 1.05)
            return _smoothed(_at_speed(features, rng.uniform(0.85, 1.2)), rng.uniform(0, 1.2))

        return _synthesize(opus, y, change)

    return make


def psola_fargan(tools):
    """Another voice by PSOLA, which leaves its own marks, hidden behind the neural vocoder's."""
    opus, other_voice = NeuralOpus(tools.opus), _signal.psola(tools)
    return lambda y, rng: _synthesize(opus, np.asarray(other_voice(y, rng)), lambda features: features)


def _synthesize(opus, y, change):
    # Silence around the clip fills the analysis's memory, and makes up for the delay and the frames of four.
    features = opus.features(np.pad(y, (4 * FRAME, 8 * FRAME)))
    return opus.synthesize(change(features))[4 * FRAME + DELAY :]


def _at_speed(features, speed):
    times = np.arange(0, len(features) - 1, speed)
    return np.stack([np.interp(times, np.arange(len(features)), column) for column in features.T], axis=1).astype("f4")


def _smoothed(features, width):
    """Smooth the spectrum (not the pitch) over `width` frames (standard deviation of a Gaussian)."""
    if width < 0.2:
        return features
    steps = np.arange(-4, 5)
    kernel = np.exp(-0.5 * (steps / width) ** 2)
    kernel /= kernel.sum()
    smooth = features.copy()
    for i in range(PITCH):
        smooth[:, i] = np.convolve(np.pad(features[:, i], 4, mode="edge"), kernel, mode="valid")
    return smooth
