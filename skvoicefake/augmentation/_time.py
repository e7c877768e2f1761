"""What becomes of a clip's length: a piece of it, a hole in it, no silence around it."""

import numpy as np

from skvoicefake.augmentation._signals import Range, Waveform, decibels, draw

FRAME = 0.02  # seconds, over which loudness is measured
FADE = 0.005  # seconds, over which two sides of a cut are joined


def crop(
    y: Waveform,
    sample_rate: float,
    rng: np.random.Generator,
    *,
    share: Range = (0.5, 1.0),
    duration: float | None = None,
) -> Waveform:
    """Keep a piece of a clip, from a random place.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Waveform.
    sample_rate : float
        Its rate in Hz.
    rng : numpy.random.Generator
        Where length and place are drawn from.
    share : float or (float, float), default=(0.5, 1)
        Length of the piece, as a share of the clip.
    duration : float or None, default=None
        Length of the piece in seconds, in the place of `share`. A shorter clip
        stays as it is.

    Returns
    -------
    y : ndarray of shape (n_kept,), float32
        At least one sample.

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.augmentation import crop
    >>> crop(np.arange(10, dtype=np.float32), 10, np.random.default_rng(0), duration=0.3)
    array([6., 7., 8.], dtype=float32)
    """
    kept = draw(rng, share, "share") * len(y) if duration is None else duration * sample_rate
    if kept <= 0:
        raise ValueError(f"crop must leave something: share and duration are positive, got {share!r} and {duration!r}.")
    n_kept = min(len(y), max(1, round(kept)))
    start = rng.integers(len(y) - n_kept + 1)
    return y[start : start + n_kept].copy()


def cut(y: Waveform, sample_rate: float, rng: np.random.Generator, *, share: Range = (0.02, 0.2)) -> Waveform:
    """Take a piece out of a clip and join the rest, faded over 5 ms.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Waveform. One of less than 20 ms stays as it is.
    sample_rate : float
        Its rate in Hz.
    rng : numpy.random.Generator
        Where length and place are drawn from.
    share : float or (float, float), default=(0.02, 0.2)
        Length of the piece, as a share of the clip, 0 to 0.9.

    Returns
    -------
    y : ndarray of shape (n_kept,), float32

    Raises
    ------
    ValueError
        If the share makes no sense.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.augmentation import cut
    >>> len(cut(np.ones(16_000, dtype=np.float32), 16_000, np.random.default_rng(0), share=0.1))
    14320
    """
    taken = draw(rng, share, "share")
    if not 0 <= taken <= 0.9:
        raise ValueError(f"share must lie between 0 and 0.9, got {taken:g}.")
    n_fade = round(FADE * sample_rate)
    n_taken = round(taken * len(y))
    if len(y) < 4 * n_fade or len(y) - n_taken < 2 * n_fade:
        return y.copy()
    end = int(rng.integers(n_fade, len(y) - n_taken - n_fade + 1))  # of the first side
    fade = np.linspace(0, 1, n_fade, dtype=np.float32)
    start = end + n_taken  # of the second side, which begins in the first one's last samples
    joint = y[end - n_fade : end] * (1 - fade) + y[start : start + n_fade] * fade
    return np.concatenate([y[: end - n_fade], joint, y[start + n_fade :]])


def trim_silence(
    y: Waveform, sample_rate: float, rng: np.random.Generator, *, threshold: Range = (30.0, 50.0)
) -> Waveform:
    """Leave out what is quiet before the first and after the last sound.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Waveform.
    sample_rate : float
        Its rate in Hz.
    rng : numpy.random.Generator
        Where the threshold is drawn from.
    threshold : float or (float, float), default=(30, 50)
        Frames of 20 ms are quiet if their level is so many dB below that of
        the loudest one, or lower.

    Returns
    -------
    y : ndarray of shape (n_kept,), float32
        At least one frame; a silent clip stays as it is.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.augmentation import trim_silence
    >>> y = np.zeros(16_000, dtype=np.float32)
    >>> y[3200:6400] = 0.5
    >>> len(trim_silence(y, 16_000, np.random.default_rng(0)))
    3200
    """
    n_frame = max(1, round(FRAME * sample_rate))
    frames = np.pad(y, (0, -len(y) % n_frame)).reshape(-1, n_frame)
    powers = np.mean(np.square(frames, dtype=np.float64), axis=1)
    below = decibels(-draw(rng, threshold, "threshold")) ** 2
    loud = np.flatnonzero(powers > np.max(powers) * below)
    return y[loud[0] * n_frame : (loud[-1] + 1) * n_frame].copy() if len(loud) else y.copy()
