# Receives webhooks and lets in only genuine ones. Ruby 3.0 or later; a config.ru for Rack: rackup -p 3000
require "openssl"

SECRET = "{{secret}}"
TOLERANCE = 300 # seconds

# `body` is the bytes as they came: with Rails, take request.raw_post.
def genuine?(id, timestamp, signatures, body)
  return false unless id && signatures && timestamp&.match?(/\A\d{1,12}\z/)
  return false if (Time.now.to_i - timestamp.to_i).abs > TOLERANCE

  key = SECRET.delete_prefix("whsec_").unpack1("m")
  digest = OpenSSL::HMAC.digest("SHA256", key, "#{id}.#{timestamp}.".b + body.b)
  expected = "v1," + [digest].pack("m0")
  # There are several while a secret is rotated; one that fits is enough.
  signatures.split(" ").any? { |given| OpenSSL.secure_compare(given, expected) }
end

RECEIVER = lambda do |env|
  body = env["rack.input"].read
  headers = %w[HTTP_WEBHOOK_ID HTTP_WEBHOOK_TIMESTAMP HTTP_WEBHOOK_SIGNATURE]
  next [404, {}, []] unless env["REQUEST_METHOD"] == "POST" && env["PATH_INFO"] == "{{path}}"
  next [401, {}, []] unless genuine?(*env.values_at(*headers), body)

  # Note it, answer, and work on it afterwards. A webhook-id that was there before is a repetition.
  puts body
  [204, {}, []]
end

run RECEIVER
