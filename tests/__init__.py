"""The tests. What they expect is what is written outside CI, so its variables are unset."""

import os

from losscli.core.workflow import VARIABLES

for name in VARIABLES:
    os.environ.pop(name, None)
