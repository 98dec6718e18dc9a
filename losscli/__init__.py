"""losscli evaluates loss functions: exact numbers, a report, a gradient per sample, in five task families.

>>> import losscli
>>> report = losscli.evaluate([0.9, 2.1, 2.8], [1.0, 2.0, 3.0], family="regress", losses=["mae", "huber:delta=0.1"])
>>> report
<losscli.Report regress: mae = 0.133333, huber:delta=0.1 = 0.00833333; 3 samples>
>>> report["mae"].n
3
>>> losscli.losses.giou([[0, 0, 2, 2]], [[1, 0, 3, 2]]).round(4)
array([0.6667])
>>> losscli.gradient("mse", [1.0, 2.0], [0.0, 0.0])
array([2., 4.])

evaluate      a report on predictions and targets: paths, arrays, DataFrames, Series
per_sample    the loss of each sample as a DataFrame
gradient      d(loss)/d(prediction) per sample
losses        every loss as a function of arrays, by family: losscli.losses.segment.dice(probs, masks)
explain       the page of a loss: formula, parameters, other libraries' forms
declare       register your own loss for this process
UsageError, DataError, LosscliError    what is raised

The same on the command line: losscli regress pred.csv target.csv --loss mae. More examples: help(losscli.api).
"""

from __future__ import annotations

from losscli.core.version import __version__

TYPE_CHECKING = False  # not from typing: the command answers signals once it is past this file
if TYPE_CHECKING:
    from typing import Any

    from losscli import api, losses
    from losscli.api.evaluation import evaluate, gradient
    from losscli.api.page import explain
    from losscli.api.report import Report
    from losscli.api.samples import per_sample
    from losscli.core.errors import DataError, LosscliError, UsageError
    from losscli.spec.param import Param
    from losscli.spec.user_losses import declare

__all__ = [
    "DataError",
    "LosscliError",
    "Param",
    "Report",
    "UsageError",
    "__version__",
    "api",
    "declare",
    "evaluate",
    "explain",
    "gradient",
    "losses",
    "per_sample",
]

_HOME = {
    "DataError": "core.errors",
    "LosscliError": "core.errors",
    "Param": "spec.param",
    "Report": "api.report",
    "UsageError": "core.errors",
    "declare": "spec.user_losses",
    "evaluate": "api.evaluation",
    "explain": "api.page",
    "gradient": "api.evaluation",
    "per_sample": "api.samples",
}
"""The module of each name, loaded when the name is first used: `import losscli` alone loads neither NumPy nor pandas."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in ("api", "losses"):
        return import_module(f"losscli.{name}")
    if name in _HOME:
        found = globals()[name] = getattr(import_module(f"losscli.{_HOME[name]}"), name)
        return found
    raise AttributeError(f"module 'losscli' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
