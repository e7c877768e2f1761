"""CFAD: Mandarin by twelve generators, clean, noisy and through codecs."""

import os
import re

import pandas as pd
from sklearn.utils import Bunch

from skvoicefake.datasets._collector import without_collector
from skvoicefake.datasets._corpus import Corpus, Names, assemble
from skvoicefake.datasets._paths import Folder, keep_versions, read_paths

CFAD = Corpus(
    name="CFAD",
    licence="CC BY 4.0",
    citation='Ma et al., "CFAD: a Chinese dataset for fake audio detection", Speech Communication 164, 2024'
    " (arXiv:2207.12308).",
    url="https://zenodo.org/records/8122764",
    groups=("speaker", "recording"),
)
LAYOUT = "VERSION_version/SPLIT_VERSION/CLASS_VERSION/SYSTEM/NAME.wav, such as clean_version/dev_clean/fake_clean/gl"
PATTERN = r"(?P<split>train|dev|test_seen|test_unseen)_(?P<version>clean|codec|noise|noisy)"
PATTERN += r"/(?P<label>real|fake)_[^/]+/(?P<system>[^/]+)"
# Utterances of AISHELL-3, AISHELL-1, THCHS-30 and MAGICDATA, of which the real clips are, and in them the speaker.
UTTERANCE = re.compile(r"(SSB\d{4})\d{4}|BAC009(S\d{4})W\d{4}|([A-D]\d+)_\d+|(\d+_\d+)_\d{14}")
CODECS = frozenset({"mp3", "flac", "ogg", "m4a", "aac", "wma", "opus", "amr", "alaw", "ulaw", "gsm", "g722"})


@without_collector
def load_cfad(
    root: Folder,
    *,
    version: Names = None,
    split: Names = None,
    groups: Names = None,
    on_missing: str = "skip",
) -> Bunch:
    """Load CFAD, the Chinese dataset for fake audio detection.

    Expects ``{clean,codec,noisy}_version/<split>_<version>/
    {real,fake}_<version>/<system>/*.wav``, as the archives unpack.

    Parameters
    ----------
    root : path
        The folder ``CFAD``, one of its versions, or one around it.
    version : str or list of str, default=None
        Of "clean", "codec" and "noise". None takes all that are there. They
        are the same clips.
    split : str or list of str, default=None
        Of "train", "dev", "test_seen" and "test_unseen" (generators and real
        sources that the others do not have).
    groups : str or list of str, default=None
        Columns of `frame` whose shared values keep clips on one side of a
        split. None takes "speaker" and "recording" together: the speaker where
        the name tells, and else the utterance with all its fakes.
    on_missing : {"skip", "raise"}, default="skip"
        What to do about what cannot be used: leave it out with a warning, or
        raise an error.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`, and `split`. Columns of `frame`: path,
        target, label, split, group, speaker, attack, codec, source (the corpus
        of a real clip), language, recording, version.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no audio in this layout.
    ValueError
        If there is no such version or split, or one class alone.

    Examples
    --------
    >>> from skvoicefake.datasets import load_cfad
    >>> folder = getfixture("tmp_path") / "CFAD" / "clean_version" / "dev_clean"
    >>> for name in ("real_clean/aishell3/SSB09660003.wav", "fake_clean/gl/SSB09660003_gl.wav"):
    ...     (folder / name).parent.mkdir(parents=True)
    ...     (folder / name).touch()
    >>> clips = load_cfad(folder.parents[1])
    >>> clips.frame[["target", "attack", "recording", "group"]].values.tolist()
    [['fake', 'gl', 'SSB09660003', 'speaker=SSB0966'], ['real', '-', 'SSB09660003', 'speaker=SSB0966']]
    """
    audio, table = read_paths(root, PATTERN, layout=LAYOUT)
    for column in ("split", "version", "label"):
        table[column] = table[column].str.lower()
    table["version"] = table["version"].replace("noisy", "noise")
    table = keep_versions(audio, table, version, f"{os.fspath(root)}: {CFAD.name}")
    systems, names = table["system"].tolist(), table["name"].tolist()
    is_real = [label == "real" for label in table["label"].tolist()]
    speakers, recordings = [], []
    for name, system in zip(names, systems, strict=True):
        match = UTTERANCE.match(name)
        speakers.append(match[match.lastindex or 0] if match else "-")
        # Where the name is of another kind, what stands before the generator in it.
        recordings.append(match[0] if match else name.split(f"_{system}")[0])
    ends = [name.rpartition("_")[2].lower() for name in names]
    columns = {
        **{name: table[name].tolist() for name in ("clip", "label", "split")},
        "speaker": speakers,
        "attack": ["-" if real else system for real, system in zip(is_real, systems, strict=True)],
        "codec": [end if end in CODECS else "-" for end in ends],
        "source": [system if real else "-" for real, system in zip(is_real, systems, strict=True)],
        "language": "zh",
        "recording": recordings,
        "version": table["version"].tolist(),
    }
    table = pd.DataFrame(columns, index=table.index, dtype=object)
    return assemble(CFAD, table, audio, root, splits=split, groups=groups, on_missing=on_missing)
