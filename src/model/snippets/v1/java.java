// Receives webhooks and lets in only genuine ones. Java 11 or later, nothing to install: java Receiver.java
import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Receiver {
  static final String SECRET = "{{secret}}";
  static final long TOLERANCE = 300; // seconds

  // The body is the bytes as they came: with Spring, take @RequestBody byte[].
  static boolean isGenuine(String id, String timestamp, String signatures, byte[] body)
      throws GeneralSecurityException {
    if (id == null || timestamp == null || signatures == null || !timestamp.matches("[0-9]{1,12}")) return false;
    long age = System.currentTimeMillis() / 1000 - Long.parseLong(timestamp);
    if (Math.abs(age) > TOLERANCE) return false;

    byte[] key = Base64.getDecoder().decode(SECRET.replace("whsec_", ""));
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    mac.update((id + "." + timestamp + ".").getBytes(UTF_8));
    String expected = "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
    // There are several while a secret is rotated; one that fits is enough.
    for (String given : signatures.split(" ")) {
      if (MessageDigest.isEqual(given.getBytes(UTF_8), expected.getBytes(UTF_8))) return true;
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
      status = 500;
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
