"""Write the generated files of `sample_traces`, or check them: see `gallery`."""

import sys

from agenttrace.samples.gallery import main

sys.exit(main(sys.argv[1:]))
