import pytest

from tests.checks.clips import noise, wav_bytes
from tests.checks.files import RATE


@pytest.fixture
def wav(tmp_path):
    path = tmp_path / "clip.wav"
    path.write_bytes(wav_bytes(noise(4000), RATE))
    return path
