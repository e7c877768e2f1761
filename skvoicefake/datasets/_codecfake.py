"""Codecfake: speech that went through neural codecs, and speech of language models that use them."""

import re

import pandas as pd
from sklearn.utils import Bunch

from skvoicefake.datasets._collector import without_collector
from skvoicefake.datasets._corpus import Audio, Corpus, Names, assemble, read_rows
from skvoicefake.datasets._files import clip_keys
from skvoicefake.datasets._paths import Folder, find_files, join_audio

CODECFAKE = Corpus(
    name="Codecfake",
    licence="CC BY-NC-ND 4.0",
    citation='Xie et al., "The Codecfake dataset and countermeasures for the universally detection of deepfake'
    ' audio", IEEE/ACM Transactions on Audio, Speech, and Language Processing 33, 2025 (arXiv:2405.04880).',
    url="https://github.com/xieyuankun/Codecfake",
    groups=("speaker", "recording"),
)
LAYOUT = "label/train.txt, dev.txt, C1.txt, ..., and the audio in folders of these names"
# Files of labels and folders of audio. A1 to A3 were L1 to L3 once, and dev is val in some copies.
PARTS = {"train": "train", "dev": "dev|val", **{f"C{i}": f"C{i}" for i in range(1, 8)}}
PARTS |= {f"A{i}": f"[AL]{i}" for i in range(1, 4)}
# Utterances of VCTK and AISHELL-3, and in them the speaker.
METHOD = re.compile(r"[A-Z]\d+_")
UTTERANCE = re.compile(r"(p\d{3}|s5|SSB\d{4})(?:_?\d+)(?:_mic\d)?")
LANGUAGES = {"p": "en", "s": "en", "S": "zh", "-": "-"}


@without_collector
def load_codecfake(root: Folder, *, split: Names = None, groups: Names = None, on_missing: str = "skip") -> Bunch:
    r"""Load Codecfake (of Xie et al.; there is another corpus called CodecFake).

    Expects ``label/*.txt`` (``F01_SSB13650058.wav fake 1``) and the audio in
    ``train/``, ``dev/`` and ``test/{C1,...,C7,A1,A2,A3}/``.

    Parameters
    ----------
    root : path
        The folder ``Codecfake``, or one around it.
    split : str or list of str, default=None
        Of "train", "dev" and "test". Column "condition" parts the test.
    groups : str or list of str, default=None
        Columns of `frame` whose shared values keep clips on one side of a
        split. None takes "speaker" and "recording" together: the speaker where
        the name tells, and else the recording with all its fakes.
    on_missing : {"skip", "raise"}, default="skip"
        What to do about lines that cannot be used, such as those without
        audio: leave them out with a warning, or raise an error.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`, and `split`. Columns of `frame`: path,
        target, label, split, group, speaker, attack ("C1" to "C7": codecs,
        "A1" to "A3": language models), language, recording, condition (the
        file of labels). The real clips of "C1" to "C6" are the same.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, file of labels or audio.
    ValueError
        If there is no such split, or one class alone.

    Examples
    --------
    >>> from skvoicefake.datasets import load_codecfake
    >>> folder = getfixture("tmp_path")
    >>> lines = ["SSB13650058.wav real 0", "F01_SSB13650058.wav fake 1"]
    >>> for name in ("label", "train"):
    ...     (folder / name).mkdir()
    >>> _ = (folder / "label" / "train.txt").write_text("\n".join(lines))
    >>> for line in lines:
    ...     (folder / "train" / line.split()[0]).touch()
    >>> load_codecfake(folder).frame[["target", "attack", "recording", "group"]].values.tolist()
    [['real', '-', 'SSB13650058', 'speaker=SSB1365'], ['fake', 'C1', 'SSB13650058', 'speaker=SSB1365']]
    """
    tree, paths = find_files(root, rf"(?:{'|'.join(PARTS.values())})\.txt", layout=LAYOUT)
    audio, tables, unparsed = Audio(), [], []
    for part, called in PARTS.items():
        for path in paths:
            if path.parent == paths[0].parent and re.fullmatch(called, path.stem, re.IGNORECASE):
                rows, bad = read_rows(path, ("clip", "label", "attack"))
                tables.append(rows.assign(condition=part))
                unparsed += bad
        join_audio(audio, tree.audio(called), f"{part}/")
    table = pd.concat(tables)
    clips, parts = table["clip"].tolist(), table["condition"].tolist()
    recordings = [name[match.end() :] if (match := METHOD.match(name)) else name for name in clip_keys(clips)]
    utterances = {name: match[1] for name in set(recordings) if (match := UTTERANCE.fullmatch(name))}
    speakers = [utterances.get(name, "-") for name in recordings]
    columns = {
        "clip": [f"{part}/{clip}" for part, clip in zip(parts, clips, strict=True)],
        "label": table["label"].tolist(),
        "split": [part if part in ("train", "dev") else "test" for part in parts],
        "speaker": speakers,
        "attack": [f"C{name}" if name.isdigit() else name.replace("L", "A") for name in table["attack"]],
        "language": [LANGUAGES[speaker[0]] for speaker in speakers],
        "recording": recordings,
        "condition": parts,
    }
    table = pd.DataFrame(columns, index=table.index, dtype=object)
    return assemble(
        CODECFAKE, table, audio, root, splits=split, groups=groups, on_missing=on_missing, unparsed=unparsed
    )
