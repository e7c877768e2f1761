"""The demo's speech: telephone prompts that Debian and Ubuntu package, or the user's own folders."""

import gzip
import re
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skvoicefake.audio import AudioError, load_audio
from skvoicefake.datasets import find_audio, make_copysynthesis
from skvoicefake.datasets._files import AUDIO_SUFFIXES
from skvoicefake.datasets._folder import class_folders, sentence_of, speaker_of

PROMPTS = Path("/usr/share/asterisk/sounds")
# Folder of a language -> who speaks there. English and Spanish are one person.
VOICES = {
    "en_US_f_Allison": "Allison",
    "es_MX_f_Allison": "Allison",
    "fr_CA_f_June": "June",
    "it_IT_m_Carlo": "Carlo",
    "ru_RU_f_IvrvoiceRU": "IvrvoiceRU",
}
ENGLISH = "en_US_f_Allison"
ENGLISH_TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
PACKAGES = " ".join(f"asterisk-core-sounds-{language}-g722" for language in ("en", "es", "fr", "it", "ru"))
NOT_SPEECH = {"ascending-2tone", "descending-2tone", "beep", "beeperr", "silence"}
SHORTEST, LONGEST = 1.0, 8.0  # seconds
# What the demo looks at of every clip, from its start. Fakes are not made of more.
SECONDS = 3.0
SAMPLE_RATE, BIT_RATE = 16_000, 64_000


def telephone_prompts(folder: Path, sentences: int, *, seed: int, n_jobs: int) -> pd.DataFrame:
    """Decode some prompts of every voice and make fakes of them; return a row a clip."""
    import soundfile

    rng = np.random.RandomState(seed)
    texts = english_texts()
    rows, spoken = [], {}
    for name, speaker in VOICES.items():
        voice = PROMPTS / name
        files = sorted(voice.rglob("*.g722"))
        prompts = [path for path in files if is_sentence(path.relative_to(voice), path.stat().st_size)]
        if not prompts:
            raise FileNotFoundError(
                f"no telephone prompts in {voice}. On Debian or Ubuntu: apt-get install {PACKAGES}."
                " Elsewhere: skvoicefake demo --real FOLDER, with any folder of speech."
            )
        for path in rng.permutation(np.array(prompts, dtype=object))[:sentences]:
            sentence = path.relative_to(voice).with_suffix("").as_posix()
            target = folder / "real" / name / f"{sentence.replace('/', '_')}.wav"
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(target, decode_g722(path.read_bytes()), SAMPLE_RATE, subtype="PCM_16")
            text = texts.get(sentence) or re.sub(r"[-_/]+", " ", sentence)
            # Some sentences are there under several names, which are the same in every language.
            rows.append((str(target), speaker, text.casefold()))
            if name == ENGLISH:
                spoken[str(target)] = text
    real = pd.DataFrame(rows, columns=["path", "speaker", "sentence"])
    return with_fakes(real, folder, texts=spoken, is_telephone=True, n_jobs=n_jobs)


def speech_folder(root: Path, folder: Path, *, n_jobs: int) -> pd.DataFrame:
    """Take every recording of a folder as real, and make fakes of them. A first sub-folder is the speaker."""
    # The output may lie inside the folder: fakes of an earlier run are no real speech.
    files = audio_files(root, leave_out=folder)
    rows = [(str(path), speaker_of(path, root), path.relative_to(root).as_posix()) for path in files]
    return with_fakes(pd.DataFrame(rows, columns=["path", "speaker", "sentence"]), folder, texts=None, n_jobs=n_jobs)


def labelled_folder(root: Path) -> pd.DataFrame:
    """Read a folder with ``real/`` and ``fake/`` inside. Files of one name count as one sentence.

    So do a recording and the fakes that `make_copysynthesis` made of it.
    """
    rows = [
        (str(path), speaker_of(path, top), sentence_of(path), kind, "-" if kind == "real" else "given")
        for top, kind in class_folders(root).items()
        for path in audio_files(top)
    ]
    clips = pd.DataFrame(rows, columns=["path", "speaker", "sentence", "target", "generator"])
    n_shared = (clips.groupby("sentence")["target"].nunique() == 2).sum()
    print(f"{n_shared} sentences are there as real and as fake, by file name; each stays on one side of every split.")
    return clips


def with_fakes(
    real: pd.DataFrame, folder: Path, *, texts: dict[str, str] | None, is_telephone: bool = False, n_jobs: int
) -> pd.DataFrame:
    """Add fakes of the real clips; copies of a sentence keep its speaker and sentence."""
    fakes = make_copysynthesis(
        real["path"].tolist(),
        folder / "fake",
        methods=["world", "griffinlim"] + (["tts"] if texts else []),
        texts=texts,
        duration=SECONDS,
        channel=through_g722 if is_telephone else None,
        n_jobs=n_jobs,
        verbose=1,
    )
    fakes = fakes.merge(real.rename(columns={"path": "source"}), on="source").drop(columns="source")
    fakes = fakes.rename(columns={"method": "generator"}).assign(target="fake")
    clips = pd.concat([real.assign(target="real", generator="-"), fakes], ignore_index=True)
    return clips[["path", "speaker", "sentence", "target", "generator"]]


def audio_files(root: Path, leave_out: Path | None = None) -> list[Path]:
    """Return the recordings below a folder that can be read and hold sound in the seconds that are looked at."""
    found = [Path(path) for path in find_audio(root)]
    if leave_out is not None:
        found = [path for path in found if not path.resolve().is_relative_to(leave_out.resolve())]
    files = []
    for path in found:
        try:
            if load_audio(path, SAMPLE_RATE, duration=SECONDS).any():
                files.append(path)
            else:
                print(f"left out: {str(path)!r}: its first {SECONDS:g} seconds are silent.")
        except AudioError as error:
            print(f"left out: {error}")
    if not files:
        raise FileNotFoundError(f"{root}: no recordings below this folder ({', '.join(sorted(AUDIO_SUFFIXES))}).")
    return files


def is_sentence(path: Path, n_bytes: int) -> bool:
    """Tell whether a prompt is long enough to be a sentence, and not a tone."""
    seconds = n_bytes * 8 / BIT_RATE
    return SHORTEST <= seconds <= LONGEST and not NOT_SPEECH & set(path.with_suffix("").parts)


def english_texts() -> dict[str, str]:
    """Read what the English prompts say; minimal systems leave the list out."""
    if not ENGLISH_TEXTS.exists():
        return {}
    lines = gzip.decompress(ENGLISH_TEXTS.read_bytes()).decode("utf-8", errors="replace").splitlines()
    pairs = (line.partition(":") for line in lines if not line.startswith(";") and ":" in line)
    return {name.strip(): text.strip() for name, _, text in pairs if re.search(r"[A-Za-z]{2}", text)}


def decode_g722(content: bytes) -> NDArray[np.int16]:
    """Decode G.722 at 64 kbit/s to 16-kHz PCM."""
    from G722 import G722

    return np.asarray(G722(SAMPLE_RATE, BIT_RATE).decode(content), dtype=np.int16)


def through_g722(waveform: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """Send a waveform through the codec that the real prompts went through."""
    from G722 import G722

    pcm = np.clip(np.round(waveform * 32768), -32768, 32767).astype(np.int16)
    decoded = decode_g722(bytes(G722(sample_rate, BIT_RATE).encode(pcm)))
    return np.asarray(decoded / 32768, dtype=np.float32)
