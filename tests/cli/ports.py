"""Ports for tests that must know one before its server starts."""
import pathlib
import random
import socket

FIRST_PORT = 10000
KERNEL_FIRST = 32768  # Linux's default


def kernel_first_port():
    """The first port that the kernel gives out by itself."""
    try:
        first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        return KERNEL_FIRST
    return first if first > FIRST_PORT + 1000 else KERNEL_FIRST


def is_free(port, host):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as s:
        try:
            s.bind((host, port))
            return True
        except OSError:
            return False


def reserve(port):
    """A name that only one process can have, until it ends: its descriptor is never closed. tests/support/port.c does the same."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0polytune-test-port-{port}")
    except OSError:
        name.close()
        return False
    name.detach()
    return True


def free_port(host="127.0.0.1"):
    """A port where nothing listens, and which this process alone is given: below those that the kernel gives to outgoing
    connections, so that none of them takes it before the server does, or while a server that is killed starts again."""
    candidates = range(FIRST_PORT, kernel_first_port())
    for port in random.SystemRandom().sample(candidates, len(candidates)):
        if reserve(port) and is_free(port, host):
            return port
    raise OSError("no port is free")
