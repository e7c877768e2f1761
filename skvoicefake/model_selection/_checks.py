"""What an audit says about labelled clips: a line a check, with its verdict and what to do."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skvoicefake.model_selection._copies import SAME, differs, in_mixed_sets
from skvoicefake.model_selection._shortcuts import GIVES_AWAY, NOTHING, TOGETHER

if TYPE_CHECKING:
    from pandas import DataFrame

PROBLEM, MIND, FINE = "problem", "mind", "fine"
FEW_CLIPS, FEW_GROUPS = 50, 10  # of a class: intervals are wide beneath
RARE = 0.1  # share of the rarer class
TELLING = 0.9  # share of the clips of both classes, on average, whose class another clip's name or source tells


class Finding(NamedTuple):
    """A check, its verdict ("problem", "mind" or "fine"), what was found, and what to do about it."""

    check: str
    verdict: str
    found: str
    advice: str = ""


class Labels(NamedTuple):
    """What is known of clips without listening: arrays with an entry a clip, or None."""

    names: list[str]
    y: NDArray[Any]
    groups: NDArray[np.intp] | None
    group_names: NDArray[Any] | None
    split: NDArray[Any] | None
    attack: NDArray[Any] | None
    metadata: "DataFrame | None"


def check_files(names: list[str], problems: list[str | None], has_features: list[bool]) -> list[Finding]:
    """Look for clips that cannot be decoded, hold nothing, or are clipped."""
    lost = [said for said, there in zip(problems, has_features, strict=True) if said is not None and not there]
    poor = [said for said, there in zip(problems, has_features, strict=True) if said is not None and there]
    findings = []
    if lost:
        advice = "Mend or leave them out: see clips in the report. A detector stops at such a clip."
        findings.append(Finding("files", PROBLEM, f"{_n(lost)} cannot be read. First: {lost[0]}", advice))
    if poor:
        advice = "Leave them out: they say nothing of a voice."
        findings.append(Finding("sound", PROBLEM, f"{_n(poor)} without usable sound. First: {poor[0]}", advice))
    return findings or [Finding("files", FINE, f"all {len(names)} clips can be read and hold sound")]


def check_balance(clips: Labels) -> list[Finding]:
    """Look at the number of clips of each class, on the whole and in every split."""
    classes, counts = np.unique(clips.y, return_counts=True)
    said = _counts(clips.y)
    least = int(np.min(counts))
    if least < FEW_CLIPS:
        advice = f"Collect more: with fewer than {FEW_CLIPS} clips of a class, every figure has a wide interval."
        findings = [Finding("classes", MIND, said, advice)]
    elif least < RARE * len(clips.y):
        advice = (
            "Set class_weight='balanced', and do not judge by accuracy: always guessing the commoner is right often."
        )
        findings = [Finding("classes", MIND, said, advice)]
    else:
        findings = [Finding("classes", FINE, said)]
    if clips.split is None:
        return findings
    for name in np.unique(clips.split).tolist():
        there = clips.y[clips.split == name]
        if len(np.unique(there)) < len(classes):
            advice = "Nothing can be trained on it or judged by it alone."
            findings.append(Finding("classes", MIND, f"split {name!r} has {_counts(there)} and nothing else", advice))
    return findings


def check_groups(clips: Labels) -> list[Finding]:
    """Look at speakers, recordings or sources: are there any, does one tell the class, are they apart in the splits."""
    if clips.groups is None:
        advice = "Name the speaker, recording or source of every clip: a random split has the same voice on both sides."
        return [Finding("groups", MIND, "none are given", advice)]
    findings = []
    n_groups = int(np.max(clips.groups)) + 1
    holding = {str(label): len(np.unique(clips.groups[clips.y == label])) for label in np.unique(clips.y)}
    said = f"{n_groups} groups; clips of {' and '.join(f'{label} in {n}' for label, n in holding.items())}"
    if min(holding.values()) < FEW_GROUPS:
        advice = "What is said of so few voices or recordings may not hold for others. Collect more of them."
        findings.append(Finding("groups", MIND, said, advice))
    elif not in_mixed_sets(clips.groups, clips.y).any():
        advice = (
            "Whatever tells groups apart (voice, room, microphone) tells the classes apart. Collect both classes of"
            " some, or make fakes of the real ones: make_copysynthesis."
        )
        findings.append(Finding("groups", MIND, f"{said}; none has both classes", advice))
    else:
        findings.append(Finding("groups", FINE, said))
    if clips.split is not None:
        n_torn = int(in_mixed_sets(clips.groups, clips.split).sum())
        if n_torn:
            advice = "Split by groups (SpoofGroupKFold), or what is judged is how well voices are remembered."
            findings.append(Finding("splits", PROBLEM, f"{n_torn} clips are of groups in several splits", advice))
        else:
            findings.append(Finding("splits", FINE, "no group is in two of them"))
    return findings


def check_metadata(clips: Labels) -> list[Finding]:
    """Look for columns, such as the source, whose value tells the class of most clips."""
    findings = []
    for name, share in told_by(clips).items():
        if share >= TELLING:
            advice = (
                "Whatever is peculiar to one of them gives the class away. Judge by held-out ones (LeaveOneSourceOut,"
                " or as groups), and collect both classes of each."
            )
            findings.append(Finding("metadata", MIND, f"{name!r} alone tells {share:.0%} of the labels", advice))
    return findings


def told_by(clips: Labels) -> dict[str, float]:
    """Return for every column the share of labels, averaged over classes, that the other clips of a value tell."""
    if clips.metadata is None:
        return {}
    shares = {}
    targets = np.unique(clips.y, return_inverse=True)[1]
    for name in clips.metadata:
        values = clips.metadata[name].astype(str).to_numpy(dtype=str)
        known = ~np.isin(values, ["", "-", "nan", "None", "<NA>"])
        codes = np.unique(values, return_inverse=True)[1]
        n_values = int(np.max(codes)) + 1
        counts = np.bincount(codes * 2 + targets, minlength=2 * n_values).reshape(-1, 2)[codes]
        # A clip does not count for itself. Where the others are as many on both sides, nothing is told.
        counts = counts - np.eye(2, dtype=counts.dtype)[targets]
        own, other = counts[np.arange(len(codes)), targets], counts[np.arange(len(codes)), 1 - targets]
        is_told = np.where(own == other, 0.5, own > other)
        if len(np.unique(values[known])) > 1:
            shares[str(name)] = float(np.mean([np.where(known, is_told, 0.5)[targets == k].mean() for k in (0, 1)]))
    return shares


def check_attacks(clips: Labels) -> list[Finding]:
    """Look at which generators are in which split."""
    if clips.attack is None:
        return []
    attacks = np.array([str(name) for name in clips.attack.tolist()])
    known = ~np.isin(attacks, ["", "-", "nan", "None", "unknown"])
    names = np.unique(attacks[known])
    said = f"{len(names)} generators of fakes"
    if len(names) < 2:
        advice = "A detector of one generator is a detector of one generator. Collect fakes of others to judge by."
        return [Finding("attacks", MIND, said if len(names) else "no generator of a fake is known", advice)]
    if clips.split is not None and len(np.unique(clips.split[known])) > 1:
        shared = np.unique(attacks[known & in_mixed_sets(np.unique(attacks, return_inverse=True)[1], clips.split)])
        if len(shared) == len(names):
            advice = "Error rates there say nothing of generators that training never heard: see LeaveOneAttackOut."
            return [Finding("attacks", MIND, f"{said}, and every one of them is in several splits", advice)]
        said = f"{said}, {len(shared)} of them in several splits"
    return [Finding("attacks", FINE, said)]


def check_copies(
    clips: Labels, pairs: "DataFrame", sets: NDArray[np.intp], exact: NDArray[np.intp], families: NDArray[Any] | None
) -> list[Finding]:
    """Look for copies with two labels, in two splits, and in two groups."""
    if not len(pairs):
        found = Finding("copies", FINE, "no two clips share sound")
        return [found, *_windows(families)]
    findings = []
    n_contrary = int(in_mixed_sets(exact, clips.y).sum())
    if n_contrary:
        contrary = pairs[(pairs["kind"] == SAME) & differs(pairs, clips.y)]
        said = f"{n_contrary} clips are there with both labels, sample by sample{_first(clips.names, contrary)}"
        findings.append(Finding("labels", PROBLEM, said, "One of the labels is wrong. Find out which."))
    n_copies = len(sets) - len(np.unique(sets))
    kinds = f"{n_copies} clips share sound with another ({int((pairs['kind'] == SAME).sum())} sample by sample)"
    torn = False
    if clips.split is not None:
        apart = in_mixed_sets(sets, clips.split)
        if apart.any():
            torn = True
            across = pairs[differs(pairs, clips.split)]
            said = f"{int(apart.sum())} clips share sound across splits{_first(clips.names, across)}"
            advice = "Take the copies out of one of the splits: what is judged there was heard in training."
            findings.append(Finding("copies", PROBLEM, said, advice))
    groups = np.arange(len(sets)) if clips.groups is None else clips.groups
    apart = in_mixed_sets(sets, groups)
    if apart.any():
        torn = True
        across = pairs[differs(pairs, groups)]
        where = "" if clips.groups is None else " across groups"
        said = f"{int(apart.sum())} clips share sound{where}{_first(clips.names, across)}"
        advice = "Leave copies out, or split by the groups of this report, which keep copies together: report.groups."
        findings.append(Finding("copies", PROBLEM, said, advice))
    if not torn:
        advice = "Groups keep them together. They count several times in training and in every figure."
        findings.append(Finding("copies", MIND, kinds, advice))
    return [*findings, *_windows(families)]


def check_shortcuts(table: "DataFrame") -> list[Finding]:
    """Put the judged shortcuts in words, a finding a family that tells something."""
    findings = []
    for family, rows in table.groupby("family", sort=False):
        telling = rows[rows["verdict"] != NOTHING]
        if telling.empty:
            continue
        verdict = PROBLEM if telling["verdict"].str.startswith(GIVES_AWAY).any() else MIND
        said = "; ".join(
            f"{row['verdict']}: AUC {row['auc']:.2f}{_interval(row)} on {row['judged_on']}"
            for row in telling.to_dict("records")
        )
        advice = ADVICE[str(family)]
        findings.append(Finding(f"shortcut: {family}", verdict, said, advice))
    if not len(table):
        notes = " ".join(table.attrs.get("notes", [])) or "All trivial features are the same in all clips."
        return [Finding("shortcuts", FINE if not table.attrs.get("notes") else MIND, notes)]
    for note in table.attrs.get("notes", []):
        findings.append(Finding("shortcuts", MIND, note, "Give more groups, or read the figures with care."))
    if not any(finding.check.startswith("shortcut:") for finding in findings):
        n = table["family"].nunique() - (TOGETHER in set(table["family"]))
        findings.append(Finding("shortcuts", FINE, f"{n} trivial things, alone and together, tell nothing"))
    return findings


ALIKE = "Make both classes alike in this"
ADVICE = {
    "duration": f"{ALIKE}: cut clips of both to one length, and do not pad or tile the shorter class.",
    "level": f"{ALIKE}: bring all clips to one level.",
    "DC offset": f"{ALIKE}: take the mean out of every clip, or high-pass at 20 Hz.",
    "silence": f"{ALIKE}: trim the silence before and after the voice.",
    "noise floor": f"{ALIKE}: the same rooms, microphones and codecs, or the same noise added to both.",
    "bandwidth": f"{ALIKE}: low-pass and resample both to the narrower of the two.",
    "sample rate": f"{ALIKE}: record or resample both at one rate, and mind that resampling leaves its own band edge.",
    "channels": f"{ALIKE}: mix all clips down to mono.",
    "container and codec": f"{ALIKE}: send both through the same codecs, at the same rates.",
    "bit depth": f"{ALIKE}: store both at one depth, and do not stretch levels afterwards.",
    "clipping": f"{ALIKE}: leave clipped clips out, or scale both before they clip.",
    TOGETHER: (
        "Mend what is named above. Until then, only believe a detector that clearly beats this figure, on speech from"
        " elsewhere."
    ),
}


def _windows(families: NDArray[Any] | None) -> list[Finding]:
    if families is None:
        return []
    names, counts = np.unique(families, return_counts=True)
    several = int(counts[counts > 1].sum())
    if not several:
        return []
    parts, example = int((counts > 1).sum()), str(names[counts > 1][0])
    said = f"{several} clips are named as parts of {parts} recordings, such as {example!r}"
    return [Finding("groups", MIND, said, "If they are, give the recording as the group.")]


def _first(names: list[str], pairs: "DataFrame") -> str:
    # Copies may be linked through a third that is on neither side.
    if not len(pairs):
        return ""
    first, second = pairs[["first", "second"]].to_numpy()[0].tolist()
    return f". First: {names[first]} and {names[second]}"


def _interval(row: Mapping[Any, Any]) -> str:
    return "" if np.isnan(row["low"]) else f" [{row['low']:.2f}, {row['high']:.2f}]"


def _counts(y: NDArray[Any]) -> str:
    return ", ".join(f"{n} {label}" for label, n in zip(*np.unique(y, return_counts=True), strict=True))


def _n(items: list[Any]) -> str:
    return f"{len(items)} clip{'' if len(items) == 1 else 's'}"
