"""A row a clip: what a detector says of it, and what is odd about it. Needs no scikit-learn."""

import io
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skvoicefake.audio import AudioError, clip_name, fetch, is_address, load_audio

NO_VERDICT = "no verdict: "
# When a clip is said to be quiet, clipped or of a narrow band.
QUIET = 1e-3  # of full scale, as the highest peak: -60 dBFS
CLIPPED = 0.01  # share of samples at full scale
NARROW, NARROW_ABOVE = 1e-6, 4_000  # share of the power that lies above so many Hz: a telephone passes none
# Codecs that leave sound out, by soundfile's names, and the bits a second and channel at which a detector's errors were
# seen to double.
LOSSY = {"MPEG_LAYER_I": "MP1", "MPEG_LAYER_II": "MP2", "MPEG_LAYER_III": "MP3", "VORBIS": "Vorbis", "OPUS": "Opus"}
LOW_BIT_RATE = 72_000


@dataclass
class Row:
    """What a detector says of a clip."""

    path: str
    label: str | None = None
    probability: float | None = None
    score: float | None = None
    warnings: list[str] = field(default_factory=list)
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the columns by name, in their order."""
        return asdict(self)


def load_clip(
    row: Row,
    sample_rate: float,
    duration: float | None,
    *,
    is_panel: bool,
    panel_seconds: float | None,
    heard: float | None = None,
) -> NDArray[np.float32] | None:
    """Load a clip just as a detector would; note in the row what is wrong with it.

    Parameters
    ----------
    row : Row
    sample_rate : float
        In Hz.
    duration : float or None
        Seconds that are read.
    is_panel : bool
        Whether the features are of clips of one length, of which none is silent.
    panel_seconds : float or None
        That length.
    heard : float or None, default=None
        Seconds that the features are of, where more are read for a guard.
    """
    source: Any = row.path
    try:
        if is_address(row.path):  # once, for the sound and for its header
            source = fetch(row.path)
        y = load_audio(source, sample_rate, duration=duration, name=clip_name(row.path))
        part = part_heard(y, sample_rate, heard)
        if is_panel and not part.any():
            raise AudioError(f"silent: all {len(part)} samples read are zero.")
    except (ValueError, OSError) as error:
        row.error = reason(error, row.path)
        return None
    row.warnings = oddities(source, part, sample_rate, panel_seconds)
    # What a panel is made of is known to whoever made it.
    heard = duration if heard is None else heard
    if heard is not None and not is_panel and len(part) >= round(heard * sample_rate):
        about = _header(source)
        if about is not None and (seconds := float(about.duration)) > 1.05 * heard:
            row.warnings.append(f"long: the first {heard:g} of {seconds:.1f} s were heard, not the rest")
    return y


def part_heard(y: NDArray[np.float32], sample_rate: float, seconds: float | None) -> NDArray[np.float32]:
    """Return the samples of so many seconds, from the start; None is all."""
    return y if seconds is None else y[: max(1, round(seconds * sample_rate))]


def reason(error: Exception, path: str) -> str:
    """Return an error's message without the path, which has a column of its own."""
    message = " ".join(str(error).split("\n"))
    for name in (clip_name(path, 0), clip_name(path)):
        message = message.removeprefix(f"{name}: ")
    return message


def oddities(source: str | bytes, y: NDArray[np.float32], rate: float, duration: float | None) -> list[str]:
    """Return what makes a clip's score doubtful, as far as the samples and the file's header tell."""
    if not y.any():
        return [f"silent: all {len(y)} samples read are zero"]
    found = []
    if duration is not None and len(y) < round(duration * rate):
        found.append(f"short: {len(y) / rate:.2f} of {duration:g} s, the rest is padding")
    peak = float(np.abs(y).max())
    if peak < QUIET:
        found.append(f"quiet: peak at {20 * np.log10(peak):.0f} dBFS")
    if np.mean(np.abs(y) >= 0.999) > CLIPPED:
        found.append("clipped: samples at full scale")
    about = _header(source)
    if about is not None and about.samplerate < rate:
        found.append(f"low rate: {about.samplerate} Hz, resampled to {rate:g} Hz")
    elif rate > 2.2 * NARROW_ABOVE and _share_above(y, rate, 1.1 * NARROW_ABOVE) < NARROW:
        found.append(f"narrow band: no sound above {NARROW_ABOVE / 1000:g} kHz")
    if about is not None and about.subtype in LOSSY and about.duration:
        n_bytes = len(source) if isinstance(source, bytes) else Path(source).stat().st_size
        bits = 8 * n_bytes / about.duration
        if 1000 < bits < LOW_BIT_RATE * about.channels:  # less is a length that the header does not know
            found.append(f"low bit rate: {LOSSY[about.subtype]} at {bits / 1000:.0f} kbit/s, which leaves sound out")
    return found


def _header(source: str | bytes) -> Any:
    """Return what a file's header tells of, if it does: samplerate (Hz), duration (seconds), channels and subtype."""
    import soundfile

    try:
        return soundfile.info(io.BytesIO(source) if isinstance(source, bytes) else source)
    except (soundfile.LibsndfileError, OSError, TypeError, ValueError, ZeroDivisionError):  # what ffmpeg decodes
        return None


def _share_above(y: NDArray[np.float32], rate: float, frequency: float) -> float:
    """Return the share of the power above a frequency."""
    # A window, or the clip's ends would smear the strong low frequencies over all others.
    power = np.square(np.abs(np.fft.rfft(y * np.hanning(len(y) + 2)[1:-1])))
    total = float(power.sum())
    return float(power[int(frequency / rate * len(y)) :].sum()) / total if total else 1.0
