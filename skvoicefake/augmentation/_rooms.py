"""What is between a mouth and a file: the room, the microphone, the amplifier."""

import numpy as np
from scipy import fft, signal

from skvoicefake.audio import load_audio
from skvoicefake.augmentation._signals import (
    Range,
    Waveform,
    as_waveform,
    at_level,
    band_centres,
    convolved,
    decibels,
    draw,
    filtered,
    peak,
    rms,
)

# Silence behind a clip, so that what rings after its end is not heard at its beginning.
RINGING = 1.0  # seconds


def reverberate(
    y: Waveform,
    sample_rate: float,
    rng: np.random.Generator,
    *,
    rt60: Range = (0.1, 0.8),
    direct_ratio: Range = (0.0, 15.0),
) -> Waveform:
    """Put a voice in a room, by a made-up response of the room.

    After the direct sound, noise that decays exponentially [1]_; a wall takes
    more of high frequencies than of low ones, so the noise is smoothed by a
    drawn amount. The direct sound is not delayed and the level is kept.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Waveform.
    sample_rate : float
        Its rate in Hz.
    rng : numpy.random.Generator
        Where the room is drawn from.
    rt60 : float or (float, float), default=(0.1, 0.8)
        Seconds until the noise has fallen by 60 dB, at most 10; a range is
        drawn from evenly.
    direct_ratio : float or (float, float), default=(0, 15)
        Energy of the direct sound over that of the rest of the response, in
        dB.

    Returns
    -------
    y : ndarray of shape (n_samples,), float32

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    References
    ----------
    .. [1] J.-D. Polack, "La transmission de l'énergie sonore dans les salles",
       Université du Maine, 1988.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.augmentation import reverberate
    >>> click = np.eye(1, 8000, dtype=np.float32)[0]
    >>> room = reverberate(click, 16_000, np.random.default_rng(0), rt60=0.3)
    >>> bool(np.argmax(np.abs(room)) == 0), bool(np.any(room[1:4000]))
    (True, True)
    """
    time, ratio = draw(rng, rt60, "rt60"), draw(rng, direct_ratio, "direct_ratio")
    if not 0 < time <= 10:
        raise ValueError(f"rt60 must lie above 0 and be at most 10 seconds, got {time:g}.")
    n_taps = max(2, round(time * sample_rate))
    smoothing = rng.uniform(0, 0.8)
    tail = signal.lfilter([1 - smoothing], [1, -smoothing], rng.standard_normal(n_taps))
    tail *= 10 ** (-3 * np.arange(n_taps) / n_taps)
    tail[0] = 0
    tail *= decibels(-ratio) / np.linalg.norm(tail)
    tail[0] = 1
    return at_level(convolved(y, tail), rms(y))


def equalize(
    y: Waveform,
    sample_rate: float,
    rng: np.random.Generator,
    *,
    gain: Range = (3.0, 15.0),
    n_points: int = 8,
) -> Waveform:
    """Colour a voice as microphones and equalizers do: by a smooth random curve of gains.

    Gains are drawn at points that are evenly spaced on the mel scale, and
    joined by straight lines in dB. Phases and level are kept.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Waveform.
    sample_rate : float
        Its rate in Hz.
    rng : numpy.random.Generator
        Where the curve is drawn from.
    gain : float or (float, float), default=(3, 15)
        The gains are drawn evenly between minus and plus so many dB.
    n_points : int, default=8
        Points at which a gain is drawn, at least 2.

    Returns
    -------
    y : ndarray of shape (n_samples,), float32

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.augmentation import equalize
    >>> rng = np.random.default_rng(0)
    >>> y = rng.normal(size=16_000).astype(np.float32)
    >>> coloured = equalize(y, 16_000, rng)
    >>> coloured.shape, coloured.dtype
    ((16000,), dtype('float32'))
    """
    if n_points < 2:
        raise ValueError(f"n_points must be at least 2, got {n_points}.")
    most = draw(rng, gain, "gain")
    mels = np.log1p(band_centres(sample_rate) / 700)
    points = np.linspace(0, mels[-1], n_points)
    curve = np.interp(mels, points, rng.uniform(-most, most, n_points))
    return at_level(filtered(y, 10 ** (curve / 20)), rms(y))


def limit_band(
    y: Waveform,
    sample_rate: float,
    rng: np.random.Generator,
    *,
    low: Range | None = (20.0, 300.0),
    high: Range | None = (3400.0, 7600.0),
    order: Range = (2.0, 16.0),
) -> Waveform:
    """Keep a band of frequencies, as cheap microphones and old lines do.

    The gains are those of Butterworth filters; phases are kept.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Waveform.
    sample_rate : float
        Its rate in Hz.
    rng : numpy.random.Generator
        Where edges and order are drawn from.
    low, high : float, (float, float) or None, default=(20, 300) and (3400, 7600)
        Edges of the band in Hz, where 3 dB are lost. None leaves that side as
        it is, and so does a `high` beyond half the sample rate.
    order : float or (float, float), default=(2, 16)
        Beyond an edge, every octave takes 6 dB times the order.

    Returns
    -------
    y : ndarray of shape (n_samples,), float32

    Raises
    ------
    ValueError
        If a parameter makes no sense.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.augmentation import limit_band
    >>> y = np.sin(2 * np.pi * 6000 * np.arange(16_000) / 16_000).astype(np.float32)
    >>> narrow = limit_band(y, 16_000, np.random.default_rng(0), low=None, high=3000, order=8)
    >>> bool(np.abs(narrow[1000:-1000]).max() < 0.005)  # an octave, 48 dB
    True
    """
    steepness = draw(rng, order, "order")
    # All of the clip at once, as taps enough for low edges at high rates are seconds long.
    n_fft = fft.next_fast_len(len(y) + round(RINGING * sample_rate), real=True)
    frequencies = np.maximum(fft.rfftfreq(n_fft, 1 / sample_rate), 1e-3)
    gains = np.ones(len(frequencies))
    for name, edge, sign in (("low", low, -1), ("high", high, 1)):
        if edge is None:
            continue
        if (value := draw(rng, edge, name)) <= 0:
            raise ValueError(f"{name} must be a positive frequency in Hz or None, got {value:g}.")
        if name == "high" and value > sample_rate / 2:
            continue
        # Of 10**600, float64 has no notion; -600 dB are enough.
        gains /= np.sqrt(1 + np.minimum((frequencies / value) ** (2.0 * sign * steepness), 1e60))
    return as_waveform(fft.irfft(fft.rfft(y.astype(np.float64), n_fft) * gains, n_fft)[: len(y)])


def resample(
    y: Waveform,
    sample_rate: float,
    rng: np.random.Generator,
    *,
    rate: Range = (8_000.0, 48_000.0),
) -> Waveform:
    """Resample to another rate and back, as files that were passed on have been.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Waveform.
    sample_rate : float
        Its rate in Hz.
    rng : numpy.random.Generator
        Where the rate is drawn from.
    rate : float or (float, float), default=(8000, 48000)
        The other rate in Hz, between 1 and 768 kHz. A lower one takes what
        lies beyond its half.

    Returns
    -------
    y : ndarray of shape (n_samples,), float32

    Raises
    ------
    ValueError
        If the rate makes no sense.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.augmentation import resample
    >>> y = np.sin(2 * np.pi * 6000 * np.arange(16_000) / 16_000).astype(np.float32)
    >>> bool(np.abs(resample(y, 16_000, np.random.default_rng(0), rate=8000)[500:-500]).max() < 1e-3)
    True
    """
    return there_and_back(y, sample_rate, round(draw(rng, rate, "rate")))


def there_and_back(y: Waveform, sample_rate: float, rate: float) -> Waveform:
    """Resample to a rate and back; as long as before."""
    return fitted(load_audio((load_audio((y, sample_rate), rate), rate), sample_rate), len(y))


def fitted(y: Waveform, n_samples: int) -> Waveform:
    """Cut, or fill with zeros, to a number of samples."""
    return y[:n_samples] if len(y) >= n_samples else np.pad(y, (0, n_samples - len(y)))


def change_gain(y: Waveform, sample_rate: float, rng: np.random.Generator, *, gain: Range = (-30.0, 6.0)) -> Waveform:
    """Make a clip louder or quieter.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Waveform.
    sample_rate : float
        Its rate in Hz. The result does not depend on it.
    rng : numpy.random.Generator
        Where the gain is drawn from.
    gain : float or (float, float), default=(-30, 6)
        In dB. Nothing is clipped.

    Returns
    -------
    y : ndarray of shape (n_samples,), float32

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.augmentation import change_gain
    >>> change_gain(np.ones(2, dtype=np.float32), 16_000, np.random.default_rng(0), gain=-20)
    array([0.1, 0.1], dtype=float32)
    """
    return as_waveform(y.astype(np.float64) * decibels(draw(rng, gain, "gain")))


def clip_peaks(y: Waveform, sample_rate: float, rng: np.random.Generator, *, depth: Range = (1.0, 15.0)) -> Waveform:
    """Cut off what is louder than a limit, as an input that was turned up too far does.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Waveform.
    sample_rate : float
        Its rate in Hz. The result does not depend on it.
    rng : numpy.random.Generator
        Where the depth is drawn from.
    depth : float or (float, float), default=(1, 15)
        The limit lies so many dB below the largest peak. 0 or more.

    Returns
    -------
    y : ndarray of shape (n_samples,), float32

    Raises
    ------
    ValueError
        If the depth makes no sense.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake.augmentation import clip_peaks
    >>> clip_peaks(np.array([1, 0.01, -1], dtype=np.float32), 16_000, np.random.default_rng(0), depth=20)
    array([ 0.1 ,  0.01, -0.1 ], dtype=float32)
    """
    below = draw(rng, depth, "depth")
    if below < 0:
        raise ValueError(f"depth must be 0 dB or more, got {below:g}.")
    limit = np.float32(peak(y) * decibels(-below))
    return np.clip(y, -limit, limit)
