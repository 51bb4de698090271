"""`python -m bot` is the `docent` command."""

import sys

from bot.cli import main

sys.exit(main())
