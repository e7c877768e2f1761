import json
import pickle
import subprocess
import sys
import warnings
from zipfile import ZipFile

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skvoicefake
from skvoicefake import MFCCTransformer, load, save
from skvoicefake.augmentation import AugmentedClassifier
from skvoicefake.detectors import ModelCard
from skvoicefake.metrics import evaluate_scores
from skvoicefake.persistence import UnsafeFileError, describe
from tests.checks.shipped import CARD

X = np.arange(8.0).reshape(-1, 1)
Y = np.repeat(["fake", "real"], 4)


def classifier(**parameters):
    return LogisticRegression(**parameters).fit(X, Y)


class Doubling(TransformerMixin, BaseEstimator):
    """A step of a user's own."""

    def __init__(self, factor=2.0):
        self.factor = factor

    def fit(self, X, y=None):
        self.mean_ = X.mean(axis=0)
        return self

    def transform(self, X):
        return self.factor * (X - self.mean_)


def halved(X):
    return X / 2


class Odd(BaseEstimator):
    """Keeps its state its own way."""

    def __getstate__(self):
        return {}


def test_the_public_names_are_one():
    assert skvoicefake.save is skvoicefake.persistence.save
    assert skvoicefake.load is skvoicefake.persistence.load


@pytest.mark.parametrize("dump", [str, lambda path: path], ids=["str", "path"])
def test_any_path(tmp_path, dump):
    path = dump(tmp_path / "my.model")
    save(classifier(), path)
    assert load(path).predict(X).tolist() == Y.tolist()


VALUES = [
    *(None, True, False, 0, -1, 2**70, 0.1, -0.0, float("inf"), "", "é\ud800\n", b"\x00\xff"),
    *((), (1, (2, None)), [], [1, [2.5]], {1, 2}, frozenset({"a"}), slice(1, None, 2)),
    {0: 1.0, 1: {"a": None}, ("b", 2): [], None: 0},
    *(np.float32(0.1), np.float64(0.1), np.int8(3), np.uint64(2**63), np.bool_(True), np.str_("a"), np.bytes_(b"a")),
    *(np.dtype("float32"), np.dtype("<U3"), np.float64, int, object, np.sqrt),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_of_every_common_type(trip, value):
    found = trip(StandardScaler(copy=value)).copy
    assert type(found) is type(value)
    assert found == value
    assert repr(found) == repr(value)


def test_numbers_that_are_none(trip):
    assert np.isnan(trip(StandardScaler(copy=float("nan"))).copy)
    found = trip(StandardScaler(copy=np.float32("nan"))).copy
    assert type(found) is np.float32
    assert np.isnan(found)


ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6, dtype=np.int8).reshape(2, 3)),
    np.arange(12.0)[::2],
    np.array(3.0),
    np.empty((0, 4), dtype=np.float32),
    np.array([b"a", b"bc"]),
    np.array(["real", "fäke"]),
    np.array([True]),
    np.array([1, 2], dtype=">i4"),
    np.array(["2020-01-01"], dtype="datetime64[D]"),
    np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    np.array(["real", None, 1.5], dtype=object),
    np.array([["a"], ["b"]], dtype=object),
    np.array([np.float32(1), (1, 2)], dtype=object),
]


@pytest.mark.parametrize("array", ARRAYS, ids=repr)
def test_arrays(trip, array):
    found = trip(StandardScaler(copy=array)).copy
    assert type(found) is np.ndarray
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert found.tolist() == array.tolist()
    assert found.flags.writeable
    assert found.flags.f_contiguous == array.flags.f_contiguous or not array.flags.c_contiguous


def test_arrays_in_files_come_along(trip, tmp_path):
    mapped = np.memmap(tmp_path / "mapped", dtype=np.float32, mode="w+", shape=(2, 3))
    mapped[:] = 3
    found = trip(StandardScaler(copy=mapped)).copy
    assert type(found) is np.ndarray
    assert found.tolist() == [[3.0] * 3] * 2


def test_what_is_one_object_stays_one(trip):
    generator, array, inner = np.random.RandomState(1), np.arange(3.0), StandardScaler()
    steps = [("a", StandardScaler(copy=generator)), ("b", StandardScaler(copy=generator))]
    loaded = trip(Pipeline([*steps, ("c", StandardScaler(copy=[array, array, inner, inner]))]))
    assert loaded["a"].copy is loaded["b"].copy
    first, second, third, fourth = loaded["c"].copy
    assert first is second
    assert third is fourth
    assert third is not inner


@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
def test_generators_go_on_where_they_were(trip, make):
    generator = make(3)
    generator.normal(size=3)
    found = trip(StandardScaler(copy=generator)).copy
    assert found is not generator
    np.testing.assert_array_equal(found.normal(size=9), generator.normal(size=9))
    np.testing.assert_array_equal(found.permutation(9), generator.permutation(9))


def test_saving_changes_nothing(tmp_path):
    fitted = classifier(random_state=np.random.RandomState(0))
    before = pickle.dumps(fitted)
    save(fitted, tmp_path / "a.skvf")
    assert pickle.dumps(fitted) == before
    load(tmp_path / "a.skvf").coef_[:] = 0
    assert pickle.dumps(fitted) == before


def test_unfitted_stays_unfitted(trip):
    pipe = trip(Pipeline([("mfcc", MFCCTransformer(n_mfcc=7)), ("clf", LogisticRegression())]))
    assert pipe["mfcc"].n_mfcc == 7
    assert not hasattr(pipe["clf"], "coef_")


def test_data_frames_leave_their_names(check_same):
    table = pd.DataFrame({"a": X[:, 0], "b": X[:, 0] ** 2})
    fitted = make_pipeline(StandardScaler().set_output(transform="pandas"), LogisticRegression()).fit(table, Y)
    assert check_same(fitted, table)[-1].feature_names_in_.tolist() == ["a", "b"]


def test_the_best_of_a_search_is_saved_and_the_search_is_not(check_same, tmp_path):
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [1, 2]}, cv=2
    )
    check_same(search.fit(X, Y).best_estimator_, X)
    with pytest.raises(ValueError, match=r"GridSearchCV cannot be saved: it is a search\. Save its best_estimator_\."):
        save(search, tmp_path / "search.skvf")
    assert list(tmp_path.glob("search*")) == []


def test_folders_of_the_machine_and_callbacks_are_left_out(tmp_path):
    pipe = Pipeline([("mfcc", MFCCTransformer(cache="x", memmap="y"))], memory="z")
    path = tmp_path / "a.skvf"
    with pytest.warns(UserWarning, match=r"a.skvf: left out is .*: Pipeline.memory, Pipeline.steps\[0\]\[1\].cache, "):
        save(pipe, path)
    assert (pipe.memory, pipe[0].cache, pipe[0].memmap) == ("z", "x", "y")
    loaded = load(path)
    assert (loaded.memory, loaded[0].cache, loaded[0].memmap) == (None, None, None)


def test_what_is_left_out_twice_is_told_once(tmp_path):
    folder = str(tmp_path / "cache")
    pipe = make_pipeline(MFCCTransformer(duration=0.1, output="stats", cache=folder), LogisticRegression())
    clips = [np.random.default_rng(i).normal(size=1600) for i in range(8)]
    fitted = AugmentedClassifier(pipe, methods=("noise",), random_state=0).fit(clips, Y)
    with pytest.warns(UserWarning, match="left out") as caught:
        save(fitted, tmp_path / "a.skvf")
    assert str(caught[0].message).count("cache") == 1
    assert load(tmp_path / "a.skvf").estimator_[0].cache is None


def test_requests_for_metadata_are_left_out(trip):
    from sklearn import config_context

    with config_context(enable_metadata_routing=True):
        asking = LogisticRegression().set_fit_request(sample_weight=True)
    with pytest.warns(UserWarning, match="LogisticRegression._metadata_request"):
        loaded = trip(asking)
    assert not hasattr(loaded, "_metadata_request")


def test_classes_of_ones_own_are_built_where_they_are_trusted(check_same, tmp_path):
    pipe = make_pipeline(Doubling(3.0), FunctionTransformer(halved), LogisticRegression()).fit(X, Y)
    names = [f"{__name__}.{thing.__name__}" for thing in (Doubling, halved)]
    save(pipe, tmp_path / "own.skvf")
    assert describe(tmp_path / "own.skvf")["untrusted"] == names
    check_same(pipe, X, trusted=[Doubling, halved])
    check_same(pipe, X, trusted=names)
    with pytest.raises(
        UnsafeFileError, match=r"own\.skvf: not loaded: it is made of what is not on the list"
    ) as caught:
        load(tmp_path / "own.skvf", trusted=[Doubling])
    assert f": {names[1]}. If" in str(caught.value)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (lambda x: x, r"StandardScaler.copy cannot be saved: it is <function .*no name to be imported by"),
        (Odd(), "is a Odd, which does not keep all it knows in attributes"),
        (pd.DataFrame({"a": [1]}), "is a DataFrame, which"),
        (np.array([1], dtype=np.longdouble), "is an array of type"),
        (np.ma.masked_array([1]), "is a MaskedArray, which"),
        (
            [1, {"a": iter(())}],
            r"StandardScaler.copy\[1\]\['a'\] cannot be saved: it is a list_iterator|tuple_iterator",
        ),
        (np.random.Generator(np.random.Philox(1)), "is a Generator of Philox"),
    ],
    ids=["lambda", "state", "table", "longdouble", "masked", "iterator", "generator"],
)
def test_what_cannot_be_saved_is_named(tmp_path, value, why):
    if isinstance(value, np.ndarray) and value.dtype == np.longdouble and value.dtype.itemsize == 8:
        return  # A float64 by another name.
    path = tmp_path / "a.skvf"
    path.write_text("before")
    with pytest.raises(ValueError, match=why) as caught:
        save(StandardScaler(copy=value), path)
    assert "\n" not in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["a.skvf"]
    assert path.read_text() == "before"


def test_what_holds_itself_cannot_be_saved(tmp_path):
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError, match="is nested too deeply, or holds itself"):
        save(StandardScaler(copy=endless), tmp_path / "a.skvf")
    scaler = StandardScaler()
    scaler.copy = scaler
    with pytest.raises(ValueError, match="is nested too deeply, or holds itself"):
        save(scaler, tmp_path / "a.skvf")


@pytest.mark.parametrize("thing", [LogisticRegression, {"a": 1}, None])
def test_only_estimators_are_saved(tmp_path, thing):
    with pytest.raises(TypeError, match="save expected an estimator, got"):
        save(thing, tmp_path / "a.skvf")


def test_folders_in_the_place_of_files(tmp_path):
    with pytest.raises(IsADirectoryError, match=r"a folder is there. Name a file, such as .*detector\.skvf"):
        save(LogisticRegression(), tmp_path)
    save(LogisticRegression(), tmp_path / "pipeline.skvf")
    with pytest.raises(IsADirectoryError, match=r"The file in it to load is .*pipeline\.skvf"):
        load(tmp_path)


def test_what_is_known_of_it_comes_along(tmp_path):
    path = tmp_path / "a.skvf"
    report = evaluate_scores(Y, X[:, 0], n_resamples=0)
    save(
        classifier(),
        path,
        report=report,
        about={"fingerprint": "sha256:1", "n": 4},
        card=ModelCard(CARD | {"versions": {}}),
    )
    known = describe(path)
    assert known["estimator"] == "sklearn.linear_model.LogisticRegression"
    assert known["version"] == 1
    assert known["about"] == {"fingerprint": "sha256:1", "n": 4}
    assert known["report"] == json.loads(report.to_json())
    assert known["report"]["figures"]["equal_error_rate"]["value"] == 0
    assert "It was trained on *pseudo-speech*." in str(known["card"])
    assert known["versions"]["numpy"] == np.__version__
    assert known["untrusted"] == []
    save(classifier(), path, card="# Mine")
    assert {name: describe(path)[name] for name in ("card", "report", "about")} == {
        "card": "# Mine",
        "report": None,
        "about": {},
    }


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"about": {"a": np.float32(1)}}, ValueError, "about must hold what JSON can"),
        ({"about": {"a": float("nan")}}, ValueError, "about must hold what JSON can"),
        ({"report": 3}, TypeError, "report must be what metrics.evaluate returns, got int"),
        ({"card": 3}, TypeError, "card must be a ModelCard or Markdown, got int"),
    ],
)
def test_what_is_known_must_be_json(tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        save(classifier(), tmp_path / "a.skvf", **options)
    assert list(tmp_path.iterdir()) == []


def test_missing_files_are_just_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere.skvf")
    with pytest.raises(IsADirectoryError):
        load(tmp_path)
    with pytest.raises(FileNotFoundError):
        save(classifier(), tmp_path / "nowhere" / "a.skvf")


def test_other_versions_are_named(tmp_path, resaved):
    path = tmp_path / "a.skvf"
    save(classifier(), path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(path)
        # Of no use to an estimator without a network.
        load(resaved(path, lambda manifest: manifest["versions"].update(keras="1.2.3")))
    other = resaved(path, lambda manifest: manifest["versions"].update({"scikit-learn": "0.24.1"}))
    with pytest.warns(UserWarning, match=r"saved with scikit-learn 0\.24\.1 \(now [\d.]+\): it may behave differently"):
        assert load(other).predict(X).tolist() == Y.tolist()


def test_parameters_that_are_newer_than_a_file_have_their_defaults(tmp_path, resaved):
    path = tmp_path / "a.skvf"
    save(classifier(C=2.0), path)

    def without(content):
        del content["state"]["max_iter"]

    assert load(resaved(path, estimator=without)).get_params()["max_iter"] == LogisticRegression().max_iter


def test_a_link_stays_one(tmp_path):
    (tmp_path / "real.skvf").write_text("before")
    (tmp_path / "link.skvf").symlink_to(tmp_path / "real.skvf")
    save(classifier(), tmp_path / "link.skvf")
    assert (tmp_path / "link.skvf").is_symlink()
    assert load(tmp_path / "real.skvf").predict(X).tolist() == Y.tolist()


def test_a_new_file_has_the_rights_of_any_other(tmp_path):
    save(classifier(), tmp_path / "a.skvf")
    (tmp_path / "b").touch()
    assert (tmp_path / "a.skvf").stat().st_mode == (tmp_path / "b").stat().st_mode


SAVE_FOR_EVER = """
import sys
import numpy as np
from sklearn.preprocessing import StandardScaler
from skvoicefake import save
while True:
    save(StandardScaler(copy=np.ones(200_000)), sys.argv[1])
"""


def test_a_kill_never_leaves_half_a_file(tmp_path):
    path = tmp_path / "a.skvf"
    save(StandardScaler(copy=np.zeros(200_000)), path)
    process = subprocess.Popen([sys.executable, "-c", SAVE_FOR_EVER, str(path)])
    try:
        # Until it is at work, in whatever it does then. The file is whole all the while.
        while load(path).copy[0] == 0.0:
            assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    assert set(load(path).copy.tolist()) == {1.0}


def test_pickle_and_joblib_keep_working(tmp_path):
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    joblib.dump(fitted, tmp_path / "a.joblib")
    for loaded in (pickle.loads(pickle.dumps(fitted)), joblib.load(tmp_path / "a.joblib")):
        np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))


def test_anyone_can_look_into_it(tmp_path):
    save(classifier(), tmp_path / "a.skvf")
    with ZipFile(tmp_path / "a.skvf") as packed:
        assert packed.namelist()[:2] == ["skvoicefake.json", "estimator.json"]
        content = json.loads(packed.read("estimator.json"))
        assert content["class"] == "sklearn.linear_model.LogisticRegression"
        place = content["state"]["coef_"]["array"]
        with packed.open(f"arrays/{place}.npy") as file:
            np.testing.assert_array_equal(np.load(file, allow_pickle=False), classifier().coef_)
