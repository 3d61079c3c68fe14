from __future__ import annotations

import socket

import pytest

from scp_events.runtime.port import CannotListenError, Port


def test_a_port_refuses_callers_until_somebody_answers_there() -> None:
    with Port("127.0.0.1", 0, setting="SCP_API_PORT") as port:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port.number))
        port.open()
        socket.create_connection(("127.0.0.1", port.number)).close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_that_is_taken_is_named_with_what_to_change(host: str) -> None:
    with Port(host, 0, setting="SCP_API_PORT") as taken:
        taken.open()
        with (
            pytest.raises(CannotListenError, match=rf"port {taken.number}: .* in use; .* with SCP_API_PORT"),
            Port(host, taken.number, setting="SCP_API_PORT"),
        ):
            pass


def test_of_two_that_take_a_port_at_the_same_time_one_opens_it() -> None:
    with (
        Port("127.0.0.1", 0, setting="SCP_API_PORT") as one,
        Port("127.0.0.1", one.number, setting="SCP_API_PORT") as other,
    ):
        one.open()
        with pytest.raises(CannotListenError):
            other.open()


def test_an_address_of_another_machine_is_refused() -> None:
    with (
        pytest.raises(CannotListenError, match=r"192\.0\.2\.1"),
        Port("192.0.2.1", 0, setting="SCP_API_PORT"),
    ):
        pass
