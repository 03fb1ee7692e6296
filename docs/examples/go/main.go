// Sends one event to Farol in binary mode, and prints its receipt and where to see it.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

const attempts = 6

type receipt struct {
	Source, ID string
	Partition  int32
	Offset     int64
}

func main() {
	gateway := setting("FAROL_GATEWAY_URL", "http://127.0.0.1:8080")
	key := setting("FAROL_KEY", "")
	if key == "" {
		log.Fatal("set FAROL_KEY to your key")
	}
	// The id stays the same however often the event is sent; that is what makes sending it again safe.
	event := cloudevents.NewEvent()
	event.SetID(random(16))
	event.SetSource("/examples/go")
	event.SetType("com.example.greeting")
	if err := event.SetData(cloudevents.ApplicationJSON, map[string]string{"hello": "from Go"}); err != nil {
		log.Fatal(err)
	}
	// A W3C trace context by hand: version, trace id, span id, sampled. In a service OpenTelemetry's propagator writes it.
	traceID := random(16)
	header := http.Header{"Authorization": {"Bearer " + key}, "Traceparent": {"00-" + traceID + "-" + random(8) + "-01"}}

	got := send(gateway+"/v1/events", event, header)
	fmt.Printf("accepted: partition %d, offset %d\n", got.Partition, got.Offset)
	fmt.Printf("event  %s/v1/event?source=%s&id=%s\n", gateway, got.Source, got.ID)
	fmt.Printf("trace  %s/trace/%s\n", setting("FAROL_JAEGER_URL", "http://127.0.0.1:16686"), traceID)
}

// send returns the receipt; it sends again while the answer says that this may help, or while there is none.
func send(url string, event cloudevents.Event, header http.Header) receipt {
	for attempt := 1; ; attempt++ {
		got, again, err := try(url, event, header)
		if err == nil {
			return got
		}
		if again < 0 || attempt == attempts {
			log.Fatal(err)
		}
		if again == 0 {
			// Half to one and a half of 1, 2, 4 … seconds, where the answer names no time.
			again = time.Duration((0.5 + mathrand.Float64()) * float64(min(30*time.Second, time.Second<<(attempt-1))))
		}
		time.Sleep(again)
	}
}

// try sends once; beside an error stands how long to wait before the next time: 0 is for the caller to choose, less is never.
func try(url string, event cloudevents.Event, header http.Header) (receipt, time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	request, err := cehttp.NewHTTPRequestFromEvent(ctx, url, event)
	if err != nil {
		return receipt{}, -1, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return receipt{}, 0, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return receipt{}, 0, err
	}
	if answer.StatusCode == http.StatusAccepted {
		var got receipt
		if err := json.Unmarshal(body, &got); err != nil {
			return receipt{}, -1, err
		}
		return got, 0, nil
	}
	refused := fmt.Errorf("refused with %d: %s", answer.StatusCode, body)
	switch answer.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // without one: 0
		return receipt{}, time.Duration(seconds) * time.Second, refused
	}
	return receipt{}, -1, refused
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func random(bytes int) string {
	buffer := make([]byte, bytes)
	rand.Read(buffer) // never fails, says its documentation
	return fmt.Sprintf("%x", buffer)
}
