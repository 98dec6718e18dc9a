"""Commands as data: a function whose parameters are records of options and declared words, flattened for the parsers of argv."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

from losscli.cli import exits, messages
from losscli.core.lazy import lazy
from losscli.run.config.layers import layered
from losscli.run.declared import NEEDED, Argument, Declared, Slot, of_command, read_all
from losscli.run.options import LAYERED, ConfigOptions
from losscli.run.read_options import ReadOptions

if TYPE_CHECKING:
    import typer


_NOTHING: tuple[Any, ...] = (None, False, [], ())
"""What parsers give for an option that was not given."""


class Command:
    """One command: its name, its help, and the function that does it and returns an exit code.

    The function's parameters are keyword-only names of records of options, of which the command gets the fields that apply
    to it, or its own declared arguments.
    """

    def __init__(self, name: str, body: Callable[..., int], help: str, examples: Sequence[str] = (), epilog: str = "") -> None:
        self.name, self.body, self.help, self.examples, self.epilog = name, body, help, tuple(examples), epilog

    @lazy
    def _parts(self) -> dict[str, tuple[Any, tuple[Slot, ...]]]:
        """By parameter of the function: the record or None, and its slots."""
        defaults: Mapping[str, Any] = self.body.__kwdefaults__ or {}
        parts: dict[str, tuple[Any, tuple[Slot, ...]]] = {}
        for name, hint in get_type_hints(self.body, include_extras=True).items():
            if isinstance(getattr(hint, "__metadata__", (None,))[0], Declared):
                parts[name] = None, (Slot(name, hint, defaults.get(name, NEEDED)),)
            elif name != "return":
                parts[name] = hint, of_command(hint, self.name)
        return parts

    @lazy
    def slots(self) -> list[Slot]:
        """Every word and option of the command."""
        own = [slot for _, slots in self._parts.values() for slot in slots]
        return [*own, *of_command(ConfigOptions, self.name)] if self.name in LAYERED else own

    @property
    def words(self) -> list[Slot]:
        """The parameters by position."""
        return [slot for slot in self.slots if isinstance(slot.declared, Argument)]

    def __call__(self, **raw: Any) -> None:
        """Run it with a parser's raw values by name, and exit with its code."""
        exits.state["debug"] = bool(raw.get("debug"))
        exits.guarded(lambda: self.body(**self._arguments(raw)))

    def _arguments(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        found = self.completed(raw)
        return self.values(found, frozenset(x for x in found if found[x] not in _NOTHING and raw.get(x) in _NOTHING))

    def completed(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """A parser's raw values with those of the environment and of a configuration file, which are said in a note."""
        if self.name not in LAYERED:
            return raw
        found = layered(self.slots, raw)
        if not found.raw.get("quiet"):
            for text in found.notes:
                messages.note(text)
        return found.raw

    def values(self, raw: Mapping[str, Any], shared: frozenset[str] = frozenset()) -> dict[str, Any]:
        """The arguments of the function: its records and words, from a parser's raw values. Raises UsageError. shared: the options
        that settings of several commands give."""
        values = read_all(self.slots, {name: x for name, x in raw.items() if x not in _NOTHING})
        given: dict[str, Any] = {}
        for name, (record, slots) in self._parts.items():
            mine = {slot.name: values[slot.name] for slot in slots if slot.name in values}
            if record is ReadOptions:
                mine["shared"] = shared
            given.update({name: record(**mine)} if record is not None else mine)
        return given


def add(app: typer.Typer, command: Command, page: Any, whole: bool = True) -> None:
    """Give the command to a Typer app; unless `whole`, without parameters, as its name and summary need none.

    Typer only splits argv into texts: what they mean is read in one place, `Slot.read`.
    """
    function = for_typer(command) if whole else _nothing
    app.command(command.name, cls=page, help=command.help, epilog=command.epilog or None)(function)


def _nothing() -> None:
    pass


def for_typer(command: Command) -> Callable[..., None]:
    """The command as a function with a signature in Typer's own words."""
    from inspect import Parameter, Signature

    import typer

    from losscli.cli.completion import offers

    def call(**raw: Any) -> None:
        command(**raw)

    parameters = []
    for slot in command.slots:
        declared = slot.declared
        facts: dict[str, Any] = {"help": declared.help, "metavar": declared.metavar or None, "show_default": False}
        if declared.complete or declared.choices:
            facts["autocompletion"] = offers(command.name, slot)
        several = tuple[str, str] if slot.declared.pair else list[str]
        kind: Any = int if slot.count else bool if slot.switch else several if slot.many else str
        default: Any = 0 if slot.count else False if slot.switch else None
        if isinstance(declared, Argument):
            default = Parameter.empty if slot.needed else None
            word = typer.Argument(**facts)
            kind = list[str] if slot.many else str
            hint: Any = Annotated[kind, word] if slot.needed else Annotated[kind | None, word]
        else:
            if slot.switch:
                facts["metavar"] = None
            if slot.count:
                facts["count"] = True
            hint = Annotated[kind if slot.switch else kind | None, typer.Option(*declared.flags, **facts)]
        parameters.append(Parameter(slot.name, Parameter.KEYWORD_ONLY, default=default, annotation=hint))
    call.__name__ = command.name
    call.__annotations__ = {p.name: p.annotation for p in parameters}
    call.__dict__["__signature__"] = Signature(parameters)
    call.__dict__["command"] = command
    return call
