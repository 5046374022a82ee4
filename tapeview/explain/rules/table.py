"""All rules. The thresholds are those on which published tools for trainings agree, made a little wider where a
healthy training would cross them; each can be changed, and each rule can be turned off or given another level.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tapeview.explain.finding import NOTE, WARNING
from tapeview.explain.huge import HUGE
from tapeview.explain.rules import curves, layers, weights
from tapeview.explain.rules.rule import FOUND, OFF, Rule, Threshold

_BOTH_ENDS: Final = (
    Threshold("window", 10, "over how many steps at both ends the loss is averaged", whole=True),
    Threshold("fall", 0.001, "the least relative fall of a loss that falls"),
    Threshold("rise", 0.05, "the largest relative rise of a loss that only stays"),
)

_FINDERS: Final = (
    Rule(
        "not-finite",
        "NaN or Inf",
        FOUND,
        "Numbers that are NaN or Inf begin somewhere.",
        "A value, a gradient or a variable that is not a number: nothing computed from it can be used.",
        "Follow its path back to the op that made it from healthy numbers.",
        finds="nonfinite",
    ),
    Rule(
        "huge-numbers",
        "huge numbers",
        FOUND,
        "Numbers beyond the limit begin somewhere and get into the loss, a gradient or a variable.",
        "Squares and exponentials of such numbers soon are Inf, and sums with them lose everything small.",
        "Scale the data, clip gradients, take a smaller learning rate.",
        (Threshold("limit", HUGE, "beyond which numbers are huge"),),
        finds="huge",
    ),
    Rule(
        "none-gradient",
        "gradient is None",
        FOUND,
        "A gradient that was asked for is None.",
        "No path leads from the target back to what was asked for, so it learns nothing.",
        "Look at the edge at which the path breaks.",
        finds="none",
    ),
    Rule(
        "zero-gradient",
        "gradient is zero",
        FOUND,
        "A gradient that was asked for is zero in every element.",
        "There is a path, but nothing comes through: the variable stays as it is.",
        "Look at where it became zero: a dead ReLU, saturation, a branch that was not taken.",
        finds="zero",
    ),
)

_ALL: Final = (
    *_FINDERS,
    Rule(
        "constant-loss",
        "constant loss",
        WARNING,
        "The loss is exactly the same in the first steps.",
        "A loss that never changes does not depend on what is trained, or nothing is updated.",
        "Look whether the gradients are None or zero, and whether the optimizer is given them.",
        (Threshold("steps", 5, "in how many first steps the loss is the same", whole=True),),
        training=curves.loss_constant,
    ),
    Rule(
        "loss-not-falling",
        "loss does not fall",
        WARNING,
        "The mean of the last steps is not below the mean of the first ones.",
        "The training does not learn.",
        "Try another learning rate (ten times smaller, ten times larger), look at the gradient's path for where it "
        "vanishes, and check that labels belong to their rows.",
        _BOTH_ENDS,
        training=curves.loss_not_falling,
    ),
    Rule(
        "loss-rising",
        "loss rises",
        WARNING,
        "The mean of the last steps is above the mean of the first ones.",
        "The training moves away from a minimum (it diverges): its steps are too large, or go uphill.",
        "Take a smaller learning rate; if the update is written by hand, check that it subtracts the gradient.",
        _BOTH_ENDS,
        training=curves.loss_rising,
    ),
    Rule(
        "overfitting",
        "overfitting",
        NOTE,
        "The loss on validation data grows while the loss on training data falls.",
        "The network learns its training data by heart: what it learns no longer helps with other data.",
        "Stop earlier (EarlyStopping), use more data, dropout or a regularizer, or a smaller network.",
        (
            Threshold("epochs", 3, "how many epochs ago the validation loss was least", whole=True),
            Threshold("rise", 0.1, "by how much, relative, it rose since"),
        ),
        training=curves.overfitting,
    ),
    Rule(
        "vanishing-gradient",
        "vanishing gradient",
        WARNING,
        "The gradient of the first weights is next to nothing beside that of the last ones.",
        "Layers far from the loss hardly learn, since each layer on the way made the gradient smaller.",
        "Look at the gradient path for the hop where it vanishes; use ReLU for sigmoid or tanh, batch normalization, "
        "skip connections, another initialization.",
        (
            Threshold("norm", 1e-4, "below which the first weights' norm is small"),
            Threshold("mean", 1e-7, "or below which its elements are, on average (root mean square)"),
            Threshold("ratio", 1e-3, "and below which share of the last weights' norm it is"),
            Threshold("steps", 3, "in how many steps in a row", whole=True),
        ),
        training=weights.vanishing,
    ),
    Rule(
        "exploding-gradient",
        "exploding gradient",
        WARNING,
        "Gradients are very large, or grow from the last weights to the first.",
        "One update moves the weights so far that what was learned is lost; soon there will be NaN.",
        "Clip gradients (clipnorm of the optimizer, tf.clip_by_global_norm), take a smaller learning rate, bring the "
        "data to numbers around 1.",
        (
            Threshold("norm", 1e4, "above which a norm is very large"),
            Threshold("ratio", 70, "how many times the last weights' norm the first weights' norm may be"),
            Threshold("least", 10, "the norm from which on that ratio counts"),
            Threshold("steps", 3, "in how many steps in a row", whole=True),
        ),
        training=weights.exploding,
    ),
    Rule(
        "update-ratio",
        "size of updates",
        NOTE,
        "Updates of weights are very large or very small beside the weights, in the first steps after the first.",
        "Weights learn well when an update moves them by about a thousandth of their size.",
        "Change the learning rate by the factor that is missing.",
        (
            Threshold("least", 1e-5, "below which updates are too small"),
            Threshold("most", 0.3, "above which updates are too large"),
            Threshold("steps", 10, "over how many steps the median is taken", whole=True),
            Threshold("elements", 64, "of how many elements weights must be to be judged", whole=True),
        ),
        training=weights.update_ratio,
    ),
    Rule(
        "never-updated",
        "variable never updated",
        WARNING,
        "A trainable variable got gradients in several steps, others were updated, it was not.",
        "Nothing uses that gradient, so this variable does not learn.",
        "Give the variable to apply_gradients with the others, or make it trainable=False if it is to stay.",
        (Threshold("steps", 3, "in how many steps it got a gradient", whole=True),),
        training=weights.never_updated,
    ),
    Rule(
        "unchanged-weights",
        "weights stay as they are",
        WARNING,
        "Weights get gradients and updates, and are after several of them what they were.",
        "Updates are made, but they are so small that nothing is learned; of float32 the last digits are lost first.",
        "Take a larger learning rate; look whether a schedule or a factor makes it zero, and whether gradients are "
        "scaled down twice.",
        (
            Threshold("change", 1e-5, "what all updates together, relative to the weights, must at least come to"),
            Threshold("steps", 10, "after how many updates", whole=True),
        ),
        training=weights.unchanged,
    ),
    Rule(
        "unused-variable",
        "unused variable",
        WARNING,
        "No op of the first steps and of the last one reads a trainable variable.",
        "It takes no part in the computation: probably another one is used in its place, or a line is missing.",
        "Use it, or take it away; to keep it for later say trainable=False.",
        (Threshold("steps", 20, "how many first steps are looked at", whole=True),),
        training=weights.unused,
    ),
    Rule(
        "dead-relu",
        "dead ReLU",
        WARNING,
        "Many units of a ReLU are zero for every row of a batch.",
        "Such units are flat: they pass on nothing, get no gradient and may never recover.",
        "Take a smaller learning rate, another initialization, or tf.nn.leaky_relu.",
        (
            Threshold("units", 0.7, "the share of units that may be zero for a whole batch"),
            Threshold("rows", 8, "of how many rows a batch must be to be judged", whole=True),
        ),
        step=layers.dead_relu,
    ),
    Rule(
        "saturated",
        "saturated activation",
        WARNING,
        "Most inputs of a hidden sigmoid or tanh lie where it is flat.",
        "There the function is flat, so hardly any gradient passes.",
        "Scale inputs or weights down, normalize before it, or use ReLU.",
        (
            Threshold("beyond", 5, "from where on sigmoid and tanh count as flat"),
            Threshold("share", 0.5, "the share of inputs that may lie there"),
            Threshold("elements", 8, "how many inputs there must be to be judged", whole=True),
        ),
        step=layers.saturated,
    ),
    Rule(
        "initial-loss",
        "first loss",
        NOTE,
        "The first cross-entropy of C classes is far above ln C, what guessing would give.",
        "A network that begins by being sure of wrong answers first has to unlearn them.",
        "Take smaller weights at the beginning for the last layer; check that the loss gets logits and not "
        "probabilities (from_logits), and that the data is scaled.",
        (Threshold("above", 1.5, "how far the first loss may be above ln C"),),
        step=layers.initial_loss,
    ),
    Rule(
        "input-range",
        "range of inputs",
        NOTE,
        "The data that the first weights are multiplied with in the first step is large.",
        "Weights and learning rates are made for numbers around 1; large inputs make large, uneven gradients.",
        "Divide by 255 for images; otherwise subtract the mean and divide by the standard deviation.",
        (
            Threshold(
                "most",
                20,
                "the largest magnitude; published tools take 1, which data of mean 0 and deviation 1 passes all the "
                "time",
            ),
        ),
        step=layers.input_range,
    ),
    Rule(
        "unreachable",
        "computed in vain",
        OFF,
        "Ops read a watched variable and lead to no target of any gradient call of the step.",
        "It costs time and trains nothing.",
        "Move it out of the tape, or add it to the loss if it belongs there.",
        (Threshold("ops", 1, "from how many ops on", whole=True),),
        step=layers.unreachable,
    ),
)

RULES: Final[Mapping[str, Rule]] = {rule.name: rule for rule in _ALL}
"""All rules by their names."""

OF_KIND: Final[Mapping[str, Rule]] = {rule.finds: rule for rule in _FINDERS}
"""The rules that stand for findings of a kind, by that kind."""
