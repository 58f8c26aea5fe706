# Checks a delivery that was saved, or sends one that is signed, with curl and openssl.
#   bash webhook.sh verify <webhook-id> <webhook-timestamp> <webhook-signature> <file with the body>
#   bash webhook.sh send <file with the body>
# For trying things out: a receiver compares in constant time, and this does not.
set -euo pipefail

secret='{{secret}}'
url='{{url}}'
tolerance=300 # seconds

key=$(printf '%s' "${secret#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')

sign() { # id, timestamp, file
  { printf '%s.%s.' "$1" "$2"; cat "$3"; } |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A
}

case "${1:-} $#" in
  "verify 5")
    [[ "$3" =~ ^[0-9]{1,12}$ ]] || { echo "refused: the timestamp is no number"; exit 1; }
    age=$(($(date +%s) - 10#$3))
    ((age <= tolerance && age >= -tolerance)) || { echo "refused: it is $age seconds old"; exit 1; }
    expected="v1,$(sign "$2" "$3" "$5")"
    # There are several while a secret is rotated; one that fits is enough.
    [[ " $4 " == *" $expected "* ]] || { echo "refused: no signature fits"; exit 1; }
    echo "genuine"
    ;;
  "send 2")
    timestamp=$(date +%s)
    id="test_$timestamp"
    curl --fail --silent --show-error --data-binary "@$2" --header "content-type: application/json" \
      --header "webhook-id: $id" --header "webhook-timestamp: $timestamp" \
      --header "webhook-signature: v1,$(sign "$id" "$timestamp" "$2")" "$url"
    ;;
  *)
    echo "usage: verify <id> <timestamp> <signatures> <file>, or send <file>" >&2
    exit 2
    ;;
esac
