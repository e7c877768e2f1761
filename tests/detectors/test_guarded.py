import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from skvoicefake import MFCCTransformer
from skvoicefake.audio import AudioError
from skvoicefake.augmentation import AugmentedClassifier, telephone
from skvoicefake.detectors._guard import DomainGuard
from skvoicefake.detectors._guarded import GuardedClassifier
from tests.checks.speech import speech

RATE = 16_000


# Rows of a few numbers hold no speech: the guard lets everything pass, or predict_proba would not agree with predict.
@parametrize_with_checks(
    [GuardedClassifier(LogisticRegression(), DomainGuard(min_speech=0, max_rejected=0))],
    expected_failed_checks=lambda estimator: {
        "check_classifier_data_not_an_array": "warns that 64-bit integers such as 3 are next to nothing of full scale"
    },
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def noise():
    return np.random.default_rng(0).normal(size=RATE)


def make_pipe(classifier=None, **parameters):
    mfcc = MFCCTransformer(**({"duration": 1.0, "n_mfcc": 8, "output": "stats"} | parameters))
    return Pipeline([("mfcc", mfcc), ("scale", StandardScaler()), ("clf", classifier or LogisticRegression())])


@pytest.fixture(scope="module")
def clips():
    return [speech(i, seconds=2.0, voice=i % 3) for i in range(24)]


@pytest.fixture(scope="module")
def y():
    return np.array(["fake", "real", "real"] * 8)


@pytest.fixture(scope="module")
def mixed(clips):
    """Clips of which the first three may be judged."""
    return [*clips[:3], 1e-3 * noise(), telephone(clips[0], RATE, np.random.default_rng(0))]


@pytest.fixture(scope="module")
def clf(clips, y):
    return GuardedClassifier(make_pipe()).fit(clips, y)


REMARKS = ["", "", "", "not enough speech", "narrow band"]


def test_where_the_guard_has_a_remark_nothing_is_known(clf, mixed):
    assert clf.remarks(mixed).tolist() == clf.guard_.remarks(mixed).tolist() == REMARKS
    assert clf.predict_proba(mixed)[3:].tolist() == [[0.5, 0.5]] * 2
    assert clf.decision_function(mixed)[3:].tolist() == [0, 0]
    inner = clf.estimator_
    np.testing.assert_array_equal(clf.predict_proba(mixed)[:3], inner.predict_proba(mixed[:3]))
    np.testing.assert_array_equal(clf.decision_function(mixed)[:3], inner.decision_function(mixed[:3]))
    np.testing.assert_array_equal(clf.predict(mixed), inner.predict(mixed))
    assert clf.verdict(mixed).tolist() == [*inner.predict(mixed)[:3], "not enough speech", "narrow band"]


def test_silence_is_not_handed_to_the_classifier(clf, clips):
    """Its transformer would raise."""
    silence = [np.zeros(RATE)]
    for few in (silence, silence + clips[:1], pd.Series(silence + clips[:1])):
        assert clf.verdict(few)[0] == "not enough speech"
        assert clf.predict_proba(few)[0].tolist() == [0.5, 0.5]
        assert clf.decision_function(few)[0] == 0
    np.testing.assert_allclose(clf.decision_function(silence + clips[:1])[1:], clf.decision_function(clips[:1]))
    with pytest.raises(AudioError, match="silent clip"):
        clf.predict(silence)


def test_labels_may_be_numbers(clips, mixed):
    clf = GuardedClassifier(make_pipe()).fit(clips, [0, 1] * 12)
    assert clf.predict(mixed).dtype.kind == "i"
    assert set(clf.verdict(mixed)[:3]) <= {"0", "1"}
    assert clf.verdict(mixed)[3] == "not enough speech"


def test_three_classes(clips, mixed):
    clf = GuardedClassifier(make_pipe()).fit(clips, ["a", "b", "c"] * 8)
    assert clf.decision_function(mixed[3:]).tolist() == [[0, 0, 0]] * 2
    np.testing.assert_allclose(clf.predict_proba(mixed)[3:], 1 / 3)
    assert clf.decision_function(mixed).shape == (5, 3)
    assert not clf.decision_function(mixed)[3:].any()
    np.testing.assert_array_equal(clf.decision_function(mixed)[:3], clf.estimator_.decision_function(mixed[:3]))


def test_it_has_what_the_classifier_has(clips, y):
    clf = GuardedClassifier(make_pipe(LinearSVC()))
    assert not hasattr(clf, "predict_proba")
    assert hasattr(clf, "decision_function")
    assert not hasattr(clf.fit(clips, y), "predict_proba")
    rows = np.stack(clips)
    clf.fit(rows, y)
    assert clf.n_features_in_ == rows.shape[1]
    assert clf.classes_.tolist() == ["fake", "real"]


def test_searches_reach_inside(clips, y, mixed):
    grid = {"estimator__clf__C": [0.01, 1.0], "guard__min_speech": [0.2, 0.4]}
    search = GridSearchCV(GuardedClassifier(make_pipe(), DomainGuard()), grid, cv=2).fit(clips, y)
    assert search.best_params_["estimator__clf__C"] == search.best_estimator_.estimator_["clf"].C
    assert search.best_estimator_.guard_.min_speech == search.best_params_["guard__min_speech"]
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(mixed).shape == (5,)


def test_what_is_given_stays_as_it_is_and_pickles(clf, clips, y, mixed):
    pipe, guard = make_pipe(), DomainGuard(max_rejected=0.2)
    fitted = GuardedClassifier(pipe, guard).fit(clips, y)
    assert not hasattr(pipe["clf"], "coef_")
    assert not hasattr(guard, "threshold_")
    assert fitted.guard_.max_rejected == 0.2
    again = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(again.decision_function(mixed), clf.decision_function(mixed))
    np.testing.assert_array_equal(again.verdict(mixed), clf.verdict(mixed))


class Grouped(ClassifierMixin, BaseEstimator):
    """Keeps its groups."""

    def fit(self, X, y, groups=None, sample_weight=None):
        self.classes_, self.groups_, self.sample_weight_ = np.unique(y), groups, sample_weight
        return self

    def predict(self, X):
        return np.repeat(self.classes_[0], len(X))


@pytest.mark.parametrize("step", ["", "clf__"])
def test_groups_are_for_both(clips, y, step):
    groups = np.arange(24) % 3
    inner = Pipeline([("clf", Grouped())]) if step else Grouped()
    clf = GuardedClassifier(inner).fit(clips, y, **{f"{step}groups": groups, f"{step}sample_weight": np.ones(24)})
    kept = clf.estimator_["clf"] if step else clf.estimator_
    assert kept.groups_ is groups
    assert kept.sample_weight_.sum() == 24
    assert clf.guard_.threshold_ == DomainGuard().fit(clips, groups=groups).threshold_
    assert clf.guard_.threshold_ != DomainGuard().fit(clips).threshold_


def test_metadata_routing(clips, y):
    groups = np.arange(24) % 3
    with sklearn.config_context(enable_metadata_routing=True):
        clf = GuardedClassifier(Grouped().set_fit_request(groups=True)).fit(clips, y, groups=groups)
        assert clf.estimator_.groups_ is groups
        assert clf.guard_.threshold_ == DomainGuard().fit(clips, groups=groups).threshold_
        with pytest.raises(TypeError, match="unexpected"):
            GuardedClassifier(LogisticRegression()).fit(clips, y, groups=groups)


class LoudEnough(BaseEstimator):
    """A guard of no more than there has to be."""

    def fit(self, X, y):
        self.level_ = min(np.std(clip) for clip in X) / 10
        return self

    def remarks(self, X):
        return ["" if np.std(clip) > self.level_ else "too quiet" for clip in X]


@pytest.mark.parametrize("given", [{}, {"clf__groups": np.arange(24) % 3}], ids=["", "groups"])
def test_a_guard_of_ones_own(clips, y, mixed, given):
    pipe = make_pipe(Grouped()) if given else make_pipe()
    clf = GuardedClassifier(pipe, LoudEnough()).fit(clips, y, **given)
    assert clf.remarks(mixed).tolist() == ["", "", "", "too quiet", ""]
    assert (clf.verdict(mixed) == "too quiet").tolist() == [False, False, False, True, False]
    if not given:
        assert clf.decision_function(mixed)[3] == 0
        assert clf.predict_proba(mixed)[3].tolist() == [0.5, 0.5]


def test_the_guard_hears_what_the_classifier_hears(clips, y):
    low = [np.ascontiguousarray(clip[::2]) for clip in clips]
    clf = GuardedClassifier(make_pipe(sample_rate=8000)).fit(low, y)
    assert clf.guard_.sample_rate == 8000
    with pytest.raises(ValueError, match="sample_rate=16000 of the guard contradicts mfcc__sample_rate=8000"):
        GuardedClassifier(make_pipe(sample_rate=8000), DomainGuard()).fit(low, y)


def test_inside_augmentation_the_guard_learns_from_copies(clips, y, mixed):
    augmented = AugmentedClassifier(GuardedClassifier(make_pipe()), methods=["telephone"], random_state=0).fit(clips, y)
    # Half of its training clips came over a telephone.
    assert "narrow band" not in augmented.estimator_.remarks(mixed).tolist()


@pytest.mark.parametrize("inner", [Grouped(), Pipeline([("clf", Grouped())])], ids=["", "step"])
def test_inside_augmentation_a_clip_and_its_copies_are_one_group(inner, clips, y):
    guarded = AugmentedClassifier(GuardedClassifier(inner), methods=["gain"], random_state=0).fit(clips, y).estimator_
    kept = guarded.estimator_ if isinstance(inner, Grouped) else guarded.estimator_["clf"]
    assert kept.groups_.tolist() == 2 * list(range(24))


@pytest.mark.parametrize(
    ("clf", "error", "message"),
    [
        (GuardedClassifier(Ridge()), ValueError, "to be a classifier, got Ridge"),
        (GuardedClassifier(SVC), TypeError, r"got a class: pass SVC\(...\)"),
        (GuardedClassifier(SVC(), guard=SVC()), ValueError, "'guard' parameter"),
        (GuardedClassifier(make_pipe(), DomainGuard(min_speech=9)), ValueError, "9 s of speech to learn from, got 0"),
    ],
)
def test_what_cannot_be_guarded(clf, error, message, clips, y):
    with pytest.raises(error, match=message):
        clf.fit(clips, y)
