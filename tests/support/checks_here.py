"""The checks of `check` one after the other in this process, where the processes that they have otherwise are not the point."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from unittest import mock

from losscli.cli import check_process, exits, messages
from losscli.cli.check_process import Finished, Job


def in_order(jobs: Sequence[Job], many: int) -> Iterator[Finished]:
    """In place of `losscli.cli.check.in_order`."""
    return map(_ended, jobs)


def _ended(job: Job) -> Finished:
    """What a job leaves, which goes through pickle as it does between processes. All that it changes here is put back."""
    folder = os.getcwd()
    streams = {name: getattr(sys, name) for name in ("stdin", "stdout", "stderr")}
    with (
        mock.patch.dict(os.environ),
        mock.patch.dict(messages.choice),
        mock.patch.dict(exits.state),
        mock.patch.multiple(sys, path=[*sys.path], **streams),
    ):
        try:
            found: Finished = pickle.loads(pickle.dumps(check_process.work(pickle.loads(pickle.dumps(job)))))
            return found
        finally:
            os.chdir(folder)
