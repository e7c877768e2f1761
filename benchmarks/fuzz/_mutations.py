"""Bytes -> other bytes, as bad disks, bad programs and bad people make them."""

import numpy as np

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
HEADER = 200  # bytes; most that is delicate stands there
LONGEST = 2_000_000


def mutate(content, rng, others=()):
    """Return a mutated copy: one to four changes, one after the other, and mostly one."""
    found = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 4])):
        found = CHANGES[rng.integers(len(CHANGES))](found, rng, others)
    return bytes(found[:LONGEST])


def place(content, rng):
    """Return a place, half of the time in the header."""
    end = len(content) if rng.random() < 0.5 else min(HEADER, len(content))
    return int(rng.integers(end)) if end else 0


def flip_bits(content, rng, others):
    for _ in range(rng.integers(1, 9)):
        if content:
            content[place(content, rng)] ^= 1 << int(rng.integers(8))
    return content


def set_bytes(content, rng, others):
    start = place(content, rng)
    content[start : start + int(rng.integers(1, 17))] = rng.bytes(int(rng.integers(1, 17)))
    return content


def set_number(content, rng, others):
    """Write an extreme number of 1, 2, 4 or 8 bytes over what is there, in either order."""
    size, start = int(rng.choice([1, 2, 4, 8])), place(content, rng)
    number = int(EXTREMES[rng.integers(len(EXTREMES))]) & (256**size - 1)
    content[start : start + size] = number.to_bytes(size, "little" if rng.random() < 0.5 else "big")
    return content


def cut(content, rng, others):
    return content[: place(content, rng)]


def cut_out(content, rng, others):
    start = place(content, rng)
    del content[start : start + int(rng.integers(1, 400))]
    return content


def double(content, rng, others):
    start = place(content, rng)
    part = content[start : start + int(rng.integers(1, 4000))]
    content[start:start] = part * int(rng.integers(1, 4))
    return content


def add(content, rng, others):
    return content + rng.bytes(int(rng.integers(1, 5000)))


def wipe(content, rng, others):
    start, size = place(content, rng), int(rng.integers(1, 4000))
    size = min(size, len(content) - start)
    content[start : start + size] = bytes([int(rng.choice([0, 255]))]) * size
    return content


def splice(content, rng, others):
    """Go on with another file."""
    if not others:
        return content
    other = others[rng.integers(len(others))]
    return content[: place(content, rng)] + bytearray(other[place(other, rng) :])


def swap(content, rng, others):
    a, b, size = place(content, rng), place(content, rng), int(rng.integers(1, 64))
    content[a : a + size], content[b : b + size] = content[b : b + size], content[a : a + size]
    return content


def swap_words(content, rng, others):
    """Change a word for another one, or for one that programs trip over: for texts."""
    words = bytes(content).split(b" ")
    odd = [
        b"",
        b"nan",
        b"inf",
        b"-1e999",
        b"\n",
        b'"',
        b",",
        b"\t",
        b"\0",
        b"../../x",
        b"\xff\xfe",
        "\u2028é".encode(),
        b"#",
    ]
    pool = [*odd, *words[:50]]
    words[rng.integers(len(words))] = pool[rng.integers(len(pool))]
    return bytearray(b" ".join(words))


CHANGES = (flip_bits, set_bytes, set_number, cut, cut_out, double, add, wipe, splice, swap, swap_words)


def arrays(rng):
    """Return what someone may pass for a waveform."""
    n = int(rng.choice([0, 1, 2, 17, 1000, 20_000]))
    kind = rng.choice(["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u8", "c8", "b1", "O", "U3", "M8[s]"])
    shape = [(n,), (n, 1), (1, n), (n, 2), (2, n), (n, 70), (), (2, 3, n)][rng.integers(8)]
    with np.errstate(all="ignore"):
        made = np.asarray(rng.normal(size=shape) * 10.0 ** rng.integers(-45, 40))
        if made.size and rng.random() < 0.3:
            made.flat[rng.integers(made.size)] = rng.choice([np.nan, np.inf, -np.inf, 1e308, -0.0])
        try:
            found = made.astype(kind if kind[0] != "M" else "i8").astype(kind)
        except (ValueError, OverflowError):
            found = made
    if rng.random() < 0.2 and found.ndim:
        found = found[::-1]
    if rng.random() < 0.2:
        found = found.astype(found.dtype.newbyteorder())
    rates = [16_000, 8000.0, 44_100, 0, -1, 1e-9, 1e9, np.nan, np.inf, None, "16000", True, 10**400, np.float32(22_050)]
    form = rng.integers(6)
    if form < 2:
        return found
    if form < 4:
        return (found, rates[rng.integers(len(rates))])
    if form == 4:
        return (rates[rng.integers(len(rates))], found)
    return [found, rates[rng.integers(len(rates))], "", {}, (), (found,), None, 1.5][rng.integers(8)]
