"""What all readers of labelled clips return."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sklearn.utils import Bunch


def as_bunch(frame: pd.DataFrame, report: dict[str, Any]) -> Bunch:
    """Return a table with the columns path, target, label, and maybe group, attack and codec, as a Bunch."""
    frame = frame.dropna(axis="columns", how="all").reset_index(drop=True)
    counts = frame["target"].value_counts()
    report = {"n_real": int(counts.get("real", 0)), "n_fake": int(counts.get("fake", 0)), **report}
    optional = {name: frame[name].to_numpy(dtype=str) if name in frame else None for name in ("attack", "codec")}
    return Bunch(
        data=frame["path"].tolist(),
        target=frame["target"].to_numpy(dtype=str),
        groups=frame["group"].to_numpy(dtype=str) if "group" in frame else None,
        **optional,
        frame=frame,
        report=report,
        DESCR=_describe(frame, report),
    )


def listed(items: Sequence[object], noun: str, n_shown: int = 3) -> str:
    """Return how many there are, and the first of them: "4 files: 'a', 'b', 'c', ..."."""
    shown = ", ".join(repr(str(item)) for item in items[:n_shown]) + (", ..." if len(items) > n_shown else "")
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}" + (f": {shown}" if items else "")


def _describe(frame: pd.DataFrame, report: dict[str, Any]) -> str:
    lines = [f"{report['source']}: {report['n_real']} real and {report['n_fake']} fake clips."]
    if "group" in frame:
        lines.append(f"Groups: {frame['group'].nunique()} ({report['groups']}).")
    else:
        lines.append("Groups: none. Clips of one speaker or recording may fall on both sides of a split.")
    if "attack" in frame:
        fakes = frame.loc[frame["target"] == "fake", "attack"].value_counts()
        lines.append(f"Attacks: {', '.join(f'{name} {n}' for name, n in fakes.items())}.")
    left_out = {key: value for key, value in report.items() if isinstance(value, list) and value}
    lines += [f"Left out, {key.replace('_', ' ')}: {listed(value, 'file')}." for key, value in left_out.items()]
    return "\n".join(lines)
