"""``python -m tapeview``."""

import sys

from tapeview.cli import main

if __name__ == "__main__":
    sys.exit(main())
