// Receives webhooks and lets in only genuine ones. Go 1.20 or later, nothing to install: go run receiver.go
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

var secret = "{{secret}}"

const tolerance = 300 // seconds

// isGenuine takes the body's bytes as they came, before anything decodes them.
func isGenuine(header http.Header, body []byte) bool {
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if id == "" || err != nil {
		return false
	}
	if now := time.Now().Unix(); seconds < now-tolerance || seconds > now+tolerance {
		return false
	}

	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", id, timestamp)
	mac.Write(body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	// There are several while a secret is rotated; one that fits is enough.
	for _, given := range strings.Fields(header.Get("webhook-signature")) {
		if hmac.Equal([]byte(given), []byte(expected)) {
			return true
		}
	}
	return false
}

func receive(response http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	switch {
	case err != nil:
		response.WriteHeader(http.StatusBadRequest)
	case request.Method != http.MethodPost || request.URL.EscapedPath() != "{{path}}":
		response.WriteHeader(http.StatusNotFound)
	case !isGenuine(request.Header, body):
		response.WriteHeader(http.StatusUnauthorized)
	default:
		// Note it, answer, and work on it afterwards. A webhook-id that was there before is a repetition.
		log.Println(request.Header.Get("webhook-id"), string(body))
		response.WriteHeader(http.StatusNoContent)
	}
}

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	log.Fatal(http.ListenAndServe(":"+port, http.HandlerFunc(receive)))
}
