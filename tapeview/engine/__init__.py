"""The tape engine: tensors, variables, ops, gradient tapes. Needs NumPy and nothing else."""

import tapeview.engine.ops  # noqa: F401 - fills the op tables
