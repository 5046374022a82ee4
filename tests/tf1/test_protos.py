"""``tf.ConfigProto`` and its kind."""

from __future__ import annotations

import pytest

from tapeview.tf1.protos import ConfigProto, GPUOptions, OptimizerOptions, RunMetadata, RunOptions


def test_settings_are_written_as_messages() -> None:
    config = ConfigProto(
        allow_soft_placement=True, device_count={"GPU": 0},
        gpu_options=GPUOptions(allow_growth=True, per_process_gpu_memory_fraction=0.5),
    )  # fmt: skip
    config.inter_op_parallelism_threads = 3
    config.graph_options.optimizer_options.global_jit_level = OptimizerOptions.ON_1
    assert str(config) == (
        'device_count {\n  key: "GPU"\n  value: 0\n}\n'
        "inter_op_parallelism_threads: 3\n"
        "gpu_options {\n  per_process_gpu_memory_fraction: 0.5\n  allow_growth: true\n}\n"
        "allow_soft_placement: true\n"
        "graph_options {\n  optimizer_options {\n    global_jit_level: ON_1\n  }\n}\n"
    )
    assert str(RunOptions(trace_level=RunOptions.FULL_TRACE)) == "trace_level: FULL_TRACE\n"


def test_fields_begin_with_their_defaults() -> None:
    config = ConfigProto()
    assert config.gpu_options.allow_growth is False
    assert (config == ConfigProto(), str(config)) == (True, "")
    config.gpu_options.allow_growth = True
    config.device_count["CPU"] = 1
    assert config != ConfigProto()
    assert (config.HasField("gpu_options"), config.HasField("graph_options")) == (True, False)
    other = ConfigProto()
    other.CopyFrom(config)
    assert other == config
    assert str(RunMetadata().step_stats) == ""


def test_a_field_that_is_not_known() -> None:
    with pytest.raises(ValueError, match=r'^Protocol message ConfigProto has no "foo" field\.$'):
        ConfigProto(foo=1)
    with pytest.raises(AttributeError, match=r'^Protocol message ConfigProto has no "foo" field\.$'):
        ConfigProto().foo = 1
    with pytest.raises(AttributeError, match=r"^foo$"):
        _ = ConfigProto().foo
