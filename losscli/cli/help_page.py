"""Help pages: what a command does, three examples, and its options in groups, as wide as the terminal up to 120 columns."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

from losscli.cli import exits
from losscli.cli.fast_parser import valued
from losscli.run.declared import GROUPS, RUNNING, Slot

WIDEST = 32
"""Columns that the names of options may take before their sentences move to the next line."""


class Help:
    """Has the option of help print as everything else is printed, in the encoding of stdout."""

    def get_help_option(self, ctx: Any) -> Any:
        """The option -h, --help."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.callback = _shown
        return option


def _shown(ctx: Any, param: Any, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        exits.write(f"{ctx.get_help()}\n")
        ctx.exit()


class Page(Help, TyperCommand):
    """A command whose callback carries the declarations that its page is made of."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Typer's reading of the words, once every option has its value."""
        command: Any = self.callback.command  # type: ignore[union-attr]
        return super().parse_args(ctx, valued(command.slots, args))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Usage, summary, examples, arguments, and the options by group."""
        command: Any = self.callback.command  # type: ignore[union-attr]
        formatter.write_usage(ctx.command_path, _usage(command.words))
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(command.help)
        with formatter.section("Examples"):
            for example in command.examples:  # never wrapped: they are to be copied
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")
        with formatter.section("Arguments"):
            formatter.write_dl([(slot.declared.metavar, slot.declared.help) for slot in command.words], col_max=WIDEST)
        for group in GROUPS:
            rows = [_row(s) for s in command.slots if s.declared.group == group]
            if group == RUNNING:
                rows.append(("-h, --help", "Show this page and exit."))
            if rows:
                with formatter.section(group):
                    formatter.write_dl(rows, col_max=WIDEST)
        self.format_epilog(ctx, formatter)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words of the usage line, where an error shows it."""
        return [_usage(self.callback.command.words)]  # type: ignore[union-attr]


class Pages(Help, TyperGroup):
    """The commands, each with its whole summary, in the order in which they are declared."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of the commands."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """A row per command; sentences are wrapped, never cut."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help or "") for name, command in self.commands.items()])


def _usage(words: list[Slot]) -> str:
    names = [slot.declared.metavar if slot.needed else f"[{slot.declared.metavar}]" for slot in words]
    return " ".join([*names, "[OPTIONS]"])


def _row(slot: Slot) -> tuple[str, str]:
    """`-l, --loss RECIPE` and its sentence, with the default where it is a word or a number."""
    declared = slot.declared
    names = ", ".join(declared.flags) if len(declared.flags[0]) == 2 else f"    {', '.join(declared.flags)}"
    value = "" if slot.switch else f" {declared.metavar}"
    default = slot.default
    shown = declared.choices and isinstance(default, str) and "(the default)" not in declared.help and default != "auto"
    return names + value, f"{declared.help.removesuffix('.')} (default: {default})." if shown else declared.help
