"""`python -m bopis.migrations "what changes"` writes the next step."""

from __future__ import annotations

import sys

from bopis.migrations.compare import revise

if len(sys.argv) != 2:
    sys.exit('Say in a few words what changes: python -m bopis.migrations "pickups know their hold time"')
print(revise(sys.argv[1]))
