"""The options of what is drawn, each declared once (see `options`)."""

from typing import Annotated, Any

from losscli.core.records import dataclass
from losscli.run.declared import OUTPUT, Option
from losscli.spec.plot_kinds import kind_of, listed


@dataclass(frozen=True)
class PictureOptions:
    """What is drawn."""

    plots: Annotated[
        tuple[str, ...],
        Option(
            "--plot KIND[=FILE]",
            f"Draw a plot to .svg, .png or .pdf, and into the report: {listed()}; repeatable.",
            group=OUTPUT,
            recorded=kind_of,
        ),
    ] = ()
    loss_map: Annotated[
        str | None,
        Option(
            "--loss-map DIR",
            "Write the losses of one loss's pixels as images: grey levels of 16 bits, and colour over the true mask.",
            group=OUTPUT,
            families=("segment",),
            recorded=None,
        ),
    ] = None

    def requested(self) -> dict[str, Any]:
        """The fields of a Request that these options give."""
        return {"plots": self.plots, "loss_map": self.loss_map}
