"""``python -m hsm``: the command `hsm`."""

import sys

from hsm.cli.main import main

sys.exit(main())
