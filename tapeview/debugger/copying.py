"""The copy of a recording that lies on another machine: the debugger's end of the connection that brings it."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Sequence
from pathlib import Path

from tapeview import protocol
from tapeview.debugger.channel import Channel
from tapeview.protocol import Copied, Mirror


class CopyError(Exception):
    """The copy cannot go on; the text is one sentence that says why."""


class Copy:
    """Asks for what is new and writes it into a local file. Used by one thread; nothing waits but the disk."""

    def __init__(self, selector: selectors.BaseSelector, connection: socket.socket, token: str, path: Path) -> None:
        """Takes over a connection, on which nothing was said yet; ``path`` is the file to write."""
        # Imported here because it loads NumPy, which nothing else of the debugger needs.
        from tapeview.trace.replica import Replica

        connection.setblocking(False)
        self._token = token
        self._replica = Replica(path)
        self._channel = Channel(selector)
        self._channel.open(connection, protocol.Reader())
        self._asked = 0
        self.mark = 0
        """The newest mark that has come: what was asked for until then is in the file."""

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return not self._channel.connected

    @property
    def begun(self) -> bool:
        """Whether there is a file."""
        return self._replica.run is not None

    @property
    def script(self) -> str:
        """The script's file, on its own machine; "" before `begun`."""
        return self._replica.run.script if self._replica.run is not None else ""

    @property
    def received(self) -> int:
        """Bytes that have come so far."""
        return self._replica.received

    def owns(self, ready: object) -> bool:
        """Whether `receive` wants to know that this socket is ready."""
        return self._channel.owns(ready)

    def ask(self, values: Sequence[int] = ()) -> int:
        """Asks for what is new, and for the bytes of these tensors. Returns the mark that comes when it is there."""
        self._asked += 1
        self._channel.post(Mirror(self._token, self._asked, tuple(values)))
        return self._asked

    def send(self) -> None:
        """Sends what was asked for, as far as the socket takes it now."""
        self._channel.send()

    def receive(self) -> None:
        """Takes in what has come.

        Raises:
            CopyError: it is no copy of a recording, or cannot be written.
        """
        from tapeview.trace.schema import RecordingError

        try:
            for message in self._channel.receive() or ():
                if not isinstance(message, Copied):
                    raise CopyError("what arrived is no copy of a recording")
                if message.part:
                    self._replica.take(message.part)
                if message.mark:
                    self._replica.commit()
                    self.mark = message.mark
            if self.over:
                self._replica.commit()
        except RecordingError as error:
            raise CopyError(str(error)) from error

    def close(self) -> None:
        """Hangs up and keeps what has come."""
        self._channel.close()
        self._replica.close()
