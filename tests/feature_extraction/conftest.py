import pytest

from tests.checks.kept import Counting


@pytest.fixture
def computed():
    Counting.n_computed.clear()
    return Counting.n_computed
