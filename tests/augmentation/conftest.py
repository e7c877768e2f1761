import numpy as np
import pytest
import soundfile

from tests.checks.speech import speech

RATE = 16_000


@pytest.fixture(scope="module")
def clips():
    return [speech(i, seconds=0.3, voice=i % 3) for i in range(12)]


@pytest.fixture(scope="module")
def y():
    return np.array(["fake", "real"] * 6)


@pytest.fixture(scope="module")
def paths(clips, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for i, clip in enumerate(clips):
        soundfile.write(folder / f"{i}.flac", clip, RATE, subtype="PCM_24")
    return [str(folder / f"{i}.flac") for i in range(len(clips))]
