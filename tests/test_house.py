import socket

import pytest


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80)], ids=["ipv4", "ipv6"])
def test_a_socket_outside_loopback_is_refused(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with (
        socket.socket(family, socket.SOCK_STREAM) as sock,
        pytest.raises(AssertionError, match="loopback"),
    ):
        sock.connect(address)


def test_a_foreign_name_is_not_resolved() -> None:
    with pytest.raises(AssertionError, match="loopback"):
        socket.getaddrinfo("example.org", 80)


def test_loopback_stays_open() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()[:2]) as client,
    ):
        peer, _ = server.accept()
        peer.close()
        assert client.recv(1) == b""


def test_unix_sockets_stay_open() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.sendall(b"x")
        assert right.recv(1) == b"x"
