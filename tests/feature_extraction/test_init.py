import subprocess
import sys

import pytest

from skvoicefake import feature_extraction


def loaded_by(statement):
    """Return the modules that a fresh interpreter holds after a statement."""
    script = f"{statement}\nimport sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_a_first_mfcc_of_the_functions_needs_no_scikit_learn():
    loaded = loaded_by(
        "import numpy as np\n"
        "from skvoicefake.audio import load_audio\n"
        "from skvoicefake.feature_extraction import mfcc\n"
        "mfcc(load_audio((np.ones(8000), 8000)))"
    )
    assert {"numpy", "scipy", "soxr"} <= loaded
    assert not loaded & {"sklearn", "pandas", "joblib", "tqdm", "matplotlib", "librosa", "tensorflow", "keras"}


def test_a_first_mfcc_of_the_transformer_needs_none_of_these():
    loaded = loaded_by(
        "import numpy as np\n"
        "from skvoicefake import MFCCTransformer\n"
        "MFCCTransformer(duration=1).transform([np.ones(9999)])"
    )
    assert "sklearn.base" in loaded
    assert not loaded & {"tqdm", "scipy.signal", "sklearn.preprocessing", "matplotlib", "librosa", "keras", "soxr"}


def test_public_names_are_there():
    assert set(feature_extraction.__all__) <= set(dir(feature_extraction))
    for name in feature_extraction.__all__:
        assert getattr(feature_extraction, name).__name__ == name
        assert getattr(feature_extraction, name) is getattr(feature_extraction, name)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match=r"module 'skvoicefake\.feature_extraction' has no attribute 'mfccs'"):
        feature_extraction.mfccs  # noqa: B018
    with pytest.raises(ImportError):
        from skvoicefake.feature_extraction import nothing_of_that_name  # noqa: F401
