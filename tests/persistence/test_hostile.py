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

from skvoicefake import load
from skvoicefake.persistence import UnsafeFileError, _archive
from tests.checks.hostile import Canary, check_load_refused, check_refused, members_of, pack


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
    check_refused(tmp_path / "a.skvf", "looks like a pickle.*joblib.load")


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
    monkeypatch.setitem(_archive.MOST_JSON, "estimator.json", 5000)
    load(good)
    check_refused(resaved(good, estimator=lambda _: b" " * 5001), "estimator.json is of 5001 bytes, and at most 5000")


def test_a_file_that_is_two_things(good, mark):
    """A pickle in front of the archive, as zip files may have."""
    good.write_bytes(pickle.dumps(Canary(mark)) + good.read_bytes())
    check_refused(good, "looks like a pickle")
