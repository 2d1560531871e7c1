"""Serve moto on a free loopback port, for as long as standard input stays open.

The first line written to standard output is the port. The process that started this one holds
the other end of standard input; however it ends, the pipe closes, and this process ends too.
"""

import json
import os
import sys
import threading


def end_with_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()

# Emptying moto makes it build every managed policy of AWS anew, which takes seconds. Only those
# that roles of a web service are given are left.
import moto.iam.models  # noqa: E402

KEPT = ("AmazonEC2ContainerRegistry", "AmazonECS", "AmazonSSM", "AWSLambda", "CloudWatch", "SecretsManager")
policies = json.loads(moto.iam.models.aws_managed_policies_data)
moto.iam.models.aws_managed_policies_data = json.dumps(
    {name: policy for name, policy in policies.items() if name.startswith(KEPT)}
)
del policies

# What one request wants left out of its reply (tags, where it does not include them), moto notes for
# all requests at once. Here each has notes of its own.
from moto.core.responses import BaseResponse  # noqa: E402

include, exclude = BaseResponse._include_in_response, BaseResponse._exclude_from_response


def alone(note):
    def noted(self: BaseResponse, path: str) -> None:
        self.RESPONSE_KEY_PATH_TO_TRANSFORMER = dict(self.RESPONSE_KEY_PATH_TO_TRANSFORMER)
        note(self, path)

    return noted


BaseResponse._include_in_response = alone(include)
BaseResponse._exclude_from_response = alone(exclude)

from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402


class Quiet(WSGIRequestHandler):
    """Leave the request lines out of the log: the proxy keeps a journal of its own."""

    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass


server = make_server(
    "127.0.0.1",
    0,
    DomainDispatcherApplication(create_backend_app),
    threaded=True,
    request_handler=Quiet,
)
os.environ["MOTO_PORT"] = str(server.port)
print(server.port, flush=True)
os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
server.serve_forever()
