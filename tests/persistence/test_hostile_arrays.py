"""Arrays that compiled code would be led astray by."""

import io
import json
import struct

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skvoicefake import save
from tests.checks.hostile import X, Y, check_load_refused, members_of


def npy(header, data=b""):
    """Return a member with a header of one's own."""
    text = header.encode("latin1") + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


HEADERS = [
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }", b"", "and holds 0 bytes"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", bytes(8), "and holds 8 bytes"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", bytes(16), "and holds 16 bytes"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1), }", bytes(8), "damaged|holds"),
    ("{'descr': '<U0', 'fortran_order': False, 'shape': (99999999999,), }", b"", "not plain"),
    ("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", bytes(8), "of type object"),
    ("{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,), }", bytes(8), "not plain"),
    ("{'descr': ('<f8', (10, 10)), 'fortran_order': False, 'shape': (), }", bytes(800), "not plain|damaged"),
    ("{'descr': '<f16', 'fortran_order': False, 'shape': (1,), }", bytes(16), "not plain|damaged"),
    ("{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (1,), }", b"", "damaged"),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': " + "(" * 200 + ")" * 200 + "}", b"", "damaged"),
    ("[" * 9000, b"", "damaged"),
    ("x" * 20000, b"", "damaged"),
]


@pytest.mark.parametrize(("header", "data", "message"), HEADERS, ids=[header[:50] for header, _, _ in HEADERS])
def test_headers_of_arrays(good, resaved, header, data, message):
    path = resaved(good, arrays=lambda members: members.update({"arrays/0.npy": npy(header, data)}))
    check_load_refused(path, message)


def test_versions_of_arrays(good, resaved):
    for start in (b"\x93NUMPY\x03\x00", b"\x93NUMPY\x09\x00", b"\x93NUMPX\x01\x00", b""):
        path = resaved(good, arrays=lambda members, start=start: members.update({"arrays/0.npy": start}))
        check_load_refused(path, "NumPy's format|damaged")


@pytest.fixture(params=[RandomForestClassifier, ExtraTreesClassifier])
def forest(tmp_path, request):
    path = tmp_path / "forest.skvf"
    save(request.param(n_estimators=2, random_state=0).fit(X, Y), path)
    return path


def trees_of(content):
    """Return the parts of the trees in a content."""
    found = []

    def walk(node):
        if isinstance(node, dict):
            if "tree" in node:
                found.append(dict(node["tree"]["dict"]))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(content)
    return found


def change_nodes(path, change, resaved):
    """Change the nodes of the second tree."""
    places = trees_of(json.loads(members_of(path)["estimator.json"]))[1]

    def changed(members):
        name = f"arrays/{places['nodes']['array']}.npy"
        nodes = np.load(io.BytesIO(members[name]))
        nodes = change(nodes)
        content = io.BytesIO()
        np.save(content, nodes)
        members[name] = content.getvalue()

    return resaved(path, arrays=changed)


def put(field, place, value):
    def change(nodes):
        nodes[field][place] = value
        return nodes

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("left_child", 0, 10**9), "the nodes of a tree are none"),
        (put("left_child", 0, -2), "the nodes of a tree are none"),
        (put("right_child", 0, 0), "the nodes of a tree are none"),
        (put("right_child", 0, 1), "the nodes of a tree are none"),
        (put("left_child", -1, 0), "the nodes of a tree are none"),
        (put("right_child", -1, 5), "the nodes of a tree are none"),
        (put("feature", 0, 3), "a tree of 3 features asks for another"),
        (put("feature", 0, -5), "a tree of 3 features asks for another"),
        (put("threshold", 0, np.nan), "a tree of 3 features asks for another"),
        (lambda nodes: nodes[:-1], "the values of a tree are not those of its nodes"),
        (lambda nodes: nodes[:0], "the arrays of a tree are none"),
        (lambda nodes: nodes["threshold"].copy(), "the arrays of a tree are none"),
        (lambda nodes: nodes[["threshold", "impurity"]].copy(), "the nodes of a tree are none"),
        (lambda nodes: nodes[["left_child", "right_child", "feature", "threshold"]].copy(), "damaged"),
    ],
)
def test_trees_that_would_lead_nowhere(forest, resaved, change, message):
    check_load_refused(change_nodes(forest, change, resaved), message)


def set_in_tree(name, value):
    def change(content):
        def walk(node):
            if isinstance(node, dict):
                for pair in node.get("tree", {}).get("dict", []):
                    if pair[0] == name:
                        pair[1] = value
                for item in node.values():
                    walk(item)
            elif isinstance(node, list):
                for item in node:
                    walk(item)

        walk(content)

    return change


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("max_depth", 0, "a tree is not as deep as it says"),
        ("max_depth", 2**40, "the sizes of a tree are none"),
        ("n_features", 2, "a tree of 2 features asks|is not of the features of its"),
        ("n_features", 10**6, "is not of the features of its"),
        ("n_outputs", 5, "the arrays of a tree are none"),
        ("n_outputs", True, "the sizes of a tree are none"),
        ("n_classes", {"tuple": [2]}, "the arrays of a tree are none"),
        ("values", None, "the arrays of a tree are none"),
    ],
)
def test_trees_of_other_sizes(forest, resaved, name, value, message):
    check_load_refused(resaved(forest, estimator=set_in_tree(name, value)), message)


def test_a_forest_for_other_features_than_its_trees(forest, resaved):
    check_load_refused(
        resaved(forest, estimator=lambda content: content["state"].update(n_features_in_=2)),
        "a tree in it is not of the features of its forest",
    )
    # What scikit-learn would take for a tree.
    path = resaved(forest, estimator=lambda content: content["state"].update(estimators_=[{"type": "int"}]))
    check_load_refused(path, "a tree in it is not of the features of its forest|nothing refers to")


def swap_array(path, attribute, array, resaved):
    place = json.loads(members_of(path)["estimator.json"])["state"][attribute]["array"]
    content = io.BytesIO()
    np.save(content, array)
    return resaved(path, arrays=lambda members: members.update({f"arrays/{place}.npy": content.getvalue()}))


@pytest.mark.parametrize(
    ("attribute", "array"),
    [
        ("_n_support", np.array([10**6, 10**6], dtype=np.int32)),
        ("_n_support", np.array([-1, 99], dtype=np.int32)),
        ("_n_support", np.array([3, 4], dtype=np.int64)),
        ("support_", np.zeros(1, dtype=np.int32)),
        ("support_vectors_", np.zeros((2, 3))),
        ("support_vectors_", np.zeros((2, 300))),
        ("_dual_coef_", np.zeros((1, 1))),
        ("_intercept_", np.zeros(0)),
        ("_probA", np.zeros(5)),
    ],
)
def test_support_vectors_that_are_not_there(tmp_path, resaved, attribute, array):
    path = tmp_path / "svc.skvf"
    save(SVC().fit(X, Y), path)
    check_load_refused(swap_array(path, attribute, array, resaved), "a support vector machine in it is not whole")


@pytest.mark.parametrize(
    ("name", "value"),
    [("kernel", "precomputed"), ("_sparse", True), ("n_features_in_", 300), ("degree", "3"), ("kernel", None)],
)
def test_support_vector_machines_of_another_kind(tmp_path, resaved, name, value):
    path = tmp_path / "svc.skvf"
    save(SVC().fit(X, Y), path)
    path = resaved(path, estimator=lambda content: content["state"].update({name: value}))
    check_load_refused(path, "a support vector machine in it is not whole")


@pytest.mark.parametrize(
    ("name", "value"), [("pos", 10**6), ("pos", -1), ("has_gauss", 5), ("gauss", "a"), ("pos", True)]
)
def test_generators_that_would_read_where_nothing_is(tmp_path, resaved, name, value):
    save(StandardScaler(copy=np.random.RandomState(0)), tmp_path / "a.skvf")

    def change(content):
        pairs = content["state"]["copy"]["random_state"]["dict"]
        pairs[[key for key, _ in pairs].index(name)][1] = value

    check_load_refused(resaved(tmp_path / "a.skvf", estimator=change), "the state of a RandomState is none|its '")


def test_more_random_states_than_anything_is_made_of(tmp_path, resaved):
    save(StandardScaler(copy=np.random.RandomState(0)), tmp_path / "a.skvf")

    def change(content):
        content["state"]["copy"] = [content["state"]["copy"]] * 1001

    check_load_refused(resaved(tmp_path / "a.skvf", estimator=change), "more than 1000 random states")


@pytest.mark.parametrize(("name", "value"), [("state", -1), ("inc", 2**200), ("has_uint32", 2), ("uinteger", "a")])
def test_generators_of_numbers_too_large(tmp_path, resaved, name, value):
    save(StandardScaler(copy=np.random.default_rng(0)), tmp_path / "a.skvf")

    def change(content):
        pairs = content["state"]["copy"]["generator"]["dict"]
        pairs[[key for key, _ in pairs].index(name)][1] = value

    check_load_refused(resaved(tmp_path / "a.skvf", estimator=change), "the state of a Generator|its '|digits")
