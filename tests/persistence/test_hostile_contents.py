"""What a file says that its estimator is made of, and must not be."""

import json
import os

import numpy as np
import pytest
from sklearn.feature_selection import SelectFromModel, SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skvoicefake import MFCCTransformer, load, save
from skvoicefake.persistence import UnsafeFileError, _archive, describe
from tests.checks.hostile import check_load_refused, check_refused, members_of

JSON = [
    (b"[" * 10**6, "its JSON has 1000000 values or so, and at most 500000 are read"),
    (b"[" * 10**5, "damaged|nested too deeply"),
    (b"[" * 10**5 + b"]" * 10**5, "damaged|nested too deeply"),
    (b"[" * 500 + b"]" * 500, "nested too deeply"),
    (b'{"tuple":[' * 300 + b"]}" * 300, "nested too deeply"),
    (b"[NaN]", "its JSON has NaN, which is no number"),
    (b"[-Infinity]", "its JSON has -Infinity"),
    (b"[1e999]", "its JSON has the number 1e999"),
    (b"[" + b"9" * 10**5 + b"]", "its JSON has a number of 100000 digits"),
    (b'{"class": "a", "class": "b", "state": {}}', "its JSON has a key twice"),
    (b"\xff\xfe", "damaged"),
    ('"ä"'.encode(), "damaged"),
    (b"3", "it holds no estimator but a int"),
    (b"null", "it holds no estimator but a NoneType"),
    (b'{"ref": 0}', "refers to an object that is not there"),
    (b'{"ref": -1}', "refers to an object that is not there"),
    (b'{"array": -1}', "arrays/-1.npy is missing"),
    (b'{"array": "../../etc/passwd"}', "refers to an array that is none"),
    (b'{"array": true}', "refers to an array that is none"),
    (b'{"pickle": "gASV"}', "an object of the kind 'pickle', which this version does not know"),
    (b'{"_instance": ["os.system", {}]}', "an object of the kind '_instance'"),
    (b'{"__class__": 1}', "an object of the kind '__class__'"),
    (b'{"a": 1, "b": 2}', r"an object of the keys \['a', 'b'\]"),
    (b"{}", "an object of the keys"),
    (b'{"tuple": 3}', "a int where a list belongs"),
    (b'{"tuple": {"dict": []}}', "a dict where a list belongs"),
    (b'{"dict": [[1, 2], [1, 3]]}', "a dict with a key twice"),
    (b'{"dict": [[[], 2]]}', "damaged"),
    (b'{"dict": [[1]]}', "damaged"),
    (b'{"float": "1_0"}', "a float that is none"),
    (b'{"bytes": "zz"}', "damaged"),
    (b'{"slice": [1, 2]}', "damaged"),
    (b'{"slice": [1, 2, "a"]}', "a slice that is not of whole numbers"),
    (b'{"scalar": ["__class__", 1]}', "a number of the type '__class__'"),
    (b'{"scalar": ["float32", "a"]}', "damaged"),
    (b'{"scalar": ["int8", 1000]}', "damaged|no estimator"),
    (b'{"dtype": "O"}', "has the type object"),
    (b'{"dtype": "nothing"}', "damaged"),
    (b'{"objects": [[2, 2], [1]]}', "whose shape is not that of its items"),
    (b'{"objects": [[-1, -1], [1]]}', "whose shape is not that of its items"),
    (b'{"objects": [[0, 99999999999999], []]}', "damaged|no estimator"),
    (b'{"class": 3, "state": {}}', "not on the list"),
    (b'{"class": ["a"], "state": {}}', "damaged|not on the list"),
    (b'{"class": "sklearn.svm.SVC", "state": 3}', "the attributes of sklearn.svm.SVC are none"),
    (b'{"class": "numpy.log", "state": {}}', "numpy.log is no class"),
    (b'{"function": "sklearn.svm.SVC"}', "sklearn.svm.SVC is no function"),
    (b'{"bunch": 3}', "a Bunch in it is none"),
    (b'{"bunch": {"dict": [[1, 2]]}}', "a Bunch in it is none"),
    (b'{"tree": 3}', "a tree in it has not the parts"),
    (b'{"tree": {"dict": []}}', "a tree in it has not the parts"),
    (b'{"detector": {"dict": []}}', "the detector in it has not the parts"),
    (b'{"random_state": {"dict": []}}', "an object in it has not the parts"),
    (b'{"generator": {"dict": []}}', "an object in it has not the parts"),
]


@pytest.mark.parametrize(("content", "message"), JSON, ids=[content[:40].decode("latin1") for content, _ in JSON])
def test_contents_that_stand_for_nothing(good, resaved, content, message):
    check_load_refused(resaved(good, estimator=lambda _: content), message)


def test_what_comes_after_a_good_estimator(good, resaved):
    content = members_of(good)["estimator.json"]
    check_load_refused(resaved(good, estimator=lambda _: content + b" {}"), "damaged")


NAMES = [
    "os.system",
    "builtins.eval",
    "builtins.exec",
    "subprocess.Popen",
    "pickle.loads",
    "joblib.load",
    "keras.Model",
]
NAMES += ["keras.layers.Lambda", "sklearn.utils.Bunch", "sklearn.svm", "skvoicefake.load", "numpy.load", "__main__.X"]
NAMES += ["sklearn.svm.SVC.__init__.__globals__", "functools.partial", "sklearn.pipeline.os.system", "posix.system", ""]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_are_not_on_the_list(good, resaved, mark, name):
    touch = {"list": [f"touch '{mark}'"]}
    for node in ({"class": name, "state": {"args": touch}}, {"function": name}, {"type": name}):

        def hidden(content, node=node):
            content["state"]["verbose"] = {"tuple": [1, {"dict": [["a", node]]}]}

        path = resaved(good, estimator=hidden)
        check_load_refused(path, "what is not on the list of what files may be made of")
        assert describe(path)["untrusted"] == [name]


def test_a_name_that_is_trusted_is_not_called(good, resaved, mark):
    def hidden(content):
        content["state"]["verbose"] = {"function": "os.mkdir"}

    path = resaved(good, estimator=hidden)
    assert load(path, trusted=["os.mkdir"]).verbose is os.mkdir

    def built(content):
        content["state"]["verbose"] = {"class": "os.mkdir", "state": {"path": str(mark)}}

    with pytest.raises(UnsafeFileError, match=r"os\.mkdir is no class"):
        load(resaved(good, estimator=built), trusted=["os.mkdir"])


@pytest.mark.parametrize(
    "name", ["__class__", "__dict__", "__reduce__", "__sklearn_tags__", "not a name", "", "1", "lambda", "a.b"]
)
def test_names_of_attributes(good, resaved, name):
    path = resaved(good, estimator=lambda content: content["state"].update({name: {"type": "int"}}))
    check_load_refused(path, "has an attribute called")


@pytest.mark.parametrize(
    "name",
    ["memory", "cache", "memmap", "callbacks", "_metadata_request"]
    # What the class itself has: methods, properties, a link that a notebook would show.
    + ["predict", "named_steps", "_doc_link_template", "_parameter_constraints", "get_params", "_repr_html_"],
)
def test_attributes_that_no_file_may_set(good, resaved, mark, name):
    path = resaved(good, estimator=lambda content: content["state"].update({name: str(mark)}))
    check_load_refused(path, f"sklearn.pipeline.Pipeline has a '{name}', which no file may set")


def test_the_cache_of_a_transformer(tmp_path, resaved, mark):
    save(make_pipeline(MFCCTransformer(duration=0.1)), tmp_path / "a.skvf")

    def cached(content):
        content["state"]["steps"][0]["tuple"][1]["state"]["cache"] = str(mark)

    check_load_refused(resaved(tmp_path / "a.skvf", estimator=cached), "has a 'cache', which no file may set")


def test_the_words_of_an_error_fit_on_a_line(good, resaved):
    name = "evil\x1b[2J\n" * 1000
    path = resaved(good, estimator=lambda content: content["state"].update(verbose={"class": name, "state": {}}))
    with pytest.raises(UnsafeFileError) as caught:
        load(path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < len(str(path)) + 500


def with_copy(node):
    """Return the content of a file whose estimator has a parameter that is such a node."""
    return json.dumps({"class": "sklearn.preprocessing.StandardScaler", "state": {"copy": node}}).encode()


# All have the hash 0, so that a set of n of them takes the square of n in time.
COLLISIONS = [i * (2**61 - 1) for i in range(1, 1002)]


@pytest.mark.parametrize("kind", ["set", "frozenset", "dict"])
def test_hashes_that_are_one(good, resaved, kind):
    def content(keys):
        return lambda _: with_copy({kind: [[key, 0] for key in keys] if kind == "dict" else keys})

    check_load_refused(resaved(good, estimator=content(COLLISIONS)), "a set or dict of 1001 keys")


def test_sets_and_dicts_of_the_usual_size(trip):
    for value in (set(range(1000)), dict.fromkeys(range(1000)), {str(i): i for i in range(5000)}):
        assert trip(StandardScaler(copy=value)).copy == value


def test_json_of_too_many_values(good, resaved, monkeypatch):
    monkeypatch.setattr(_archive, "MOST_VALUES", 999)
    load(good)
    many = b"[" + b",".join([b"[]"] * 500) + b"]"
    check_refused(resaved(good, estimator=lambda _: many), "its JSON has 1000 values or so, and at most 999 are read")


@pytest.mark.parametrize(
    "estimator",
    [
        FunctionTransformer(func=StandardScaler),
        FunctionTransformer(inverse_func=StandardScaler),
        FunctionTransformer(feature_names_out=str),
        SelectKBest(score_func=StandardScaler),
        SelectFromModel(LogisticRegression(), importance_getter=StandardScaler),
    ],
    ids=repr,
)
def test_classes_in_the_place_of_functions(tmp_path, estimator):
    """A file would choose what is built of the clips."""
    with pytest.raises(ValueError, match=r"cannot be saved: sklearn\..* has a '[a-z_]+' that is no function"):
        save(estimator, tmp_path / "a.skvf")


@pytest.mark.parametrize("name", ["sklearn.pipeline.Pipeline", "str"])
def test_a_class_that_a_file_puts_in_the_place_of_a_function(tmp_path, resaved, name):
    save(FunctionTransformer(func=np.log1p), tmp_path / "a.skvf")
    assert load(tmp_path / "a.skvf").func is np.log1p
    path = resaved(tmp_path / "a.skvf", estimator=lambda content: content["state"].update(func={"type": name}))
    check_load_refused(path, "FunctionTransformer has a 'func' that is no function")
