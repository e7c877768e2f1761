import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score

from skvoicefake.model_selection import LeaveOneSourceOut

Y = np.tile(["real", "fake", "fake"], 40)
SPEAKERS = np.repeat([f"s{i}" for i in range(10)], 12)
SOURCE = np.repeat(["web", "studio", "phone"], [48, 48, 24])
SOURCES = pd.DataFrame({"source": SOURCE, "speaker": SPEAKERS})


def test_every_source_with_both_classes_is_tested_once():
    cv = LeaveOneSourceOut()
    # One clip of a speaker on the phone is of the studio, which ties the two sources for the other clips of hers.
    source = SOURCE.copy()
    source[100] = "studio"
    table = SOURCES.assign(source=source)
    splits = list(cv.split(Y, Y, table))
    assert len(splits) == cv.get_n_splits(Y, Y, table) == 3
    for name, (train, test) in zip(["phone", "studio", "web"], splits, strict=True):
        np.testing.assert_array_equal(test, np.flatnonzero(source == name))
        may = (source != name) & ~np.isin(SPEAKERS, SPEAKERS[test])
        np.testing.assert_array_equal(train, np.flatnonzero(may))


def test_sources_of_one_class_only_train():
    source = np.where((SOURCE == "phone") & (Y == "fake"), "vocoder", SOURCE)
    with pytest.warns(UserWarning, match="only trains on 2 sources .* 'phone', 'vocoder'") as caught:
        splits = list(LeaveOneSourceOut().split(Y, Y, SOURCES.assign(source=source)))
    assert len(caught) == 1
    assert len(splits) == 2
    for train, test in splits:
        assert set(np.flatnonzero(np.isin(source, ["phone", "vocoder"]))) <= set(train)
        assert not set(source[train]) & set(source[test])


def test_clips_of_unknown_source_are_left_out():
    source = SOURCE.astype(object)
    source[[0, 50]] = [None, "-"]
    with pytest.warns(UserWarning, match="leaves out 2 clips whose source is not known"):
        splits = list(LeaveOneSourceOut().split(Y, Y, source=source))
    for train, test in splits:
        assert sorted([*train, *test]) == sorted({*range(120)} - {0, 50})


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (None, "needs the source of every clip"),
        (SOURCES.assign(source=Y), "none of the 2 sources has them.* use SpoofGroupKFold with the source as group"),
        (SOURCES.assign(source="-"), "none of the 0 sources"),
        (SOURCES.assign(source="web"), "no clips of every class that share neither source nor group with 'web'"),
        (SOURCES.assign(speaker="s"), "with 'phone': the groups tie all 120 clips together"),
    ],
)
def test_says_why_there_is_no_split_by_source(groups, message):
    with pytest.raises(ValueError, match=message):
        list(LeaveOneSourceOut().split(Y, Y, groups))


def test_works_as_cv():
    cv = LeaveOneSourceOut()
    assert repr(cv) == repr(clone(cv, safe=False)) == "LeaveOneSourceOut(source='source')"
    X = np.zeros((120, 1))
    assert len(cross_val_score(DummyClassifier(), X, Y, cv=cv, groups=SOURCES)) == 3
    search = GridSearchCV(DummyClassifier(), {"strategy": ["prior"]}, cv=cv, error_score="raise")
    assert search.fit(X, Y, groups=SOURCES).n_splits_ == 3
    with config_context(enable_metadata_routing=True):
        for params in ({"groups": SOURCES}, {"groups": SPEAKERS, "source": SOURCE}):
            assert len(cross_val_score(DummyClassifier(), X, Y, cv=cv, params=params)) == 3
            assert search.fit(X, Y, **params).n_splits_ == 3
