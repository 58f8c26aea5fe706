# Receives webhooks and lets in only genuine ones. Python 3.9 or later, nothing to install: python3 receiver.py
import base64
import hashlib
import hmac
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "{{secret}}"
TOLERANCE = 300  # seconds


def is_genuine(headers, body):
    """`body` is the bytes as they came: with Flask, take request.get_data(); with Django, request.body."""
    msg_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "")
    if not msg_id or not (timestamp.isascii() and timestamp.isdigit()):
        return False
    if abs(time.time() - int(timestamp)) > TOLERANCE:
        return False

    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, f"{msg_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)
    # There are several while a secret is rotated; one that fits is enough.
    return any(hmac.compare_digest(given.encode(), expected) for given in signatures.split())


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.split("?")[0] != "{{path}}":
            status = 404
        elif not is_genuine(self.headers, body):
            status = 401
        else:
            # Note it, answer, and work on it afterwards. A webhook-id that was there before is a repetition.
            print(self.headers["webhook-id"], body.decode())
            status = 204
        self.send_response(status)
        self.end_headers()


if __name__ == "__main__":
    ThreadingHTTPServer(("", int(os.environ.get("PORT", 3000))), Receiver).serve_forever()
