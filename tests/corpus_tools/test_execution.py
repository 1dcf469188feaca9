"""Results come in input order whatever the number of workers; a worker's death is a clear error."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from corpus_tools.errors import InputError, ResourceExhausted
from corpus_tools.execution import available_jobs, map_ordered


def slow_square(number: int) -> int:
    time.sleep(0.002 * (number % 3))
    return number * number


def die(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def refuse(number: int) -> int:
    raise InputError(f"item {number}")


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_input_order(jobs: int) -> None:
    assert list(map_ordered(slow_square, range(40), jobs=jobs, chunk_size=3)) == [n * n for n in range(40)]


def test_dead_worker_is_named_as_such() -> None:
    with pytest.raises(ResourceExhausted, match="--jobs"):
        list(map_ordered(die, range(8), jobs=2, chunk_size=1))


@pytest.mark.parametrize("jobs", [1, 2])
def test_error_of_the_function_reaches_the_caller(jobs: int) -> None:
    with pytest.raises(InputError, match="item 0"):
        list(map_ordered(refuse, range(3), jobs=jobs))


def test_only_a_few_items_are_taken_ahead() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield number

    results = map_ordered(abs, items(), jobs=2, chunk_size=2)
    assert next(results) == 0
    # Two workers, three chunks of two each in flight, and one more chunk handed in when the first came back.
    assert taken <= 2 * 3 * 2 + 2
    results.close()


def test_there_is_at_least_one_processor() -> None:
    assert available_jobs() >= 1
