"""A worker of a search takes no more threads than joblib grants it."""

import os
import subprocess
import sys

PROGRAM = """
import sys
from joblib import Parallel, delayed

def threads():
    import skvoicefake.neural_network
    import tensorflow
    import os
    return [os.environ.get(f"TF_NUM_{kind}_THREADS") for kind in ("INTRAOP", "INTEROP")]

if __name__ == "__main__":
    print(*Parallel(n_jobs=2)(delayed(threads)() for _ in range(int(sys.argv[1]))), threads())
"""


def output_of_program(n_tasks, **variables):
    kept = {name: value for name, value in os.environ.items() if "THREADS" not in name}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(n_tasks)], env=kept | variables, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_workers_get_the_limit_of_joblib_and_the_program_itself_none():
    assert output_of_program(2, LOKY_MAX_CPU_COUNT="2") == "['1', '1'] ['1', '1'] [None, None]"


def test_tensorflows_own_variables_stand():
    own = {"TF_NUM_INTRAOP_THREADS": "3", "TF_NUM_INTEROP_THREADS": "4"}
    assert output_of_program(1, LOKY_MAX_CPU_COUNT="2", **own) == "['3', '4'] ['3', '4']"
