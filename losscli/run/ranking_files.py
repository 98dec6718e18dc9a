"""Writes a comparison of models to the files of --output, and returns its text for stdout."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.core.errors import UsageError, raise_all, visible
from losscli.core.workflow import step_summary
from losscli.output.files import Outputs, Stream
from losscli.report.formats import by_suffix
from losscli.report.ranking import Ranking
from losscli.report.render import ranking as page
from losscli.report.render.style import Style
from losscli.run.declared import choose


def files_of(outputs: Sequence[str]) -> list[tuple[str, str]]:
    """`FORMAT=FILE`, or files whose suffixes name a format, as (format, path). Raises UsageError with every other one."""
    found: list[tuple[str, str]] = []
    errors: list[UsageError] = []
    for text in outputs:
        head, equals, path = text.partition("=")
        named = choose(head, dict.fromkeys(page.FORMATS, ())) if equals and path else None
        suffixed = by_suffix(text)
        if named is not None:
            found.append((named, path))
        elif suffixed in page.FORMATS and (not equals or not head.isalpha()):
            found.append((str(suffixed), text))
        else:
            fix = f"FORMAT=FILE with one of {', '.join(page.FORMATS)}, or a file ending in {', '.join(page.SUFFIXES)}"
            errors.append(UsageError(f"--output {visible(text)!r} names no format of a comparison", fix=fix))
    raise_all(errors)
    return found


def written(
    found: Ranking, files: Sequence[tuple[str, str]], shown: str, style: Style, inputs: Sequence[str], stdout: Stream
) -> str:
    """The text for stdout; the files are written."""
    with Outputs(inputs, stdout) as out:
        for name, file in [(name, out.open(path, append=path == step_summary())) for name, path in files]:
            file.write(page.render(found, name, style))
        text = page.render(found, shown, style) if shown else ""
        out.commit()
    return text
