"""Where in its step a finding stands."""

from __future__ import annotations

from tapeview.explain.finding import Finding
from tapeview.trace.query import Step


def position_of(step: Step, finding: Finding) -> int:
    """Where in its step a finding happens: at the op, or where its rule was applied; else at the end."""
    backward = step.backward_of_op.get(finding.op, ())
    if finding.backward and backward:
        return backward[0]
    return step.position_of_op.get(finding.op, max(0, len(step.positions) - 1))
