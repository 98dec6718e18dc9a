"""What reads numbers: the parser of OpenMetrics, GitLab's rule for its `metrics` report, and MLflow's for names.

GitLab: ee/lib/gitlab/ci/parsers/metrics/generic.rb. MLflow: mlflow/utils/validation.py of mlflow-skinny 3.17.2, against which
the port was compared.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families

MOST_LETTERS = 250


def samples(text: str) -> list[Any]:
    """The samples of the only family, of type gauge, each once."""
    (family,) = text_string_to_metric_families(text)
    assert (family.name, family.type) == ("losscli_loss", "gauge")
    found = list(family.samples)
    assert len({tuple(sorted(x.labels.items())) for x in found}) == len(found)
    return found


def by_gitlab(text: str) -> dict[str, str]:
    """The metrics by name as GitLab reads them: lines are cut at `#` and split as a shell would."""
    words = [shlex.split(re.sub(r"#.*$", "", line)) for line in text.split("\n") if line.strip()]
    rows = [(name, value) for name, *values in (x for x in words if x) for value in values[:1]]
    assert len({name for name, _ in rows}) == len(rows)
    return dict(rows)


def taken_by_mlflow(name: str) -> bool:
    """Whether MLflow takes a metric of that name."""
    path = posixpath.normpath(name)
    plain = path == name and path != "." and not path.startswith(("..", "/"))
    return bool(re.match(r"^[/\w.\- :]*$", name)) and plain and len(name) <= MOST_LETTERS
