"""``tf.nn.rnn_cell`` and ``tf.nn.dynamic_rnn``: recurrent networks of TensorFlow 1.

A loop over time is one node: when it runs, the cell is called for each step, on tensors with values. So any number of
steps will do, and gradient rules are those of the cell's ops.
"""
