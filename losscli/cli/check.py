"""The command that runs the checks of a configuration file, each in a process, and prints a block for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from losscli.cli import check_reports, exits, messages
from losscli.cli.check_folder import inside
from losscli.cli.declarations import Command
from losscli.cli.evaluate import style
from losscli.core.errors import (
    BUG,
    DATA,
    GATE_FAILED,
    INTERRUPTED,
    OK,
    USAGE,
    UsageError,
    Where,
    applies_only,
    nearest,
    raise_all,
    some,
    visible,
)
from losscli.core.records import replace
from losscli.run.config.find import PREFIX
from losscli.run.declared import GATES, Argument, Option, of_command, unread
from losscli.run.options import ConfigOptions, OutputOptions, RunOptions
from losscli.spec.names import FAMILIES

if TYPE_CHECKING:
    from losscli.cli.check_process import Finished, Job
    from losscli.cli.check_reports import Reports
    from losscli.run.config.read import Check, Config

ORDER = (OK, GATE_FAILED, USAGE, DATA, INTERRUPTED, BUG)
"""Exit codes, the worst last."""
ENDS = {OK: "passed", GATE_FAILED: "failed", INTERRUPTED: "interrupted", BUG: "not evaluated, by a bug in losscli"}
"""What a check ended as, by its exit code."""


def check(
    *,
    names: Annotated[tuple[str, ...], Argument("NAME…", "The checks to run, by name (default: all).", complete="check")] = (),
    update_baseline: Annotated[
        bool,
        Option(
            "--update-baseline",
            "Write the baselines of the checks, reports with the losses of their samples, and nothing else; judge no gate.",
            group=GATES,
        ),
    ] = False,
    force: Annotated[bool, Option("--force", "Update baselines even where CI=true.", group=GATES)] = False,
    power: Annotated[
        bool,
        Option(
            "--power",
            "Show what each gate can see, from the spread of this run: how likely it is to fail at no change, at its limit and at "
            "twice the limit; fail nothing.",
            group=GATES,
        ),
    ] = False,
    self_test: Annotated[
        bool,
        Option(
            "--self-test",
            "Show how often each gate fails by chance (A/A): judge it on 200 random splits of the units of this run into halves, "
            "between which there is nothing to find; fail nothing.",
            group=GATES,
        ),
    ] = False,
    source: ConfigOptions,
    output: OutputOptions,
    running: RunOptions,
) -> int:
    found = configured(source)
    chosen = selected(found, names)
    around = {} if source.isolated else variables(quiet=output.quiet)
    given = {**on_command_line(check_reports.each(output)), **on_command_line(running)}
    raws: list[Mapping[str, Any]] = [{**x.raw, **around.get(x.family, {}), **given} for x in chosen]
    show = block
    ways = {"--power": power, "--self-test": self_test, "--update-baseline": update_baseline}
    if len(given_ways := [way for way, asked in ways.items() if asked]) > 1:
        raise UsageError(f"{' and '.join(given_ways)} cannot be used together", fix="use only one of them")
    if force and not update_baseline:
        raise applies_only("--force", "with --update-baseline", "add --update-baseline, or omit it")
    if update_baseline:
        from losscli.cli import check_baselines

        output = check_baselines.alone(output)
        chosen, raws = check_baselines.updates(found.folder, chosen, raws, force)
        show = check_baselines.show
    if trial := power or self_test:
        from losscli.cli import check_gates

        show = check_gates.show_power if power else check_gates.show_alarms
    reports = check_reports.asked(output, style(output))
    before_running(found, chosen, raws, reports)
    workers = given.get("jobs") or around.get(chosen[0].family, {}).get("jobs")
    many, jobs = shared(found.folder, chosen, raws, workers, self_test)
    jobs = [replace(job, shown=reports.formats) for job in jobs]
    write = messages.pass_on if any(path == "-" for _, path in reports.files) else exits.write
    ended: list[Finished] = []
    with reports.opened([found.path]) as files:
        for done in in_order(jobs, many):
            if trial and done.code == GATE_FAILED:
                done = replace(done, code=OK)
            ended.append(done)
            if done.code == OK:
                show(done, write)
        reports.write(files, found.folder, ended)
    for done in sorted((x for x in ended if x.code != OK), key=lambda x: ORDER.index(x.code)):
        show(done, write)
    if not trial or any(x.code != OK for x in ended):
        write(f"{summary(ended)}\n")
    return max((x.code for x in ended), key=ORDER.index)


def configured(source: ConfigOptions) -> Config:
    """The configuration of --config, or of the nearest file. Raises UsageError where there is none, or it has no checks."""
    from losscli.run.config.find import NAME, nearest_file
    from losscli.run.config.read import read_config

    path = source.config or (None if source.isolated else os.environ.get(f"{PREFIX}CONFIG") or nearest_file())
    if path is None:
        where = "--isolated reads no file" if source.isolated else f"there is no {NAME} here or in a folder above"
        raise UsageError(f"no checks: {where}", fix="--config FILE names one; `losscli init PRED TARGET` writes one")
    found = read_config(path)
    if not found.checks:
        raise UsageError("there are no checks", Where(found.path), "add a [[check]]; `losscli init PRED TARGET` shows how")
    return found


def selected(config: Config, names: Sequence[str]) -> list[Check]:
    """The checks of these names, in the order of the file; all of them where there are none. Raises UsageError."""
    known = [x.name for x in config.checks]
    errors = []
    for name in dict.fromkeys(names):
        if name not in known:
            what = f"no check is named {visible(name)!r}{nearest(name, known)}"
            errors.append(UsageError(what, Where(config.path), f"one of {some(known)}"))
    raise_all(errors)
    return [x for x in config.checks if not names or x.name in names]


def on_command_line(record: OutputOptions | RunOptions) -> dict[str, Any]:
    """The options of `check` that override those of every check, as a command line gives them."""
    found = {slot: getattr(record, slot.name) for slot in of_command(type(record), "check")}
    return {slot.name: unread(slot, value) for slot, value in found.items() if value != slot.default}


def variables(quiet: bool) -> dict[str, dict[str, Any]]:
    """The options that the environment gives, by family. Raises UsageError for a value that one does not accept."""
    from losscli.run.config.environment import from_environment, misspelt
    from losscli.run.config.keys import options

    for text in () if quiet else misspelt(os.environ):
        messages.note(text)
    return {family: from_environment(options(family).values(), os.environ) for family in FAMILIES}


def shared(
    folder: str, checks: Sequence[Check], raws: Sequence[Mapping[str, Any]], workers: str | None, self_test: bool = False
) -> tuple[int, list[Job]]:
    """How many checks run at once, and the checks with the workers that each has; a number in the file counts unless `workers` is
    asked for."""
    from losscli.cli.check_process import Job, Look

    most = int(workers or cores())
    many = min(len(checks), most)
    share, look = {"jobs": str(max(1, most // many))}, Look.here()
    options = [{**raw, **share} if workers else {**share, **raw} for raw in raws]
    return many, [Job(check, folder, raw, look, self_test) for check, raw in zip(checks, options, strict=True)]


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def before_running(config: Config, checks: Sequence[Check], raws: Sequence[Mapping[str, Any]], reports: Reports) -> None:
    """Read every recipe, gate and output before any check runs. Raises UsageError with every mistake of all checks."""
    from losscli.cli.check_process import asked_of
    from losscli.run.prepare import adopted
    from losscli.run.understand import understand, written

    errors: list[UsageError] = []
    owners = dict(reports.paths)
    with inside(config.folder):
        for check, raw in zip(checks, raws, strict=True):
            try:
                request = asked_of(check, raw, reports.formats).request()
                if not request.loss_files:  # user code runs in the check's own process
                    understand(request, adopted(request))
                for path in written(request):
                    real = os.path.realpath(path)
                    if owners.setdefault(real, check.name) != check.name:
                        raise UsageError(f"writes {visible(path)}, as {visible(owners[real])} does", fix="give each its own file")
            except UsageError as e:
                errors += [located(x, check) for x in getattr(e, "errors", (e,))]
    raise_all(errors)


def located(error: UsageError, check: Check) -> UsageError:
    """The error with the check that it is of, and its place in the file."""
    return UsageError(f"{check.name}: {error.what}", error.where or check.where, error.fix)


def in_order(jobs: Sequence[Job], many: int) -> Iterator[Finished]:
    """What the jobs left, in their order; so many run at once."""
    from losscli.cli.check_process import Processes
    from losscli.core.threads import Threads

    processes = Processes()
    with Threads(many) as pool:
        try:
            yield from pool.map(processes.run, jobs)
        finally:
            processes.end()
            pool.shutdown(cancel_futures=True)


def block(done: Finished, write: Callable[[str], None]) -> None:
    """Print a check: its name and how it ended, its messages, its report. write: prints text, on stderr where stdout is taken."""
    write(f"{exits.heading(f'{done.check.name}: {ending(done)}')}\n")
    messages.pass_on(done.err)
    write(f"{done.out.rstrip()}\n\n" if done.out.strip() else "\n")


def ending(done: Finished) -> str:
    """How a check ended, in words."""
    if done.code == OK and done.report is not None and done.report.verdict == "warn":
        return "passed with warnings"
    return ENDS.get(done.code, "not evaluated")


def summary(ended: Sequence[Finished]) -> str:
    """`3 checks: 2 passed, 1 failed (detector)`."""
    groups: dict[str, list[str]] = {}
    for done in sorted(ended, key=lambda x: (ORDER.index(x.code), ending(x) != ENDS[OK])):
        groups.setdefault(ending(done), []).append(done.check.name)
    parts = [f"{len(names)} {how}{'' if how == 'passed' else _listed(names)}" for how, names in groups.items()]
    return f"{len(ended)} check{'' if len(ended) == 1 else 's'}: {', '.join(parts)}"


def _listed(names: Iterable[str]) -> str:
    return f" ({', '.join(map(visible, names))})"


CHECK = Command(
    "check",
    check,
    "Run the checks of losscli.toml, or of [tool.losscli] in pyproject.toml: the entry point of CI.",
    ("losscli check", "losscli check boxes --jobs 2", "losscli check --config losscli.toml --isolated"),
    "Paths are relative to the file. The exit code is that of the worst check: 3, 2, 1, 0.",
)
