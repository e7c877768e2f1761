"""Arrays as the bytes of .npy files, without pickle, and nothing allocated that is not there."""

import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake.persistence._errors import refuse

# Booleans, numbers, bytes, strings, dates, and structures of these: all that are bytes and no objects.
KINDS = "biufcSUmMV"


def is_plain(dtype: np.dtype[Any]) -> bool:
    """Tell whether arrays of a type are nothing but bytes, some an element."""
    if dtype.names is not None:
        return all(is_plain(dtype[name]) for name in dtype.names)
    if dtype.kind not in KINDS or dtype.hasobject or dtype.subdtype is not None:
        return False
    # Long doubles are of as many bytes as the machine likes.
    return 0 < dtype.itemsize <= {"f": 8, "c": 16}.get(dtype.kind, dtype.itemsize)


def to_bytes(array: NDArray[Any]) -> bytes:
    """Return an array as the content of an .npy file."""
    content = io.BytesIO()
    np.save(content, np.asarray(array), allow_pickle=False)
    return content.getvalue()


def from_bytes(content: bytes) -> NDArray[Any]:
    """Return the array in an .npy file's content, in the order of memory that it had.

    Raises
    ------
    UnsafeFileError
        If it holds objects, or more or fewer bytes than it says.
    """
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, is_fortran, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        refuse(f"an array is of version {version} of NumPy's format, not (1, 0) or (2, 0)")
    if not is_plain(dtype):
        refuse(f"an array is of type {dtype}, which is not plain numbers or strings")
    start = stream.tell()
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(content) - start:
        refuse(f"an array says that it is of shape {shape} and type {dtype}, and holds {len(content) - start} bytes")
    flat = np.frombuffer(content, dtype, offset=start)
    # A copy, as bytes cannot be written to, and do not begin where numbers of eight bytes should.
    return flat.reshape(shape, order="F" if is_fortran else "C").copy(order="K")
