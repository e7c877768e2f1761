"""Files that were made to do harm, or damaged: each is refused in one line, and nothing runs."""

import io
import json
import os
import pickle
import stat
import struct
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import joblib
import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skvoicefake import MFCCTransformer, load, save
from skvoicefake.persistence import UnsafeFileError, _archive, describe

X = np.random.default_rng(0).normal(size=(30, 3))
Y = np.where(X[:, 0] + X[:, 1] ** 2 > 0.5, "real", "fake")


class Canary:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.fixture
def mark(tmp_path):
    """Where a canary leaves its mark; nothing may have done so."""
    path = tmp_path / "something ran"
    yield path
    assert not path.exists()


@pytest.fixture
def good(tmp_path):
    """A file that is as it should be."""
    path = tmp_path / "good.skvf"
    save(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y), path)
    return path


def check_refused(path, message):
    for read in (load, describe):
        if read is describe and message is None:
            continue
        with pytest.raises(UnsafeFileError, match=message) as caught:
            read(path)
        assert str(caught.value).startswith(f"{path}: not loaded: ")
        assert str(caught.value).endswith(".")
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < len(str(path)) + 400


def check_load_refused(path, message):
    with pytest.raises(UnsafeFileError, match=message) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: not loaded: ")
    assert "\n" not in str(caught.value)


def members_of(path):
    with ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def pack(path, members, compression=0):
    with ZipFile(path, "w", compression) as packed:
        for name, content in members.items() if isinstance(members, dict) else members:
            packed.writestr(name, content)
    return path


def test_the_canary_sings(tmp_path):
    pickle.loads(pickle.dumps(Canary(tmp_path / "sung")))
    assert (tmp_path / "sung").exists()


def test_the_error_is_a_value_error():
    assert issubclass(UnsafeFileError, ValueError)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"hello" * 100, b"PK\x05\x06" + bytes(18), b"PK\x03\x04" + bytes(100), b"RIFF"],
    ids=["empty", "short", "text", "empty zip", "zip start", "audio"],
)
def test_what_is_no_file_of_ours(tmp_path, content):
    (tmp_path / "a.skvf").write_bytes(content)
    check_refused(tmp_path / "a.skvf", "it is damaged, or no file of skvoicefake.save|none that skvoicefake.save")


@pytest.mark.parametrize("dump", [joblib.dump, lambda thing, path: path.write_bytes(pickle.dumps(thing))])
def test_a_pickle(tmp_path, mark, dump):
    dump([Canary(mark)], tmp_path / "a.skvf")
    check_refused(tmp_path / "a.skvf", "no file of skvoicefake.save")


def test_a_pickle_as_an_array(good, resaved, mark):
    content = io.BytesIO()
    np.save(content, np.array([Canary(mark)], dtype=object), allow_pickle=True)
    path = resaved(good, arrays=lambda members: members.update({"arrays/0.npy": content.getvalue()}))
    check_load_refused(path, "an array is of type object, which is not plain")
    path = resaved(good, arrays=lambda members: members.update({"arrays/0.npy": pickle.dumps(Canary(mark))}))
    check_load_refused(path, "damaged")


def test_a_pickle_as_json(good, resaved, mark):
    path = resaved(good, estimator=lambda _: pickle.dumps(Canary(mark)))
    check_refused(path, "damaged")


def test_a_pickle_as_one_more_member(good, mark):
    members = members_of(good) | {"arrays/model.pkl": pickle.dumps(Canary(mark))}
    check_refused(pack(good, members), "it has a member called 'arrays/model.pkl'")


@pytest.mark.parametrize(
    "name",
    [
        *("../evil.npy", "arrays/../../evil.npy", "/etc/evil.npy", "C:\\evil.npy", "arrays\\0.npy", "arrays/00.npy"),
        *("arrays/0.npy/", "arrays/0.NPY", "arrays/-1.npy", "arrays/99999999.npy", ".", "x" * 5000, "a\nb"),
    ],
)
def test_names_of_members(good, name):
    members = members_of(good)
    check_refused(pack(good, members | {name: b"evil"}), "it has a member called")
    assert sorted(path.name for path in good.parent.iterdir()) == ["good.skvf"]


def test_members_listed_under_such_names(good, resaved):
    path = resaved(good, manifest=lambda about: about["sha256"].update({"../evil": "0"}))
    check_refused(path, "its members are not those that it lists")


def test_duplicate_members(good):
    members = members_of(good)
    for name in members:
        with pytest.warns(UserWarning, match="Duplicate name"):
            pack(good, [*members.items(), (name, members[name])])
        check_refused(good, "it has two members of one name")


def test_missing_members(good, resaved):
    members = members_of(good)
    for name in members:
        path = pack(good.parent / "less.skvf", {key: content for key, content in members.items() if key != name})
        check_refused(path, "none that skvoicefake.save has written|its members are not those that it lists")
        if name.startswith("arrays"):
            check_load_refused(resaved(good, arrays=lambda found, name=name: found.pop(name)), f"{name} is missing")


def test_extra_members(good, resaved):
    more = {"arrays/77.npy": members_of(good)["arrays/0.npy"]}
    check_refused(pack(good.parent / "more.skvf", members_of(good) | more), "its members are not those that it lists")
    check_load_refused(resaved(good, arrays=lambda members: members.update(more)), "arrays that nothing refers to")


def test_a_bomb(good):
    members = members_of(good) | {"arrays/0.npy": bytes(10**8)}
    path = pack(good, members, ZIP_DEFLATED)
    assert path.stat().st_size < 10**6
    check_refused(path, "is compressed or encrypted")


def test_members_that_say_they_are_larger_than_the_file(good):
    content = bytearray(good.read_bytes())
    place = content.index(b"PK\x01\x02")
    content[place + 20 : place + 28] = struct.pack("<II", 10**9, 10**9)
    good.write_bytes(content)
    check_refused(good, "its members are larger than the file|damaged")


def test_members_that_lie_over_one_another(good):
    """Every entry of the directory points to one large member."""
    with ZipFile(good, "w") as packed:
        packed.writestr("skvoicefake.json", bytes(10**5))
        for i in range(50):
            entry = ZipInfo(f"arrays/{i}.npy")
            entry.file_size = entry.compress_size = 10**5
            entry.header_offset = entry.CRC = 0
            packed.filelist.append(entry)
            packed.NameToInfo[entry.filename] = entry
        packed._didModify = True
    check_refused(good, "its members are larger than the file|Overlapped|damaged")


def test_encrypted_members(good):
    content = good.read_bytes().replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")
    good.write_bytes(content)
    check_refused(good, "is compressed or encrypted")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFDIR, stat.S_IFCHR])
def test_links_and_other_things(good, kind):
    members = members_of(good)
    with ZipFile(good, "w") as packed:
        for name, content in members.items():
            info = ZipInfo(name)
            info.external_attr = ((kind if name == "arrays/0.npy" else stat.S_IFREG) | 0o644) << 16
            packed.writestr(info, b"/etc/passwd" if name == "arrays/0.npy" else content)
    check_refused(good, "arrays/0.npy is a link, or something else that is no file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_pipe_and_a_device(tmp_path):
    check_refused(Path(os.devnull), "it is no regular file")
    os.mkfifo(tmp_path / "pipe")
    # Kept open for writing, so that opening it does not wait.
    handle = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        check_refused(tmp_path / "pipe", "it is no regular file")
    finally:
        os.close(handle)


def test_every_truncation(good):
    content = good.read_bytes()
    for end in {*range(0, len(content), max(1, len(content) // 60)), len(content) - 1}:
        good.write_bytes(content[:end])
        check_refused(good, "damaged|none that skvoicefake.save has written")


def test_wrong_checksums(good):
    members = members_of(good)
    about = json.loads(members["skvoicefake.json"])
    for name in about["sha256"]:
        wrong = about | {"sha256": about["sha256"] | {name: "0" * 64}}
        path = pack(good.parent / "wrong.skvf", members | {"skvoicefake.json": json.dumps(wrong)})
        check_load_refused(path, f"the checksum of {name} is wrong")
    arrays = [name for name in members if name.startswith("arrays")]
    swapped = members | {arrays[0]: members[arrays[1]], arrays[1]: members[arrays[0]]}
    check_load_refused(pack(good.parent / "swapped.skvf", swapped), "the checksum of arrays/[01].npy is wrong")
    for digest in (None, 3, [], "x"):
        wrong = about | {"sha256": about["sha256"] | {"estimator.json": digest}}
        path = pack(good.parent / "wrong.skvf", members | {"skvoicefake.json": json.dumps(wrong)})
        check_refused(path, "the checksum of estimator.json is wrong")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"version": 2},
            r"version 2 of the format, which skvoicefake 0\.1.* writes, and this one reads up to 1\. Inst",
        ),
        ({"version": 10**9, "versions": None}, "version 1000000000 of the format, which skvoicefake None writes"),
        *(({"version": version}, "its version is") for version in (0, -1, "1", 1.0, True, None, [1])),
        *(({"format": name}, "is not what skvoicefake.save writes") for name in ("other", None, 3)),
        ({"sha256": None}, "its members are not those that it lists"),
        ({"sha256": []}, "its members are not those that it lists"),
        *(
            ({name: 3}, "what it says of its estimator is none")
            for name in ("estimator", "created", "versions", "about")
        ),
        *(({name: 3}, "what it says of its estimator is none") for name in ("report", "card")),
        ({"versions": {"numpy": 3}}, "the versions in it are none"),
        ({"versions": {"numpy": "1\x1b[2J"}}, "the versions in it are none"),
    ],
)
def test_what_a_file_says_of_itself(good, resaved, change, message):
    check_refused(resaved(good, manifest=lambda about: about.update(change)), message)


@pytest.mark.parametrize("text", ["[]", "3", "null", '"a"', "", "{", '{"format": 1, "format": 2}', '{"a": NaN}'])
def test_what_it_says_of_itself_is_no_such_json(good, text):
    check_refused(pack(good, members_of(good) | {"skvoicefake.json": text}), "not loaded")


def test_json_that_is_too_long(good, resaved, monkeypatch):
    monkeypatch.setattr(_archive, "MOST_JSON", 5000)
    load(good)
    check_refused(resaved(good, estimator=lambda _: b" " * 5001), "estimator.json is of 5001 bytes, and at most 5000")


JSON = [
    (b"[" * 10**6, "damaged"),
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


@pytest.mark.parametrize(("name", "value"), [("state", -1), ("inc", 2**200), ("has_uint32", 2), ("uinteger", "a")])
def test_generators_of_numbers_too_large(tmp_path, resaved, name, value):
    save(StandardScaler(copy=np.random.default_rng(0)), tmp_path / "a.skvf")

    def change(content):
        pairs = content["state"]["copy"]["generator"]["dict"]
        pairs[[key for key, _ in pairs].index(name)][1] = value

    check_load_refused(resaved(tmp_path / "a.skvf", estimator=change), "the state of a Generator|its '|digits")


def test_the_words_of_an_error_fit_on_a_line(good, resaved):
    name = "evil\x1b[2J\n" * 1000
    path = resaved(good, estimator=lambda content: content["state"].update(verbose={"class": name, "state": {}}))
    with pytest.raises(UnsafeFileError) as caught:
        load(path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < len(str(path)) + 500


def test_a_file_that_is_two_things(good, mark):
    """A pickle in front of the archive, as zip files may have."""
    good.write_bytes(pickle.dumps(Canary(mark)) + good.read_bytes())
    check_refused(good, "no file of skvoicefake.save")
