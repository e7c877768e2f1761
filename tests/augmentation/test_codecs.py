import numpy as np
import pytest
from scipy.signal import correlate

from skvoicefake.audio import load_audio
from skvoicefake.augmentation import _codecs, telephone, transcode
from tests.checks.clips import noise
from tests.checks.files import needs_ffmpeg
from tests.checks.speech import speech

RATE = 16_000
IN_MEMORY = [name for name in _codecs.CODECS if name != "aac"]
# The lowest and the highest bit rate of each; mp3 has two ways of telling its delay.
CASES = [
    *(("mp3", rate) for rate in (16_000, 32_000, 64_000, 128_000)),
    *(("opus", rate) for rate in (8_000, 64_000)),
    *((name, None) for name in IN_MEMORY if name not in ("mp3", "opus")),
]


def generator():
    return np.random.default_rng(0)


def lag_between(y, decoded):
    """Samples by which the second is late."""
    return int(np.argmax(correlate(decoded, y, method="fft"))) - (len(y) - 1)


def similarity(y, decoded):
    return np.corrcoef(y, decoded)[0, 1]


def narrow(y):
    return load_audio((load_audio((y, RATE), 8000), 8000), RATE)


@pytest.mark.parametrize(("codec", "bit_rate"), CASES)
def test_a_decoded_clip_is_on_time_as_long_and_much_the_same(codec, bit_rate):
    y = speech(2, seconds=1.0)
    decoded = transcode(y, RATE, generator(), codec=codec, bit_rate=bit_rate)
    reference = narrow(y) if _codecs.CODECS[codec].rate == 8000 else y
    assert decoded.shape == y.shape
    assert decoded.dtype == np.float32
    assert abs(lag_between(reference, decoded)) <= 1  # opus at its lowest keeps no waveform that would tell a sample
    assert similarity(reference, decoded) > 0.9
    assert not np.array_equal(decoded, reference)


@needs_ffmpeg
@pytest.mark.parametrize("rate", [8000, RATE, 44_100])
def test_aac_is_on_time(rate):
    y = load_audio((speech(1, seconds=0.5), RATE), rate)
    decoded = transcode(y, rate, generator(), codec="aac", bit_rate=64_000)
    assert decoded.shape == y.shape
    assert lag_between(y, decoded) == 0
    assert similarity(y, decoded) > 0.95


def test_aac_without_ffmpeg_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ValueError, match="codec='aac' needs the ffmpeg program"):
        transcode(noise(100), RATE, generator(), codec="aac")


@pytest.mark.parametrize("codec", ["mp3", "vorbis", "opus", "gsm"])
@pytest.mark.parametrize("rate", [4000, 8000, 22_050, 44_100, 48_000, 96_000])
def test_any_rate_will_do(codec, rate):
    y = load_audio((speech(2, seconds=0.5), RATE), rate)
    decoded = transcode(y, rate, generator(), codec=codec, bit_rate=None if codec in ("vorbis", "gsm") else 48_000)
    assert decoded.shape == y.shape
    assert (
        abs(lag_between(y, decoded)) <= 1 + rate // 16_000
    )  # of a rate that is resampled, to about a sample of its own
    assert similarity(y, decoded) > 0.85


@pytest.mark.parametrize("codec", IN_MEMORY)
@pytest.mark.parametrize("n_samples", [1, 37, 4001])
def test_any_length_will_do(codec, n_samples):
    y = noise(n_samples)
    decoded = transcode(y, RATE, generator(), codec=codec)
    assert decoded.shape == y.shape
    assert np.isfinite(decoded).all()


@pytest.mark.parametrize("codec", IN_MEMORY)
def test_silence_stays_silence(codec):
    silence = np.zeros(8000, dtype=np.float32)
    np.testing.assert_array_equal(transcode(silence, RATE, generator(), codec=codec), silence)


@pytest.mark.parametrize("codec", ["mp3", "vorbis", "mulaw"])
def test_a_loud_clip_is_not_clipped(codec):
    y = speech(3, seconds=0.5)
    y *= 100 / np.abs(y).max()
    decoded = transcode(y, RATE, generator(), codec=codec, bit_rate=96_000 if codec == "mp3" else None)
    reference = narrow(y) if codec == "mulaw" else y
    assert similarity(reference, decoded) > 0.95
    assert np.std(decoded) == pytest.approx(np.std(reference), rel=0.1)


def test_bit_rates_are_those_asked_for(monkeypatch):
    sizes = {}
    read = _codecs.io.BytesIO

    class Counted(read):
        def seek(self, *arguments):
            sizes[name, bit_rate] = len(self.getvalue())
            return super().seek(*arguments)

    monkeypatch.setattr(_codecs.io, "BytesIO", Counted)
    y = noise(10 * RATE)
    for name, bit_rate in [("mp3", 16_000), ("mp3", 64_000), ("opus", 16_000), ("opus", 64_000)]:
        transcode(y, RATE, generator(), codec=name, bit_rate=bit_rate)
    for (name, bit_rate), size in sizes.items():
        # With the silence behind the clip. Those of opus are variable.
        assert size * 8 / 10.25 == pytest.approx(bit_rate, rel=0.05 if name == "mp3" else 0.25), name


def test_a_codec_is_drawn_and_its_bit_rate():
    y = speech(1, seconds=0.2)
    drawn = {transcode(y, RATE, np.random.default_rng(seed)).tobytes() for seed in range(12)}
    assert len(drawn) == 12


def test_a_bit_rate_is_for_codecs_that_have_one():
    y = speech(1, seconds=0.2)
    expected = {transcode(y, RATE, generator(), codec=codec, bit_rate=32_000).tobytes() for codec in ("mp3", "opus")}
    drawn = {transcode(y, RATE, np.random.default_rng(seed), bit_rate=32_000).tobytes() for seed in range(12)}
    assert drawn == expected


@pytest.mark.parametrize("seed", range(3))
def test_a_bit_rate_of_a_line_without_a_codec_is_refused(seed):
    with pytest.raises(ValueError, match="bit_rate=8000 needs a codec that has one"):
        telephone(noise(1000), RATE, np.random.default_rng(seed), bit_rate=8000)


def test_the_telephone_has_its_band():
    y = noise(2 * RATE)
    for seed in range(6):
        called = telephone(y, RATE, np.random.default_rng(seed))
        assert called.shape == y.shape
        powers = np.abs(np.fft.rfft(called)) ** 2  # a bin is half a Hz
        assert powers[8200:].sum() < 1e-3 * powers.sum()
        assert powers[:300].sum() < 1e-2 * powers.sum()


def test_the_telephone_is_on_time():
    y = speech(1, seconds=1.0)
    for codec in ("mulaw", "alaw", "gsm", "g721", "opus"):
        assert abs(lag_between(y, telephone(y, RATE, generator(), codec=codec))) <= 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"codec": "midi"}, r"codec must be one of \('mp3', .*got 'midi'"),
        ({"codec": "gsm", "bit_rate": 13_000}, "codec='gsm' has no bit rate to choose"),
        ({"codec": "vorbis", "bit_rate": 64_000}, "codec='vorbis' has no bit rate to choose"),
        ({"codec": "mp3", "bit_rate": 0}, "bit_rate must be a positive number"),
        ({"codec": "mp3", "bit_rate": "64k"}, "bit_rate must be a positive number of bits a second or None, got '64k'"),
    ],
)
@pytest.mark.parametrize("function", [transcode, telephone])
def test_what_makes_no_sense_is_refused(function, parameters, message):
    with pytest.raises(ValueError, match=message):
        function(noise(1000), RATE, generator(), **parameters)
