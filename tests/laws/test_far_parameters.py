"""Every parameter of every loss at the far ends of what it accepts: a value, an error of losscli, and nothing else."""

from __future__ import annotations

import numpy as np

from losscli.core.errors import LosscliError
from losscli.spec import registry
from losscli.spec.recipe import parse
from tests.support.evaluate import run
from tests.support.every import every_loss
from tests.support.examples import MAKERS

FAR = ("1e300", "1e-300", "-1e300", "1e100")
WHOLE = ("1000000000000000", "1000")
LISTS = ("[1e300,1e-300,1,1]",)


@every_loss
def test_no_number_is_too_large_or_too_small(family, loss):
    required = {p.name: p.example for p in loss.params if p.required}
    for p in loss.params:
        texts = FAR if {"float", "angle"} & set(p.kinds) else WHOLE if "int" in p.kinds else LISTS if "vector" in p.kinds else ()
        for text in texts:
            attempt(family, loss, f"{loss.name}:" + ",".join(f"{k}={v}" for k, v in {**required, p.name: text}.items()))


def attempt(family, loss, recipe):
    """Evaluate with the gradient on the first shape of arrays that the loss takes."""
    try:
        (_, term) = parse(recipe, registry.load(family)).terms[0]
        form = next(f for f in loss.forms if f.applies(term.params))
        plain = {**dict(term.params), **{k: 2 for k in ("k",) if k in dict(term.params)}}
        _, arrays, conventions = next(iter(MAKERS[family](form, type(term.params)(plain), np.random.default_rng(0))))
        with np.errstate(all="ignore"):  # as a run does
            run(family, recipe, arrays, gradient=True, form=form, **conventions)
    except LosscliError:
        pass
    except Exception as e:
        raise AssertionError(f"{recipe}: {type(e).__name__}: {e}") from e
