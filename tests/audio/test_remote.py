import subprocess
import sys
from pathlib import Path

import fsspec
import numpy as np
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from skvoicefake import MFCCTransformer
from skvoicefake.audio import AudioError, fetch, files_below, is_address, load_audio
from tests.checks.addresses import served
from tests.checks.clips import noise, wav_bytes

CLIP = noise(8000)
CONTENT = wav_bytes(CLIP, 16_000)


@pytest.fixture
def store():
    """The address of a folder in memory, with a clip, an empty file and a text; and what writes to it."""
    files = fsspec.filesystem("memory")
    files.pipe(
        {"/clips/a.wav": CONTENT, "/clips/empty.wav": b"", "/clips/text.wav": b"no sound", "/clips/b/c.wav": CONTENT}
    )
    yield "memory://clips/"
    files.rm("/clips", recursive=True)


@pytest.fixture
def server(tmp_path):
    (tmp_path / "a.wav").write_bytes(CONTENT)
    (tmp_path / "two words.wav").write_bytes(CONTENT)
    with served(tmp_path) as (address, _):
        yield address


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("s3://bucket/a.wav", True),
        ("https://host/a?b=c://d", True),
        ("zip://a.wav::s3://bucket/a.zip", True),
        ("file:///a.wav", True),
        ("a.wav", False),
        ("C:\\a.wav", False),
        ("folder://a.wav/b", True),
        ("a/b://c.wav", False),
        ("://a.wav", False),
        (Path("s3://bucket/a.wav"), False),
        (b"s3://bucket/a.wav", False),
        (None, False),
    ],
)
def test_what_is_an_address(path, expected):
    assert is_address(path) is expected


def test_from_memory(store):
    np.testing.assert_array_equal(load_audio(store + "a.wav"), CLIP)
    np.testing.assert_array_equal(load_audio(store + "a.wav", duration=0.1), CLIP[:1600])
    assert fetch(store + "a.wav") == CONTENT


def test_from_a_web_server(server):
    for name in ("a.wav", "two%20words.wav", "two words.wav", "a.wav?token=1"):
        np.testing.assert_array_equal(load_audio(server + name), CLIP)


def test_from_a_file_and_from_inside_an_archive(tmp_path):
    import zipfile

    (tmp_path / "a.wav").write_bytes(CONTENT)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("in/b.wav", CONTENT)
    np.testing.assert_array_equal(load_audio(f"file://{tmp_path}/a.wav"), CLIP)
    np.testing.assert_array_equal(load_audio(f"zip://in/b.wav::file://{tmp_path}/all.zip"), CLIP)


def test_a_panel_of_addresses_and_files(store, server, tmp_path):
    (tmp_path / "a.wav").write_bytes(CONTENT)
    transformer = MFCCTransformer(duration=0.5, cache=tmp_path / "features")
    panel = transformer.fit_transform([store + "a.wav", server + "a.wav", str(tmp_path / "a.wav")])
    np.testing.assert_array_equal(panel[0], panel[2])
    np.testing.assert_array_equal(panel[1], panel[2])


def test_what_lies_below_a_folder(store, server):
    assert [path.rpartition("clips/")[2] for path in files_below(store)] == [
        "a.wav",
        "b/c.wav",
        "empty.wav",
        "text.wav",
    ]
    assert files_below(server) == [server + "a.wav", server + "two%20words.wav"]
    assert all(fetch(path) == CONTENT for path in files_below(server))
    with pytest.raises(AudioError, match=r"^'http://.*/403/': cannot be fetched: the server answered 403"):
        files_below(server + "403/")


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("nowhere.wav", r"no such file, or no such bucket\. Check the address\."),
        ("empty.wav", r"expected audio, got 0 bytes"),
        ("text.wav", r"not audio that libsndfile"),
        ("b", r"no such file|got a folder"),
    ],
)
def test_what_cannot_be_had_from_memory(store, end, message):
    with pytest.raises(AudioError, match=f"^'{store}{end}': ({message})") as caught:
        load_audio(store + end)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("nowhere.wav", "no such file, or no such bucket"),
        ("403", "cannot be fetched: the server answered 403"),
        ("500", "cannot be fetched: the server answered 500"),
    ],
)
def test_what_a_server_refuses(server, end, message):
    with pytest.raises(AudioError, match=rf"^X\[1\] \('{server}{end}'\): {message}") as caught:
        MFCCTransformer(duration=0.5).fit_transform([server + "a.wav", server + end])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://127.0.0.1:1/a.wav", "cannot be fetched: .*127.0.0.1:1"),
        ("nosuchstore://a.wav", "cannot be fetched: ValueError: Protocol not known: nosuchstore"),
        ("zip://a.wav::memory://nowhere.zip", "no such file"),
        ("https://", "cannot be fetched"),
    ],
)
def test_addresses_of_nothing(address, message):
    with pytest.raises(AudioError, match=f"^'{address}': {message}") as caught:
        load_audio(address)
    assert "\n" not in str(caught.value)


def test_a_folder_at_an_address(tmp_path):
    with pytest.raises(AudioError, match=r"expected an audio file, got a folder\. List the files in it instead\."):
        load_audio(tmp_path.as_uri())


class Refusing(MemoryFileSystem):
    """A store that lets nobody in, or does not answer, by the name of the file."""

    protocol = "refusing"

    def cat_file(self, path, *args, **options):
        raise PermissionError("no") if "secret" in path else TimeoutError("late")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("secret.wav", r"access denied\. Check the address and your credentials\."),
        ("slow.wav", r"no answer in time\. Try again\."),
    ],
)
def test_what_a_store_refuses(name, message):
    fsspec.register_implementation("refusing", Refusing, clobber=True)
    with pytest.raises(AudioError, match=rf"^'refusing://{name}': {message}$"):
        load_audio(f"refusing://{name}")


def test_an_address_in_a_path_lost_a_slash():
    with pytest.raises(AudioError, match=r"^'s3:/bucket/a.wav': no such file\. If it is an address, pass a str"):
        load_audio(Path("s3://bucket/a.wav"))


def in_another_process(statement):
    return subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=False)


def test_a_package_that_is_missing_is_named(tmp_path):
    # Stands before the ones that are installed, as a package that is not there would.
    for name in ("fsspec", "s3fs"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not installed')")
    head = f"import sys; from skvoicefake.audio import load_audio; sys.path.insert(0, {str(tmp_path)!r})\n"
    answer = in_another_process(head + "load_audio('memory://a.wav')")
    assert answer.stderr.splitlines()[-1] == (
        "ImportError: 'memory://a.wav': an address like this is read by fsspec, which is not installed:"
        " pip install 'skvoicefake[remote]'."
    )
    (tmp_path / "fsspec.py").unlink()
    last = in_another_process(head + "load_audio('s3://bucket/a.wav')").stderr.splitlines()[-1]
    assert last.startswith("ImportError: 's3://bucket/a.wav': fsspec needs another package for s3://: ")
    assert "s3fs" in last


def test_files_of_this_machine_do_not_pay_for_it(tmp_path):
    (tmp_path / "a.wav").write_bytes(CONTENT)
    statement = f"import sys; from skvoicefake.audio import load_audio; load_audio({str(tmp_path / 'a.wav')!r})\n"
    assert in_another_process(statement + "print('fsspec' in sys.modules)").stdout == "False\n"
