"""The report in Python: lines by name, text, HTML in a notebook, a DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from losscli.report import model
from losscli.report.dicts import WholeReport
from losscli.report.render import render

if TYPE_CHECKING:
    import pandas


class Report(WholeReport):
    """The result of `losscli.evaluate`.

    `report["giou"]` is one loss with its statistics (`.value`, `.mean`, `.std`, `.p50`, `.p95`, `.n`, …), `print(report)`
    prints what the command line prints, `report.to_frame()` is a DataFrame and `report.as_dict()` the JSON report.
    `report.losses`, `.groups`, `.worst`, `.boxes`, `.gates`, `.verdict` and `.warnings` have the rest.
    """

    __module__ = "losscli"

    def __getitem__(self, name: str) -> model.Line:
        """The loss of that id or recipe, or of that name where only one has it. Raises KeyError with the ids there are."""
        return self.line(name)

    def to_frame(self) -> pandas.DataFrame:
        """A DataFrame with a row per loss, by id; with groups a row per group and loss."""
        from losscli.api.frames import report_frame

        return report_frame(self)

    def __str__(self) -> str:
        return render(self, "plain").rstrip("\n")

    def __repr__(self) -> str:
        values = ", ".join(f"{x.label} = {x.value:.6g}" for x in self.losses)
        verdict = f"; gates: {self.verdict}" if self.gates else ""
        groups = f"; {len(self.groups)} groups" if self.groups else ""
        return f"<losscli.Report {self.family}: {values}; {self.alignment.evaluated} samples{groups}{verdict}>"

    def _repr_html_(self) -> str:
        from losscli.api.notebook import html

        return html(self)
