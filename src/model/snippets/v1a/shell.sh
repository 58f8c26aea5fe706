# Checks a delivery that was saved, with openssl 3.
#   bash webhook.sh verify <webhook-id> <webhook-timestamp> <webhook-signature> <file with the body>
# The keys that sign now: curl {{public_keys_url}}
set -euo pipefail

public_key='{{public_key}}'
tolerance=300 # seconds

[[ "${1:-} $#" == "verify 5" ]] || { echo "usage: verify <id> <timestamp> <signatures> <file>" >&2; exit 2; }
[[ "$3" =~ ^[0-9]{1,12}$ ]] || { echo "refused: the timestamp is no number"; exit 1; }
age=$(($(date +%s) - 10#$3))
((age <= tolerance && age >= -tolerance)) || { echo "refused: it is $age seconds old"; exit 1; }

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
# What stands before the 32 bytes of every Ed25519 key in DER, and the key.
printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00' > "$work/key"
printf '%s' "${public_key#whpk_}" | openssl base64 -d -A >> "$work/key"
{ printf '%s.%s.' "$2" "$3"; cat "$5"; } > "$work/signed"

# There are several, of other schemes and while a key is rotated; one that fits is enough.
for given in $4; do
  [[ "$given" == v1a,* ]] || continue
  printf '%s' "${given#v1a,}" | openssl base64 -d -A > "$work/signature"
  if openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key" -rawin \
    -in "$work/signed" -sigfile "$work/signature" > "$work/said" 2>&1; then
    echo "genuine"
    exit 0
  fi
done
echo "refused: no signature fits"
exit 1
