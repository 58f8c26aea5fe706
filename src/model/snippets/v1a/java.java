// Receives webhooks and lets in only genuine ones. Java 17 or later, nothing to install: java Receiver.java
import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;

public class Receiver {
  static final String PUBLIC_KEY = "{{public_key}}";
  static final long TOLERANCE = 300; // seconds

  static PublicKey key() throws GeneralSecurityException {
    // What stands before the 32 bytes of every Ed25519 key in DER.
    String der = "302a300506032b6570032100";
    byte[] key = Base64.getDecoder().decode(PUBLIC_KEY.replace("whpk_", ""));
    byte[] encoded = HexFormat.of().parseHex(der + HexFormat.of().formatHex(key));
    return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
  }

  // The body is the bytes as they came: with Spring, take @RequestBody byte[].
  static boolean isGenuine(String id, String timestamp, String signatures, byte[] body)
      throws GeneralSecurityException {
    if (id == null || timestamp == null || signatures == null || !timestamp.matches("[0-9]{1,12}")) return false;
    long age = System.currentTimeMillis() / 1000 - Long.parseLong(timestamp);
    if (Math.abs(age) > TOLERANCE) return false;

    // There are several, of other schemes and while a key is rotated; one that fits is enough.
    for (String given : signatures.split(" ")) {
      if (!given.matches("v1a,[A-Za-z0-9+/]{86}==")) continue;
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(key());
      verifier.update((id + "." + timestamp + ".").getBytes(UTF_8));
      verifier.update(body);
      if (verifier.verify(Base64.getDecoder().decode(given.substring(4)))) return true;
    }
    return false;
  }

  static void receive(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    var headers = exchange.getRequestHeaders();
    String id = headers.getFirst("webhook-id");
    int status = 401;
    try {
      if (isGenuine(id, headers.getFirst("webhook-timestamp"), headers.getFirst("webhook-signature"), body)) {
        // Note it, answer, and work on it afterwards. A webhook-id that was there before is a repetition.
        System.out.println(id + " " + new String(body, UTF_8));
        status = 204;
      }
    } catch (GeneralSecurityException error) {
      // Not a signature of this key.
    }
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  public static void main(String[] args) throws IOException {
    int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "3000"));
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
    server.createContext("{{path}}", Receiver::receive);
    server.start();
  }
}
