"""A PostgreSQL server of one's own in a folder, for the length of a test."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

from ports import free_port

BINARIES = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin")) or [pathlib.Path("/nowhere")]
DRIVERS = sorted(pathlib.Path("/usr/lib").glob("*/odbc/psqlodbcw.so")) or [pathlib.Path("/nowhere")]
DRIVER, BIN = DRIVERS[0], BINARIES[-1]
PASSWORD = "pass;w}ord"
NOBODY = 65534


def is_installed():
    return DRIVER.exists() and (BIN / "initdb").exists()


class Server:
    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        self.run("initdb", "-D", folder / "data", "-U", "app", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "-N")
        self.run("pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o",
                 f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off", "start")

    def run(self, program, *arguments, **more):
        """The server refuses to be root's."""
        drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
        return subprocess.run([*drop, BIN / program, *map(str, arguments)], check=True, text=True, capture_output=True, cwd=self.folder,
                              env={**os.environ, "PGPASSWORD": PASSWORD, "PGTZ": "UTC"}, **more)

    def sql(self, text):
        """What a statement gives: lines, columns apart by |."""
        return self.run("psql", "-h", "127.0.0.1", "-p", self.port, "-U", "app", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-qAt",
                        "-c", text).stdout.splitlines()

    def connection(self, password=PASSWORD, **more):
        attributes = {"Driver": DRIVER, "Server": "127.0.0.1", "Port": self.port, "Database": "postgres", "UID": "app",
                      "PWD": "{" + password.replace("}", "}}") + "}", **more}
        return ";".join(f"{key}={value}" for key, value in attributes.items())

    def stop(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")


@contextlib.contextmanager
def postgres():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "password").write_text(PASSWORD + "\n")
        if os.geteuid() == 0:
            shutil.chown(folder, NOBODY, NOBODY)
            shutil.chown(folder / "password", NOBODY, NOBODY)
        server = Server(folder, free_port())
        try:
            yield server
        finally:
            server.stop()
