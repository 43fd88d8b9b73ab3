"""The modules beside the tests can be imported by their names, as they can where one of them is run as a script."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
