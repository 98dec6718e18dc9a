"""Connecting to Dask: parses --cluster, reaches a scheduler or starts local worker processes. Evaluates nothing."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from multiprocessing import resource_tracker
from typing import Any

import numpy as np

from losscli.core.errors import DataError, UsageError, install, visible
from losscli.core.interrupts import held_back
from losscli.core.records import dataclass
from losscli.core.version import __version__

PATIENCE = 30
"""Seconds to wait for the scheduler and its first worker."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+|(?:[^\s:/\[\]]+|\[[0-9A-Fa-f:.]+\]):\d+")
_LOCAL = re.compile(r"local(?::([1-9]\d*))?")
_START = "start it with `dask scheduler` and `dask worker HOST:PORT`"


@dataclass(frozen=True)
class Place:
    """Where to evaluate: on `workers` local processes (0: one per job), or on the scheduler at `address`."""

    address: str = ""
    workers: int = 0


def parse(text: str) -> Place:
    """Parse --cluster. Raises UsageError if it is malformed or the extra is not installed."""
    local = _LOCAL.fullmatch(text)
    if local is None and (text.startswith("local:") or _ADDRESS.fullmatch(text) is None):
        raise UsageError(
            f"--cluster {visible(text)!r} is not a scheduler address",
            fix="use local, local:N, or the address of a Dask scheduler (host:port)",
        )
    library()
    return Place(text) if local is None else Place(workers=int(local[1] or 0))


def library() -> Any:
    """The `distributed` package, imported on demand."""
    try:
        import distributed
    except ImportError:
        raise UsageError("--cluster needs the package distributed", fix=install("dask")) from None
    return distributed


@contextmanager
def connected(place: Place, jobs: int) -> Iterator[Any]:
    """A client of the scheduler. A local cluster is closed with it, and its temporary files are removed."""
    distributed = library()
    with ExitStack() as stack:
        stack.enter_context(_silent())
        try:
            at = place.address or stack.enter_context(_local(distributed, place.workers or jobs))
            client = stack.enter_context(distributed.Client(at, timeout=PATIENCE, set_as_default=False))
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, RuntimeError, asyncio.TimeoutError) as e:
            raise DataError(
                f"cannot connect to a cluster at {visible(place.address or 'local')}: {visible(e)}", fix=_START
            ) from None
        try:
            _refuse_other_versions(client)
            yield client
        except (CancelledError, OSError):
            raise DataError(f"lost the connection to the scheduler at {visible(place.address or 'local')}", fix=_START) from None
        except distributed.KilledWorker as e:
            what = f"several workers died on the same task, the last one at {e.last_worker.address}"
            raise DataError(what, fix="see the workers' logs; the usual cause is too little memory") from None


@contextmanager
def _silent() -> Iterator[None]:
    """Silences distributed's loggers: a failure is reported once, by the error that ends the run."""
    loggers = [logging.getLogger(name) for name in tuple(logging.root.manager.loggerDict) if name.startswith("distributed")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def _local(distributed: Any, workers: int) -> Iterator[Any]:
    """A cluster of local worker processes. Signals are deferred while it starts and stops."""
    import dask

    with ExitStack() as stack:
        with deferred():
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="losscli-", ignore_cleanup_errors=True))
            stack.enter_context(dask.config.set({"temporary-directory": folder}))
            # no memory limit: a worker that is near one is paused, and an evaluation needs the memory of a few tiles
            cluster = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
                local_directory=folder,
                memory_limit=0,
                silence_logs=logging.CRITICAL,
                env={"TMPDIR": folder},
            )
            stack.callback(_close, cluster)
        yield cluster


def _close(cluster: Any) -> None:
    with deferred():
        cluster.close()


@contextmanager
def deferred() -> Iterator[None]:
    """Hold signals back until the end of the block. Processes started in it ignore Ctrl-C, which this process handles."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with held_back():
        masks = hasattr(signal, "pthread_sigmask")
        if masks:
            resource_tracker.ensure_running()  # if started later, it would unblock the signals blocked here
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            if masks:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _refuse_other_versions(client: Any) -> None:
    """Raise UsageError unless every process has this one's versions: others may give different bits."""
    mine = _versions()
    try:
        found = {"the scheduler": client.run_on_scheduler(_versions)}
        found |= {f"the worker {address}": theirs for address, theirs in client.run(_versions).items()}
    except OSError:
        raise
    except Exception as e:  # of any type: the other side could not even unpickle the task
        fix = f"for the scheduler and for every worker, {install('dask')}"
        raise UsageError(f"the cluster cannot run losscli: {visible(e)}", fix=fix) from None
    for where, theirs in found.items():
        for name, version in theirs.items():
            if version != mine[name]:
                what = f"{where} has {name} {version}, this process has {mine[name]}"
                raise UsageError(what, fix="install the same versions everywhere; different versions may give different bits")


def _versions() -> dict[str, str]:
    return {"losscli": __version__, "numpy": np.__version__}
