"""`python -m agenttrace` is the command `agenttrace`."""

import sys

from agenttrace.cli import main

sys.exit(main())
