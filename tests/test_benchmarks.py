import numpy as np
import pytest

from benchmarks.__main__ import compare, main
from benchmarks._harness import Results, interleave, load, modules, rows_of


def figures(**values):
    results = Results("some")
    for name, (value, spread, kind) in values.items():
        limit = {kind: 1.0}
        results.figure(name, value, low=value - spread, high=value + spread, **limit)
    return results.as_json()["figures"]


@pytest.mark.parametrize("name", modules())
def test_every_benchmark_asks_a_question_and_answers_it(name):
    module = load(name)
    assert "?" in module.__doc__.split("\n")[0]
    assert callable(module.measure)


def test_what_is_worse_by_more_than_the_noise_is_named():
    before = figures(speed=(5.0, 0.1, "at_least"), memory=(100.0, 1.0, "at_most"))
    assert compare(before, before) == []
    # In the noise, or better.
    assert compare(before, figures(speed=(4.6, 0.1, "at_least"), memory=(50.0, 1.0, "at_most"))) == []
    slower = figures(speed=(4.0, 0.1, "at_least"), memory=(130.0, 1.0, "at_most"))
    assert [line.split(":")[0] for line in compare(before, slower)] == ["speed", "memory"]
    # A noisy run proves nothing.
    assert compare(before, figures(speed=(4.0, 1.5, "at_least"), memory=(100.0, 1.0, "at_most"))) == []
    assert "was not measured" in compare(before, figures(speed=(5.0, 0.1, "at_least")))[0]


def test_ways_take_turns():
    order = []
    seconds = interleave({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, repeats=3, warmups=0)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert all(len(values) == 3 for values in seconds.values())
    assert [row[""] for row in rows_of(seconds)] == ["a", "b"]


def test_a_ratio_is_that_of_most_pairs():
    found = Results("some").ratio("a / b", np.array([4.0, 50.0, 6.0]), np.array([1.0, 10.0, 1.0]), at_least=5)
    assert found.value == 5
    assert 4 < found.low < 5 < found.high < 6
    assert found.holds


def test_list_of_benchmarks(capsys):
    assert main([]) == 0
    assert "mfcc" in capsys.readouterr().out


def test_unknown_benchmark(capsys):
    with pytest.raises(SystemExit):
        main(["no-such"])
    assert "no benchmark 'no-such'" in capsys.readouterr().err
