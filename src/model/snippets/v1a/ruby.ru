# Receives webhooks and lets in only genuine ones. Ruby 3.1 or later; a config.ru for Rack: rackup -p 3000
require "openssl"

PUBLIC_KEY = "{{public_key}}"
TOLERANCE = 300 # seconds

# What stands before the 32 bytes of every Ed25519 key in DER.
DER = ["302a300506032b6570032100"].pack("H*")
KEY = OpenSSL::PKey.read(DER + PUBLIC_KEY.delete_prefix("whpk_").unpack1("m"))

# `body` is the bytes as they came: with Rails, take request.raw_post.
def genuine?(id, timestamp, signatures, body)
  return false unless id && signatures && timestamp&.match?(/\A\d{1,12}\z/)
  return false if (Time.now.to_i - timestamp.to_i).abs > TOLERANCE

  signed = "#{id}.#{timestamp}.".b + body.b
  # There are several, of other schemes and while a key is rotated; one that fits is enough.
  signatures.split(" ").any? do |given|
    given.start_with?("v1a,") && KEY.verify(nil, given.delete_prefix("v1a,").unpack1("m"), signed)
  rescue OpenSSL::PKey::PKeyError
    false
  end
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
