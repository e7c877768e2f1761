"""Ways to split a corpus of real and fake speech, each with a question of its own."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedShuffleSplit

from skvoicefake.model_selection import LeaveOneAttackOut, SpoofGroupKFold

COLUMNS = ("path", "split", "label", "generator", "speaker", "source", "licence")
PROTOCOLS = ("random", "speakers", "sources", "generators", "dev", "pages", "copies")
# Generators whose fakes are real clips of the corpus, passed through a vocoder.
COPYING = ("world", "griffinlim-mel80", "mlsa-pulse", "world-vc")
N_FOLDS = 5
# What no extra clip shares with those tested, besides the clips themselves.
PARTED = {
    **dict.fromkeys(("sources", "generators", "pages"), ("home", "speaker")),
    "speakers": ("voice",),
}
# Where extra clips are not of the generators tested, nor of their relatives. dev and pages part no generators of the
# corpus, whose splits share some; what is made besides shall not add to that.
UNHEARD = ("generators", "dev", "pages")
# Words in names of generators that tell what holds a generator, comes after it, or was set, and not what it is.
# HiFi-GAN is among them: corpora name it where it gives sound to the spectra of another generator.
NO_GENERATORS = frozenset(
    ["tts", "vc", "opentts", "hifigan", "vocoder", "adv", "any", "joe", "mel", "mel80", "recon", "token"]
)
FEWEST = 10  # fakes of a generator that is tested by itself


@dataclass(frozen=True)
class Part:
    """What is judged as one: clips that were tested in one split or several."""

    name: str
    splits: tuple  # of (training rows, test rows)

    @property
    def tested(self):
        return np.concatenate([test for _, test in self.splits])


def read_corpus(folder, extra=()):
    """Return the manifest of a corpus as a table, with the clips' files and what ties them together.

    `home` is the source of a clip, for a copy that of the clip it was made from; `unit` is the home of clips whose home
    has real speech, and source and speaker of others. `voice` is the speaker, or if that is not known, anybody at the
    home. The clips of folders in `extra` are of a split "extra".
    """
    tables = [_read(Path(folder))]
    tables += [_read(Path(more)).assign(split="extra") for more in extra]
    table = pd.concat(tables, ignore_index=True)
    table["source_path"] = table["source_path"].fillna("-") if extra and "source_path" in table else "-"
    origin = table["licence"].str.removeprefix("derived from ")
    is_copy = table["generator"].isin(COPYING) & origin.isin(table["source"])
    table["home"] = table["source"].mask(is_copy, origin)
    has_real = table["home"].isin(table.loc[table["label"] == "real", "home"])
    anybody = ("somebody of " + table["home"]).where(table["home"] != "-", "-")
    table["voice"] = table["speaker"].where(table["speaker"] != "-", anybody)
    own = np.where(table["speaker"] == "-", table.index.astype(str), table["speaker"])
    table["unit"] = table["home"].where(has_real, table["source"] + "/" + own)
    return table


def _read(folder):
    table = pd.read_csv(folder / "manifest.csv", dtype=str, keep_default_na=False)
    if missing := set(COLUMNS) - set(table.columns):
        raise SystemExit(f"{folder / 'manifest.csv'} has no column {sorted(missing)[0]!r}.")
    table["file"] = [str(folder / path) for path in table["path"]]
    return table


def protocols(table, names=PROTOCOLS):
    """Return the parts of the protocols asked for, and print of those that a corpus is not fit for why.

    But for "dev", "pages" and "copies", clips are those of the train split.
    """
    make = {
        "random": _random,
        "speakers": lambda table: _folds(table, "voice"),
        "sources": lambda table: _folds(table, ["home", "speaker"]),
        "generators": _generators,
        "dev": _dev,
        "pages": _pages,
    }
    found = {}
    for name in names:
        try:
            if name == "copies":
                # By the models of two others, so that nothing is fitted for these alone.
                parts = [
                    _copies(table, _with_extra(table, of, part))
                    for of in ("sources", "dev")
                    for part in make[of](table)
                ]
            else:
                parts = [_with_extra(table, name, part) for part in make[name](table)]
        except ValueError as error:  # The corpus has too few of something.
            parts, why = [], str(error)
        else:
            why = "nothing has real and fake clips both to train on and to test."
            parts = [part for part in parts if _is_whole(table, part)]
        if parts:
            found[name] = parts
        else:
            print(f"  {name} does not apply: {why}", flush=True)
    return found


def _is_whole(table, part):
    """Tell whether training and test have both labels."""
    rows = [*(train for train, _ in part.splits), part.tested]
    return all(table["label"].iloc[some].nunique() == 2 for some in rows)


def _rows(table, split):
    return np.flatnonzero(table["split"] == split)


def _parts(name, rows, splits):
    return Part(name, tuple((rows[inside], rows[outside]) for inside, outside in splits))


def _random(table):
    rows = _rows(table, "train")
    splits = StratifiedShuffleSplit(1, test_size=0.2, random_state=0).split(rows, table["label"].iloc[rows])
    return [_parts("train", rows, splits)]


def _folds(table, keys):
    rows = _rows(table, "train")
    clips = table.iloc[rows]
    folds = SpoofGroupKFold(N_FOLDS, random_state=0)
    return [_parts("train", rows, folds.split(rows, clips["label"].to_numpy(), clips[keys]))]


def _dev(table):
    return [Part("dev", ((_rows(table, "train"), _rows(table, "dev")),))]


def _with_extra(table, protocol, part):
    """Add the extra clips to training, but for those that share with the test what the protocol parts."""
    extra = table[table["split"] == "extra"]
    if extra.empty:
        return part
    splits = []
    for train, test in part.splits:
        tested = table.iloc[test]
        is_shared = extra["source_path"].isin(tested["path"])
        for key in PARTED.get(protocol, ()):
            is_shared |= extra[key].isin(set(tested[key]) - {"-"})
        if protocol in UNHEARD:
            is_shared |= is_relative(extra["generator"], set(tested["generator"]) - {"-"})
        splits.append((np.concatenate([train, extra.index[~is_shared]]), test))
    return Part(part.name, tuple(splits))


def is_relative(generators, others):
    """Say of every generator whether its name has a word of one of others, so that it may be the same in part.

    "opentts-flite" is "flite" in another program, and "world-any" made as "world" is. Words that name no generator do
    not count, unless they are all that one of the names is made of.
    """
    answers = {}
    for name in set(generators):
        pairs = [(_words(name), _words(other)) for other in others]
        answers[name] = any((a & b) - NO_GENERATORS or a & b in (a, b) for a, b in pairs)
    return np.array([answers[name] for name in generators], dtype=bool)


def _words(generator):
    # "glowtts" is "glow".
    words = [word for word in re.split(r"[-+]", generator) if word]
    return {word if word in NO_GENERATORS else word.removesuffix("tts") for word in words}


def _generators(table):
    """Test every generator, not heard nor any relative, beside real speech of sources that were held out with it."""
    rows = _rows(table, "train")
    clips = table.iloc[rows]
    counts = clips.loc[clips["label"] == "fake", "generator"].value_counts()
    splitter = LeaveOneAttackOut(n_folds=N_FOLDS, random_state=0)
    labels, attack = clips["label"].to_numpy(), clips["generator"].to_numpy()
    splits = splitter.split(rows, labels, clips["unit"].to_numpy(), attack)
    found = []
    for name, (inside, outside) in zip(sorted(counts.index), splits, strict=True):
        if counts[name] >= FEWEST:
            is_heard = (labels[inside] == "fake") & is_relative(attack[inside], {name})
            found.append(Part(name, ((rows[inside[~is_heard]], rows[outside]),)))
    return found


def _pages(table):
    """Test every source that has both labels by itself, trained on the train split without it."""
    of_corpus = table["split"] != "extra"
    labels = table[of_corpus].groupby("source")["label"].nunique()
    found = []
    for name in labels.index[labels == 2]:
        test = np.flatnonzero((table["source"] == name) & of_corpus)
        found.append(Part(name, ((np.setdiff1d(_rows(table, "train"), test), test),)))
    return found


def _copies(table, part):
    """Keep of what is tested the copies of known speakers, and the real clips of these speakers at the same homes."""
    home_and_speaker = list(zip(table["home"], table["speaker"], strict=True))
    is_known = (table["speaker"] != "-").to_numpy()
    is_copy = (table["generator"].isin(COPYING) & (table["split"] != "extra")).to_numpy() & is_known
    copied = {pair for pair, is_one in zip(home_and_speaker, is_copy, strict=True) if is_one}
    is_real = (table["label"] == "real").to_numpy()
    belongs = is_copy | (is_real & np.array([pair in copied for pair in home_and_speaker]))
    return Part(part.name, tuple((train, test[belongs[test]]) for train, test in part.splits))


def groups_of(table, rows):
    """Return what intervals are drawn over: the homes, or where a class has few, speakers within them."""
    clips = table.iloc[rows]
    if clips.groupby("label")["home"].nunique().min() >= 5:
        return clips["home"].to_numpy()
    own = np.where(clips["speaker"] == "-", clips.index.astype(str), clips["speaker"])
    return (clips["home"] + "/" + own).to_numpy()
