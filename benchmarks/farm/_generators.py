"""Which generators there are, under which licences, and how many clips each makes."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.farm import _neural, _signal, _speech

DSP = "made by signal processing: no weights"


@dataclass(frozen=True)
class Generator:
    """A way to make fakes.

    ``start(tools)`` imports what is needed (a ModuleNotFoundError skips the generator) and returns the function that
    makes a clip: ``copy`` and ``vc`` take a real clip's sound and a random generator, ``tts`` a text and a random
    generator; each returns a sound at 16 kHz.
    """

    name: str
    kind: str
    licence: str
    start: Callable
    n_clips: int | None = 250


GENERATORS = [
    Generator("fargan", "copy", "BSD-3-Clause (Opus)", _neural.fargan, None),
    Generator("dred-fargan", "copy", "BSD-3-Clause (Opus)", _neural.dred, None),
    Generator("fargan-vc", "vc", "BSD-3-Clause (Opus)", _neural.fargan_vc, None),
    Generator("psola-fargan", "vc", "BSD-3-Clause (Opus)", _neural.psola_fargan, 300),
    Generator("kokoro", "tts", "Apache-2.0 (Kokoro-82M)", _speech.kokoro, 120),
    Generator("festival-hts", "tts", "BSD-like (HTS voice of CMU ARCTIC slt)", _speech.festival_hts, 100),
    Generator("griffinlim-any", "copy", DSP, _signal.griffin_lim, 250),
    Generator("world-any", "copy", DSP, _signal.world, 300),
    Generator("world-vc-any", "vc", DSP, _signal.world_vc, 200),
    Generator("lpc-vocoder", "copy", DSP, _signal.lpc_vocoder, 200),
    Generator("minimum-phase", "copy", DSP, _signal.minimum_phase, 200),
    Generator("psola-vc", "vc", DSP, _signal.psola, 200),
    Generator("phase-vocoder-vc", "vc", DSP, _signal.phase_vocoder, 150),
    Generator("codec2", "copy", "LGPL-2.1 (codec2)", _signal.codec2, 150),
]
