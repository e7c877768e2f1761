import os
import time
from pathlib import Path

import numpy as np
import pytest

from skvoicefake.feature_extraction import _identity
from skvoicefake.feature_extraction._identity import identity


@pytest.fixture
def path(tmp_path):
    """A file that was written a minute ago."""
    path = tmp_path / "a.wav"
    path.write_bytes(b"content")
    age(path)
    return path


def age(path, seconds=60):
    moment = time.time_ns() - seconds * 10**9
    os.utime(path, ns=(moment, moment))


@pytest.mark.parametrize("by", ["content", "stat"])
class TestBoth:
    def test_paths_of_any_type(self, by, path, monkeypatch):
        monkeypatch.chdir(path.parent)
        assert identity(path, by) == identity(str(path), by) == identity("a.wav", by) is not None

    def test_another_content(self, by, path):
        before = identity(path, by)
        path.write_bytes(b"CONTENT")
        assert identity(path, by) != before

    def test_decoders_look_at_the_suffix(self, by, path):
        before = identity(path, by)
        assert identity(path.rename(path.with_suffix(".WAVE")), by) != before

    def test_links_are_what_they_point_to(self, by, path):
        link = path.with_name("link.wav")
        link.symlink_to(path)
        assert identity(link, by) == identity(path, by)

    def test_a_pipe_is_not_emptied(self, by, tmp_path):
        os.mkfifo(tmp_path / "pipe.wav")
        assert identity(tmp_path / "pipe.wav", by) is None

    @pytest.mark.parametrize(
        "clip",
        ["", "a\0b", "x" * 5000, "lost.wav", Path(), 3, None, [1.0], np.ma.zeros(3), (1, 2)],
        ids=repr,
    )
    def test_what_has_none(self, by, clip):
        assert identity(clip, by) is None

    def test_what_is_in_memory_goes_by_content(self, by):
        clips = [b"a", b"b", np.zeros(3), np.zeros(4), np.zeros(3, "f4"), np.zeros((3, 1)), (np.zeros(3), 8000)]
        clips += [(np.zeros(3), 8000.5), np.zeros(3, ">f4"), np.zeros(3, "i4"), np.zeros(0), np.zeros((0, 2))]
        found = [identity(clip, by) for clip in clips]
        assert len(set(found)) == len(found)
        assert None not in found
        assert identity(bytearray(b"a"), by) == identity(memoryview(b"a"), by) == found[0]
        assert identity(np.zeros(6)[::2], by) == found[2]


def test_content_is_all_that_counts(path):
    copy = path.with_name("b.wav")
    copy.write_bytes(b"content")
    assert identity(copy, "content") == identity(path, "content")


@pytest.mark.parametrize("n_bytes", [0, 1, 2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20])
def test_all_of_a_file_is_read(n_bytes, tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(bytes(n_bytes))
    assert identity(path, "content").split()[2] == identity(bytes(n_bytes), "content").split()[1]


@pytest.fixture
def settled(monkeypatch):
    # A file's own date can be set back, but not the time of its last change.
    monkeypatch.setattr(_identity, "TICK", -1)


@pytest.mark.usefixtures("settled")
def test_a_file_is_read_once_in_a_process(path, monkeypatch):
    before = identity(path, "content")
    monkeypatch.setattr(_identity, "_digest", None)  # any call is an error
    assert identity(path, "content") == before
    age(path, 30)
    with pytest.raises(TypeError):
        identity(path, "content")


@pytest.mark.usefixtures("settled")
def test_digests_in_memory_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(_identity, "_known", {})
    monkeypatch.setattr(_identity, "MAX_KNOWN", 3)
    paths = [tmp_path / f"{i}.wav" for i in range(8)]
    for path in paths:
        path.write_bytes(path.name.encode())
        age(path)
    for _ in range(2):
        assert len({identity(path, "content") for path in paths}) == 8
        assert len(_identity._known) <= 3


@pytest.mark.usefixtures("settled")
def test_a_stat_tells_copies_apart(path):
    copy = path.with_name("b.wav")
    copy.write_bytes(b"content")
    os.utime(copy, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    assert identity(copy, "stat") != identity(path, "stat")


@pytest.mark.parametrize("by", ["content", "stat"])
def test_a_date_that_was_set_back_is_noticed(by, path):
    before, times = identity(path, by), path.stat()
    path.write_bytes(b"CONTENT")
    while path.stat().st_ctime_ns == times.st_ctime_ns:  # until the clock of the file system has ticked
        path.write_bytes(b"CONTENT")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert path.stat().st_mtime_ns == times.st_mtime_ns
    assert identity(path, by) != before


def test_a_file_of_a_moment_ago_goes_by_its_content(path):
    path.write_bytes(b"content")
    assert identity(path, "stat") == identity(path, "content")
    age(path, seconds=-60)  # as if written by a machine whose clock is ahead
    assert identity(path, "stat") == identity(path, "content")


def test_no_file_is_read_for_its_stat(path):
    path.chmod(0)
    assert identity(path, "stat") is not None


@pytest.mark.parametrize("by", ["content", "stat"])
def test_a_file_of_a_moment_ago_goes_by_its_content_whatever_its_date(by, path):
    # What copies with the date of the original: the time of the change may tick too slowly to tell two apart.
    age(path, seconds=10**6)
    assert identity(path, by) == identity(path, "content")


@pytest.mark.usefixtures("settled")
def test_a_link_that_is_turned_meanwhile_gives_no_file_the_digest_of_another(tmp_path, monkeypatch):
    for name in ("v1", "v2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.wav").write_bytes(name.encode())
    link = tmp_path / "now"
    link.symlink_to("v1")

    def turned(path, numbers, digest=_identity._digest):
        link.unlink()
        link.symlink_to("v2")
        return digest(path, numbers)

    with monkeypatch.context() as patch:
        patch.setattr(_identity, "_digest", turned)
        identity(link / "a.wav", "content")
    expected = identity(b"v1", "content").split()[1]
    assert identity(tmp_path / "v1" / "a.wav", "content").split()[2] == expected
