"""The corpora of the ASVspoof challenges, as their archives unpack."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from sklearn.utils import Bunch

from skvoicefake.datasets._bunch import listed
from skvoicefake.datasets._collector import without_collector
from skvoicefake.datasets._corpus import Audio, Corpus, Names, Tree, assemble, pick, read_rows
from skvoicefake.datasets._files import spelled_out
from skvoicefake.datasets._keys import KEY_LAYOUTS

Folder = str | os.PathLike[str]
ODC_BY = "Open Data Commons Attribution License (ODC-By) 1.0"
WANG_2020 = (
    'Wang et al., "ASVspoof 2019: a large-scale public database of synthesized, converted and replayed speech",'
    " Computer Speech & Language 64, 2020, doi:10.1016/j.csl.2020.101114."
)
LIU_2023 = (
    'Liu et al., "ASVspoof 2021: towards spoofed and deepfake speech detection in the wild", IEEE/ACM Transactions'
    " on Audio, Speech, and Language Processing 31, 2023, doi:10.1109/TASLP.2023.3285283."
)
# Audio of the enrolled speakers lies beside the clips, for speaker verification.
ENROLMENT = r"[A-Z]{2}_[DE]_A\d+|[DE]_A\d+"
ASVSPOOF2017 = Corpus(
    name="ASVspoof 2017",
    licence="see its page",
    citation='Delgado et al., "ASVspoof 2017 version 2.0: meta-data analysis and baseline enhancements", Odyssey 2018,'
    " doi:10.21437/Odyssey.2018-42.",
    url="https://datashare.ed.ac.uk/handle/10283/3055",
    groups=("speaker",),
)
ASVSPOOF2019 = {
    track: Corpus(
        name=f"ASVspoof 2019 {track}",
        licence=ODC_BY,
        citation=WANG_2020,
        url="https://datashare.ed.ac.uk/handle/10283/3336",
        groups=("speaker",),
        aside=ENROLMENT,
    )
    for track in ("LA", "PA")
}
ASVSPOOF2021 = {
    track: Corpus(
        name=f"ASVspoof 2021 {track}",
        licence=ODC_BY,
        citation=LIU_2023,
        url=f"https://zenodo.org/records/{record}, its keys from https://www.asvspoof.org/index2021.html",
        groups=("speaker",),
        aside=ENROLMENT,
    )
    for track, record in {"LA": 4837263, "PA": 4834716, "DF": 4835108}.items()
}
ASVSPOOF5 = Corpus(
    name="ASVspoof 5",
    licence=f"{ODC_BY}; the bona fide speech CC BY 4.0",
    citation='Wang et al., "ASVspoof 5: crowdsourced speech data, deepfakes, and adversarial attacks at scale",'
    " ASVspoof Workshop 2024, doi:10.21437/ASVspoof.2024-1.",
    url="https://zenodo.org/records/14498691",
    groups=("speaker", "recording"),
    aside=ENROLMENT,
)
# Folders inside the corpora, from which the way up is clear.
INSIDE = re.compile(
    r"flac|flac_(T|D|E|E_eval)|keys|(LA|PA|DF)-keys-full|protocol_V2|ASVspoof5_protocols"
    r"|ASVspoof2019_(LA|PA)_cm_protocols"
    r"|ASVspoof20\d\d_(V2|LA|PA|DF)_(train|dev|eval)(_part\d+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Part:
    """A part of a corpus: how its protocol and the folder of its audio are called, as regular expressions."""

    protocol: str
    folder: str


@without_collector
def load_asvspoof2017(root: Folder, *, split: Names = None, groups: Names = None, on_missing: str = "skip") -> Bunch:
    r"""Load ASVspoof 2017, version 2: replayed speech.

    Parameters
    ----------
    root : path
        The folder with ``protocol_V2/`` and ``ASVspoof2017_V2_train/``,
        ``..._dev/`` and ``..._eval/`` inside, or one around or in it.
    split : {"train", "dev", "eval"} or list of these, default=None
        What to load. None loads all that are there.
    groups : str or list of str, default=None
        Columns of `frame` whose shared values keep clips on one side of a
        split. None takes "speaker".
    on_missing : {"skip", "raise"}, default="skip"
        Leave out with a warning what cannot be used, or raise an error.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`, and `split`. `frame` has also speaker,
        sentence (the phrase), environment, playback_device and
        recording_device; the attack is those three together.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, protocol or audio.
    ValueError
        If there is no such split or column, or one class alone.

    Warns
    -----
    UserWarning
        One warning about all that is left out; `report` lists it.

    Examples
    --------
    >>> from skvoicefake.datasets import load_asvspoof2017
    >>> root = getfixture("tmp_path")
    >>> for folder in ("protocol_V2", "ASVspoof2017_V2_train"):
    ...     (root / folder).mkdir()
    >>> lines = "T_1000001.wav genuine M0001 S01 - - -\nT_1001509.wav spoof M0002 S01 E02 P05 R04\n"
    >>> _ = (root / "protocol_V2" / "ASVspoof2017_V2_train.trn.txt").write_text(lines)
    >>> for name in ("T_1000001", "T_1001509"):
    ...     (root / "ASVspoof2017_V2_train" / f"{name}.wav").touch()
    >>> load_asvspoof2017(root).frame[["target", "split", "speaker", "attack"]].values.tolist()
    [['real', 'train', 'M0001', '-'], ['fake', 'train', 'M0002', 'E02-P05-R04']]
    """
    parts = {
        name: Part(rf"ASVspoof2017_V2_{name}\.{end}\.txt", f"ASVspoof2017_V2_{name}")
        for name, end in {"train": "trn", "dev": "trl", "eval": "trl"}.items()
    }
    table, audio, unparsed = _gather(ASVSPOOF2017, root, parts, 7, split)
    factors = table[["environment", "playback_device", "recording_device"]]
    table["attack"] = _joined(factors)
    return assemble(
        ASVSPOOF2017, table, audio, root, splits=split, groups=groups, on_missing=on_missing, unparsed=unparsed
    )


@without_collector
def load_asvspoof2019(
    root: Folder, track: str = "LA", *, split: Names = None, groups: Names = None, on_missing: str = "skip"
) -> Bunch:
    r"""Load ASVspoof 2019: synthetic and converted speech (LA), or simulated replay (PA).

    Parameters
    ----------
    root : path
        The folder ``LA`` or ``PA`` with ``ASVspoof2019_LA_cm_protocols/`` and
        ``ASVspoof2019_LA_train/``, ``..._dev/``, ``..._eval/`` inside, or one
        around or in it.
    track : {"LA", "PA"}, default="LA"
        Logical or physical access.
    split : {"train", "dev", "eval"} or list of these, default=None
        What to load. None loads all that are there.
    groups : str or list of str, default=None
        Columns of `frame` whose shared values keep clips on one side of a
        split. None takes "speaker".
    on_missing : {"skip", "raise"}, default="skip"
        Leave out with a warning what cannot be used, or raise an error.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`, and `split`. `frame` has also speaker,
        attack and, of PA, environment.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, protocol or audio.
    ValueError
        If there is no such track, split or column, or one class alone.

    Warns
    -----
    UserWarning
        One warning about all that is left out; `report` lists it.

    Examples
    --------
    >>> from skvoicefake.datasets import load_asvspoof2019
    >>> root = getfixture("tmp_path") / "LA"
    >>> for folder in ("ASVspoof2019_LA_cm_protocols", "ASVspoof2019_LA_eval/flac"):
    ...     (root / folder).mkdir(parents=True)
    >>> lines = "LA_0039 LA_E_2834763 - A11 spoof\nLA_0030 LA_E_5849185 - - bonafide\n"
    >>> _ = (root / "ASVspoof2019_LA_cm_protocols" / "ASVspoof2019.LA.cm.eval.trl.txt").write_text(lines)
    >>> for name in ("LA_E_2834763", "LA_E_5849185"):
    ...     (root / "ASVspoof2019_LA_eval" / "flac" / f"{name}.flac").touch()
    >>> load_asvspoof2019(root).frame[["target", "split", "speaker", "attack"]].values.tolist()
    [['fake', 'eval', 'LA_0039', 'A11'], ['real', 'eval', 'LA_0030', '-']]
    """
    corpus = _track(ASVSPOOF2019, track)
    parts = {
        name: Part(rf"ASVspoof2019\.{track}\.cm\.{name}\.{end}\.txt", f"ASVspoof2019_{track}_{name}")
        for name, end in {"train": "trn", "dev": "trl", "eval": "trl"}.items()
    }
    table, audio, unparsed = _gather(corpus, root, parts, 5, split)
    if track == "LA":
        del table["environment"]
    return assemble(corpus, table, audio, root, splits=split, groups=groups, on_missing=on_missing, unparsed=unparsed)


@without_collector
def load_asvspoof2021(
    root: Folder, track: str = "LA", *, split: Names = None, groups: Names = None, on_missing: str = "skip"
) -> Bunch:
    r"""Load ASVspoof 2021: transmitted (LA), really replayed (PA) or compressed fakes (DF).

    Parameters
    ----------
    root : path
        A folder with both the audio, ``ASVspoof2021_LA_eval/flac/`` (of PA and
        DF in parts, ``ASVspoof2021_DF_eval_part00/`` and so on), and the keys,
        ``keys/LA/CM/trial_metadata.txt`` of ``LA-keys-full.tar.gz``.
    track : {"LA", "PA", "DF"}, default="LA"
        Logical access, physical access or deepfake.
    split : {"eval", "progress", "hidden"} or list of these, default=None
        What to load. None loads all. Published results are on "eval".
    groups : str or list of str, default=None
        Columns of `frame` whose shared values keep clips on one side of a
        split. None takes "speaker".
    on_missing : {"skip", "raise"}, default="skip"
        Leave out with a warning what cannot be used, or raise an error.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`, and `split`. `frame` has also speaker,
        attack and trim; of LA codec and transmission; of DF codec, source,
        language, vocoder, task, team and gender_pair; of PA the columns of
        room, microphone and distance, of which attacker_room,
        attacker_microphone, replay_device and attacker_distance together are
        the attack.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, key or audio.
    ValueError
        If there is no such track, split or column, or one class alone.

    Warns
    -----
    UserWarning
        One warning about all that is left out; `report` lists it.

    Examples
    --------
    >>> from skvoicefake.datasets import load_asvspoof2021
    >>> root = getfixture("tmp_path")
    >>> for folder in ("keys/LA/CM", "ASVspoof2021_LA_eval/flac"):
    ...     (root / folder).mkdir(parents=True)
    >>> lines = ["LA_0009 LA_E_9332881 alaw ita_tx A07 spoof notrim eval"]
    >>> lines += ["LA_0001 LA_E_1110000 alaw ita_tx bonafide bonafide notrim eval"]
    >>> _ = (root / "keys" / "LA" / "CM" / "trial_metadata.txt").write_text("\n".join(lines))
    >>> for name in ("LA_E_9332881", "LA_E_1110000"):
    ...     (root / "ASVspoof2021_LA_eval" / "flac" / f"{name}.flac").touch()
    >>> load_asvspoof2021(root).frame[["target", "split", "attack", "codec"]].values.tolist()
    [['fake', 'eval', 'A07', 'alaw'], ['real', 'eval', '-', 'alaw']]
    """
    corpus = _track(ASVSPOOF2021, track)
    parts = {f"keys/{track}/CM": Part(r"trial_metadata\.txt", rf"ASVspoof2021_{track}_eval(_part\d+)?")}
    table, audio, unparsed = _gather(corpus, root, parts, {"LA": 8, "PA": 12, "DF": 13}[track], None)
    table = table.drop(columns="split").rename(columns={"subset": "split"})
    if track == "PA":
        factors = table[["attacker_room", "attacker_microphone", "replay_device", "attacker_distance"]]
        table["attack"] = _joined(factors)
    return assemble(corpus, table, audio, root, splits=split, groups=groups, on_missing=on_missing, unparsed=unparsed)


@without_collector
def load_asvspoof5(root: Folder, *, split: Names = None, groups: Names = None, on_missing: str = "skip") -> Bunch:
    r"""Load ASVspoof 5: crowdsourced speech, fakes with adversarial attacks, and codecs.

    Parameters
    ----------
    root : path
        The folder with ``ASVspoof5.train.tsv``, ``ASVspoof5.dev.track_1.tsv``
        and ``ASVspoof5.eval.track_1.tsv``, and ``flac_T/``, ``flac_D/`` and
        ``flac_E_eval/``; or one around or in it.
    split : {"train", "dev", "eval"} or list of these, default=None
        What to load. None loads all that are there.
    groups : str or list of str, default=None
        Columns of `frame` whose shared values keep clips on one side of a
        split. None takes both "speaker" and "recording".
    on_missing : {"skip", "raise"}, default="skip"
        Leave out with a warning what cannot be used, or raise an error.

    Returns
    -------
    clips : :class:`~sklearn.utils.Bunch`
        As of :func:`load_folder`, and `split`. `frame` has also speaker,
        attack, codec ("none" for clips that were not coded), recording (the
        clip that a coded one was made of, or the clip itself), gender, codec_q
        and attack_tag.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, protocol or audio.
    ValueError
        If there is no such split or column, or one class alone.

    Warns
    -----
    UserWarning
        One warning about all that is left out; `report` lists it.

    Examples
    --------
    >>> from skvoicefake.datasets import load_asvspoof5
    >>> root = getfixture("tmp_path")
    >>> (root / "flac_D").mkdir()
    >>> lines = "D_4461 D_0000000169 F - - - AC1 A14 spoof -\nD_0461 D_0000000190 M - - - - bonafide bonafide -\n"
    >>> _ = (root / "ASVspoof5.dev.track_1.tsv").write_text(lines)
    >>> for name in ("D_0000000169", "D_0000000190"):
    ...     (root / "flac_D" / f"{name}.flac").touch()
    >>> load_asvspoof5(root).frame[["target", "split", "speaker", "attack", "codec"]].values.tolist()
    [['fake', 'dev', 'D_4461', 'A14', 'none'], ['real', 'dev', 'D_0461', '-', 'none']]
    """
    parts = {
        "train": Part(r"ASVspoof5\.train\.tsv", "flac_T"),
        "dev": Part(r"ASVspoof5\.dev\.track_1\.tsv", "flac_D"),
        "eval": Part(r"ASVspoof5\.eval\.track_1\.tsv", "flac_E(_eval)?"),
    }
    table, audio, unparsed = _gather(ASVSPOOF5, root, parts, 10, split)
    seeds = zip(table.pop("codec_seed").tolist(), table["clip"].tolist(), strict=True)
    table["recording"] = _text([clip if seed == "-" else seed for seed, clip in seeds], table)
    table["codec"] = _text(["none" if codec == "-" else codec for codec in table["codec"].tolist()], table)
    del table["-"]
    return assemble(
        ASVSPOOF5, table, audio, root, splits=split, groups=groups, on_missing=on_missing, unparsed=unparsed
    )


def _track(corpora: Mapping[str, Corpus], track: str) -> Corpus:
    if track not in corpora:
        raise ValueError(f"track must be one of {', '.join(map(repr, corpora))}, got {track!r}.")
    return corpora[track]


def _joined(factors: pd.DataFrame) -> "pd.Series[str]":
    """Name an attack by what it was made with."""
    rows = factors.itertuples(index=False, name=None)
    return _text(["-".join(row) if set(row) != {"-"} else "-" for row in rows], factors)


def _text(cells: list[str], table: pd.DataFrame) -> "pd.Series[str]":
    """Return a column as `read_rows` would, which is quicker than pandas' own choice of a type."""
    return pd.Series(cells, index=table.index, dtype=object)


def _gather(
    corpus: Corpus, root: Folder, parts: Mapping[str, Part], n_columns: int, split: Names
) -> tuple[pd.DataFrame, Audio, list[str]]:
    """Read the protocols of the splits that are asked for, and find their audio."""
    tree = Tree(root)
    while True:
        protocols = {name: path for name, part in parts.items() if (path := _protocol(tree, part, n_columns))}
        top = spelled_out(tree.root)
        audio = tree.audio(_folders(parts))
        # Not into the root of the file system, whose walk would not end.
        if (protocols and audio) or not INSIDE.fullmatch(top.name) or str(top.parent) == top.anchor:
            break
        tree = Tree(top.parent)
    if not protocols:
        found = sorted(name for names in tree.folders.values() for name in names if name.endswith((".txt", ".tsv")))
        expected = ", ".join(f"{name}: {part.protocol}" for name, part in parts.items()).replace("\\", "")
        raise FileNotFoundError(
            f"{os.fspath(root)}: {corpus.name}: no protocol below {tree.root} ({expected}), found"
            f" {listed(found, 'text file')}. Get it from {corpus.url}."
        )
    chosen = pick(split, protocols, f"{os.fspath(root)}: {corpus.name}")
    if split is not None:
        audio = tree.audio(_folders({name: parts[name] for name in chosen}))
    if not audio:
        # Folders of other names. Then nobody knows whose audio is whose before all lines are read.
        audio, chosen = tree.audio(), list(protocols)
    rows = [read_rows(protocols[name], KEY_LAYOUTS[n_columns]) for name in chosen]
    tables = [
        lines.assign(split=_text([name] * len(lines), lines)) for name, (lines, _) in zip(chosen, rows, strict=True)
    ]
    table = pd.concat(tables) if tables[1:] else tables[0]
    return table, audio, [line for _, unparsed in rows for line in unparsed]


def _folders(parts: Mapping[str, Part]) -> str:
    return "|".join(part.folder for part in parts.values())


def _protocol(tree: Tree, part: Part, n_columns: int) -> Path | None:
    """Return the protocol of a part; several files are fine if they are copies of one."""
    paths = [path for path in tree.files(part.protocol) if path.parent.name != "ASV" and _has(path, n_columns)]
    for other in paths[1:]:
        if other.read_bytes() != paths[0].read_bytes():
            raise ValueError(f"{tree.root}: {paths[0]} and {other} differ. Give the folder of one of them.")
    return paths[0] if paths else None


def _has(path: Path, n_columns: int) -> bool:
    """Tell whether one of the first lines has so many cells: keys of ASVspoof 2021 all have the same name."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return any(len(line.split()) == n_columns for _, line in zip(range(20), file, strict=False))
