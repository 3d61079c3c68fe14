"""A service's port: taken before anything else is started, open to callers once somebody answers there."""

from __future__ import annotations

import os
import socket
from types import TracebackType
from typing import Self


class CannotListenError(Exception):
    """The address is somebody else's, or none of this machine."""


class Port:
    """An address that is ours from `with` on. Who connects is refused until `open`."""

    def __init__(self, host: str, port: int, *, setting: str) -> None:
        self._host = host
        self._port = port
        self._setting = setting
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)

    def __enter__(self) -> Self:
        """Take the address. Raises `CannotListenError`."""
        if os.name == "posix":  # packets of the connections before may still be under way
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.socket.family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            self.socket.bind((self._host, self._port))
        except OSError as error:
            self.socket.close()
            raise self._cannot(error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    @property
    def number(self) -> int:
        """Which port it is, where any was asked for (0)."""
        return int(self.socket.getsockname()[1])

    def open(self) -> socket.socket:
        """Let callers in. Raises `CannotListenError` where another program was faster by a moment."""
        try:
            self.socket.listen()
        except OSError as error:
            raise self._cannot(error) from None
        return self.socket

    def _cannot(self, error: OSError) -> CannotListenError:
        return CannotListenError(
            f"nobody can listen on {self._host}, port {self._port}: {error.strerror}; end what listens there,"
            f" or choose another with {self._setting}"
        )
