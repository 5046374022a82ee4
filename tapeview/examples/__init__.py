"""Scripts to begin with. Each runs on its own, here and on TensorFlow 2.15, and its docstring says what to look at."""

GROUPS = {
    "First steps": ("linear_regression_samples", "linear_regression", "linear_regression_keras", "logistic_regression"),
    "Networks": ("spirals", "shapes_cnn", "sine_rnn", "cifar100_cnn"),
    "Gradients of your own": ("custom_gradient", "second_derivative"),
    "Graphs and sessions": ("deferred_graph",),
    "When something is wrong": ("none_gradients", "nan_loss", "wrong_custom_gradient"),
}
"""What the lists of examples are headed with, and what stands below each, in this order. Others follow without a heading."""
