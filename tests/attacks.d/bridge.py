"""One bridge as a process of its own, on a data folder of its own."""

import ctypes
import json
import os
import resource
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

READY = "ready: listening on "
START_SECS = 60
PR_SET_PDEATHSIG = 1


class Died(Exception):
    """The bridge did not start, or is gone."""


def toml(settings):
    """A settings file of `{"server.connections_max": 5}`."""
    lines = []
    sections = {}
    for name, value in settings.items():
        section, key = name.split(".")
        sections.setdefault(section, []).append(f"{key} = {json.dumps(value)}")
    for section, keys in sections.items():
        lines += [f"[{section}]", *keys]
    return "\n".join(lines) + "\n"


class Person:
    """A person with an app password."""

    def __init__(self, login, uid, password):
        self.login, self.uid, self.password = login, uid, password

    def href(self, name):
        return f"/dav/calendars/{self.uid}/advanta/{name}.ics"

    @property
    def collection(self):
        return f"/dav/calendars/{self.uid}/advanta/"


class Bridge:
    """Started by `with`; killed, and its folder removed, at the end."""

    def __init__(self, binary, settings=None, limits=None, folder=None, env=None):
        self.binary, self.settings, self.limits = binary, dict(settings or {}), limits
        self.own_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="attack-")
        self.env = {**os.environ, **(env or {})}
        self.data = os.path.join(self.folder, "data")
        self.config = os.path.join(self.folder, "config.toml")
        self.log_path = os.path.join(self.folder, "stderr.log")
        self.process = None
        self.port = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.kill9()
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_secret(self, name, text):
        path = self.path(name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        return path

    def start(self):
        with open(self.config, "w") as file:
            file.write(toml(self.settings))
        libc = ctypes.CDLL(None)

        def prepare():
            # Whatever becomes of us, it does not outlive us.
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if self.limits:
                soft, hard = self.limits
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

        words = ["serve", "--config", self.config, "--data", self.data, "--listen", "127.0.0.1:0"]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, preexec_fn=prepare, env=self.env
            )
        began = time.monotonic()
        said = b""
        while True:
            ready, _, _ = select.select([self.process.stdout], [], [], 0.2)
            if ready:
                chunk = os.read(self.process.stdout.fileno(), 4096)
                if not chunk:
                    self.process.wait()
                    raise Died(self.last_words())
                said += chunk
                for line in said.decode(errors="replace").split("\n")[:-1]:
                    if line.startswith(READY):
                        self.port = int(line.rstrip("/ ").rsplit(":", 1)[1])
                        return time.monotonic() - began
            if time.monotonic() - began > START_SECS:
                raise Died("did not become ready")

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def last_words(self):
        lines = [line for line in self.log().splitlines() if line.strip()]
        return lines[-1] if lines else "no word"

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill9(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process = None

    def terminate(self, wait=60):
        """SIGTERM; seconds until it has ended, None when it has not."""
        began = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(wait)
        except subprocess.TimeoutExpired:
            return None
        return time.monotonic() - began

    # What the system says of it.

    def _status(self, name):
        with open(f"/proc/{self.process.pid}/status") as file:
            for line in file:
                if line.startswith(name + ":"):
                    return int(line.split()[1])
        return 0

    def resident(self):
        """MiB."""
        return self._status("VmRSS") / 1024

    def peak(self):
        """MiB, since the start or `forget_peak`."""
        return self._status("VmHWM") / 1024

    def forget_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w") as file:
            file.write("5")

    def threads(self):
        return self._status("Threads")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def cpu(self):
        """Seconds of all its threads, also of those that have ended."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def stored_bytes(self, part=""):
        """What the data folder, or a folder in it, takes on the disk."""
        total = 0
        for folder, _, names in os.walk(os.path.join(self.data, part)):
            for name in names:
                try:
                    total += os.lstat(os.path.join(folder, name)).st_blocks * 512
                except FileNotFoundError:
                    pass
        return total

    # What an administrator does.

    def cli(self, *words, wait=120):
        words = [self.binary, *words, "--config", self.config, "--data", self.data]
        return subprocess.run(words, capture_output=True, text=True, timeout=wait, stdin=subprocess.DEVNULL, env=self.env)

    def admin(self, method, path, body=None):
        """One request through the socket in the data folder."""
        payload = json.dumps(body).encode() if body is not None else b""
        head = (
            f"{method} /admin/v1/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
        )
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(60)
            # The path of a socket is short; that of a temporary folder may not be.
            folder = os.open(self.data, os.O_PATH)
            try:
                door.connect(f"/proc/self/fd/{folder}/admin.sock")
            finally:
                os.close(folder)
            door.sendall(head.encode() + payload)
            answer = b""
            while chunk := door.recv(65536):
                answer += chunk
        head, _, body = answer.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        if b"chunked" in head.lower():
            body = dechunk(body)
        if status >= 300:
            raise Died(f"{method} {path}: {status} {body[:200]!r}")
        return json.loads(body) if body else None

    def person(self, login, password=True):
        made = self.admin("POST", "users", {"login": login, "name": login.capitalize()})
        person = Person(login, made["id"], None)
        if password:
            person.password = self.password(person)
        return person

    def password(self, person, label="device"):
        return self.admin("POST", f"users/{person.uid}/app-passwords", {"label": label})["secret"]


def dechunk(body):
    out = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        size = int(size, 16)
        if size == 0:
            break
        out += rest[:size]
        body = rest[size + 2 :]
    return out
