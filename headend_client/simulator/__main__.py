"""`python -m headend_client.simulator`."""

import sys

from headend_client.simulator.main import main

sys.exit(main())
