"""``tf`` as the scripts see it, for tests that read like scripts."""

from __future__ import annotations

from typing import Any

from tapeview.tensorflow.loader import Namespace

tf: Any = Namespace("tensorflow", "tf")
