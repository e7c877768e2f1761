"""Fake-or-Real (FoR): read speech against early neural text-to-speech, in four versions."""

import os

import pandas as pd
from sklearn.utils import Bunch

from skvoicefake.datasets._collector import without_collector
from skvoicefake.datasets._corpus import Corpus, Names, assemble, names
from skvoicefake.datasets._paths import Folder, keep_versions, read_paths

FOR = Corpus(
    name="Fake-or-Real (FoR)",
    licence="none stated with the archives; the terms of its sources apply",
    citation='Reimao and Tzerpos, "FoR: a dataset for synthetic speech detection", SpeD, 2019.',
    url="https://bil.eecs.yorku.ca/datasets/",
    groups=("recording",),
)
LAYOUT = "for-VERSION/SPLIT/CLASS/NAME.wav, such as for-norm/training/fake/file10.wav"
PATTERN = r"(?:for-(?P<version>original|norm|2sec|rerec)[a-z]*/)?"
PATTERN += r"(?P<split>training|validation|testing)/(?P<label>real|fake)"
SPLITS = {"training": "train", "validation": "dev", "testing": "test"}


@without_collector
def load_for(
    root: Folder,
    *,
    version: Names = None,
    split: Names = None,
    groups: Names = None,
    on_missing: str = "skip",
) -> Bunch:
    """Load Fake-or-Real (FoR) in one or several of its versions.

    Expects ``for-{original,norm,2seconds,rerecorded}/{training,validation,
    testing}/{real,fake}``, as the archives unpack.

    Parameters
    ----------
    root : path
        The folder of one version, or one around one or several.
    version : str or list of str, default=None
        Of "original", "norm", "2sec" and "rerec". None takes all that are
        there. They are the same clips, but the files of "rerec" have names of
        their own, and nothing tells which clip they are of.
    split : str or list of str, default=None
        Of "train", "dev" and "test" (the folders' own names are understood).
    groups : str or list of str, default=None
        Columns of `frame` whose shared values keep clips on one side of a
        split. None takes "recording": the number of a file in its folder,
        which ties the versions of one clip, but for "rerec", whose files are
        tied to no other. Speakers are not known.
    on_missing : {"skip", "raise"}, default="skip"
        What to do about what cannot be used: leave it out with a warning, or
        raise an error.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`, and `split`. Columns of `frame`: path,
        target, label, split, group, codec ("mp3" where the name tells that a
        clip once was that), language, recording, version.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no audio in this layout.
    ValueError
        If there is no such version or split, or one class alone.

    Examples
    --------
    >>> from skvoicefake.datasets import load_for
    >>> folder = getfixture("tmp_path") / "for-norm"
    >>> for name in ("real/file1.wav_16k.wav", "fake/file1.mp3.wav_16k.wav"):
    ...     (folder / "training" / name).parent.mkdir(parents=True)
    ...     (folder / "training" / name).touch()
    >>> load_for(folder, split="train").frame[["target", "codec", "recording"]].values.tolist()
    [['fake', 'mp3', 'train/fake/file1'], ['real', '-', 'train/real/file1']]
    """
    # As collected, "file7.mp3" and "file7.wav" are two clips.
    audio, table = read_paths(root, PATTERN, layout=LAYOUT, twins=True)
    table["version"] = table["version"].str.lower().replace("", "-")
    table = keep_versions(audio, table, version, f"{os.fspath(root)}: {FOR.name}")
    clips, classes = table["clip"].tolist(), [name.lower() for name in table["label"].tolist()]
    splits = [SPLITS[name.lower()] for name in table["split"].tolist()]
    # "file10.mp3.wav_16k.wav_norm..." in one version is "file10.mp3" in another.
    numbers = [name.partition(".")[0] for name in table["name"].tolist()]
    columns = {
        "clip": clips,
        "label": classes,
        "split": splits,
        "codec": ["mp3" if ".mp3" in clip.rpartition("/")[2].lower() else "-" for clip in clips],
        "language": "en",
        "recording": ["/".join(parts) for parts in zip(splits, classes, numbers, strict=True)],
        "version": table["version"].tolist(),
    }
    table = pd.DataFrame(columns, index=table.index, dtype=object)
    wanted = [SPLITS.get(name, name) for name in names(split) or []] if split is not None else None
    return assemble(FOR, table, audio, root, splits=wanted, groups=groups, on_missing=on_missing)
