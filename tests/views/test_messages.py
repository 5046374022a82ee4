"""Messages of errors are shortened where they say nothing, and nowhere else."""

from __future__ import annotations

from tapeview.views.messages import readable


def test_the_device_and_an_empty_name_go() -> None:
    node = "{{function_node __wrapped__Sub_device_/job:localhost/replica:0/task:0/device:CPU:0}}"
    message = f"InvalidArgumentError: {node} Incompatible shapes: [3,2] vs. [3,5] [Op:Sub] name: "
    assert readable(message) == "InvalidArgumentError: Incompatible shapes: [3,2] vs. [3,5] [Op:Sub]"


def test_everything_else_stays() -> None:
    for message in ("손실이 NaN입니다", "a {dict} and {{braces}}", "[Op:Sub] name: mine", "two\nlines", ""):
        assert readable(message) == message
