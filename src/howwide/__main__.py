"""``python -m howwide``."""

import sys

from howwide.cli import main

if __name__ == "__main__":
    sys.exit(main())
