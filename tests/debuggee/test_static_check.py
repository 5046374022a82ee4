"""Names that a script will not find, found before it runs."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tapeview.debuggee.static_check import Unsupported, decode, summary, unsupported_names
from tapeview.tensorflow import names


@pytest.fixture(autouse=True)
def _small_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tapeview has grows; these tests are about how scripts are read."""
    monkeypatch.setattr(
        names,
        "NAMES",
        {
            "tf": {"Variable": "m:Variable", "square": "m:square"},
            "tf.keras.layers": {"Dense": "m:Dense"},
            "tf.nn": {"relu": "m:relu"},
        },
    )
    monkeypatch.setattr(
        names, "_NAMESPACES", frozenset({"tf", "tf.keras", "tf.keras.layers", "tf.nn", "tf.compat", "tf.compat.v2"})
    )


def found(source: str) -> dict[str, tuple[int, ...]]:
    return {name.name: name.lines for name in unsupported_names(dedent(source).lstrip("\n"))}


CASES = {
    "plain": ("import tensorflow as tf\ntf.foo(1)\ntf.square(tf.foo)\n", {"tf.foo": (2, 3)}),
    "not renamed": ("import tensorflow\ntensorflow.foo\ntensorflow.square", {"tf.foo": (2,)}),
    "nested": (
        "import tensorflow as tf\ntf.nn.foo\ntf.nn.relu\ntf.keras.layers.Foo(3)",
        {"tf.nn.foo": (2,), "tf.keras.layers.Foo": (4,)},
    ),
    "a namespace that is missing": (
        "import tensorflow as tf\ntf.contrib.rnn.Cell(3).call()",
        {"tf.contrib.rnn.Cell": (2,)},
    ),
    "attributes of objects are not looked at": ("import tensorflow as tf\ntf.Variable.foo\ntf.square(2).bar", {}),
    "dunder names": ("import tensorflow as tf\ntf.__version__\ntf.__foo__\ntf.nn.__name__", {}),
    "from": (
        "from tensorflow import keras, square, foo\nfrom tensorflow.nn import relu, bar",
        {"tf.foo": (1,), "tf.nn.bar": (2,)},
    ),
    "from, renamed": ("from tensorflow.keras import layers as L\nL.Dense\nL.Foo", {"tf.keras.layers.Foo": (3,)}),
    "import of a submodule": (
        "import tensorflow.keras as K\nK.layers.Foo\nimport tensorflow.foo",
        {"tf.keras.layers.Foo": (2,), "tf.foo": (3,)},
    ),
    "keras by itself": (
        "import keras\nfrom keras.layers import Dense, Foo\nkeras.bar",
        {"tf.keras.layers.Foo": (2,), "tf.keras.bar": (3,)},
    ),
    "alias by assignment": (
        "import tensorflow as tf\nK = tf.keras\nL = K.layers\nL.Foo\nf = tf.square\nf.foo",
        {"tf.keras.layers.Foo": (4,)},
    ),
    "what hangs on a missing name": ("import tensorflow as tf\nx = tf.foo\nx.bar", {"tf.foo": (2,)}),
    "an import inside a function": ("def f():\n    import tensorflow as tf\n    tf.foo\ntf.bar", {"tf.foo": (3,)}),
    "in functions, classes and lambdas": (
        "import tensorflow as tf\nclass A(tf.Foo):\n    x = tf.a\n"
        "    def f(self, y=tf.b):\n        return lambda z=tf.c: tf.d\n",
        {"tf.Foo": (2,), "tf.a": (3,), "tf.b": (4,), "tf.c": (5,), "tf.d": (5,)},
    ),
    "in comprehensions and f-strings": (
        "import tensorflow as tf\n[tf.a for _ in tf.b]\nf'{tf.c:{tf.d}}'",
        {"tf.a": (2,), "tf.b": (2,), "tf.c": (3,), "tf.d": (3,)},
    ),
    "decorators and annotations": (
        "import tensorflow as tf\n@tf.dec\ndef f(x: tf.Ann) -> tf.Ret:\n    pass",
        {"tf.dec": (2,), "tf.Ann": (3,), "tf.Ret": (3,)},
    ),
    "a parameter hides the module": (
        "from tensorflow.keras import layers\ndef f(layers):\n    layers.append(1)\nlayers.Foo",
        {"tf.keras.layers.Foo": (4,)},
    ),
    "a local variable hides the module": (
        "from tensorflow.keras import layers\ndef f():\n    layers = []\n    layers.append(1)",
        {},
    ),
    "a loop variable hides the module": (
        "import tensorflow as tf\ndef f():\n    for tf in []:\n        tf.foo\n[tf.foo for tf in []]",
        {},
    ),
    "a name in a class is not seen by its methods": (
        "import tensorflow as tf\nclass A:\n    tf = 3\n    def f(self):\n        return tf.foo\n",
        {"tf.foo": (5,)},
    ),
    "a rebound module": ("import tensorflow as tf\ntf = wrap(tf)\ntf.foo", {}),
    "with, except, walrus, match, star": (
        "import tensorflow as tf\nwith open('x') as a, b() as (c, *d): pass\ntry: pass\nexcept E as tf: tf.foo\n",
        {},
    ),
    "global": ("import tensorflow as tf\ndef f():\n    global tf\n    tf.foo\n", {"tf.foo": (4,)}),
    "either of two modules": (
        "try:\n    import tensorflow.compat.v2 as tf\nexcept ImportError:\n    import tensorflow as tf\n"
        "tf.square\ntf.foo",
        {"tf.compat.v2.foo": (6,)},
    ),
    "names the script sets itself": (
        "import tensorflow as tf\ntf.model = 3\ntf.model.fit(1)\nprint(tf.model)\ntf.other",
        {"tf.other": (5,)},
    ),
    "setattr": ("import tensorflow as tf\nsetattr(tf, 'mine', 3)\ntf.mine", {}),
    "hasattr": ("import tensorflow as tf\nif hasattr(tf, 'foo'):\n    tf.foo()\ntf.bar", {"tf.bar": (4,)}),
    "getattr with a default": ("import tensorflow as tf\ngetattr(tf, 'foo', None)", {}),
    "expected to be missing": (
        "import tensorflow as tf\ntry:\n    tf.foo\nexcept AttributeError:\n    tf.bar\n",
        {"tf.bar": (5,)},
    ),
    "an except for something else": (
        "import tensorflow as tf\ntry:\n    tf.foo\nexcept ValueError:\n    pass\n",
        {"tf.foo": (3,)},
    ),
    "everything from": ("from tensorflow import *\nfrom tensorflow.foo import *", {"tf.foo": (2,)}),
    "relative imports are somebody else's": ("from .tensorflow import foo\nfrom . import keras\nkeras.bar", {}),
    "somebody else's module": ("import tensorflow_probability as tf\ntf.foo\nimport numpy as np\nnp.foo", {}),
    "no module at all": ("tf.foo", {}),
    "an alias of a namespace": ("import tensorflow.compat.v2 as tf\ntf.square\ntf.foo", {"tf.compat.v2.foo": (3,)}),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES.keys())
def test_a_script_is_read_as_python_would(source: str, expected: dict[str, tuple[int, ...]]) -> None:
    assert found(source) == expected


@pytest.mark.parametrize("source", ["x = = 1", "\0", "(" * 5000 + ")" * 5000, "f'{'", ""])
def test_a_source_that_cannot_be_parsed_has_no_such_names(source: str) -> None:
    assert unsupported_names(source) == []


def test_a_deeply_nested_source_does_not_crash_the_check() -> None:
    source = "import tensorflow as tf\nx = " + "+".join(["tf.foo"] * 3000)
    assert unsupported_names(source) in ([], [Unsupported("tf.foo", (2,))])


def test_the_summary_is_short() -> None:
    many = [Unsupported(f"tf.name{number}", tuple(range(1, 10))) for number in range(30)]
    text = summary(many, "/some/train.py")
    assert text.startswith("tapeview: train.py uses 30 names that tapeview does not support yet:\n")
    assert "  tf.name0 (lines 1, 2, 3, 4, 5, …)\n" in text
    assert text.endswith("  and 10 more")
    assert summary([], "train.py") == ""
    assert summary(many[:1], "train.py").startswith("tapeview: train.py uses a name that")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("x = '가'\n".encode(), "x = '가'\n"),
        (b"# coding: cp949\nx = '\xb0\xa1'\n", "# coding: cp949\nx = '가'\n"),
        (b"\xef\xbb\xbfx = 1\r\n", "x = 1\n"),
        (b"x = '\xff'\n", "x = '\\xff'\n"),
        (b"# coding: no such thing\n", "# coding: no such thing\n"),
    ],
)
def test_sources_are_decoded_by_their_own_words(source: bytes, text: str) -> None:
    assert decode(source) == text
