"""WaveFake: LJSpeech and JSUT through neural vocoders; fakes alone, unless the real recordings are given."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
from sklearn.utils import Bunch

from skvoicefake.datasets._collector import without_collector
from skvoicefake.datasets._corpus import Audio, Corpus, Names, assemble, audio_below
from skvoicefake.datasets._paths import Folder, folders, join_audio, read_paths

WAVEFAKE = Corpus(
    name="WaveFake",
    licence="CC BY-SA 4.0 (LJSpeech: public domain; JSUT: CC BY-SA 4.0 and its terms)",
    citation='Frank and Schönherr, "WaveFake: a data set to facilitate audio deepfake detection", NeurIPS Datasets and'
    " Benchmarks, 2021.",
    url="https://zenodo.org/records/5642694",
    groups=("recording",),
    classes=("fake",),
    # What JSUT has beyond the sentences that were faked.
    aside=r"(?:LOANWORD|UT-PARAPHRASE|VOICEACTRESS|ONOMATOPEE|COUNTERSUFFIX|REPEAT|TRAVEL|PRECEDENT).*",
)
PATTERN = r"(?:(?P<corpus>ljspeech|jsut)_(?P<vocoder>\w+)"
PATTERN += r"|common_voices_prompts_from_(?P<speech>\w+)_ljspeech)(?P<inside>/generated)?"
# Folders of generators, also with something behind, such as ljspeech_waveglow-16k.
GENERATED = re.compile(r"(ljspeech|jsut)_\w*(gan|glow)|common_voices_prompts_from_", re.IGNORECASE)
LAYOUT = "generated_audio/CORPUS_VOCODER/NAME.wav, such as ljspeech_melgan/LJ001-0001_gen.wav"
REAL = re.compile(r"(LJ)\d{3}-\d{4}|(BASIC5000)_\d{4}")
VOICES = {"ljspeech": ("LJSpeech", "en"), "": ("LJSpeech", "en"), "jsut": ("JSUT", "ja")}


@without_collector
def load_wavefake(
    root: Folder,
    real: Folder | Sequence[Folder] | None = None,
    *,
    split: Names = None,
    groups: Names = None,
    on_missing: str = "skip",
) -> Bunch:
    """Load WaveFake: fakes of two voices by eight generators, and the real recordings if they are given.

    Expects ``generated_audio/<corpus>_<vocoder>/*.wav``, as the archive
    unpacks. The copies of all clips of text-to-speech that the archive has in
    a folder inside theirs are left out.

    Parameters
    ----------
    root : path
        The folder ``generated_audio``, or one around it.
    real : path or sequence of paths, default=None
        Folders of LJSpeech (``LJSpeech-1.1``) and JSUT (``jsut_ver1.1``), from
        which the fakes were made. None gives fakes alone: nothing to train on.
        Audio in folders that are called as those of WaveFake is not taken for
        real, wherever these lie.
    split : None
        The corpus has none.
    groups : str or list of str, default=None
        Columns of `frame` whose shared values keep clips on one side of a
        split. None takes "recording": a recording and all its fakes. There are
        but two speakers.
    on_missing : {"skip", "raise"}, default="skip"
        What to do about what cannot be used: leave it out with a warning, or
        raise an error.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`. Columns of `frame`: path, target, label,
        group, speaker, attack, language, recording.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no audio in this layout.
    ValueError
        If `real` holds none of the recordings, or `split` is given.

    Examples
    --------
    >>> from skvoicefake.datasets import load_wavefake
    >>> folder = getfixture("tmp_path")
    >>> for name in ("generated_audio/ljspeech_melgan/LJ001-0001_gen.wav", "LJSpeech-1.1/wavs/LJ001-0001.wav"):
    ...     (folder / name).parent.mkdir(parents=True)
    ...     (folder / name).touch()
    >>> clips = load_wavefake(folder / "generated_audio", folder / "LJSpeech-1.1")
    >>> clips.frame[["target", "attack", "group"]].values.tolist()
    [['fake', 'melgan', 'LJ001-0001'], ['real', '-', 'LJ001-0001']]
    """
    audio, table = read_paths(root, PATTERN, layout=LAYOUT)
    copies = table["inside"].ne("") & table["name"].isin(table["name"][table["inside"].eq("")])
    for name in table.index[copies]:
        del audio[name]
    table = table[~copies]
    voices = [VOICES[corpus] for corpus in table["corpus"].str.lower()]
    rows = pd.DataFrame(
        {
            "clip": table["clip"],
            "label": "fake",
            "speaker": [voice for voice, _ in voices],
            "attack": (table["vocoder"] + table["speech"]).astype(object),
            "language": [language for _, language in voices],
            "recording": table["name"].str.replace(r"_gen(?:erated)?$", "", regex=True),
        }
    )
    corpus = WAVEFAKE
    if real is not None:
        corpus = replace(WAVEFAKE, classes=("real", "fake"))
        found = _not_generated(folders(real))
        names = {name: match for name in sorted(found) if (match := REAL.fullmatch(name))}
        join_audio(audio, found, "real/")
        voices = [VOICES["ljspeech" if match[1] else "jsut"] for match in names.values()]
        real_rows = {"clip": [f"real/{name}.wav" for name in names], "label": "real", "recording": list(names)}
        real_rows |= {"speaker": [voice for voice, _ in voices], "language": [language for _, language in voices]}
        rows = pd.concat([rows, pd.DataFrame(real_rows, index=list(names), dtype=object)])
    return assemble(corpus, rows, audio, root, splits=split, groups=groups, on_missing=on_missing)


def _not_generated(real: list[Folder]) -> Audio:
    """Return the audio below folders by name, without that of generators: one of them names fakes as recordings."""
    found = Audio()
    for folder in real:
        audio = audio_below(folder, key="path")
        found.same_name += audio.same_name
        inside = {name: name.rpartition("/")[0] for name in audio}
        parts = {below: (Path(folder).name, *below.split("/")) for below in set(inside.values())}
        generated = {below for below, names in parts.items() if any(map(GENERATED.match, names))}
        for name, path in audio.items():
            if inside[name] not in generated:
                found.add(name.rpartition("/")[2], path)
    return found
