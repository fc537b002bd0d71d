"""Workers: results in the order of the tasks, few ahead of the reader, and a lost process costs a second run only."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pytest

from cds_service.screening.workers import Workers, WorkersLost


class Pool(Executor):
    """Does the work at once; breaks at the tasks it is told, as a pool does whose process was killed."""

    def __init__(self, breaks_at: list[int]) -> None:
        self.breaks_at = breaks_at
        self.done: list[int] = []
        self.broken = False

    def submit(self, work: Callable[..., Any], /, *tasks: Any, **_: Any) -> Future[Any]:
        if self.broken:
            raise BrokenProcessPool
        future: Future[Any] = Future()
        if tasks[0] in self.breaks_at:
            self.breaks_at.remove(tasks[0])
            self.broken = True
            future.set_exception(BrokenProcessPool())
        else:
            self.done.append(tasks[0])
            future.set_result(work(*tasks))
        return future


def double(number: int) -> int:
    return number * 2


def test_one_worker_needs_no_pool() -> None:
    with Workers(1, lambda count: pytest.fail("a pool was opened")) as workers:
        assert list(workers.in_order(double, range(5))) == [0, 2, 4, 6, 8]


def test_only_a_few_tasks_run_ahead() -> None:
    pool = Pool([])
    with Workers(2, lambda count: pool) as workers:
        results = workers.in_order(double, range(100))
        assert next(results) == 0
        assert len(pool.done) == 4
        assert list(results) == [2 * number for number in range(1, 100)]


def test_a_lost_process_costs_a_second_run_of_what_was_not_done() -> None:
    pools: list[Pool] = []
    breaks_at = [3, 50]

    def opened(count: int) -> Pool:
        pools.append(Pool(breaks_at))
        return pools[-1]

    with Workers(2, opened) as workers:
        assert list(workers.in_order(double, range(60))) == [2 * number for number in range(60)]
    assert len(pools) == 3
    assert sorted(number for pool in pools for number in pool.done) == list(range(60))


def test_processes_that_are_lost_again_and_again_end_the_work() -> None:
    with Workers(2, lambda count: Pool([0])) as workers, pytest.raises(WorkersLost):
        list(workers.in_order(double, range(3)))


def test_what_the_work_raises_is_raised() -> None:
    def broken(number: int) -> int:
        return 1 // number

    with Workers(1) as workers, pytest.raises(ZeroDivisionError):
        list(workers.in_order(broken, [1, 0]))
