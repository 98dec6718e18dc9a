"""Report formats of other packages, from their entry points in the group `losscli.formats`: a name and a function of a report
that returns text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from losscli.core.errors import UsageError, visible
from losscli.core.records import dataclass
from losscli.report.formats import FORMATS

if TYPE_CHECKING:
    from losscli.report.model import Report

GROUP = "losscli.formats"


@dataclass(frozen=True)
class Packaged:
    """A format of a package. problem: why it cannot be used, as far as its declaration says; empty if it can."""

    name: str
    package: str
    load: Callable[[], Any]
    problem: str = ""

    @property
    def told(self) -> str:
        """What messages call it."""
        return f"the format {visible(self.name)!r} of the package {visible(self.package)}"

    def render(self, report: Report) -> str:
        """The report as text. Raises UsageError, which names the package, for whatever is wrong with it."""
        if self.problem:
            raise self._broken(self.problem)
        from losscli.report.dicts import WholeReport  # late: most reports have one of the own formats

        try:
            function = self.load()
        except Exception as e:
            raise self._broken(f"cannot be loaded: {type(e).__name__}: {visible(e)}") from e
        try:
            found = function(WholeReport.of(report))
        except Exception as e:
            raise self._broken(f"failed: {type(e).__name__}: {visible(e)}") from e
        if not isinstance(found, str):
            raise self._broken(f"returned {type(found).__name__} rather than text")
        plain = found.encode("utf-8", "backslashreplace").decode()
        return plain if plain.endswith("\n") else f"{plain}\n"

    def _broken(self, why: str) -> UsageError:
        return UsageError(f"{self.told} {why}", fix=f"update or uninstall {visible(self.package)}")


def found() -> dict[str, Packaged]:
    """The formats of the installed packages by name. One that cannot be used is there too, with its problem."""
    from importlib.metadata import entry_points  # late: it reads the list of installed packages

    out: dict[str, Packaged] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        package = entry.dist.name if entry.dist is not None else entry.value.partition(":")[0]
        problem = ""
        if entry.name in FORMATS or entry.name == "auto":
            problem = "has the name of a format of losscli itself"
        elif entry.name in out:
            problem = f"has the name of a format of the package {visible(out[entry.name].package)}"
        out[entry.name] = Packaged(entry.name, package, entry.load, problem)
    return out


def names() -> tuple[str, ...]:
    """The names of those formats."""
    return tuple(found())


def named(name: str) -> Packaged | None:
    """The format of that name."""
    return found().get(name)
