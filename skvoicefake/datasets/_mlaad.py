"""MLAAD: text-to-speech in many languages; fakes alone, unless the real recordings are given."""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
from sklearn.utils import Bunch

from skvoicefake.datasets._collector import without_collector
from skvoicefake.datasets._corpus import Audio, Corpus, Names, Tree, assemble, audio_below, read_rows
from skvoicefake.datasets._files import clip_key, clip_keys, spelled_out
from skvoicefake.datasets._paths import Folder, fitting, folders, join_audio, not_laid_out

MLAAD = Corpus(
    name="MLAAD",
    licence="CC BY-NC 4.0 (fakes); M-AILABS has its own",
    citation='Müller et al., "MLAAD: the multi-language audio anti-spoofing dataset", IJCNN, 2024 (arXiv:2401.09512).',
    url="https://huggingface.co/datasets/mueller91/MLAAD",
    groups=("speaker", "recording"),
    classes=("fake",),
)
LAYOUT = "fake/LANGUAGE/MODEL/NAME.wav, such as fake/de/griffin_lim/Kanzlerin_03_17_f000019.wav"
FAKE = r"fake/(?P<language>[^/]+)/(?P<attack>[^/]+)"
IN_FAKE = re.compile(rf".*/{FAKE}", re.IGNORECASE)
ORIGINAL = re.compile(r"(?:.*/)?original/(?P<language>[^/]+)", re.IGNORECASE)
MAILABS = re.compile(
    r"(?:.*?/)??(?:(?P<language>[a-z]{2})_[A-Z]{2}/)?by_book/(?:mix|(?:fe)?male/(?P<speaker>[^/]+))(?:/[^/]+)*"
)


@without_collector
def load_mlaad(
    root: Folder,
    real: Folder | Sequence[Folder] | None = None,
    *,
    split: Names = None,
    groups: Names = None,
    on_missing: str = "skip",
) -> Bunch:
    r"""Load MLAAD: fakes by many text-to-speech systems, and real recordings if they are given.

    Expects ``fake/<language>/<model>/*.wav`` with ``meta.csv`` (divided by
    "|") beside the audio. A folder without one is read by its names. The
    sample "MLAAD-tiny", which has real recordings in ``original/<language>/``,
    is read too.

    Parameters
    ----------
    root : path
        The folder around ``fake``, that itself, or one of its languages.
    real : path or sequence of paths, default=None
        Folders of M-AILABS (``en_US/by_book/...``), or folders inside, whose
        sentences the fakes speak. None takes those of ``original/``, if it is there.
    split : None
        The corpus has none.
    groups : str or list of str, default=None
        Columns of `frame` whose shared values keep clips on one side of a
        split. None takes "speaker" (the reader of a real recording) and
        "recording" (the one that the text is from) together. With real
        recordings these are large groups: all that a reader read, and all that
        systems said after it.
    on_missing : {"skip", "raise"}, default="skip"
        What to do about lines that cannot be used, such as those without
        audio: leave them out with a warning, or raise an error.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`. Columns of `frame`: path, target, label,
        group, speaker, attack (the folder of the model), language, recording,
        and architecture where ``meta.csv`` has it.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no audio in this layout.
    ValueError
        If a table has other columns, `real` holds no recordings, or `split` is
        given.

    Examples
    --------
    >>> from skvoicefake.datasets import load_mlaad
    >>> folder = getfixture("tmp_path") / "fake" / "de" / "vits"
    >>> folder.mkdir(parents=True)
    >>> (folder / "a_01.wav").touch()
    >>> rows = ["path|original_file|language", "./fake/de/vits/a_01.wav|de_DE/by_book/female/eva/a/wavs/a_01.wav|de"]
    >>> _ = (folder / "meta.csv").write_text("\n".join(rows))
    >>> load_mlaad(folder.parents[2]).frame[["target", "attack", "language", "recording"]].values.tolist()
    [['fake', 'vits', 'de', 'a_01']]
    """
    tree = Tree(root)
    audio = tree.audio("fake|original", key="path") or tree.audio(key="path")
    tables, unparsed, described = [], [], set()
    for meta in tree.files(r"meta\.csv"):
        here = spelled_out(meta.parent)
        if not IN_FAKE.fullmatch(here.as_posix()):
            continue
        rows, bad = read_rows(meta, ("path", "original_file"), divider="|", header=True)
        below = Path(os.path.relpath(meta.parent, root)).as_posix()
        prefix, place = "" if below == "." else f"{below}/", f"{here.parent.name}/{here.name}/"
        described.add(prefix)
        columns = {
            # The folders that its paths name are not always those where the files are.
            "clip": [prefix + path.rpartition("/")[2] for path in rows["path"].tolist()],
            "language": here.parent.name,
            "attack": here.name,
            "recording": clip_keys([original.rpartition("/")[2] for original in rows["original_file"].tolist()]),
            "architecture": rows["architecture"].tolist() if "architecture" in rows else "-",
        }
        tables.append(pd.DataFrame(columns, index=place + rows.index, dtype=object))
        unparsed += [place + line for line in bad]
    rest = {name: path for name, path in audio.items() if name[: name.rfind("/") + 1] not in described}
    tables.append(fitting(rest, root, FAKE).rename(columns={"name": "recording"}).assign(architecture="-"))
    table = pd.concat(tables).assign(label="fake", speaker="-")
    if table.empty:
        raise not_laid_out(root, audio, LAYOUT)
    corpus, originals = MLAAD, _real(audio, audio, ORIGINAL, "")
    if real is not None:
        for folder in folders(real):
            # In full, as the folder may be one inside, whose path says the language and who reads.
            prefix = clip_key(f"real/{spelled_out(folder).as_posix().lstrip('/')}/")
            originals = pd.concat([originals, _real(audio, audio_below(folder, key="path"), MAILABS, prefix)])
    if real is not None or len(originals):
        corpus = replace(MLAAD, classes=("real", "fake"))
        table = pd.concat([table, originals])
    return assemble(corpus, table, audio, root, splits=split, groups=groups, on_missing=on_missing, unparsed=unparsed)


def _real(audio: Audio, found: Audio, pattern: "re.Pattern[str]", prefix: str) -> pd.DataFrame:
    """Return a row a real recording in folders of such paths, and add it to the audio."""
    if prefix:
        join_audio(audio, found, prefix)
    places = {name: name.rpartition("/")[0] for name in found}
    matches = {place: pattern.fullmatch((prefix + place).rstrip("/")) for place in set(places.values())}
    fits = [(name, match) for name in sorted(found) if (match := matches[places[name]])]
    rows = {"clip": [f"{prefix}{name}.wav" for name, _ in fits], "label": "real", "speaker": "-", "architecture": "-"}
    rows["recording"] = [name.rpartition("/")[2] for name, _ in fits]
    rows |= {key: [match[key] or "-" for _, match in fits] for key in pattern.groupindex}
    return pd.DataFrame(rows, index=pd.Index([prefix + name for name, _ in fits], dtype=object), dtype=object)
