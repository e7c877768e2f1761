import numpy as np
import pandas as pd
import pytest

from skvoicefake.model_selection import _checks
from skvoicefake.model_selection._audit_input import Labels
from skvoicefake.model_selection._checks import FINE, MIND, PROBLEM
from skvoicefake.model_selection._copies import SHARED

COLUMNS = ["first", "second", "kind", "offset_s", "overlap_s", "similarity"]
NO_PAIRS = pd.DataFrame({name: [] for name in COLUMNS})


def labels(y, **known):
    y = np.array(y)
    given = dict.fromkeys(("groups", "split", "attack", "metadata")) | known
    arrays = {name: np.array(values) if isinstance(values, list) else values for name, values in given.items()}
    return Labels([f"{i}.wav" for i in range(len(y))], y, group_names=arrays["groups"], **arrays)


def verdicts(findings):
    return [(finding.check, finding.verdict) for finding in findings]


HALVES = ["fake"] * 60 + ["real"] * 60


# Files and classes


def test_files_and_sound_are_told_apart():
    clips = labels(["fake", "fake", "real", "real"])
    is_read = np.array([False, True, True, False])
    findings = _checks.check_files(clips, ["gone", "silent", None, "gone too"], is_read)
    assert verdicts(findings) == [("files", PROBLEM), ("sound", PROBLEM)]
    assert findings[0].found == "2 clips that cannot be read (1 fake, 1 real). First: gone"
    assert findings[1].found == "1 clip without usable sound (1 fake). First: silent"


@pytest.mark.parametrize(
    ("n_usable", "verdict", "said"),
    [(60, FINE, "60 fake, 60 real"), (10, MIND, "10 fake, 60 real"), (0, MIND, "0 fake, 60 real")],
)
def test_classes_are_counted_by_clips_of_use(n_usable, verdict, said):
    is_usable = np.arange(120) >= 60 - n_usable
    assert _checks.check_balance(labels(HALVES), is_usable)[0][:3] == ("classes", verdict, said)


def test_a_rare_class_is_told():
    y = ["fake"] * 60 + ["real"] * 1000
    assert _checks.check_balance(labels(y), np.ones(1060, dtype=bool))[0].verdict == MIND


def test_unknown_splits_are_none():
    clips = labels(HALVES, split=["train"] * 30 + ["-"] * 30 + ["train"] * 60, groups=list(range(60)) * 2)
    assert verdicts(_checks.check_balance(clips, np.ones(120, dtype=bool))) == [("classes", FINE)]
    assert ("splits", FINE) in verdicts(_checks.check_groups(clips))
    clips = labels(HALVES, split=["train"] * 60 + ["dev"] * 60)
    assert len(_checks.check_balance(clips, np.ones(120, dtype=bool))) == 3


# Groups


@pytest.mark.parametrize("groups", [None, list(range(120))])
def test_no_groups_are_told(groups):
    assert verdicts(_checks.check_groups(labels(HALVES, groups=groups))) == [("groups", MIND)]


def test_groups_of_one_class_each():
    findings = _checks.check_groups(labels(HALVES, groups=[i // 4 for i in range(120)]))
    assert verdicts(findings) == [("groups", MIND)]
    assert "none has both classes" in findings[0].found


def test_groups_in_several_splits():
    clips = labels(HALVES, groups=[i % 20 for i in range(120)], split=["train", "dev"] * 60)
    assert verdicts(_checks.check_groups(clips)) == [("groups", FINE), ("splits", FINE)]
    clips = labels(HALVES, groups=[i % 20 for i in range(120)], split=["train"] * 119 + ["dev"])
    findings = _checks.check_groups(clips)
    assert verdicts(findings) == [("groups", FINE), ("splits", PROBLEM)]
    assert findings[1].found.startswith("6 clips")


# Metadata


@pytest.mark.parametrize("missing", [None, np.nan, "", "-"])
def test_a_column_that_tells_the_labels(missing):
    told = _checks.told_by(labels(HALVES, metadata=pd.DataFrame({"source": ["vits"] * 60 + ["vctk"] * 60})))
    assert told == {"source": 1.0}
    column = pd.DataFrame({"source": ["vits"] * 60 + ["vctk"] * 59 + [missing]})
    assert _checks.told_by(labels(HALVES, metadata=column))["source"] == pytest.approx((1 + 59.5 / 60) / 2)
    # One value alone is known, and what is not known tells nothing.
    column = pd.DataFrame({"source": ["vits"] * 60 + [missing] * 60})
    assert _checks.told_by(labels(HALVES, metadata=column)) == {}


def test_a_column_tells_nothing_of_its_own_clip():
    names = pd.DataFrame({"path": [str(i) for i in range(120)], "any": ["a", "b"] * 60})
    assert _checks.told_by(labels(HALVES, metadata=names))["path"] == 0.5
    assert _checks.told_by(labels(HALVES, metadata=names))["any"] < 0.6


# Attacks


@pytest.mark.parametrize("word", ["-", "bonafide", "unknown"])
def test_real_clips_have_no_generator(word):
    findings = _checks.check_attacks(labels(HALVES, attack=["A01"] * 60 + [word] * 60))
    assert findings == [_checks.Finding("attacks", MIND, "1 generators of fakes", findings[0].advice)]
    assert _checks.check_attacks(labels(HALVES, attack=["A01", "A02"] * 30 + [word] * 60))[0].verdict == FINE


def test_generators_that_are_in_all_splits():
    attack, split = ["A01", "A02"] * 30 + ["-"] * 60, ["train"] * 30 + ["dev"] * 30 + ["train", "dev"] * 30
    assert _checks.check_attacks(labels(HALVES, attack=attack, split=split))[0].verdict == MIND
    attack = ["A01"] * 30 + ["A02"] * 30 + ["-"] * 60
    assert _checks.check_attacks(labels(HALVES, attack=attack, split=split))[0].verdict == FINE


# Copies


def copies(clips, *pairs, similarity=0.7):
    table = pd.DataFrame([(a, b, SHARED, 0.0, 1.0, similarity) for a, b in pairs], columns=COLUMNS)
    sets = np.arange(len(clips.y))
    for a, b in pairs:
        sets[b] = sets[a]
    return _checks.check_copies(clips, table, sets, np.arange(len(sets)), None)


def test_copies_within_groups_are_to_mind():
    clips = labels(HALVES, groups=[i // 4 for i in range(120)])
    findings = copies(clips, (0, 1), (0, 2))
    assert verdicts(findings) == [("copies", MIND)]
    assert findings[0].found.startswith("3 clips that share sound")


def test_a_fake_of_a_real_clip_is_no_wrong_label_unless_nothing_is_left_between_them():
    clips = labels(HALVES, groups=[i % 60 for i in range(120)])
    assert verdicts(copies(clips, (0, 60))) == [("copies", MIND)]
    assert "1 pairs are of both classes" in copies(clips, (0, 60))[0].found
    assert ("labels", PROBLEM) in verdicts(copies(clips, (0, 60), similarity=0.95))


def test_copies_in_a_split_that_is_not_known():
    clips = labels(HALVES, groups=[0] * 120, split=["train"] * 119 + ["-"])
    assert verdicts(copies(clips, (0, 119))) == [("copies", MIND)]
    clips = labels(HALVES, groups=[0] * 120, split=["train"] * 119 + ["dev"])
    assert verdicts(copies(clips, (0, 119))) == [("copies", PROBLEM)]


def test_parts_of_recordings_are_a_hint():
    families = np.array(["a", "a", "a", "b", *map(str, range(116))])
    findings = _checks.check_copies(labels(HALVES), NO_PAIRS, np.arange(120), np.arange(120), families)
    assert verdicts(findings) == [("copies", FINE), ("groups", MIND)]
    assert "3 clips are named as parts of 1 recordings, such as 'a'" in findings[1].found
