"""Ways to split a corpus of real and fake speech, each with a question of its own."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedShuffleSplit

from skvoicefake.model_selection import LeaveOneAttackOut, SpoofGroupKFold

COLUMNS = ("path", "split", "label", "generator", "speaker", "source", "licence")
# Generators whose fakes are real clips of the corpus, passed through a vocoder.
COPYING = ("world", "griffinlim-mel80", "mlsa-pulse", "world-vc")
N_FOLDS = 5
# What no clip of training shares with those tested, besides the clips themselves.
PARTED = {
    **dict.fromkeys(("sources", "generators", "pages"), ("home", "speaker")),
    "speakers": ("speaker",),
}
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
    has real speech, and source and speaker of others. The clips of folders in `extra` are of a split "extra".
    """
    tables = [_read(Path(folder))]
    tables += [_read(Path(more)).assign(split="extra") for more in extra]
    table = pd.concat(tables, ignore_index=True)
    table["source_path"] = table["source_path"].fillna("-") if extra and "source_path" in table else "-"
    origin = table["licence"].str.removeprefix("derived from ")
    is_copy = table["generator"].isin(COPYING) & origin.isin(table["source"])
    table["home"] = table["source"].mask(is_copy, origin)
    has_real = table["home"].isin(table.loc[table["label"] == "real", "home"])
    own = np.where(table["speaker"] == "-", table.index.astype(str), table["speaker"])
    table["unit"] = table["home"].where(has_real, table["source"] + "/" + own)
    return table


def _read(folder):
    table = pd.read_csv(folder / "manifest.csv", dtype=str, keep_default_na=False)
    if missing := set(COLUMNS) - set(table.columns):
        raise SystemExit(f"{folder / 'manifest.csv'} has no column {sorted(missing)[0]!r}.")
    table["file"] = [str(folder / path) for path in table["path"]]
    return table


def protocols(table):
    """Return the parts of every protocol; but for "dev", "pages" and "copies", clips are those of the train split."""
    rows = np.flatnonzero(table["split"] == "train")
    clips = table.iloc[rows]
    train, dev = (np.flatnonzero(table["split"] == split) for split in ("train", "dev"))

    def parts(name, splits):
        return Part(name, tuple((rows[inside], rows[outside]) for inside, outside in splits))

    y = clips["label"].to_numpy()
    random = StratifiedShuffleSplit(1, test_size=0.2, random_state=0).split(rows, y)
    folds = SpoofGroupKFold(N_FOLDS, random_state=0)
    found = {
        "random": [parts("train", random)],
        "speakers": [parts("train", folds.split(rows, y, clips["speaker"]))],
        "sources": [parts("train", folds.split(rows, y, clips[["home", "speaker"]]))],
        "generators": _generators(clips, rows),
        "dev": [Part("dev", ((train, dev),))],
        "pages": _pages(table, train),
    }
    found = {name: [_with_extra(table, name, part) for part in some] for name, some in found.items()}
    return found | {"copies": [_copies(table, found[name][0]) for name in ("sources", "dev")]}


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
        if protocol == "generators":
            # Others may have named a generator in part: "world-any" is "world".
            is_shared |= np.array([bool(_words(name) & _words(part.name)) for name in extra["generator"]])
        splits.append((np.concatenate([train, extra.index[~is_shared]]), test))
    return Part(part.name, tuple(splits))


def _words(generator):
    return set(re.split(r"[-+]", generator))


def _generators(clips, rows):
    """Test every generator beside real speech of sources that were held out with it."""
    counts = clips.loc[clips["label"] == "fake", "generator"].value_counts()
    splitter = LeaveOneAttackOut(n_folds=N_FOLDS, random_state=0)
    labels, attack = clips["label"].to_numpy(), clips["generator"].to_numpy()
    names = sorted(counts.index)
    return [
        Part(name, ((rows[inside], rows[outside]),))
        for name, (inside, outside) in zip(
            names, splitter.split(rows, labels, clips["unit"].to_numpy(), attack), strict=True
        )
        if counts[name] >= FEWEST
    ]


def _pages(table, train):
    """Test every source that has both labels by itself, trained on the train split without it."""
    of_corpus = table["split"] != "extra"
    labels = table[of_corpus].groupby("source")["label"].nunique()
    found = []
    for name in labels.index[labels == 2]:
        test = np.flatnonzero((table["source"] == name) & of_corpus)
        found.append(Part(name, ((np.setdiff1d(train, test), test),)))
    return found


def _copies(table, part):
    """Keep of what is tested the copies, and the real clips of the homes and speakers that they were made from."""
    home_and_speaker = list(zip(table["home"], table["speaker"], strict=True))
    is_copy = (table["generator"].isin(COPYING) & (table["split"] != "extra")).to_numpy()
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
