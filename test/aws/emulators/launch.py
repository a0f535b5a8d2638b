"""Starts one emulator, and ends with whoever started it.

Usage: python launch.py ministack|moto PORT, with standard input held open by the parent: when the parent is gone, standard
input ends, and so does this process group (Lambda workers included), however the parent died.

moto has no Node runtime: its Lambda is replaced by a call of the test's own process. A function is named
`bridge-<port>-<Name>`; its payload is posted to http://127.0.0.1:<port>/<Name>, which answers {"ok": result} or
{"error": {"errorType", "errorMessage"}}.
"""

import contextlib
import json
import os
import re
import signal
import sys
import threading
import urllib.request

kind, port = sys.argv[1], sys.argv[2]


def end_with_parent():
    while sys.stdin.buffer.read(4096):
        pass
    os.killpg(os.getpgid(0), signal.SIGKILL)


threading.Thread(target=end_with_parent, daemon=True).start()


def ministack():
    from ministack.app import main

    sys.argv = ["ministack"]
    main()


def moto():
    from moto.awslambda_simple.models import LambdaSimpleBackend
    from moto.core.config import default_user_config
    from moto.server import DomainDispatcherApplication, main

    default_user_config["lambda"] = {"use_docker": False}
    default_user_config["stepfunctions"] = {"execute_state_machine": True}

    def invoke(self, function_name, qualifier, body, headers, response_headers):
        found = re.search(r"bridge-(\d+)-(\w+)", function_name)
        if found is None:
            raise ValueError(f"{function_name} is no function of a bridge")
        data = body if isinstance(body, (bytes, bytearray)) else (body or "{}").encode()
        url = f"http://127.0.0.1:{found[1]}/{found[2]}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        reply = json.load(opener.open(urllib.request.Request(url, data=data)))
        if "error" in reply:
            response_headers["x-amz-function-error"] = "Unhandled"
            return json.dumps(reply["error"]).encode()
        return json.dumps(reply["ok"]).encode()

    LambdaSimpleBackend.invoke = invoke

    # moto answers in threads and looks at a condition before it writes, with nothing to keep another request from coming
    # between. What keeps state is asked one request at a time; what calls others (Lambda, Step Functions) is not.
    dispatch = DomainDispatcherApplication.__call__
    alone = threading.Lock()

    def dispatch_alone(self, environ, start_response):
        scope = re.search(r"Credential=[^,]*/(\w+)/aws4_request", environ.get("HTTP_AUTHORIZATION", ""))
        with alone if scope and scope[1] in ("dynamodb", "kms", "s3") else contextlib.nullcontext():
            return dispatch(self, environ, start_response)

    DomainDispatcherApplication.__call__ = dispatch_alone
    main(["-H", "127.0.0.1", "-p", port])


{"ministack": ministack, "moto": moto}[kind]()
