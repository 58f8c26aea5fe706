// Checks a delivery, {secret, headers, body} on standard input, with the official JavaScript library.
const { readFileSync } = require("node:fs");
const { Webhook } = require("standardwebhooks");

const { secret, headers, body } = JSON.parse(readFileSync(0, "utf8"));
new Webhook(secret).verify(body, headers);
