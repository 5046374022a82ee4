"""The sub-commands of ``tapeview``: one small class each. Its docstring is its help."""

from __future__ import annotations

import argparse
from typing import ClassVar, NoReturn, Protocol


class UserError(Exception):
    """A command cannot be carried out; the text is one sentence that says what, where and what to do."""


class Command(Protocol):
    """A sub-command. Nothing heavy may be imported before `run`."""

    name: ClassVar[str]
    usage: ClassVar[str]
    """Its arguments, for the usage line."""

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        """Declares the arguments."""

    def run(self, options: argparse.Namespace) -> int:
        """Does it. Returns the exit code.

        Raises:
            UserError: it cannot be done; the exit code is then 2.
        """


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; `{self.prog} --help` explains the arguments")
