// Receives webhooks and lets in only genuine ones. Node.js 18 or later, nothing to install: node receiver.mjs
import { createPublicKey, verify } from "node:crypto";
import { createServer } from "node:http";

const PUBLIC_KEY = "{{public_key}}";
const TOLERANCE = 300; // seconds

const x = Buffer.from(PUBLIC_KEY.replace("whpk_", ""), "base64").toString("base64url");
const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });

// `headers` have names in lower case. `body` is the bytes as they came: with Express, take express.raw({ type: "*/*" }).
function isGenuine(headers, body) {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"];
  if (!id || !signatures || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE) return false;

  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  // There are several, of other schemes and while a key is rotated; one that fits is enough.
  return signatures.split(" ").some((signature) => {
    return signature.startsWith("v1a,") && verify(null, signed, key, Buffer.from(signature.slice(4), "base64"));
  });
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (request.method !== "POST" || request.url.split("?")[0] !== "{{path}}") {
    response.writeHead(404).end();
  } else if (!isGenuine(request.headers, body)) {
    response.writeHead(401).end();
  } else {
    // Answer first, and work on it afterwards. A webhook-id that was there before is a repetition.
    response.writeHead(204).end();
    console.log(request.headers["webhook-id"], body.toString());
  }
}).listen(process.env.PORT ?? 3000);
