"""The memory of a tile is free when its values are there: no kernel and no gradient leaves objects in a cycle of references, which
would hold their arrays until the garbage collector looks for it."""

from __future__ import annotations

import gc

from tests.support.evaluate import run
from tests.support.every import every_loss
from tests.support.examples import examples


@every_loss
def test_nothing_is_left_in_a_cycle(family, loss):
    example = examples(family, loss)[0]

    def evaluate():
        run(family, example.recipe, example.arrays, form=example.form, **example.conventions)

    evaluate()  # what is made once and kept
    gc.freeze()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        evaluate()
        evaluate()  # the boxes of the last tile are kept
        gc.collect()
        assert not {type(x).__name__ for x in gc.garbage if type(x).__module__.startswith("losscli.")}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.unfreeze()
