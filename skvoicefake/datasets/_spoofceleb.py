"""SpoofCeleb: VoxCeleb's speech from the wild, and text-to-speech that was trained on it."""

import re

import pandas as pd
from sklearn.utils import Bunch

from skvoicefake.datasets._collector import without_collector
from skvoicefake.datasets._corpus import Corpus, Names, assemble, audio_below, names, read_rows
from skvoicefake.datasets._files import around
from skvoicefake.datasets._paths import Folder, find_files

SPOOFCELEB = Corpus(
    name="SpoofCeleb",
    licence="CC BY 4.0 (the human speech remains that of the owners of the videos)",
    citation='Jung et al., "SpoofCeleb: speech deepfake detection and SASV in the wild", IEEE Open Journal of Signal'
    " Processing 6, 2025.",
    url="https://jungjee.github.io/spoofceleb",
    groups=("speaker",),
)
SPLITS = {"train": "train", "development": "dev", "evaluation": "eval"}


@without_collector
def load_spoofceleb(root: Folder, *, split: Names = None, groups: Names = None, on_missing: str = "skip") -> Bunch:
    r"""Load SpoofCeleb.

    Expects ``metadata/{train,development,evaluation}.csv``
    (``file,speaker,attack``; attack a00 is real speech) and ``flac/<split>/``.

    Parameters
    ----------
    root : path
        The folder ``spoofceleb``, or one around it.
    split : str or list of str, default=None
        Of "train", "dev" and "eval" (the folders' own names are understood).
    groups : str or list of str, default=None
        Columns of `frame` whose shared values keep clips on one side of a
        split. None takes "speaker", whose voice is real or faked.
    on_missing : {"skip", "raise"}, default="skip"
        What to do about lines that cannot be used, such as those without
        audio: leave them out with a warning, or raise an error.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`, and `split`. Columns of `frame`: path,
        target, label, split, group, speaker, attack, recording (the video).

    Raises
    ------
    FileNotFoundError
        If there is no such folder, table or audio.
    ValueError
        If a table has other columns, there is no such split, or one class
        alone.

    Examples
    --------
    >>> from skvoicefake.datasets import load_spoofceleb
    >>> folder = getfixture("tmp_path")
    >>> (folder / "metadata").mkdir()
    >>> lines = ["a00/id1/vid-001-01.flac,id1,a00", "a06/id1/vid-002-01.flac,id1,a06"]
    >>> _ = (folder / "metadata" / "train.csv").write_text("\n".join(["file,speaker,attack", *lines]))
    >>> for line in lines:
    ...     (folder / "flac" / "train" / line.split(",")[0]).parent.mkdir(parents=True)
    ...     (folder / "flac" / "train" / line.split(",")[0]).touch()
    >>> load_spoofceleb(folder).frame[["target", "split", "attack", "group"]].values.tolist()
    [['real', 'train', '-', 'id1'], ['fake', 'train', 'a06', 'id1']]
    """
    layout = "metadata/train.csv, development.csv or evaluation.csv, and flac/ beside metadata/"
    _, found = find_files(root, "(?:train|development|evaluation)\\.csv", layout=layout)
    tables, unparsed = [], []
    for path in (path for path in found if path.parent == found[0].parent):
        rows, bad = read_rows(path, ("file", "speaker", "attack"), divider=",", header=True)
        tables.append(rows.assign(folder=path.stem.lower()))
        unparsed += bad
    table = pd.concat(tables)
    files, inside, attacks = table["file"].tolist(), table["folder"].tolist(), table["attack"].str.lower().tolist()
    kinds = {attack: _label(attack) for attack in set(attacks)}
    columns = {
        "clip": [f"{folder}/{file}" for folder, file in zip(inside, files, strict=True)],
        "label": [kinds[attack] for attack in attacks],
        "split": [SPLITS[folder] for folder in inside],
        "speaker": table["speaker"].tolist(),
        "attack": attacks,
        # YYsxcZ5saac-00002-006: the video, a stretch of it, and a sentence in that.
        "recording": [file.rpartition("/")[2].rsplit("-", 2)[0] for file in files],
    }
    table = pd.DataFrame(columns, index=table.index, dtype=object)
    wanted = None if split is None else [SPLITS.get(name, name) for name in names(split) or []]
    audio = audio_below(around(found[0].parent) / "flac", key="path")
    return assemble(
        SPOOFCELEB, table, audio, root, splits=wanted, groups=groups, on_missing=on_missing, unparsed=unparsed
    )


def _label(attack: str) -> str:
    return "bonafide" if attack == "a00" else "spoof" if re.fullmatch(r"a\d\d", attack) else attack
