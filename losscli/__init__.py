"""losscli: what is the loss of these predictions? Five task families, exact numbers, an exit code.

From Python: `losscli.evaluate(pred, target, family=…, losses=[…])`, `losscli.gradient("giou", pred, target)` and
`losscli.losses.giou(pred, target)`; examples stand in `losscli.api`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from losscli.core.version import __version__

if TYPE_CHECKING:
    from losscli.api import functions as losses
    from losscli.api.evaluation import evaluate, gradient
    from losscli.report.model import Report
    from losscli.spec.loss import Param
    from losscli.spec.user_losses import declare

__all__ = ["Param", "Report", "__version__", "declare", "evaluate", "gradient", "losses"]


def __getattr__(name: str) -> Any:
    """The Python face, loaded when it is first touched: `import losscli` alone loads nothing heavy."""
    if name == "losses":
        return import_module("losscli.api.functions")
    if name in ("evaluate", "gradient"):
        return getattr(import_module("losscli.api"), name)
    if name == "declare":
        return import_module("losscli.spec.user_losses").declare
    if name == "Param":
        return import_module("losscli.spec.loss").Param
    if name == "Report":
        return import_module("losscli.report.model").Report
    raise AttributeError(f"module 'losscli' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *(n for n in __all__ if n not in globals())]
