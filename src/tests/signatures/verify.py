"""Checks a delivery, {secret, headers, body} on standard input, with the official Python library."""

import json
import sys

from standardwebhooks.webhooks import Webhook

delivery = json.load(sys.stdin)
Webhook(delivery["secret"]).verify(delivery["body"], delivery["headers"])
