"""TensorFlow 1's library: what scripts call that build a graph first and run it in sessions."""
