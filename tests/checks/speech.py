"""Pseudo-speech by source and filter: what tests use where noise and tones are not speech enough."""

import numpy as np

# Formants in Hz of the vowels of a man, after Peterson and Barney, The Journal of the Acoustical Society of America
# 24(2), 1952, table II.
VOWELS = np.array(
    [
        (270, 2290, 3010),
        (390, 1990, 2550),
        (530, 1840, 2480),
        (660, 1720, 2410),
        (730, 1090, 2440),
        (570, 840, 2410),
        (440, 1020, 2240),
        (300, 870, 2240),
        (640, 1190, 2390),
        (490, 1350, 1690),
    ]
)
BANDWIDTHS = np.array([60.0, 90.0, 140.0])  # of the formants, Hz
STEP = 0.005  # seconds between two frames of the filter


def speech(seed, seconds=3.0, sample_rate=16_000, voice=0):
    """Return pseudo-speech, float32 (n_samples,): what is said, when and how loud by `seed`, who says it by `voice`.

    Syllables of a fricative or a closure and a vowel, with pauses, a pitch contour and a background of coloured
    noise, and some silence around it. Level, background and the length of the silences differ from seed to seed.
    """
    rng = np.random.default_rng([seed, voice])
    person = np.random.default_rng([12_345, voice])
    n_samples, n_frames = int(seconds * sample_rate), int(seconds / STEP) + 2
    pitch, tract, tilt = person.uniform(85, 230), person.uniform(0.95, 1.2), person.uniform(6, 12)

    voiced, rough, formants, ridge = _syllables(rng, n_frames, tract)
    # Declination and accents, smooth.
    accents = np.interp(np.arange(n_frames), np.arange(0, n_frames + 60, 60), rng.normal(0, 0.12, n_frames // 60 + 2))
    f0 = pitch * np.exp(accents + np.linspace(0.1, -0.1, n_frames))
    source = _pulses(np.interp(np.arange(n_samples) / sample_rate, np.arange(n_frames) * STEP, f0) / sample_rate)
    breath = rng.normal(size=n_samples)

    n_fft = 2 ** int(np.ceil(np.log2(4 * STEP * sample_rate)))
    frequencies = np.fft.rfftfreq(n_fft, 1 / sample_rate)
    # Each formant a resonance, all of them over the fall of the voice's spectrum, in dB an octave above 500 Hz.
    distance = (frequencies[None, :, None] - formants[:, None, :]) / BANDWIDTHS
    fall = 10 ** (-tilt * np.log2(np.maximum(frequencies, 500) / 500) / 20)
    vocal = voiced[:, None] * (1 / np.sqrt(1 + distance**2)).sum(axis=2) * fall * (frequencies > 50)
    hiss = 0.03 * rough[:, None] * np.exp(-0.5 * ((frequencies - ridge[:, None]) / 900) ** 2) + 0.005 * vocal
    waveform = _filter(source, vocal, n_fft, sample_rate) + _filter(breath, hiss, n_fft, sample_rate)

    colour = 1 / (1 + frequencies / rng.uniform(300, 3000))[None]
    background = _filter(rng.normal(size=n_samples), colour, n_fft, sample_rate)
    active = np.sqrt(np.mean(waveform**2)) + 1e-9
    waveform += background * active / np.std(background) * 10 ** (rng.uniform(-50, -35) / 20)
    return (waveform * rng.uniform(0.1, 0.9) / np.abs(waveform).max()).astype(np.float32)


def _syllables(rng, n_frames, tract):
    """Return voicing, roughness (n_frames,), formants (n_frames, 3) and the centre of the hiss (n_frames,)."""
    voiced, rough = np.zeros(n_frames), np.zeros(n_frames)
    ridge = np.full(n_frames, 4000.0)
    times, targets = [0], [VOWELS[rng.integers(len(VOWELS))]]
    start = int(rng.uniform(0.05, 0.3) / STEP)
    end = n_frames - int(rng.uniform(0.05, 0.3) / STEP)
    while start < end:
        consonant, vowel = start + int(rng.uniform(0.04, 0.12) / STEP), int(rng.uniform(0.07, 0.25) / STEP)
        if rng.random() < 0.5:
            rough[start:consonant] = rng.uniform(0.3, 1.5)
            ridge[start:consonant] = rng.uniform(1500, 6500)
        voiced[consonant : consonant + vowel] = rng.uniform(0.4, 1)
        times += [consonant, consonant + vowel]
        targets += [VOWELS[rng.integers(len(VOWELS))] * rng.uniform(0.9, 1.1, 3) for _ in range(2)]
        start = consonant + vowel + (int(rng.uniform(0.1, 0.4) / STEP) if rng.random() < 0.15 else 0)
    voiced[end:], rough[end:] = 0, 0
    formants = tract * np.stack([np.interp(np.arange(n_frames), times, track) for track in np.transpose(targets)], 1)
    ramp = np.hanning(9) / np.hanning(9).sum()
    return np.convolve(voiced, ramp, "same"), np.convolve(rough, ramp, "same"), formants, ridge


def _pulses(cycles):
    """Return a train of pulses from the cycles a sample, each shared by the two samples it falls between."""
    phase = np.cumsum(cycles)
    places = np.flatnonzero(np.diff(np.floor(phase)))
    late = (np.floor(phase[places + 1]) - phase[places]) / cycles[places + 1]
    train = np.zeros(len(cycles))
    train[places] = 1 - late
    train[places + 1] += late
    return train


def _filter(waveform, gains, n_fft, sample_rate):
    """Return a waveform filtered by the gains of every frame (n_frames or 1, n_fft // 2 + 1), overlapped and added."""
    hop = int(STEP * sample_rate)
    window = np.hanning(4 * hop + 1)[:-1]
    padded = np.pad(waveform, (2 * hop, 5 * hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, 4 * hop)[::hop]
    gains = gains[: len(frames)] if len(gains) > 1 else gains
    frames = frames[: len(gains)] if len(gains) > 1 else frames
    filtered = np.fft.irfft(np.fft.rfft(frames * window, n_fft) * gains)
    out = np.zeros((len(frames) + n_fft // hop + 1) * hop)
    for part in range(0, n_fft, hop):  # the parts of all frames that fall on one place of the grid
        piece = filtered[:, part : part + hop]
        grid = out[part : part + len(frames) * hop].reshape(len(frames), hop)
        grid[:, : piece.shape[1]] += piece
    return out[2 * hop : 2 * hop + len(waveform)] / 2
