"""Nothing leaves before what it speaks of is written down, or on the disk where it has to be."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, cast

from mock_exchange.wire.outbox import MOST_WAITING, DurableOutbox, Outbox


class Pipe:
    def __init__(self, log: list[str]) -> None:
        self._log = log
        self.aborted = False

    def is_closing(self) -> bool:
        return self.aborted

    def write(self, data: bytes) -> None:
        self._log.append(f"sent {data.decode()}")

    def abort(self) -> None:
        self.aborted = True


class Disk:
    """A journal whose syncs end when they are told to."""

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.rows = self.written = 0
        self.may_end = threading.Semaphore(0)
        self.fails = False

    def recorded(self) -> bool:
        self.written = self.rows
        return True

    def syncing(self) -> Callable[[], None]:
        written = self.written

        def sync() -> None:
            self.may_end.acquire(timeout=10)
            if self.fails:
                raise OSError("the disk is gone")
            self.log.append(f"synced {written}")

        return sync


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0.005)


def durable(log: list[str]) -> tuple[DurableOutbox, Disk, list[BaseException]]:
    disk, failed = Disk(log), cast(list[BaseException], [])
    outbox = DurableOutbox(asyncio.get_running_loop(), disk.recorded, disk.syncing, failed.append)
    return outbox, disk, failed


def pipe(log: list[str]) -> Any:
    return Pipe(log)


async def test_an_answer_leaves_after_its_rows() -> None:
    log: list[str] = []

    def recorded() -> bool:
        log.append("written")
        return True

    outbox = Outbox(asyncio.get_running_loop(), recorded)
    outbox.put(pipe(log), b"a")
    outbox.put(pipe(log), b"b")
    await settle()
    assert log == ["written", "sent a", "sent b"]


async def test_what_cannot_be_written_is_told_to_nobody() -> None:
    log: list[str] = []
    outbox = Outbox(asyncio.get_running_loop(), lambda: False)
    one = pipe(log)
    outbox.put(one, b"a")
    outbox.when_recorded(lambda: log.append("told"))
    await settle()
    assert log == []
    assert one.aborted


async def test_one_sync_serves_all_that_came_while_the_one_before_it_ran() -> None:
    log: list[str] = []
    outbox, disk, _ = durable(log)
    for number in range(5):
        disk.rows += 1
        outbox.put(pipe(log), str(number).encode())
        outbox.when_recorded(lambda number=number: log.append(f"told {number}"))  # type: ignore[misc]
        await settle()
        assert log == [], "nothing leaves before the first sync has ended"
    disk.may_end.release()
    await settle()
    assert log == ["synced 1", "sent 0", "told 0"]
    disk.may_end.release()
    await settle()
    assert log[3] == "synced 5"
    assert log[4:] == [*(f"sent {n}" for n in range(1, 5)), *(f"told {n}" for n in range(1, 5))]


async def test_who_closes_next_waits_until_everything_has_left() -> None:
    log: list[str] = []
    outbox, disk, _ = durable(log)
    outbox.put(pipe(log), b"last")
    waits = asyncio.ensure_future(outbox.all_gone())
    await settle()
    assert not waits.done()
    disk.may_end.release()
    disk.may_end.release()
    await asyncio.wait_for(waits, 5)
    assert log[:2] == ["synced 0", "sent last"]


async def test_whoever_sends_on_without_end_is_made_to_wait_for_the_disk() -> None:
    outbox, disk, _ = durable([])
    one, piece = pipe([]), b"x" * (MOST_WAITING // 8)
    for _ in range(8):
        outbox.put(one, piece)
    await settle()  # these wait for the sync that has begun
    full = []
    for _ in range(8):
        full.append(outbox.is_full)
        outbox.put(one, piece)
    full.append(outbox.is_full)
    assert full == [False] * 8 + [True]
    disk.may_end.release(3)
    await outbox.all_gone()
    full.append(outbox.is_full)
    assert full[-1] is False


async def test_a_send_that_fails_keeps_nobody_waiting() -> None:
    log: list[str] = []
    outbox, disk, failed = durable(log)

    def broken() -> None:
        raise RuntimeError("a consumer of its own kind")

    outbox.when_recorded(broken)
    outbox.when_recorded(lambda: log.append("told"))
    outbox.put(pipe(log), b"later")
    for _ in range(3):
        disk.may_end.release()
    await settle()
    assert "told" in log
    assert "sent later" in log
    assert not failed


async def test_a_disk_that_fails_is_told_and_nobody_is_answered() -> None:
    log: list[str] = []
    outbox, disk, failed = durable(log)
    disk.fails = True
    one = pipe(log)
    outbox.put(one, b"a")
    disk.may_end.release()
    await settle()
    assert one.aborted
    assert [str(error) for error in failed] == ["the disk is gone"]
    assert log == []
