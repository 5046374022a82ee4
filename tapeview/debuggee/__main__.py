"""Runs a script under the recorder. Started by file name, so that no folder of the script's can hide a module of
ours."""

import sys
from pathlib import Path

_root = str(Path(__file__).resolve().parents[2])
_added = _root not in sys.path
if _added:
    # A checkout that is not installed. Once the package is loaded its modules are found without this entry.
    sys.path.append(_root)

from tapeview.debuggee.bootstrap import main  # noqa: E402

if _added:
    sys.path.remove(_root)

if __name__ == "__main__":
    sys.exit(main())
