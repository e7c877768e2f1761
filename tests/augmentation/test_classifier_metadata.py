import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline

from skvoicefake.augmentation import AugmentedClassifier
from skvoicefake.calibration import LLRCalibrator
from tests.checks.augmented import Counting, FromClips, Seen, make_clf, seen_by, twice


def test_parameters_of_fit_are_repeated(clips, y):
    weight, extra = np.arange(12.0), pd.Series(range(12), index=range(20, 32))
    params = {"sample_weight": weight, "extra": extra}
    seen = seen_by(clips, y, params, n_copies=2)
    assert seen.sample_weight_.tolist() == 3 * weight.tolist()
    assert list(seen.extra_) == 3 * list(range(12))
    for single in ("words", {"a": 1}, 3, None, list(range(5))):
        assert seen_by(clips, y, {"extra": single}).extra_ == single


def test_parameters_of_a_step_are_repeated(paths, y):
    pipe = Pipeline([("wrap", FromClips()), ("clf", Seen())])
    clf = AugmentedClassifier(pipe, methods=[twice], random_state=0)
    clf.fit(paths, y, clf__sample_weight=np.arange(12), clf__groups=["anna", "ben", None] * 4)
    last = clf.estimator_["clf"]
    assert last.sample_weight_.tolist() == 2 * list(range(12))
    # Who is not known is one speaker with all copies, and with nobody else.
    assert last.groups_[:12].tolist() == last.groups_[12:].tolist()
    assert last.groups_[0] == last.groups_[3] != last.groups_[1]
    assert len(set(last.groups_)) == 2 + 4


def test_a_clip_and_its_copies_are_a_group_where_none_is_given(clips, y):
    assert seen_by(clips, y, n_copies=2).groups_.tolist() == 3 * list(range(12))
    pipe = make_pipeline(FromClips(), Seen())
    seen = AugmentedClassifier(pipe, methods=[twice]).fit(clips, y).estimator_[-1]
    assert seen.groups_.tolist() == 2 * list(range(12))
    table = pd.DataFrame({"speaker": list("aabbccddeeff"), "path": list("abcdefghijkl")})
    assert seen_by(clips, y, {"groups": table}).groups_.tolist() == 2 * [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_groups_that_are_none_are_none_given(clips, y):
    assert seen_by(clips, y, {"groups": None}).groups_.tolist() == 2 * list(range(12))
    pipe = Pipeline([("wrap", FromClips()), ("clf", Seen())])
    seen = AugmentedClassifier(pipe, methods=[twice]).fit(clips, y, clf__groups=None).estimator_["clf"]
    assert seen.groups_.tolist() == 2 * list(range(12))


def test_copies_of_copies_are_in_the_group_of_their_clip(clips, y):
    clf = AugmentedClassifier(AugmentedClassifier(Seen(), methods=[twice]), methods=[twice]).fit(clips, y)
    assert clf.estimator_.estimator_.groups_.tolist() == 4 * list(range(12))


@pytest.mark.parametrize("request_of_groups", [None, True, "speaker"])
@pytest.mark.parametrize("around", [lambda clf: clf, lambda clf: make_pipeline(FromClips(), clf)], ids=["bare", "pipe"])
def test_groups_are_automatic_with_metadata_routing_too(around, request_of_groups, clips, y):
    with sklearn.config_context(enable_metadata_routing=True):
        last = Seen().set_fit_request(sample_weight=True)
        if request_of_groups is not None:
            last.set_fit_request(groups=request_of_groups)
        clf = AugmentedClassifier(around(last), methods=[twice], random_state=0)
        name = "speaker" if request_of_groups == "speaker" else "groups"
        for params in ({"sample_weight": np.arange(12)}, {"sample_weight": np.arange(12), name: None}):
            fitted = clf.fit(clips, y, **params).estimator_
            seen = fitted[-1] if isinstance(fitted, Pipeline) else fitted
            assert seen.groups_.tolist() == 2 * list(range(12))
            assert seen.sample_weight_.tolist() == 2 * list(range(12))
        assert last.get_metadata_routing().fit.requests.get("groups") == request_of_groups


def test_with_metadata_routing_a_calibrator_and_its_classifier_have_groups(y):
    numbered = [np.float32(i + 1) * np.ones(50, dtype=np.float32) for i in range(12)]
    trained = []

    class Noting(Seen):
        def fit(self, X, y, groups=None):
            trained.append(({round(float(clip[0])) for clip in X}, len(set(groups)), len(groups)))
            self.classes_ = np.unique(y)
            return self

        def decision_function(self, X):
            return np.array([clip[0] for clip in X])

    with sklearn.config_context(enable_metadata_routing=True):
        clf = AugmentedClassifier(
            make_pipeline(FromClips(), LLRCalibrator(Noting(), cv=3)), methods=[lambda y, r, g: -y]
        )
        clf.fit(numbered, y)
    for numbers, n_groups, n_clips in trained:
        assert numbers == {-number for number in numbers}
        assert 2 * n_groups == n_clips == len(numbers)


def test_a_vote_of_augmented_classifiers_keeps_copies_together(clips, y):
    vote = VotingClassifier([(f"{seed}", AugmentedClassifier(Seen(), methods=[twice])) for seed in range(2)])
    for member in vote.fit(clips, y).estimators_:
        assert member.estimator_.groups_.tolist() == 2 * list(range(12))


@pytest.mark.parametrize("n_weights", [5, 24])
def test_weights_of_another_length_are_refused_before_anything_is_made(n_weights, clips, y):
    Counting.calls.clear()
    with pytest.raises(ValueError, match=f"sample_weight must have a value a clip: 12 in X, got {n_weights}"):
        seen_by(clips, y, {"sample_weight": np.ones(n_weights)}, methods=[Counting()])
    assert not Counting.calls


def test_groups_of_another_length_are_refused(clips, y):
    with pytest.raises(ValueError, match="groups must have a value a clip: 12 in X, got 13"):
        seen_by(clips, y, {"groups": range(13)})


def test_groups_of_a_cross_validation(paths, y):
    speakers = np.repeat(range(3), 4)
    scores = cross_val_score(make_clf(), paths, y, cv=GroupKFold(3), groups=speakers)
    assert scores.shape == (3,)


def test_a_calibrator_inside_keeps_copies_together(y):
    numbered = [np.float32(i + 1) * np.ones(50, dtype=np.float32) for i in range(12)]
    trained = []

    class Noting(Seen):
        def fit(self, X, y):
            trained.append({round(float(clip[0])) for clip in X})
            self.classes_ = np.unique(y)
            return self

        def decision_function(self, X):
            return np.array([clip[0] for clip in X])

    clf = AugmentedClassifier(LLRCalibrator(Noting(), cv=3), methods=[lambda y, rate, rng: -y], random_state=0)
    clf.fit(numbered, y)
    assert [len(numbers) for numbers in trained] == [16, 16, 16, 24]
    for numbers in trained:
        assert numbers == {-number for number in numbers}


def test_metadata_goes_where_it_was_requested(clips, y):
    with sklearn.config_context(enable_metadata_routing=True):
        clf = AugmentedClassifier(Seen().set_fit_request(sample_weight=True, groups=True), methods=[twice])
        seen = clf.fit(clips, y, sample_weight=np.arange(12), groups=np.repeat(range(6), 2)).estimator_
        assert seen.sample_weight_.tolist() == 2 * list(range(12))
        assert seen.groups_.tolist() == 2 * np.repeat(range(6), 2).tolist()
        with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError):
            AugmentedClassifier(Seen()).fit(clips, y, sample_weight=np.arange(12))
