"""The file: a zip archive of JSON and .npy members, each with its checksum, nothing compressed.

===================  ============================================================
skvoicefake.json     what the file is: format, versions, checksums, card, report
estimator.json       the estimator; see `_writing`
arrays/0.npy, ...    its arrays, in NumPy's format, without pickle
===================  ============================================================

Members are stored as they are: there is nothing to inflate. JSON takes more
memory than its bytes, so there is a limit to it.

What an earlier reader would not understand, or would understand otherwise, is
a new VERSION. All earlier ones are read for good: `tests/persistence/data` has
files of each.
"""

import hashlib
import io
import json
import math
import os
import re
import stat
import tempfile
from pathlib import Path
from typing import Any, Never
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from skvoicefake.persistence._errors import refuse

# What is written. A file says its version; see `load` for what becomes of others.
FORMAT, VERSION = "skvoicefake estimator", 1
MANIFEST, ESTIMATOR = "skvoicefake.json", "estimator.json"
ARRAY = re.compile(r"arrays/(0|[1-9][0-9]{0,6})\.npy")
# Bytes of JSON, and values in it. Numbers are in arrays, so it is short: a forest of 1,000 trees is 0.7 MB of 80,000
# values. The first member lists all the others, and a digest of each clip of the training.
MOST_JSON = {ESTIMATOR: 4 * 2**20, MANIFEST: 16 * 2**20}
MOST_VALUES = 500_000
MOST_DIGITS = 60  # of a whole number
START = b"PK\x03\x04"
PICKLE = b"\x80"


def pack(manifest: dict[str, Any], members: dict[str, bytes]) -> bytes:
    """Return the content of a file."""
    listed = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    text = to_json({"format": FORMAT, "version": VERSION, **manifest, "sha256": listed})
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_STORED) as packed:
        # The first comes first, for programs that tell a file by how it begins.
        for name, content in {MANIFEST: text, **members}.items():
            info = ZipInfo(name)
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            packed.writestr(info, content)
    return stream.getvalue()


class Archive:
    """The members of a file, which have been looked at from outside.

    Parameters
    ----------
    content : bytes
        Of the file.

    Attributes
    ----------
    manifest : dict
        What is in "skvoicefake.json".

    Raises
    ------
    UnsafeFileError
        If it is not such a file, or of a newer version.
    """

    def __init__(self, content: bytes) -> None:
        if content.startswith(PICKLE):
            refuse(
                "it looks like a pickle, of joblib.dump or pickle.dump, which may run any program when it is loaded. If"
                " you trust whoever made it, load it with joblib.load, and write it by skvoicefake.save"
            )
        if not content.startswith(START):
            refuse("it is damaged, or no file of skvoicefake.save")
        self._packed = ZipFile(io.BytesIO(content))
        members = self._packed.infolist()
        names = [member.filename for member in members]
        if MANIFEST not in names:
            refuse("it is a zip file, but none that skvoicefake.save has written")
        for member in members:
            _check_member(member)
        if len(set(names)) != len(names):
            refuse("it has two members of one name")
        if sum(member.file_size for member in members) > len(content):
            refuse("its members are larger than the file")
        self.manifest = from_json(self._read(MANIFEST))
        _check_version(self.manifest)
        digests = self.manifest.get("sha256")
        if not isinstance(digests, dict) or digests.keys() | {MANIFEST} != set(names) or ESTIMATOR not in digests:
            refuse("its members are not those that it lists")
        self._digests = digests

    def member(self, name: str) -> bytes:
        """Return the content of a member, which is what was written."""
        if name not in self._digests:
            refuse(f"{name} is missing")
        content = self._read(name)
        if hashlib.sha256(content).hexdigest() != self._digests[name]:
            refuse(f"the checksum of {name} is wrong, the file is damaged or was changed. Copy it again")
        return content

    def names(self) -> set[str]:
        """Return the names of all members but the first."""
        return set(self._digests)

    def _read(self, name: str) -> bytes:
        member = self._packed.getinfo(name)
        if member.file_size > (most := MOST_JSON.get(name, member.file_size)):
            refuse(f"{name} is of {member.file_size} bytes, and at most {most} are read")
        with self._packed.open(member) as file:
            content = file.read()
        if len(content) != member.file_size:
            refuse(f"{name} is cut off. Copy the file again")
        return content


def _check_member(member: ZipInfo) -> None:
    name = member.filename
    if name not in (MANIFEST, ESTIMATOR) and not ARRAY.fullmatch(name):
        refuse(f"it has a member called {name!r:.100}")
    if member.compress_type != ZIP_STORED or member.compress_size != member.file_size or member.flag_bits & 1:
        refuse(f"{name} is compressed or encrypted, and members of such a file are neither")
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
        refuse(f"{name} is a link, or something else that is no file")


def _check_version(manifest: dict[str, Any]) -> None:
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        refuse(f"{MANIFEST} is not what skvoicefake.save writes")
    version = manifest.get("version")
    if type(version) is not int or version < 1:
        refuse(f"its version is {version!r:.50}")
    if version > VERSION:
        versions = manifest.get("versions")
        wrote = versions.get("skvoicefake") if isinstance(versions, dict) else None
        refuse(
            f"it is of version {version} of the format, which skvoicefake {wrote!s:.50} writes, and this one reads up"
            f" to {VERSION}. Install a newer skvoicefake"
        )


def to_json(value: Any) -> bytes:
    """Return JSON that any reader takes, on one line: no NaN, and ASCII alone."""
    return json.dumps(value, allow_nan=False).encode()


def from_json(content: bytes) -> Any:
    """Read JSON strictly: finite numbers of a sane length, and no key twice."""
    # Each value but the first comes after one of these, and some in strings count, too.
    n_values = sum(map(content.count, (b",", b"[", b"{")))
    if n_values > MOST_VALUES:
        refuse(f"its JSON has {n_values} values or so, and at most {MOST_VALUES} are read")
    return json.loads(
        content.decode("ascii"),
        parse_constant=_no_constant,
        parse_float=_float,
        parse_int=_int,
        object_pairs_hook=_object,
    )


def _no_constant(name: str) -> Never:
    refuse(f"its JSON has {name}, which is no number")


def _float(text: str) -> float:
    if not math.isfinite(number := float(text)):
        refuse(f"its JSON has the number {text:.20}")
    return number


def _int(text: str) -> int:
    if len(text) > MOST_DIGITS:
        refuse(f"its JSON has a number of {len(text)} digits")
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        refuse("its JSON has a key twice")
    return found


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, whenever the program or the machine stops."""
    # What a link leads to is replaced, not the link.
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    unfinished = Path(name)
    try:
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A temporary file is its owner's alone; the finished one is as any other.
        umask = os.umask(0)
        os.umask(umask)
        unfinished.chmod(0o666 & ~umask)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def read_whole(path: Path) -> bytes:
    """Read a file, if it is one: no pipe, which may not end, and no device."""
    with open(path, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            refuse("it is no regular file")
        return file.read()


def is_estimator_file(path: str | os.PathLike[str]) -> bool:
    """Tell by its first bytes whether `save` has written a file."""
    # os.path, as a Path of Python 3.11 raises on names that are too long. A pipe would wait, and lose what is read.
    if not os.path.isfile(path):  # noqa: PTH113
        return False
    try:
        with open(path, "rb") as file:
            start = file.read(30 + len(MANIFEST))
    except OSError:
        return False
    return start.startswith(START) and start.endswith(MANIFEST.encode())
