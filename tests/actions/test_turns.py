"""Long jobs on SQLite leave editors as much time to write as they take."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from annotations.actions.turns import LONG_ENOUGH, Turns
from tests.threads import at_once

only_sqlite = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="only SQLite has one lock for all that write"
)
pytestmark = pytest.mark.django_db


class Clock:
    """Stands still unless told to go on, and notes how long the job slept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.slept: list[float] = []
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self.slept.append)

    def write(self, job: Turns, seconds: float, then: Callable[[], object] = lambda: None) -> None:
        with job.atomic():
            self.now += seconds
            then()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@only_sqlite
def test_a_job_pauses_for_as_long_as_it_has_written(clock: Clock) -> None:
    job = Turns()
    clock.write(job, 0.05)
    assert clock.slept == [], "nobody waits for a job that is over"
    clock.write(job, 0.05)
    assert clock.slept == [pytest.approx(0.05)]


@only_sqlite
def test_short_transactions_follow_each_other_until_they_add_up(clock: Clock) -> None:
    job = Turns()
    for _ in range(4):
        clock.write(job, 0.008)
    assert clock.slept == [pytest.approx(0.024)]


@only_sqlite
def test_time_that_the_job_spends_otherwise_is_the_editors_turn(clock: Clock) -> None:
    job = Turns()
    for _ in range(4):
        clock.write(job, 0.05)
        clock.now += 0.05
    assert clock.slept == []


@only_sqlite
def test_no_pause_is_longer_than_it_takes_to_be_noticed(clock: Clock) -> None:
    job = Turns()
    clock.write(job, 5)
    clock.write(job, 0.01)
    assert clock.slept == [LONG_ENOUGH]


@only_sqlite
def test_a_transaction_that_fails_was_a_turn_too(clock: Clock) -> None:
    job = Turns()
    with pytest.raises(ZeroDivisionError):
        clock.write(job, 0.05, then=lambda: 1 / 0)
    clock.write(job, 0.01)
    assert clock.slept == [pytest.approx(0.05)]


@only_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_job_gets_its_turn_beside_somebody_who_hardly_pauses() -> None:
    begun, done = threading.Event(), threading.Event()

    def write_on() -> None:
        for _ in range(400):
            with transaction.atomic():
                begun.set()
                time.sleep(0.03)
            if done.is_set():
                break
            time.sleep(0.001)

    def take_a_turn() -> None:
        begun.wait()
        began = time.monotonic()
        with Turns().atomic():
            waited.append(time.monotonic() - began)
        done.set()

    waited: list[float] = []
    assert at_once(write_on, take_a_turn) == []
    assert waited[0] < 1, "looking ten times a second it would be more"


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite pauses")
def test_other_databases_do_not_pause(clock: Clock) -> None:
    job = Turns()
    clock.write(job, 5)
    clock.write(job, 5)
    assert clock.slept == []
