"""Round trips through codecs, in memory: by libsndfile, and aac by the ffmpeg program."""

import io
import shutil
import subprocess
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from skvoicefake.audio import load_audio
from skvoicefake.augmentation._rooms import fitted, limit_band
from skvoicefake.augmentation._signals import Waveform, as_waveform, peak

RATES = (8_000, 16_000, 24_000, 48_000)  # Hz, that all of the wide-band codecs take
# Silence behind the clip, so that no codec holds its end back; some code the last block only when the next one comes.
MARGIN = 0.25  # seconds
# libsndfile's vorbis encoder keeps a block on the stack.
BLOCK = 2**14  # samples
# Output of mp3 begins so many samples late, 576 of the encoder and 529 of the decoder, unless a frame has room for the
# tag that says so; the decoder then cuts it to the length it had.
MP3_DELAY = 1105
AAC_DELAY = 1024  # one frame; adts has no such tag
# A level of 1 is refused, as it is beyond the last quality of variable bit rates.
MOST_COMPRESSED = 0.999


class Codec(NamedTuple):
    """What a codec is called, and what it takes."""

    container: str
    subtype: str
    bit_rates: tuple[float, float] | None  # bit/s, that are drawn from; None where there is but one
    rate: int | None = None  # Hz, where there is but one


CODECS = {
    "mp3": Codec("MP3", "MPEG_LAYER_III", (16_000, 128_000)),
    "vorbis": Codec("OGG", "VORBIS", None),
    "opus": Codec("OGG", "OPUS", (8_000, 64_000)),
    "gsm": Codec("WAV", "GSM610", None, 8_000),
    "g721": Codec("AU", "G721_32", None, 8_000),
    "mulaw": Codec("AU", "ULAW", None, 8_000),
    "alaw": Codec("AU", "ALAW", None, 8_000),
    "aac": Codec("adts", "aac", (16_000, 128_000)),
}
ON_THE_WEB = ("mp3", "vorbis", "opus")
ON_THE_LINE = ("mulaw", "alaw", "gsm", "g721")
LINE = (300.0, 3400.0)  # Hz, the band of telephony


def transcode(
    y: Waveform,
    sample_rate: float,
    rng: np.random.Generator,
    *,
    codec: str | None = None,
    bit_rate: float | None = None,
) -> Waveform:
    """Encode a clip and decode it again.

    The result is aligned with the clip, and as long.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Waveform. Peaks beyond 1 are scaled for the codec and back.
    sample_rate : float
        Its rate in Hz. Codecs that take other rates only get the next larger
        one.
    rng : numpy.random.Generator
        Where codec and bit rate are drawn from.
    codec : str or None, default=None
        "mp3", "vorbis" or "opus", which take the whole band; "gsm" (full
        rate), "g721" (ADPCM of 32 kbit/s), "mulaw" or "alaw" (G.711), which
        know 8 kHz only; "aac", which needs the ``ffmpeg`` program. None draws
        one of the first three; with a bit rate, mp3 or opus.
    bit_rate : float or None, default=None
        Bits a second. None draws one, evenly on a logarithmic scale: 16-128
        thousand for mp3 and aac, 8-64 for opus. mp3 takes the nearest one it
        knows. "vorbis" draws a quality between 0 and 0.6 instead (35-60
        kbit/s at 16 kHz), and the others have one bit rate.

    Returns
    -------
    y : ndarray of shape (n_samples,), float32

    Raises
    ------
    ValueError
        If there is no such codec, if it has no bit rate to choose, or if
        ffmpeg is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.augmentation import transcode
    >>> rng = np.random.default_rng(0)
    >>> y = np.sin(np.cumsum(rng.uniform(0.1, 0.2, size=16_000))).astype(np.float32)
    >>> decoded = transcode(y, 16_000, rng, codec="mp3", bit_rate=64_000)
    >>> decoded.shape, bool(np.corrcoef(y, decoded)[0, 1] > 0.99)
    ((16000,), True)
    """
    on_the_web = ON_THE_WEB if bit_rate is None else [name for name in ON_THE_WEB if CODECS[name].bit_rates]
    name = on_the_web[rng.integers(len(on_the_web))] if codec is None else codec
    if name not in CODECS:
        raise ValueError(f"codec must be one of {tuple(CODECS)} or None, got {name!r}.")
    by = CODECS[name]
    if bit_rate is not None and by.bit_rates is None:
        raise ValueError(f"codec={name!r} has no bit rate to choose: leave bit_rate at None.")
    given: Any = bit_rate
    if given is not None and not (isinstance(given, Real) and 0 < float(given) < np.inf):
        raise ValueError(f"bit_rate must be a positive number of bits a second or None, got {bit_rate!r}.")
    if bit_rate is None and by.bit_rates is not None:
        low, high = by.bit_rates
        bit_rate = low * (high / low) ** rng.uniform()
    quality = rng.uniform(0, 0.6)
    rate = by.rate or next((rate for rate in RATES if rate >= sample_rate), RATES[-1])
    if not y.any():  # A-law has no zero, and would give its smallest step.
        return np.zeros_like(y)
    scale = np.float32(max(1.0, peak(y)))
    x = load_audio((y / scale, sample_rate), rate)
    x = np.pad(x, (0, round(MARGIN * rate)))
    if name == "aac":
        decoded = _aac(x, rate, bit_rate or 0)
    else:
        decoded = _by_libsndfile(x, rate, by, _level(name, rate, bit_rate, quality))
    if name == "mp3" and len(decoded) != len(x):
        decoded = decoded[MP3_DELAY:]
    return as_waveform(fitted(load_audio((decoded, rate), sample_rate), len(y)).astype(np.float64) * scale)


def telephone(
    y: Waveform,
    sample_rate: float,
    rng: np.random.Generator,
    *,
    codec: str | None = None,
    bit_rate: float | None = None,
) -> Waveform:
    """Send a clip through a telephone: 300-3400 Hz, 8 kHz, and a codec.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Waveform.
    sample_rate : float
        Its rate in Hz.
    rng : numpy.random.Generator
        Where the codec is drawn from.
    codec : str or None, default=None
        "mulaw" or "alaw" (G.711, fixed lines), "gsm" (full rate), "g721"
        (ADPCM, cordless phones), or another one of `transcode`. None draws one
        of the four.
    bit_rate : float or None, default=None
        As in `transcode`. Those that are drawn have none to choose.

    Returns
    -------
    y : ndarray of shape (n_samples,), float32

    Raises
    ------
    ValueError
        As `transcode`; if there is a bit rate, but no codec.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.augmentation import telephone
    >>> rng = np.random.default_rng(0)
    >>> y = (0.1 * rng.normal(size=16_000)).astype(np.float32)
    >>> bands = np.abs(np.fft.rfft(telephone(y, 16_000, rng, codec="mulaw"))) ** 2
    >>> bool(bands[4000:].sum() < 0.01 * bands.sum())
    True
    """
    if codec is None and bit_rate is not None:
        raise ValueError(f"bit_rate={bit_rate!r} needs a codec that has one: codec='opus', say, got codec=None.")
    name = ON_THE_LINE[rng.integers(len(ON_THE_LINE))] if codec is None else codec
    narrow = limit_band(load_audio((y, sample_rate), 8_000), 8_000, rng, low=LINE[0], high=LINE[1], order=8)
    coded = transcode(narrow, 8_000, rng, codec=name, bit_rate=bit_rate)
    return fitted(load_audio((coded, 8_000), sample_rate), len(y))


def _level(name: str, rate: int, bit_rate: float | None, quality: float) -> float | None:
    """Return what libsndfile calls the compression level, for a bit rate or a quality."""
    if name == "vorbis":
        return 1 - quality
    if bit_rate is None:
        return None
    # The ranges are libsndfile's, in src/mpeg_l3_encode.c and src/ogg_opus.c.
    if name == "opus":
        low, high = 6_000, 256_000
    elif rate >= 32_000:
        low, high = 32_000, 320_000
    else:
        low, high = 8_000, 160_000 if rate >= 16_000 else 64_000
    return float(np.clip((high - bit_rate) / (high - low), 0, MOST_COMPRESSED))


def _by_libsndfile(x: Waveform, rate: int, codec: Codec, level: float | None) -> Waveform:
    import soundfile

    buffer = io.BytesIO()
    with soundfile.SoundFile(
        buffer,
        "w",
        samplerate=rate,
        channels=1,
        format=codec.container,
        subtype=codec.subtype,
        compression_level=level,
        bitrate_mode="CONSTANT" if codec.container == "MP3" else None,
    ) as file:
        for start in range(0, len(x), BLOCK):
            file.write(x[start : start + BLOCK])
    buffer.seek(0)
    return soundfile.read(buffer, dtype="float32")[0]


def _aac(x: Waveform, rate: int, bit_rate: float) -> Waveform:
    if (program := shutil.which("ffmpeg")) is None:
        raise ValueError(
            "codec='aac' needs the ffmpeg program, which is not on the PATH. Install ffmpeg, or choose another codec."
        )
    raw = ["-f", "f32le", "-ar", str(rate), "-ac", "1"]
    encode = [*raw, "-i", "pipe:", "-c:a", "aac", "-b:a", str(round(bit_rate)), "-f", "adts", "pipe:"]
    decode = ["-f", "aac", "-i", "pipe:", *raw, "pipe:"]
    content = x.tobytes()
    for arguments in (encode, decode):
        run = subprocess.run(
            [program, "-nostdin", "-v", "error", *arguments], input=content, capture_output=True, check=False
        )
        if run.returncode:
            said = run.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
            raise ValueError(f"codec='aac': ffmpeg failed: {said[0]}.")
        content = run.stdout
    return np.frombuffer(content, dtype=np.float32)[AAC_DELAY:]
