"""What the header of a file says, where libsndfile is not to be trusted with it."""

import io
import os
import sys
from typing import Any, Literal, NamedTuple

from skvoicefake.audio._clip import AudioError

# Files of chunks, by what they start with: format, start of the first chunk, bytes of a chunk's name and of its size,
# byte order, the multiple that chunks are padded to, and the name of the chunk that holds the sound.
CHUNKED: dict[bytes, tuple[str, int, int, int, Literal["little", "big"], int, bytes]] = {
    b"RIFF": ("wav", 12, 4, 4, "little", 2, b"data"),
    b"RF64": ("wav", 12, 4, 4, "little", 2, b"data"),
    b"RIFX": ("wav", 12, 4, 4, "big", 2, b"data"),
    b"FORM": ("aiff", 12, 4, 4, "big", 2, b"SSND"),
    b"caff": ("caf", 8, 4, 8, "big", 1, b"data"),
    b"riff": ("w64", 40, 16, 8, "little", 8, b"data"),
}
# Codes of formats, and those of single samples.
EXTENSIBLE, PCM, FLOAT = b"\xfe\xff", b"\x01\0", b"\x03\0"
SAMPLES = (EXTENSIBLE, PCM, FLOAT, b"\x06\0", b"\x07\0")


class Header(NamedTuple):
    """What the header of a file says."""

    kind: str = ""
    announced: int = 0  # bytes of sound, 0 if it does not say
    there: int = 0  # bytes of sound that are there
    # What libsndfile takes for integers: "" nothing, "float32", or "other".
    misread: str = ""
    # Of w64, behind which libsndfile takes up to 24 bytes of padding and of other chunks for sound.
    n_samples: int = sys.maxsize


def checked_header(source: str | os.PathLike[str] | io.BytesIO, name: str) -> Header:
    """Return what the header says; raise if it announces more sound than there is.

    libsndfile quietly returns what is left of a truncated file.
    """
    if isinstance(source, io.BytesIO):
        header = _header(source, source.getbuffer().nbytes)
        source.seek(0)
    else:
        try:
            with open(source, "rb", buffering=0) as file:  # most need but the first few bytes
                header = _header(file, os.fstat(file.fileno()).st_size)
        except OSError as error:
            raise AudioError(f"{name}: cannot be opened: {error.strerror}.") from error
    if header.announced > header.there:
        raise AudioError(
            f"{name}: truncated {header.kind}: the header announces {header.announced} bytes of sound,"
            f" {header.there} are there. Copy the file again, or cut it properly with an audio tool."
        )
    return header


def _header(file: Any, total: int) -> Header:
    beginning = file.read(12)
    magic = beginning[:4]
    if magic in (b".snd", b"dns."):
        order: Literal["little", "big"] = "big" if magic == b".snd" else "little"
        start, size = int.from_bytes(beginning[4:8], order), int.from_bytes(beginning[8:], order)
        return Header("au", 0 if _is_placeholder(size, 4) else size, max(0, total - start))
    if magic not in CHUNKED:
        return Header()
    kind, start, name_bytes, size_bytes, order, multiple, sound = CHUNKED[magic]
    size_in_ds64, description = 0, b""
    file.seek(start)
    while len(chunk := file.read(name_bytes + size_bytes)) == name_bytes + size_bytes:
        size = int.from_bytes(chunk[name_bytes:], order)
        content = file.tell()
        is_sound = chunk.startswith(sound)
        if chunk.startswith(b"ds64"):
            size_in_ds64 = int.from_bytes(file.read(16)[8:], "little")
        elif is_sound and magic == b"RF64" and size == 0xFFFFFFFF:
            size, size_bytes = size_in_ds64, 8
        elif kind == "w64" and chunk.startswith(b"fmt "):
            description = file.read(40)
        if is_sound and _is_placeholder(size, size_bytes):
            break
        if kind == "w64":  # Its sizes count the name and the size.
            size -= len(chunk)
        if is_sound and size >= 0:
            return Header(kind, size, total - content, _misread(description), _n_samples(description, size))
        if not 0 <= size <= total:
            break
        file.seek(content - (-size // multiple) * multiple)
    return Header(kind, misread=_misread(description))


def _misread(description: bytes) -> str:
    """Return what libsndfile takes for integers, by the format chunk of a w64 file.

    In an extended chunk, a code of 16 bytes says what the samples are; in w64 alone, libsndfile does not look at it.
    ffmpeg writes such chunks.
    """
    code, bits = description[24:26], description[14:16]
    if description[:2] != EXTENSIBLE or code == PCM:
        return ""
    return "float32" if code == FLOAT and bits == b"\x20\0" else "other"


def _n_samples(description: bytes, size: int) -> int:
    """Return the samples a channel in so many bytes, by the format chunk of a w64 file; no limit if not known."""
    bytes_of_all_channels = int.from_bytes(description[12:14], "little")
    return size // bytes_of_all_channels if description[:2] in SAMPLES and bytes_of_all_channels else sys.maxsize


def _is_placeholder(size: int, n_bytes: int) -> bool:
    # Programs that write to a pipe cannot go back to fill the size in, and put zero, or about the greatest number
    # with a sign or without.
    half = 2 ** (8 * n_bytes - 1)
    return size == 0 or half - 2**24 <= size < half or size >= 2 * half - 256
