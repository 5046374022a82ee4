"""tapeview: a visual debugger for gradient tapes.

Importing this package is cheap on purpose: it loads neither NumPy nor Qt.
"""

__version__ = "0.1.0"
