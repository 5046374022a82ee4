"""``tf.app.flags`` and ``tf.app.run``: options on a script's command line, read as absl does it."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

Argv = Sequence[str] | None


class Error(Exception):
    """The command line, or a flag's definition, is wrong."""


class DuplicateFlagError(Error):
    """A flag is defined twice."""


class IllegalFlagValueError(Error):
    """A flag cannot have this value."""


class UnrecognizedFlagError(Error):
    """There is no such flag."""

    def __init__(self, flagname: str) -> None:
        super().__init__(f"Unknown command line flag '{flagname}'")
        self.flagname = flagname


class Flag:
    """An option.

    Attributes:
        name: without hyphens.
        value: from the command line, or assigned; at first the default.
        default: what it was defined with.
        help: what it is good for.
        kind: what its values are, in the words of ``--help``.
        boolean: whether it may stand without a value.
        present: how often it stood on the command line.
        required: whether `run` refuses a command line without it.
    """

    def __init__(
        self, name: str, default: Any, help: Any, read: Callable[[Any], Any], kind: str = "", boolean: bool = False
    ) -> None:
        self.name = name
        self.help = help
        self.kind = kind
        self.boolean = boolean
        self._read = read
        self.default = None if default is None else self._checked(default)
        self.value = self.default
        self.present = 0
        self.required = False

    def _checked(self, value: Any) -> Any:
        try:
            return self._read(value)
        except (TypeError, ValueError) as error:
            raise IllegalFlagValueError(f"flag --{self.name}={value}: {error}") from None

    def parse(self, argument: Any) -> None:
        """Takes the value of a word of the command line. Raises IllegalFlagValueError for one that it cannot have."""
        self.value = self._checked(argument)
        self.present += 1


class FlagValues:
    """All flags of a script (``FLAGS``). Its attributes are their values; the first look at one reads ``sys.argv``."""

    def __init__(self) -> None:
        self.__dict__["_flags"] = {}
        self.__dict__["_parsed"] = False

    def _define(self, flag: Flag) -> None:
        if flag.name in self._flags:
            script = sys.argv[0] if sys.argv else ""
            raise DuplicateFlagError(
                f"The flag '{flag.name}' is defined twice. First from {script}, second from {script}. Description from "
                f"first occurrence: {self._flags[flag.name].help}"
            )
        self._flags[flag.name] = flag

    def __call__(self, argv: Sequence[str], known_only: bool = False) -> list[str]:
        """Reads a command line, the program's name first; returns what are no flags. With ``known_only`` unknown flags
        are among that.

        Raises:
            UnrecognizedFlagError: an unknown flag.
            IllegalFlagValueError: a value of the wrong kind.
            Error: a flag without its value.
        """
        rest: list[str] = []
        words = list(argv[1:])
        while words:
            word = words.pop(0)
            if word in ("--", "-") or not word.startswith("-"):
                stop = word in ("--", "-")
                rest += [*([word] if known_only or word != "--" else []), *(words if stop else [])]
                if stop:
                    break
                continue
            name, equals, text = word.lstrip("-").partition("=")
            flag, value = self._found(name, text if equals else None)
            if flag is None:
                if name in ("help", "helpshort", "helpfull") and not known_only:
                    _show_help(self)
                if not known_only:
                    raise UnrecognizedFlagError(name)
                rest.append(word)
                continue
            if value is None:
                if not words:
                    raise Error(f"Missing value for flag {word}")
                value = words.pop(0)
            flag.parse(value)
        self.__dict__["_parsed"] = True
        return [argv[0], *rest]

    def _found(self, name: str, value: str | None) -> tuple[Flag | None, str | None]:
        flag = self._flags.get(name)
        if flag is not None:
            return flag, "true" if flag.boolean and value is None else value
        opposite = self._flags.get(name[2:]) if name.startswith("no") and value is None else None
        return (opposite, "false") if opposite is not None and opposite.boolean else (None, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._flags:
            raise AttributeError(name)
        self._parse()
        return self._flags[name].value

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._flags:
            raise UnrecognizedFlagError(name)
        self._parse()
        self._flags[name].value = self._flags[name]._checked(value) if value is not None else None

    def __delattr__(self, name: str) -> None:
        if name not in self._flags:
            raise AttributeError(name)
        del self._flags[name]

    def _parse(self) -> None:
        if not self._parsed:
            self(sys.argv)

    def __getitem__(self, name: str) -> Flag:
        found: Flag = self._flags[name]
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._flags

    def __iter__(self) -> Iterator[str]:
        return iter(self._flags)

    def __len__(self) -> int:
        return len(self._flags)

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self._flags])

    def is_parsed(self) -> bool:
        """Whether the command line was read."""
        return bool(self._parsed)

    def mark_as_parsed(self) -> None:
        """The command line is not read any more."""
        self.__dict__["_parsed"] = True

    def flag_values_dict(self) -> dict[str, Any]:
        """Each flag's value under its name."""
        self._parse()
        return {name: flag.value for name, flag in self._flags.items()}


FLAGS = FlagValues()


def _number(convert: Callable[[Any], Any], bases: bool) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if not isinstance(value, str):
            if bases and (isinstance(value, bool) or value != int(value)):
                raise TypeError(f"Expect argument to be a string or int, found {type(value)}")
            return convert(value)
        base = {"0x": 16, "0o": 8}.get(value[:2], 10) if bases else 0
        return int(value, base) if base else convert(value)

    return read


def _truth(value: Any) -> bool:
    text = str(value).lower()
    if text in ("true", "t", "1"):
        return True
    if text in ("false", "f", "0"):
        return False
    raise ValueError("Non-boolean argument to boolean flag", value)


def _words(value: Any) -> list[str]:
    return [word.strip() for word in value.split(",")] if isinstance(value, str) and value else list(value)


def _one_of(values: Sequence[str]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if value not in values:
            raise ValueError(f"value should be one of <{'|'.join(values)}>")
        return value

    return read


def DEFINE_string(name: str, default: Any, help: Any = "", **_: Any) -> None:
    """A flag that is any text."""
    FLAGS._define(Flag(name, default, help, str))


def DEFINE_integer(name: str, default: Any, help: Any = "", **_: Any) -> None:
    """A flag that is an int; ``0x10`` and ``0o7`` are read as well."""
    FLAGS._define(Flag(name, default, help, _number(int, bases=True), "an integer"))


def DEFINE_float(name: str, default: Any, help: Any = "", **_: Any) -> None:
    """A flag that is a float."""
    FLAGS._define(Flag(name, default, help, _number(float, bases=False), "a number"))


def DEFINE_boolean(name: str, default: Any, help: Any = "", **_: Any) -> None:
    """A flag that is a truth value: ``--name``, ``--noname`` or ``--name=false``."""
    FLAGS._define(Flag(name, default, help, _truth, boolean=True))


def DEFINE_enum(name: str, default: Any, enum_values: Sequence[str], help: Any = "", **_: Any) -> None:
    """A flag that is one of ``enum_values``."""
    FLAGS._define(Flag(name, default, help, _one_of(enum_values), f"<{'|'.join(enum_values)}>"))


def DEFINE_list(name: str, default: Any, help: Any = "", **_: Any) -> None:
    """A flag that is a list of words, with commas between them."""
    FLAGS._define(Flag(name, default, help, _words, "a comma separated list"))


def mark_flag_as_required(name: str, flag_values: Any = None) -> None:
    """`run` refuses a command line without this flag."""
    FLAGS[name].required = True


def run(main: Callable[[list[str]], Any] | None = None, argv: Argv = None) -> NoReturn:
    """Reads the command line, calls the script's ``main`` with what is left of it, and ends the program with what that
    returns. Flags that nobody has defined are left.

    Raises:
        IllegalFlagValueError, Error: the command line is wrong.
    """
    given = list(sys.argv if argv is None else argv)
    called = main if main is not None else sys.modules["__main__"].main
    asked = {word.lstrip("-") for word in given[1:] if word.startswith("-")}
    if asked & {"help", "helpshort", "helpfull"}:
        _show_help(FLAGS)
    rest = FLAGS(given, known_only=True)
    for flag in FLAGS:
        if FLAGS[flag].required and FLAGS[flag].value is None:
            raise IllegalFlagValueError(f"flag --{flag}=None: Flag --{flag} must have a value other than None.")
    sys.exit(called(rest))


def _show_help(flags: FlagValues) -> NoReturn:
    """Prints what the script can be called with, and ends it with exit code 1."""
    program = sys.argv[0]
    lines = [
        (sys.modules["__main__"].__doc__ or f"\n       USAGE: {program} [flags]").rstrip(),
        f"flags:\n\n{program}:",
    ]
    for name in sorted(flags):
        flag = flags[name]
        kind = f"{flag.kind}: " if flag.kind.startswith("<") else ""
        lines.append(textwrap.indent(f"--{'[no]' if flag.boolean else ''}{name}: {kind}{flag.help}", "  "))
        if flag.default is not None:
            shown = str(flag.default).lower() if flag.boolean else flag.default
            lines.append(f"    (default: '{','.join(shown) if isinstance(shown, list) else shown}')")
        if flag.kind and not kind:
            lines.append(f"    ({flag.kind})")
    print("\n".join(lines) + "\n\nTry --helpfull to get a list of all flags.")
    sys.exit(1)
