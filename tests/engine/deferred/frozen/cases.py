"""What scripts with deferred graphs print, as functions of ``tf`` (``tensorflow.compat.v1`` without v2 behaviour).

The same functions run on TensorFlow (`make_deferred.py` writes what they give to ``deferred.json``) and on tapeview
(``test_frozen_deferred.py`` compares). A case is named after what it is about; what it returns is plain data.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Callable
from typing import Any

import numpy as np

CASES: dict[str, Callable[[Any], Any]] = {}


def case(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    CASES[function.__name__] = function
    return function


def refused(function: Callable[[], Any]) -> str:
    """Type and text of what ``function`` raises: of texts about a failed node only the core."""
    try:
        found = function()
    except Exception as error:
        text = str(error)
        if "Graph execution error" in text or "Original stack trace" in text:
            text = re.sub(r"(?s)^.*?\nNode: '[^\n]*\n", "", text).removeprefix("Graph execution error:\n\n")
            text = re.sub(r"(?s)\n\nOriginal stack trace.*$", "", text)
        text = re.sub(r"0x[0-9a-f]+", "0x", text)
        return f"{type(error).__name__}: {text}"
    return f"nothing raised, but {found!r}"


def plain(value: Any) -> Any:
    """Arrays as lists, everything else that is no number as text."""
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        return plain(array.tolist()) if array.dtype.kind not in "f" else array.astype(np.float64).tolist()
    if isinstance(value, bytes):
        return value.decode()
    return value if isinstance(value, (int, float, str, bool)) or value is None else str(value)


def names(tf: Any, *skip: str) -> list[str]:
    return [n.name for n in tf.get_default_graph().get_operations() if not n.name.endswith(skip)]


# -- sessions and fetches: 11.1, 11.5, 11.6 --------------------------------------------------------------------------


@case
def session_before_any_op(tf: Any) -> Any:
    sess = tf.Session()
    empty = refused(lambda: sess.run([]))
    a = tf.constant(1.0)
    return [empty, sess.run(a + 2.0)]


@case
def fetch_structures(tf: Any) -> Any:
    point = collections.namedtuple("point", "x y")
    a, b = tf.constant(1.5, name="a"), tf.constant([1, 2], name="b")
    w = tf.Variable(3.0, name="w")
    init = tf.global_variables_initializer()
    sess = tf.Session()
    done = sess.run(init)
    found = sess.run({"p": point(a, (b, [w])), "q": ["a:0", "w/Assign", init], "r": []})
    again = sess.run([a, a, "b:0"])
    kinds = [type(sess.run(a)).__name__, type(sess.run(b)).__name__, type(found["p"]).__name__]
    scalars = [
        type(sess.run(tf.constant(1))).__name__,
        type(sess.run(tf.constant(True))).__name__[:4],
        type(sess.run(tf.constant("s"))).__name__,
        sess.run(tf.constant("s")).decode(),
    ]
    return [done, found, again, kinds, scalars, sess.run([]), list(sess.run((a, b)))]


@case
def each_node_once_per_run(tf: Any) -> Any:
    tf.set_random_seed(1)
    r = tf.random_uniform([2])
    sess = tf.Session()
    x, y, z = sess.run([r, r + 0.0, r * 1.0])
    return [x.tolist() == y.tolist() == z.tolist(), sess.run(r).tolist() == x.tolist()]


@case
def bad_fetches(tf: Any) -> Any:
    with tf.Graph().as_default():
        gx = tf.constant(1.0, name="gx")
    a = tf.constant(1.0)
    sess = tf.Session()
    return [refused(lambda f=f: sess.run(f)) for f in (None, [a, None], 1, "nope:0", "nope", gx, [1.5])]


@case
def simultaneous_updates(tf: Any) -> Any:
    w, b = tf.Variable(2.0), tf.Variable(3.0)
    loss = tf.square(2.0 * w - b)
    dw, db = tf.gradients(loss, [w, b])
    u, v = tf.assign(w, w - 0.01 * dw), tf.assign(b, b - 0.01 * db)
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    return [sess.run([u, v]), sess.run([w, b]), sess.run([u, v])]


# -- tf.gradients: 11.2, 11.4, 11.20, 11.23 --------------------


@case
def gradients_of_the_notebook(tf: Any) -> Any:
    sess = tf.Session()
    x, b = tf.constant(1.0), tf.constant(2.0)
    y = 2 * x + b
    s, r, q = tf.sigmoid(y), tf.nn.relu(y), tf.nn.relu(y - 5)
    pairs = [(y, x), (y, b), (s, y), (s, x), (s, b), (r, x), (q, x)]
    return [sess.run(tf.gradients(t, v)) for t, v in pairs]


@case
def gradients_give_a_list(tf: Any) -> Any:
    x, z = tf.constant([1.0, 2.0]), tf.constant(3.0)
    y = tf.square(x)
    sess = tf.Session()
    found = tf.gradients([y, 3 * x], [x, z])
    given = tf.gradients(y, x, grad_ys=[1.0, 10.0] if False else tf.constant([1.0, 10.0]))
    return [
        len(found), sess.run(found[0]), found[1], sess.run(given[0]), tf.gradients(y, "a"),
        refused(lambda: tf.gradients(y, x, [tf.ones([2]), tf.ones([2])])),
        sess.run(tf.gradients(y, z, unconnected_gradients="zero")),
        sess.run(tf.gradients([y, x], [x])[0]),
    ]  # fmt: skip


@case
def gradients_stopped(tf: Any) -> Any:
    a = tf.constant(1.5)
    b = 2 * a
    sess = tf.Session()
    whole = tf.gradients(a * b + b, [a, b])
    part = tf.gradients(a * b + b, [a, b], stop_gradients=[a, b])
    cut = tf.gradients(a * tf.stop_gradient(b), a)
    return [sess.run(whole), sess.run(part), sess.run(cut)]


@case
def gradients_of_intermediates(tf: Any) -> Any:
    w = tf.Variable(3.0)
    h = 2 * w
    y = h * h
    g = tf.gradients(y, [h, w])
    both = tf.gradients([y, h], w)
    second = tf.gradients(g[1], w)
    third = tf.gradients(tf.gradients(w * w * w * w, w)[0] * w, w)
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    return [sess.run(g), sess.run(both), sess.run(second), sess.run(third), sess.run([y, g], {h: 5.0})]


@case
def hessians(tf: Any) -> Any:
    x = tf.Variable([1.0, 2.0, 3.0])
    y = tf.reduce_sum(x * x * x) + x[0] * x[1]
    m = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    z = tf.reduce_sum(tf.matmul(m, m))
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    return [sess.run(tf.hessians(y, x)), sess.run(tf.hessians(z, m))]


@case
def second_derivatives(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None])
    functions = {
        "exp": tf.exp, "log": tf.log, "tanh": tf.tanh, "sigmoid": tf.sigmoid, "sqrt": tf.sqrt, "sin": tf.sin,
        "pow": lambda v: v**3.5, "div": lambda v: 1.0 / v, "softplus": tf.nn.softplus, "square": tf.square,
        "softmax": lambda v: tf.nn.softmax(v)[0] * v, "mean": lambda v: tf.reduce_mean(v) * v,
        "matmul": lambda v: tf.matmul(tf.reshape(v, [1, -1]), tf.reshape(v * v, [-1, 1])),
    }  # fmt: skip
    sess = tf.Session()
    found = {}
    for word, function in functions.items():
        first = tf.gradients(function(x), x)[0]
        second = tf.gradients(first, x)[0]
        found[word] = sess.run([first, second], {x: [0.5, 1.25, 2.0]})
    return found


@case
def gradient_without_a_rule(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [4, 4, 3])
    y = tf.floor(x)
    return [tf.gradients(y, x), tf.gradients(tf.round(x), x), tf.gradients(tf.argmax(x), x)]


@case
def gradients_of_gathers(tf: Any) -> Any:
    table = tf.Variable(np.arange(12.0, dtype=np.float32).reshape(4, 3))
    rows = tf.gather(table, [1, 3, 1])
    g = tf.gradients(tf.reduce_sum(rows * rows), table)[0]
    dense = tf.convert_to_tensor(g)
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    fetched = sess.run(g)
    return [
        type(fetched).__name__,
        fetched.values,
        fetched.indices,
        sess.run(dense),
        sess.run(tf.gradients(tf.reduce_sum(rows) + tf.reduce_sum(table), table)[0] + 0.0),
    ]


@case
def tape_in_a_graph(tf: Any) -> Any:
    w, v = tf.Variable(3.0, use_resource=True), tf.Variable(1.0, trainable=False, use_resource=True)
    c = tf.constant(2.0)
    with tf.GradientTape() as tape:
        y = w * w * v * c
    with tf.GradientTape(persistent=True) as other:
        other.watch(c)
        z = c * c * w
    found = [tape.gradient(y, w), other.gradient(z, c), other.gradient(z, [w, c])]
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    return sess.run(found)


# -- feeds: 11.7, 11.8 --------------------


@case
def feeds(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    n = tf.placeholder(tf.int32, name="n")
    c = tf.constant(2.0, name="c")
    h = x * c
    w = tf.Variable(1.0, name="w")
    d = tf.placeholder_with_default([1.0, 2.0], [None], name="d")
    sess = tf.Session()
    sess.run(w.initializer)
    run = sess.run
    return [
        run(h, {x: [[1, 2]]}), run(h, {"x:0": np.ones((2, 2))}), run(h, {x: [[1, 2]], c: 10}),
        run(h + 1, {h: [[7, 7]]}),
        run(n + 1, {n: 1.5}), run(n, {n: [[1, 2]]}), run(w + 1.0, {w: 5.0}), run(d), run(d, {d: [5.0]}),
        refused(lambda: run(h, {x: [1, 2, 3]})), refused(lambda: run(h, {x: "a"})), refused(lambda: run(h, {x: None})),
        refused(lambda: run(h, {"nope:0": 1})), refused(lambda: run(h, {3: 1})),
        refused(lambda: run(h, {x: tf.ones((1, 2), name="ones_3")})), refused(lambda: run(n, {n: "a"})),
    ]  # fmt: skip


@case
def missing_feeds(tf: Any) -> Any:
    a, b = tf.placeholder(tf.float32), tf.placeholder(tf.float32, [10])
    c = tf.placeholder(tf.int64, [None, 2], name="c")
    sess = tf.Session()
    return [refused(lambda t=t: sess.run(t)) for t in (a, b + 1, tf.cast(c, tf.float32), tf.placeholder(tf.bool, []))]


# -- variables: 11.9, 11.11, 11.13, 11.14 --------------------


@case
def uninitialized(tf: Any) -> Any:
    v, w = tf.Variable(1.0), tf.Variable([1.0], name="w")
    u = tf.assign_add(v, 1.0)
    sess = tf.Session()
    return [refused(lambda f=f: sess.run(f)) for f in (v, v + 1, w, tf.square(w))] + [
        refused(lambda: sess.run(u))[:60], sess.run(tf.report_uninitialized_variables()),
        sess.run([tf.is_variable_initialized(v)]),
    ]  # fmt: skip


@case
def variables(tf: Any) -> Any:
    v = tf.Variable(1.0)
    w = tf.Variable(tf.ones([2, 3]), name="w", trainable=False)
    x = tf.Variable(v.initialized_value() * 3.0, name="x")
    init = tf.global_variables_initializer()
    later = tf.Variable(9.0, name="later")
    sess = tf.Session()
    sess.run(init)
    texts = [
        repr(v),
        str(w),
        str(v.dtype),
        v.dtype == tf.float32,
        v.dtype.base_dtype == tf.float32,
        v.name,
        v.op.name,
        v.op.type,
        repr(v.initializer),
        v.value().name,
        repr(v.value()),
        str(v.initial_value),
        str(w.shape),
        w.get_shape().as_list(),
        str(v.device),
        v.trainable if hasattr(v, "trainable") else None,
        [i.name for i in init.control_inputs],
        init.name,
        init.type,
        [t.name for t in tf.trainable_variables()],
        [t.name for t in tf.global_variables()],
        repr(v.read_value()),
        tf.global_variables_initializer().name,
    ]
    return [sess.run([v, w, x]), refused(lambda: sess.run(later))[:60], texts, v.eval(sess), w.eval(session=sess)]


@case
def assigns(tf: Any) -> Any:
    v = tf.Variable(1.0, name="v")
    n = tf.Variable([1, 2], name="n")
    u = tf.assign(v, v + 1)
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    run = sess.run
    found = [
        run(u),
        run(u),
        run(v.assign(7.0)),
        run(v.assign_add(1.0)),
        run(tf.assign_sub(v, 3.0)),
        run(v),
        run(tf.assign(n, [5, 6])),
        run(u.op),
        run(v),
        str(u),
        str(v.assign_add(1.0)),
        str(tf.assign_sub(v, 1.0)),
    ]
    v.load(7.5, sess)
    w = v
    w += 1
    return [
        *found,
        run(v),
        str(w),
        run(w),
        refused(lambda: tf.assign(v, [1.0, 2.0])),
        refused(lambda: tf.assign(n, [1, 2, 3])),
        refused(lambda: tf.assign(v, tf.constant(1))),
    ]


@case
def plus_one_makes_a_tensor(tf: Any) -> Any:
    v = tf.Variable(1.0)
    sess = tf.Session()
    sess.run(v.initializer)
    u = v + 1
    return [sess.run(u), sess.run(u), type(u).__name__ != type(v).__name__]


@case
def control_dependencies(tf: Any) -> Any:
    v = tf.Variable(1.0)
    u = tf.assign_add(v, 1.0)
    with tf.control_dependencies([u]):
        read, same = v.read_value(), tf.identity(v)
        nothing = tf.no_op()
    both = tf.group(u, tf.assign(tf.Variable(0.0, name="other"), 5.0), name="both")
    t = tf.tuple([v * 2.0, v * 3.0], control_inputs=[u])
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    return [
        sess.run(read),
        sess.run(same),
        sess.run([read, same]),
        sess.run(nothing),
        sess.run(v),
        sess.run(both),
        sess.run("other:0"),
        sess.run(t)[0] > 0,
        sess.run(v),
        both.name,
        both.type,
        nothing.name,
        repr(nothing),
        [c.name for c in nothing.control_inputs],
        refused(lambda: tf.group(1.0)),
    ]


# -- default sessions: 11.10 --------------------


@case
def default_sessions(tf: Any) -> Any:
    a = tf.constant(3.0, name="a")
    v = tf.Variable(1.0)
    none = [refused(lambda: a.eval()), refused(lambda: v.initializer.run()), refused(lambda: v.eval())]
    found = []
    with tf.Session() as sess:
        v.initializer.run()
        found += [a.eval(), (a + v).eval({a: 1.0}), v.eval(), tf.get_default_session() is sess]
    closed = refused(lambda: sess.run(a))
    after = refused(lambda: a.eval())
    other = tf.Session()
    with other.as_default():
        found.append(a.eval())
    found.append(other.run(a))
    inter = tf.InteractiveSession()
    found.append(a.eval())
    inter.close()
    with tf.Session(graph=tf.Graph()):
        wrong = refused(lambda: a.eval())
    return [none, found, closed, after, wrong, refused(lambda: inter.run(a))]


@case
def callables(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [])
    sess = tf.Session()
    f = sess.make_callable([x * 2, x + 1], [x])
    return [f(3.0), f(4), len(sess.list_devices()), sess.graph is tf.get_default_graph()]


# -- names: 11.12 --------------------


@case
def names_of_operators(tf: Any) -> Any:
    a, b = tf.constant(5.0), tf.constant(2.0)
    m = tf.constant([[1.0, 2.0]])
    i = tf.constant([1, 2])
    made = [
        a + b,
        a - b,
        a * b,
        a / b,
        a // b,
        a % b,
        a**b,
        -a,
        m @ tf.transpose(m),
        abs(a),
        tf.equal(a, b),
        a < b,
        a >= b,
        m[0],
        i[0:1],
        2 + a,
        3.0 * b,
        tf.constant(True) & tf.constant(False),
        ~tf.constant(True),
        1 - a,
    ]
    return [str(t) for t in made]


@case
def names_of_functions(tf: Any) -> Any:
    a, b = tf.constant([5.0, 1.0], name="a"), tf.constant([2.0, 2.0], name="b")
    m = tf.constant([[1.0, 2.0], [3.0, 4.0]], name="m")
    i = tf.constant([0, 1], name="i")
    made = {
        "add": tf.add(a, b), "sub": tf.subtract(a, b), "mul": tf.multiply(a, b), "divide": tf.divide(a, b),
        "div": tf.div(a, b), "matmul": tf.matmul(m, m), "mean": tf.reduce_mean(a), "sum": tf.reduce_sum(a),
        "max": tf.reduce_max(a), "square": tf.square(a), "sqrt": tf.sqrt(a), "exp": tf.exp(a), "log": tf.log(a),
        "sigmoid": tf.sigmoid(a), "tanh": tf.tanh(a), "relu": tf.nn.relu(a), "softmax": tf.nn.softmax(m),
        "argmax": tf.argmax(m, 1), "cast": tf.cast(a, tf.int32), "reshape": tf.reshape(m, [4]),
        "transpose": tf.transpose(m), "concat": tf.concat([m, m], 0), "stack": tf.stack([a, b]),
        "one_hot": tf.one_hot(i, 3), "zeros": tf.zeros([2]), "ones": tf.ones([2]), "zeros_like": tf.zeros_like(a),
        "ones_like": tf.ones_like(a), "clip": tf.clip_by_value(a, 0.0, 1.0), "range": tf.range(3),
        "split": tf.split(m, 2)[1], "normal": tf.random_normal([2]), "uniform": tf.random_uniform([2]),
        "truncated": tf.truncated_normal([2]), "where": tf.where(a > b, a, b), "bias": tf.nn.bias_add(m, a),
        "gather": tf.gather(m, i), "embedding": tf.nn.embedding_lookup(m, i),
        "sparse": tf.nn.sparse_softmax_cross_entropy_with_logits(labels=i, logits=m),
        "ce": tf.nn.softmax_cross_entropy_with_logits_v2(labels=m, logits=m),
        "sigmoid_ce": tf.nn.sigmoid_cross_entropy_with_logits(labels=m, logits=m),
        "fill": tf.fill([2], 1.0), "expand": tf.expand_dims(a, 0), "squeeze": tf.squeeze(tf.expand_dims(a, 0)),
        "identity": tf.identity(a), "stop": tf.stop_gradient(a), "tile": tf.tile(a, [2]), "pad": tf.pad(a, [[1, 1]]),
        "slice": tf.slice(a, [0], [1]), "shape": tf.shape(m), "pow": tf.pow(a, 2.0), "maximum": tf.maximum(a, b),
        "abs": tf.abs(a), "neg": tf.negative(a), "equal": tf.equal(a, b), "less": tf.less(a, b),
        "l2": tf.nn.l2_loss(a), "add_n": tf.add_n([a, b]), "squared": tf.math.squared_difference(a, b),
        "dropout": tf.nn.dropout(a, rate=0.5), "eye": tf.eye(2), "linspace": tf.linspace(0.0, 1.0, 3),
        "unstack": tf.unstack(a)[1], "elu": tf.nn.elu(a), "softplus": tf.nn.softplus(a), "norm": tf.norm(a),
        "cumsum": tf.cumsum(a), "top_k": tf.nn.top_k(a).values, "logsumexp": tf.reduce_logsumexp(a),
    }  # fmt: skip
    return {word: str(t) for word, t in made.items()}


@case
def unique_names_ignore_case(tf: Any) -> Any:
    a = tf.constant(1.0)
    made = [
        a + a,
        a + a,
        tf.add(a, a),
        tf.constant(1),
        tf.constant(2),
        tf.placeholder(tf.float32),
        tf.placeholder(tf.float32),
        tf.add(a, a, name="ADD"),
        tf.add(a, a, name="x"),
        tf.add(a, a, "x"),
    ]
    with tf.name_scope("s"):
        made += [tf.constant(0.0), a + a]
    with tf.name_scope("s") as scope:
        made += [tf.constant(0.0), tf.identity(a, name=scope), tf.add(a, 1.0, name="y")]
    with tf.name_scope("s/"):
        made.append(tf.constant(0.0))
    return [[t.name for t in made], scope, tf.get_default_graph().unique_name("add", mark_as_used=False)]


@case
def names_of_variables(tf: Any) -> Any:
    tf.Variable(1.0)
    tf.Variable(tf.zeros([2]))
    with tf.name_scope("n"):
        tf.Variable([1.0], name="k")
        tf.get_variable("gg", [2], initializer=tf.zeros_initializer())
    tf.Variable(2.0, name="k")
    tf.Variable(3.0, name="k")
    return [v.name for v in tf.global_variables()] + [n for n in names(tf) if "Initializer" not in n]


# -- graphs: 11.18 --------------------


@case
def graphs(tf: Any) -> Any:
    g = tf.Graph()
    with g.as_default():
        gx = tf.constant(1.0, name="gx")
        y = gx * 2.0
    a = tf.constant(1.0)
    sess = tf.Session(graph=g)
    found = [
        sess.run(y),
        [n.name for n in g.get_operations()],
        g.get_tensor_by_name("gx:0") is gx,
        g.get_operation_by_name("gx") is gx.op,
        gx.graph is g,
        tf.get_default_graph() is not g,
        y.op.type,
        [t.name for t in y.op.inputs],
        [t.name for t in y.op.outputs],
        [c.name for c in gx.consumers()],
        str(gx),
        repr(gx),
        repr(gx.op),
        gx.op.name,
        str(gx.dtype),
        gx.value_index,
    ]
    errors = [
        refused(lambda: g.get_tensor_by_name("q:0")),
        refused(lambda: g.get_tensor_by_name("gx")),
        refused(lambda: g.get_tensor_by_name("gx:1")),
        refused(lambda: g.get_operation_by_name("q")),
        refused(lambda: g.get_operation_by_name("gx:0")),
        refused(lambda: a + gx),
        refused(lambda: g.get_tensor_by_name("a:b")),
        refused(lambda: g.get_tensor_by_name(3)),
    ]
    g.finalize()
    with g.as_default():
        errors.append(refused(lambda: tf.constant(1.0)))
    tf.reset_default_graph()
    return [found, errors, len(tf.get_default_graph().get_operations()), tf.constant(0.0).name]


@case
def collections_of_a_graph(tf: Any) -> Any:
    tf.Variable(1.0, name="a")
    tf.Variable(1.0, name="b", trainable=False)
    tf.Variable(1.0, name="c", collections=[tf.GraphKeys.LOCAL_VARIABLES])
    with tf.variable_scope("s"):
        tf.get_variable("w", [1])
    tf.add_to_collection("mine", 3)
    tf.add_to_collection("mine", "x")
    return [
        [v.name for v in tf.global_variables()], [v.name for v in tf.trainable_variables()],
        [v.name for v in tf.local_variables()], [v.name for v in tf.trainable_variables("s")],
        tf.get_collection("mine"), tf.get_collection("none"),
        [v.name for v in tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope="s/")],
        sorted(tf.get_default_graph().get_all_collection_keys()),
    ]  # fmt: skip


# -- variable scopes: 11.19 --------------------


@case
def variable_scopes(tf: Any) -> Any:
    found: list[Any] = []
    with tf.variable_scope("a") as scope:
        w = tf.get_variable("w", [2])
        found += [w.name, tf.constant(0.0).name, scope.name, scope.original_name_scope]
        found += [refused(lambda: tf.get_variable("w", [2])).split(" Originally")[0]]
    with tf.variable_scope("a", reuse=True):
        found += [tf.get_variable("w") is w, tf.constant(0.0).name]
        found += [
            refused(lambda: tf.get_variable("q")),
            refused(lambda: tf.get_variable("w", [3])),
            refused(lambda: tf.get_variable("w", dtype=tf.float64)),
        ]
    with tf.variable_scope("a", reuse=tf.AUTO_REUSE):
        found += [tf.get_variable("w") is w, tf.get_variable("z", [1]).name]
        with tf.variable_scope("b"):
            found += [tf.get_variable("z", [1]).name, tf.get_variable("z", [1]).name, tf.constant(1.0).name]
    with tf.variable_scope(scope):
        found += [tf.constant(0.0).name, tf.get_variable_scope().name]
        tf.get_variable_scope().reuse_variables()
        found += [tf.get_variable("w") is w, tf.get_variable_scope().reuse]
    for _ in range(3):
        with tf.variable_scope(None, default_name="layer"):
            found += [tf.get_variable("k", [1]).name, tf.constant(0.0).name]
    with tf.name_scope("n"):
        found += [tf.Variable(0.0).name, tf.get_variable("gg", [1]).name]
    with tf.variable_scope("o"), tf.variable_scope("p"):
        found += [tf.get_variable("k", [1], tf.int32).name, tf.get_variable("k2", initializer=1.5).name]
    found += [
        refused(lambda: tf.get_variable("zz")),
        refused(lambda: tf.get_variable("zy", [None, 2])),
        refused(lambda: tf.get_variable("zx", [1], initializer=tf.constant([1.0]))),
    ]
    return found


@case
def getters_and_regularizers(tf: Any) -> Any:
    seen = []

    def getter(getter: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        seen.append(name)
        return getter(name, *args, **kwargs)

    def regularizer(w: Any) -> Any:
        return 0.5 * tf.reduce_sum(tf.square(w))

    with tf.variable_scope("s", custom_getter=getter, regularizer=regularizer, initializer=tf.ones_initializer()):
        v = tf.get_variable("v", [2])
        w = tf.get_variable("w", [3], initializer=lambda shape, dtype=None, partition_info=None: tf.fill(shape, 2.0))
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    return [seen, sess.run([v, w]), [t.name for t in losses], sess.run(losses)]


# -- symbolic tensors as Python values: 11.22 --------------------


@case
def not_a_value(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    c = tf.constant(1.0)
    return [
        refused(lambda: bool(c))[:80], refused(lambda: 1 if c > 0 else 0)[:80], refused(lambda: list(x))[:80],
        refused(lambda: len(x)), refused(lambda: float(c)), refused(lambda: np.exp(c)), refused(lambda: c.numpy()),
        c == c, c == tf.constant(1.0), c != 1.0, len({c, c, x}), refused(lambda: int(c)), refused(lambda: np.array(c)),
        refused(lambda: c.no_such_thing), refused(lambda: x.set_shape([3, 3])),
    ]  # fmt: skip


@case
def arrays_beside_tensors(tf: Any) -> Any:
    v = tf.Variable([1.0, 2.0])
    a = np.array([1.0, 2.0])
    made = [a * v, v * a, a + tf.constant([1.0, 1.0]), 2.0 - v, [1, 2] * tf.constant([3, 4]), np.float64(2.0) * v]
    sess = tf.Session()
    sess.run(v.initializer)
    return [[str(t.dtype) for t in made], sess.run(made)]


# -- shapes --------------------


@case
def static_shapes(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 784])
    u = tf.placeholder(tf.float32)
    w = tf.Variable(tf.zeros([784, 10]))
    images = tf.reshape(x, [-1, 28, 28, 1])
    made = [
        x,
        u,
        tf.matmul(x, w),
        tf.matmul(x, w) + tf.zeros([10]),
        images,
        tf.reduce_mean(x),
        tf.reduce_sum(x, 1),
        tf.reduce_sum(x, axis=0),
        u + 1.0,
        tf.reduce_mean(u),
        tf.shape(x),
        tf.shape(x)[0],
        tf.zeros([tf.shape(x)[0], 3]),
        tf.transpose(x),
        tf.concat([x, x], 0),
        tf.concat([x, x], 1),
        tf.expand_dims(x, -1),
        x[0],
        x[:, :5],
        x[:-1],
        tf.argmax(x, 1),
        tf.equal(tf.argmax(x, 1), tf.argmax(x, 1)),
        tf.one_hot(tf.argmax(x, 1), 5),
        tf.nn.max_pool(images, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"),
        tf.stack([x, x]),
        tf.unstack(x, axis=1)[3],
        tf.nn.conv2d(images, tf.zeros([5, 5, 1, 32]), [1, 1, 1, 1], "SAME"),
        tf.cast(u, tf.int32),
        tf.square(u),
        tf.tile(x, [2, 1]),
        tf.split(x, 2, 1)[0],
        tf.reshape(x, [tf.shape(x)[0], 28, 28]),
        tf.nn.softmax(u),
        tf.range(tf.shape(x)[0]),
        tf.gather(w, tf.cast(x[:, 0], tf.int32)),
        tf.matmul(u, w),
        tf.reshape(u, [-1, 2]),
    ]
    s = x.shape
    facts = [
        str(s),
        repr(s),
        s.as_list(),
        s.ndims,
        str(s[0]),
        repr(s[0]),
        s[0].value,
        int(s[1]),
        repr(s[1]),
        s[1] == 784,
        s[1].value * 2,
        str(s[1] * 2),
        x.get_shape()[1].value,
        str(u.shape),
        u.shape.ndims,
        s.is_fully_defined(),
        refused(lambda: u.shape.as_list()),
        refused(lambda: len(u.shape)),
        str(x.get_shape().merge_with([5, None])),
        str(s[1:]),
        str(s.concatenate([3])),
        bool(u.shape),
        s.num_elements(),
        [str(d) for d in s],
        str(s.dims),
    ]
    u.set_shape([None, 3])
    return [[str(t.shape) for t in made], facts, str(u.shape)]


@case
def shapes_that_do_not_fit(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    t = tf.constant([1, 2], name="t")
    f = tf.constant([1.0, 2.0], name="f")
    return [
        refused(lambda: tf.matmul(x, tf.ones([3, 1], name="ones_5"), name="MatMul_3")),
        refused(lambda: x + tf.ones([3], name="o")), refused(lambda: tf.add(f, tf.ones([3], name="p"))),
        refused(lambda: tf.matmul(f, f)), refused(lambda: tf.reshape(tf.ones([4], name="r"), [3])),
        refused(lambda: tf.reduce_sum(f, 5)), refused(lambda: t * 1.5), refused(lambda: t + 1.5),
        refused(lambda: tf.exp(t)), refused(lambda: tf.matmul(x, tf.ones([2, 1], tf.float64, name="d"))),
        refused(lambda: tf.add(f, t)), refused(lambda: f * t),
    ]  # fmt: skip


# -- random numbers: 10.14 --------------------


@case
def seeds(tf: Any) -> Any:
    tf.set_random_seed(42)
    a, b = tf.random_normal([3]), tf.random_uniform([3])
    v = tf.Variable(tf.truncated_normal([3], stddev=0.1))
    d = tf.nn.dropout(tf.ones([8]), rate=0.5)
    e, f = tf.random_normal([3], seed=1), tf.random_shuffle(tf.range(6))
    g = tf.get_variable("gv", [2, 2])
    found = []
    for _ in range(2):
        sess = tf.Session()
        sess.run(tf.global_variables_initializer())
        found.append(sess.run([a, b, v, d, e, f, g]))
        found.append(sess.run([a, b, d, e, f]))
    return found


# -- conditions and loops --------------------


@case
def conditions(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [])
    w = tf.Variable(3.0)
    y = tf.cond(x > 0, lambda: x * w, lambda: -x)
    a, b = tf.cond(tf.less(x, 0.0), lambda: (x, 2.0 * x), lambda: (w, x + w))
    z = tf.case([(x > 10, lambda: tf.constant(1.0)), (x > 5, lambda: x * x)], default=lambda: tf.constant(-1.0))
    g = tf.gradients(y, [x, w])
    u = tf.cond(x > 0, lambda: tf.assign(w, w + 1.0), lambda: tf.identity(w))
    sess = tf.Session()
    sess.run(w.initializer)
    found = [sess.run([y, a, b, z, g], {x: v}) for v in (2.0, -2.0, 6.0, 20.0)]
    return [found, sess.run(u, {x: -1.0}), sess.run(w), sess.run(u, {x: 1.0}), sess.run(w), str(y.shape), str(y.dtype)]


@case
def loops(tf: Any) -> Any:
    n = tf.placeholder(tf.int32, [])
    w = tf.Variable(1.5)
    i, total = tf.while_loop(lambda i, t: i < n, lambda i, t: (i + 1, t * w), [tf.constant(0), tf.constant(2.0)])
    g = tf.gradients(total, w)
    single = tf.while_loop(lambda k: k < 10, lambda k: k + 3, [0])
    elems = tf.constant([1.0, 2.0, 3.0])
    mapped = tf.map_fn(lambda e: e * e * w, elems)
    scanned = tf.scan(lambda a, e: a + e * w, elems)
    folded = tf.foldl(lambda a, e: a * e, elems)
    gm = tf.gradients([tf.reduce_sum(mapped), tf.reduce_sum(scanned)], [w, elems])
    sess = tf.Session()
    sess.run(w.initializer)
    return [
        sess.run([i, total, g], {n: 4}),
        sess.run([i, total, g], {n: 0}),
        sess.run(single),
        sess.run([mapped, scanned, folded]),
        sess.run(gm),
        str(mapped.shape),
        str(total.shape),
    ]


# -- Python functions --------------------


@case
def python_functions(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None])
    y = tf.py_func(lambda v: (v * 2).astype(np.float32), [x], tf.float32)
    a, b = tf.py_func(lambda v: (v.sum(), np.int64(len(v))), [x], [tf.float32, tf.int64])
    z = tf.py_function(lambda v: v * v, [x], tf.float32)
    z.set_shape([None])

    @tf.custom_gradient
    def clipped(v: Any) -> Any:
        return tf.identity(v), lambda g: tf.clip_by_value(g, -0.5, 0.5)

    c = tf.gradients(tf.reduce_sum(clipped(x) * 3.0), x)
    printed = tf.Print(x, [x], "x is")
    with tf.control_dependencies([tf.Assert(tf.reduce_all(x > 0), [x])]):
        checked = tf.identity(x)
    sess = tf.Session()
    feed = {x: [1.0, 2.0]}
    return [
        sess.run([y, a, b, z, c, checked], feed),
        str(y.shape),
        str(y.dtype),
        str(printed.shape),
        refused(lambda: sess.run(checked, {x: [-1.0]})).split("\n")[0],
        tf.gradients(y, x),
    ]


@case
def iterators(tf: Any) -> Any:
    ds = tf.data.Dataset.from_tensor_slices((np.arange(6.0, dtype=np.float32), np.arange(6)))
    ds = ds.map(lambda a, b: (a * 2.0, b)).batch(4)
    one = tf.data.make_one_shot_iterator(ds)
    x, y = one.get_next()
    again = (
        ds.make_initializable_iterator()
        if not hasattr(tf.data, "make_initializable_iterator")
        else tf.data.make_initializable_iterator(ds)
    )
    z = again.get_next()
    sess = tf.Session()
    found = [
        sess.run([x, y]),
        sess.run(x + 1.0),
        refused(lambda: sess.run(x)).split("\n")[0],
        str(x.shape),
        str(y.dtype),
    ]
    for _ in range(2):
        sess.run(again.initializer)
        found.append(sess.run(z))
    return found
