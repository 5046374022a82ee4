"""Tutorials as scripts of TensorFlow 1 are written; what they print on TensorFlow is in ``tutorials.json``."""

from __future__ import annotations

TUTORIALS: dict[str, str] = {
    "linear regression": r"""
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
rng = np.random.RandomState(0)
xs = np.linspace(0, 1, 20).astype(np.float32)
ys = 3 * xs + 1 + 0.05 * rng.randn(20).astype(np.float32)
X = tf.placeholder(tf.float32)
Y = tf.placeholder(tf.float32)
W = tf.Variable(0.5, name="weight")
b = tf.Variable(0.0, name="bias")
pred = tf.add(tf.multiply(X, W), b)
cost = tf.reduce_sum(tf.pow(pred - Y, 2)) / (2 * 20)
optimizer = tf.train.GradientDescentOptimizer(learning_rate=0.1).minimize(cost)
init = tf.global_variables_initializer()
with tf.Session() as sess:
    sess.run(init)
    for epoch in range(50):
        for (x, y) in zip(xs, ys):
            sess.run(optimizer, feed_dict={X: x, Y: y})
        if (epoch + 1) % 10 == 0:
            c = sess.run(cost, feed_dict={X: xs, Y: ys})
            print("Epoch:", '%04d' % (epoch + 1), "cost=", "{:.6f}".format(c))
            print("W=%.5f b=%.5f" % (sess.run(W), sess.run(b)))
    print("Optimization Finished!", optimizer, cost, W)
""",
    "logistic regression": r"""
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
rng = np.random.RandomState(0)
images = rng.rand(500, 784).astype(np.float32)
proj = rng.randn(784, 10)
labels = np.eye(10, dtype=np.float32)[(images @ proj).argmax(1)]
x = tf.placeholder(tf.float32, [None, 784], name='x')
y = tf.placeholder(tf.float32, [None, 10], name='y')
W = tf.Variable(tf.zeros([784, 10]))
b = tf.Variable(tf.zeros([10]))
logits = tf.matmul(x, W) + b
pred = tf.nn.softmax(logits)
cost = tf.reduce_mean(-tf.reduce_sum(y * tf.log(pred), reduction_indices=1))
cost2 = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
train = tf.train.AdamOptimizer(learning_rate=0.001).minimize(cost2)
correct = tf.equal(tf.argmax(pred, 1), tf.argmax(y, 1))
accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
print(cost, cost2, train, correct, accuracy)
sess = tf.InteractiveSession()
tf.global_variables_initializer().run()
for epoch in range(6):
    avg = 0.
    for i in range(5):
        bx, by = images[i*100:(i+1)*100], labels[i*100:(i+1)*100]
        _, c = sess.run([train, cost2], feed_dict={x: bx, y: by})
        avg += c / 5
    everything = {x: images, y: labels}
    print("Epoch %d cost=%.5f %.5f acc=%.3f" % (epoch, avg, cost.eval(everything), accuracy.eval(everything)))
print([v.name for v in tf.global_variables()])
""",
    "layers": r"""
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
rng = np.random.RandomState(1)
X = rng.randn(64, 4).astype(np.float32); Y = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
x = tf.placeholder(tf.float32, [None, 4]); t = tf.placeholder(tf.int64, [None])
is_training = tf.placeholder(tf.bool)
init = tf.random_normal_initializer(stddev=0.3, seed=1)
h = tf.layers.dense(x, 16, activation=tf.nn.relu, kernel_initializer=init, name='h1')
h = tf.layers.batch_normalization(h, training=is_training)
h = tf.layers.dense(h, 16, tf.nn.tanh, kernel_initializer=tf.random_normal_initializer(stddev=0.3, seed=2))
logits = tf.layers.dense(h, 2, kernel_initializer=tf.random_normal_initializer(stddev=0.3, seed=3))
loss = tf.losses.sparse_softmax_cross_entropy(labels=t, logits=logits)
step = tf.train.get_or_create_global_step()
lr = tf.train.exponential_decay(0.05, step, 20, 0.8)
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    train_op = tf.train.MomentumOptimizer(lr, 0.9).minimize(loss, global_step=step)
acc = tf.metrics.accuracy(labels=t, predictions=tf.argmax(logits, axis=1))[1]
print(loss, logits.shape, acc, train_op.name, [v.name for v in tf.trainable_variables()])
with tf.Session() as sess:
    sess.run(tf.group(tf.global_variables_initializer(), tf.local_variables_initializer()))
    for i in range(60):
        _, l, s, r = sess.run([train_op, loss, step, lr], {x: X, t: Y, is_training: True})
        if i % 15 == 14: print(i, '%.4f' % l, s, '%.5f' % r, '%.4f' % sess.run(acc, {x: X, t: Y, is_training: False}))
    print(np.round(sess.run('batch_normalization/moving_mean:0'), 4)[:4])
""",
    "convolutions": r"""
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
rng = np.random.RandomState(2)
images = rng.rand(40, 784).astype(np.float32); labels = np.eye(10, dtype=np.float32)[rng.randint(0, 10, 40)]
def weight(shape, k): return tf.Variable(np.random.RandomState(k).randn(*shape).astype(np.float32) * 0.1)
def conv2d(x, W, b, strides=1):
    x = tf.nn.conv2d(x, W, strides=[1, strides, strides, 1], padding='SAME')
    return tf.nn.relu(tf.nn.bias_add(x, b))
def maxpool2d(x, k=2): return tf.nn.max_pool(x, ksize=[1, k, k, 1], strides=[1, k, k, 1], padding='SAME')
X = tf.placeholder(tf.float32, [None, 784]); Y = tf.placeholder(tf.float32, [None, 10])
keep_prob = tf.placeholder(tf.float32)
x = tf.reshape(X, shape=[-1, 28, 28, 1])
c1 = maxpool2d(conv2d(x, weight([5, 5, 1, 8], 1), tf.Variable(tf.zeros([8]))))
c2 = maxpool2d(conv2d(c1, weight([5, 5, 8, 16], 2), tf.Variable(tf.constant(0.1, shape=[16]))))
fc = tf.reshape(c2, [-1, 7 * 7 * 16])
fc = tf.nn.relu(tf.add(tf.matmul(fc, weight([7 * 7 * 16, 32], 3)), tf.Variable(tf.zeros([32]))))
fc = tf.nn.dropout(fc, keep_prob)
out = tf.matmul(fc, weight([32, 10], 4))
loss_op = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(logits=out, labels=Y))
optimizer = tf.train.AdamOptimizer(0.003)
grads = optimizer.compute_gradients(loss_op)
train_op = optimizer.apply_gradients([(tf.clip_by_norm(g, 5.0), v) for g, v in grads])
accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(out, 1), tf.argmax(Y, 1)), tf.float32))
print(c1.shape, c2.get_shape(), fc, loss_op, grads[0][1])
with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(12):
        sess.run(train_op, {X: images, Y: labels, keep_prob: 1.0})
        found = sess.run([loss_op, accuracy], {X: images, Y: labels, keep_prob: 1.0})
        if i % 4 == 3: print(i, "%.4f %.3f" % tuple(found))
    d = sess.run(fc, {X: images, keep_prob: 0.5}); print(d.shape, bool((d == 0).mean() > 0.4))
""",
    "saver": r"""
import os, shutil
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
shutil.rmtree('saved', ignore_errors=True); os.makedirs('saved')
def build():
    x = tf.placeholder(tf.float32, [None, 2], name='x')
    with tf.variable_scope('net'):
        w = tf.get_variable('w', [2, 1], initializer=tf.constant_initializer(0.5))
        b = tf.get_variable('b', [1], initializer=tf.zeros_initializer())
    y = tf.nn.xw_plus_b(x, w, b, name='y')
    loss = tf.losses.mean_squared_error(tf.ones_like(y), y)
    return x, y, loss, tf.train.RMSPropOptimizer(0.05).minimize(loss)
x, y, loss, train = build()
saver = tf.train.Saver(max_to_keep=2)
data = np.array([[1., 2.], [3., -1.], [0.5, 0.5]], np.float32)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(1, 31):
        _, l = sess.run([train, loss], {x: data})
        if step % 10 == 0: print(step, '%.5f' % l, saver.save(sess, 'saved/model.ckpt', global_step=step))
    kept = sess.run(y, {x: data})
print(sorted(f for f in os.listdir('saved') if not f.endswith('.meta')))
tf.reset_default_graph()
x, y, loss, train = build()
saver = tf.train.Saver()
with tf.Session() as sess:
    ckpt = tf.train.get_checkpoint_state('saved')
    if ckpt and ckpt.model_checkpoint_path:
        print('restoring', ckpt.model_checkpoint_path, tf.train.latest_checkpoint('saved'))
        saver.restore(sess, ckpt.model_checkpoint_path)
    print(np.array_equal(kept, sess.run(y, {x: data})), [n for n, _ in tf.train.list_variables('saved')])
    print(np.round(sess.run('net/w:0').ravel(), 5))
    for _ in range(10): sess.run(train, {x: data})
    print('%.5f' % sess.run(loss, {x: data}))
""",
    "summaries": r"""
import os, glob, shutil
import numpy as np
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
shutil.rmtree('logs', ignore_errors=True)
x = tf.placeholder(tf.float32, [None, 3], name='x')
with tf.name_scope('layer1'):
    W = tf.Variable(tf.ones([3, 2]) * 0.1, name='W'); b = tf.Variable(tf.zeros([2]), name='b')
    h = tf.nn.relu(tf.matmul(x, W) + b)
    tf.summary.histogram('weights', W); tf.summary.histogram('activations', h)
with tf.name_scope('loss'):
    loss = tf.reduce_mean(tf.square(h - 1.0)); tf.summary.scalar('mse', loss)
with tf.name_scope('train'):
    train = tf.train.AdagradOptimizer(0.2).minimize(loss)
merged = tf.summary.merge_all()
data = np.array([[1., 2., 3.], [0., 1., 0.5]], np.float32)
with tf.Session() as sess:
    writer = tf.summary.FileWriter('logs/train', sess.graph)
    sess.run(tf.global_variables_initializer())
    for i in range(5):
        summary, _ = sess.run([merged, train], {x: data})
        writer.add_summary(summary, i)
        print(i, type(summary).__name__, len(summary) > 50, '%.5f' % sess.run(loss, {x: data}))
    s = tf.Summary(); s.value.add(tag='epoch_cost', simple_value=1.5); writer.add_summary(s, 9)
    writer.close()
print(len(glob.glob('logs/train/events*')), merged, train.name)
""",
}
