import os

from hypothesis import HealthCheck, settings

# No deadline: the first example pays for imports and compilation.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_make_parametrize_id(val, argname):
    """Name files by their parameter: some headers hold the time, and every worker has to collect the same tests."""
    return argname if isinstance(val, bytes) else None
