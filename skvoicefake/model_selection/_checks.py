"""What an audit says about labelled clips: a line a check, with its verdict and what to do."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skvoicefake._groups import is_unknown
from skvoicefake.labels import label_kind
from skvoicefake.model_selection._audit_input import Labels
from skvoicefake.model_selection._copies import UNKNOWN, differs, in_mixed_sets
from skvoicefake.model_selection._shortcuts import GIVES_AWAY, NOTHING, TOGETHER

if TYPE_CHECKING:
    from pandas import DataFrame

PROBLEM, MIND, FINE = "problem", "mind", "fine"
FEW_CLIPS, FEW_GROUPS = 50, 10  # of a class: intervals are wide beneath
RARE = 0.1  # share of the rarer class
ALIKE_FROM = 0.9  # similarity of clips that are the same but for level, codec or rate; a vocoder leaves less
TELLING = 0.9  # share of the clips of both classes, on average, whose class another clip's name or source tells


class Finding(NamedTuple):
    """A check, its verdict ("problem", "mind" or "fine"), what was found, and what to do about it."""

    check: str
    verdict: str
    found: str
    advice: str = ""


def check_files(clips: Labels, problems: list[str | None], is_read: NDArray[np.bool_]) -> list[Finding]:
    """Look for clips that cannot be decoded, hold nothing, or are clipped."""
    has_problem = np.array([said is not None for said in problems])
    findings = []
    for check, which, what, advice in (
        ("files", has_problem & ~is_read, "that cannot be read", "Mend or leave them out: a detector stops at them."),
        ("sound", has_problem & is_read, "without usable sound", "Leave them out: they say nothing of a voice."),
    ):
        if which.any():
            first = problems[int(np.argmax(which))]
            said = f"{_n(which)} {what} ({_counts(clips.y[which])}). First: {first}"
            findings.append(Finding(check, PROBLEM, said, advice))
    return findings or [Finding("files", FINE, f"all {len(clips.names)} clips can be read and hold sound")]


def check_balance(clips: Labels, is_usable: NDArray[np.bool_]) -> list[Finding]:
    """Look at the number of usable clips of each class, on the whole and in every split."""
    classes = np.unique(clips.y)
    counts = np.array([np.sum(clips.y[is_usable] == label) for label in classes])
    said = ", ".join(f"{n} {label}" for n, label in zip(counts, classes, strict=True))
    least = int(np.min(counts))
    if least < FEW_CLIPS:
        advice = f"Collect more: with fewer than {FEW_CLIPS} clips of a class, every figure has a wide interval."
        findings = [Finding("classes", MIND, said, advice)]
    elif least < RARE * counts.sum():
        advice = (
            "Set class_weight='balanced', and do not judge by accuracy: always guessing the commoner is right often."
        )
        findings = [Finding("classes", MIND, said, advice)]
    else:
        findings = [Finding("classes", FINE, said)]
    if clips.split is None:
        return findings
    for name in sorted(set(clips.split.tolist()) - {UNKNOWN}):
        there = clips.y[clips.split == name]
        if len(np.unique(there)) < len(classes):
            advice = "Nothing can be trained on it or judged by it alone."
            findings.append(Finding("classes", MIND, f"split {name!r} has {_counts(there)} and nothing else", advice))
    return findings


def check_groups(clips: Labels) -> list[Finding]:
    """Look at speakers, recordings or sources: are there any, does one tell the class, are they apart in the splits."""
    if clips.groups is None or int(np.max(clips.groups)) + 1 == len(clips.y):
        said = "none are given" if clips.groups is None else "every clip is a group of its own"
        advice = "Name the speaker, recording or source of every clip: a random split has the same voice on both sides."
        return [Finding("groups", MIND, said, advice)]
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
        values = clips.metadata[name].tolist()
        known = np.array([not is_unknown(value) for value in values])
        names: dict[str, int] = {}
        codes = np.array([names.setdefault(str(value).strip(), len(names)) for value in values])
        if len(set(codes[known].tolist())) < 2:
            continue
        counts = np.bincount(codes * 2 + targets, minlength=2 * len(names)).reshape(-1, 2)[codes]
        # A clip does not count for itself. Where the others are as many on both sides, nothing is told.
        counts = counts - np.eye(2, dtype=counts.dtype)[targets]
        own, other = counts[np.arange(len(codes)), targets], counts[np.arange(len(codes)), 1 - targets]
        is_told = np.where(known & (own != other), own > other, 0.5)
        shares[str(name)] = float(np.mean([is_told[targets == k].mean() for k in (0, 1)]))
    return shares


def check_attacks(clips: Labels) -> list[Finding]:
    """Look at which generators are in which split."""
    if clips.attack is None:
        return []
    attacks = clips.attack
    of_real = np.array([label_kind(label) == "real" for label in clips.y.tolist()])
    known = ~of_real & ~np.isin(attacks, [UNKNOWN, "unknown"])
    names = np.unique(attacks[known])
    said = f"{len(names)} generators of fakes"
    if len(names) < 2:
        advice = "A detector of one generator is a detector of one generator. Collect fakes of others to judge by."
        return [Finding("attacks", MIND, said if len(names) else "no generator of a fake is known", advice)]
    if clips.split is not None and len(set(clips.split[known].tolist()) - {UNKNOWN}) > 1:
        codes = np.unique(attacks[known], return_inverse=True)[1]
        shared = np.unique(attacks[known][in_mixed_sets(codes, clips.split[known])])
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
    is_contrary = differs(pairs, clips.y)
    contrary = pairs[is_contrary & (pairs["similarity"] >= ALIKE_FROM)]
    if in_mixed_sets(exact, clips.y).any() or len(contrary):
        n = len(set(contrary["first"]) | set(contrary["second"]))
        said = f"{n} clips are there with both labels, to the sample or nearly so{_first(clips.names, contrary)}"
        advice = "One of the labels is wrong, unless a part of the clip was replaced (a partial fake)."
        findings.append(Finding("labels", PROBLEM, said, advice))
    torn = False
    if clips.split is not None:
        apart = in_mixed_sets(sets, clips.split)
        if apart.any():
            torn = True
            across = pairs[differs(pairs, clips.split)]
            said = f"{_n(apart)} that share sound across splits{_first(clips.names, across)}"
            advice = "Take the copies out of one of the splits: what is judged there was heard in training."
            findings.append(Finding("copies", PROBLEM, said, advice))
    groups = np.arange(len(sets)) if clips.groups is None else clips.groups
    apart = in_mixed_sets(sets, groups)
    if apart.any():
        torn = True
        across = pairs[differs(pairs, groups)]
        where = "" if clips.groups is None else " across groups"
        said = f"{_n(apart)} that share sound{where}{_first(clips.names, across)}"
        advice = "Leave copies out, or split by the groups of this report, which keep copies together: report.groups."
        findings.append(Finding("copies", PROBLEM, said, advice))
    if not torn:
        sharing = np.bincount(sets)[sets] > 1
        said = f"{_n(sharing)} that share sound with another, all within their groups"
        if is_contrary.any():
            said += f"; {int(is_contrary.sum())} pairs are of both classes, as where a vocoder made fakes of real clips"
        advice = "Groups keep them together. They count several times in training and in every figure."
        findings.append(Finding("copies", MIND, said, advice))
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


def _n(which: "NDArray[np.bool_] | int") -> str:
    n = int(np.sum(which))
    return f"{n} clip{'' if n == 1 else 's'}"
