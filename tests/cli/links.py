"""Machines with links between them, as slow as wished: network namespaces, joined by a process (link_wire.c) that forwards their packets.

    host 1 ---+
    host 2 ---+--- middle --- relay
    ...   ---+

Every host but the relay is half a round trip from any other host and a quarter from the relay, and has one line of the given rate
in each direction, with a queue that drops what is too much. What runs there is real: TCP with its handshakes and its slow start.
Needs Linux with network namespaces, and root or `unshare -Ur`."""
import contextlib
import ctypes
import fcntl
import os
import pathlib
import shutil
import socket
import struct
import subprocess

from support import BIN

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 1, 0x1000
MTU = 1500
QUEUE_S = 0.1  # what waits in front of a line, at most
WIRE, FIRST_FD = pathlib.Path(BIN).resolve().parent / "link_wire", 3
NETWORK = "10.77.0."


def _make_device(address):
    """In a namespace of its own: the device that its packets leave by."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "no network namespace can be made here")
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"line", IFF_TUN | IFF_NO_PI))
    for command in ("link set lo up", f"address add {address}/24 dev line", f"link set line up mtu {MTU}"):
        subprocess.run(["ip", *command.split()], check=True, capture_output=True)
    return fd


def _hold_namespace(end, address):
    """The life of a process that keeps a namespace until the other end is closed."""
    try:
        fd = _make_device(address)
        socket.send_fds(end, [b"ok"], [fd])
        os.close(fd)
        end.recv(1)
    except (OSError, subprocess.CalledProcessError) as error:
        end.send(str(error).encode())
    os._exit(0)


class Network:
    """Hosts "0", "1", ... and "relay". `rate` is in bytes a second, None for any; `rtt` in seconds between two hosts.
    What they send is written to the file `trace` (link_wire.c)."""

    def __init__(self, hosts, rate, rtt, trace=None):
        self.names = [str(i) for i in range(hosts)] + ["relay"]
        self.rate, self.rtt, self.trace = rate, rtt, trace
        self.ends, self.children, self.pids = [], [], {}

    def __enter__(self):
        try:
            fds = [self.add(name, i) for i, name in enumerate(self.names)]
            self.start_wire(fds)
            for fd in fds:
                os.close(fd)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for end in self.ends:
            end.close()
        for child in self.children:
            os.waitpid(child, 0)

    def fork(self, life):
        ours, theirs = socket.socketpair()
        child = os.fork()
        if child == 0:
            for end in [ours, *self.ends]:  # or its end would not be noticed
                end.close()
            try:
                life(theirs)
            finally:
                os._exit(1)
        theirs.close()
        self.ends.append(ours)
        self.children.append(child)
        return ours, child

    def add(self, name, i):
        end, self.pids[name] = self.fork(lambda theirs: _hold_namespace(theirs, self.address(name)))
        text, fds, _, _ = socket.recv_fds(end, 1024, 1)
        if not fds:
            raise OSError(text.decode() or "no network namespace can be made here")
        return fds[0]

    def start_wire(self, fds):
        def live(end):
            with contextlib.suppress(PermissionError):
                os.nice(-10)  # a link is late for nobody
            os.dup2(end.fileno(), 0)
            above = [fcntl.fcntl(fd, fcntl.F_DUPFD, FIRST_FD + len(fds)) for fd in fds]
            for i, fd in enumerate(above):
                os.dup2(fd, FIRST_FD + i)
            os.closerange(FIRST_FD + len(fds), os.sysconf("SC_OPEN_MAX"))
            micros = [str(int(seconds * 1e6)) for seconds in (self.rtt / 4, QUEUE_S)]
            os.execv(WIRE, [str(WIRE), str(self.rate or 0), *micros, str(len(fds)),
                            *([] if self.trace is None else [str(self.trace)])])

        self.fork(live)

    def address(self, name):
        return NETWORK + str(self.names.index(name) + 1)

    def prefix(self, name):
        """What a command that runs there begins with."""
        return ["nsenter", f"--net=/proc/{self.pids[name]}/ns/net", "--"]


def why_not():
    """Why there can be no such network here, or None."""
    if not WIRE.exists():
        return f"{WIRE} is not built"
    for tool in ("ip", "nsenter"):
        if shutil.which(tool) is None:
            return f"there is no {tool} here (scripts/setup --tests)"
    try:
        with Network(1, None, 0):
            return None
    except OSError as error:
        return f"no network can be made here: {error}"
