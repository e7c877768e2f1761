"""What all readers of labelled clips return."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sklearn.utils import Bunch

# What every reader calls these columns of `frame`, and their order.
COLUMNS = (
    *("path", "target", "label", "split", "group", "speaker"),
    *("attack", "codec", "source", "language", "recording", "sentence"),
)
# What the lists in the report of a corpus hold, in words.
LEFT_OUT = {
    "absent_splits": ("split", "without any audio"),
    "unparsed_lines": ("line", "not in the layout"),
    "contradictory_lines": ("line", "about a clip of which another line says otherwise"),
    "unknown_labels": ("line", "with a label that is no word for real or fake speech"),
    "missing_audio": ("line", "without its audio"),
    "repeated_lines": ("line", "that came before"),
    "unnamed_audio": ("file", "of audio that no line names"),
    "same_name": ("file", "of audio with the name of another"),
}


def as_bunch(frame: pd.DataFrame, report: dict[str, Any], about: Sequence[str] = ()) -> Bunch:
    """Return a table with the columns path, target, label, and maybe others of `COLUMNS`, as a Bunch.

    `about` are lines on the corpus for the description.
    """
    usual = [name for name in COLUMNS if name in frame and not (name == "group" and frame[name].isna().all())]
    frame = frame[[*usual, *(name for name in frame if name not in COLUMNS)]].reset_index(drop=True)
    counts = frame["target"].value_counts()
    report = {"n_real": int(counts.get("real", 0)), "n_fake": int(counts.get("fake", 0)), **report}
    optional = {
        name: frame[name].to_numpy(dtype=str) if name in frame else None for name in ("attack", "codec", "split")
    }
    return Bunch(
        data=frame["path"].tolist(),
        target=frame["target"].to_numpy(dtype=str),
        groups=frame["group"].to_numpy(dtype=str) if "group" in frame else None,
        **optional,
        frame=frame,
        report=report,
        DESCR=_describe(frame, report, about),
    )


def fill_unknown(frame: pd.DataFrame) -> None:
    """Write what is not known about a clip as "-"; a fake of an unknown attack is "unknown", a real clip has none."""
    unknown = {"-": "unknown"}
    for name in COLUMNS[5:]:
        if name in frame:
            cells = [cell if cell and cell == cell else "-" for cell in frame[name].tolist()]
            if name == "attack":
                kinds = frame["target"].tolist()
                cells = [
                    "-" if kind == "real" else unknown.get(cell, cell) for cell, kind in zip(cells, kinds, strict=True)
                ]
            frame[name] = pd.Series(cells, index=frame.index, dtype=object)


def listed(items: Sequence[object], noun: str, what: str = "", n_shown: int = 3) -> str:
    """Return how many there are, and the first of them: "4 files of no use: 'a', 'b', 'c', ..."."""
    shown = ", ".join(repr(str(item)) for item in items[:n_shown]) + (", ..." if len(items) > n_shown else "")
    count = f"{len(items)} {noun}{'' if len(items) == 1 else 's'}{what and ' ' + what}"
    return count + (f": {shown}" if items else "")


def _describe(frame: pd.DataFrame, report: dict[str, Any], about: Sequence[str]) -> str:
    lines = [f"{report['source']}: {report['n_real']} real and {report['n_fake']} fake clips."]
    if "split" in frame:
        splits = frame["split"].value_counts(sort=False)
        lines.append(f"Splits: {', '.join(f'{name} {n}' for name, n in splits.items())}.")
    if "group" in frame:
        lines.append(f"Groups: {frame['group'].nunique()} ({report['groups']}).")
    else:
        lines.append("Groups: none. Clips of one speaker or recording may fall on both sides of a split.")
    if "attack" in frame:
        fakes = frame.loc[frame["target"] == "fake", "attack"].value_counts()
        lines.append(f"Attacks: {', '.join(f'{name} {n}' for name, n in fakes.items())}.")
    for key, items in report.items():
        if isinstance(items, list) and items:
            noun, _ = LEFT_OUT.get(key, ("file", ""))
            lines.append(f"Left out, {key.replace('_', ' ')}: {listed(items, noun)}.")
    return "\n".join([*lines, *about])
