// Package metrics counts what the service does, in Prometheus' text format.
package metrics

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	library "github.com/VictoriaMetrics/metrics"

	"tv/progress/internal/buffer"
	"tv/progress/internal/flush"
)

// Metrics may be used by many goroutines. What every heartbeat counts is looked up once.
type Metrics struct {
	set        *library.Set
	accepted   *library.Counter
	puts       *library.Summary
	heartbeats map[string]*library.Counter
}

// New makes the figures of a service that buffers in `waiting`, `places` positions at most.
func New(waiting *buffer.Buffer, places int, now func() time.Time) *Metrics {
	m := &Metrics{set: library.NewSet(), heartbeats: map[string]*library.Counter{}}
	m.accepted = m.counter(requests, http.MethodPut, http.StatusAccepted)
	m.puts = m.summary(requestSeconds, http.MethodPut)
	for _, result := range []string{"accepted", "coalesced", "older", "full", "crowded"} {
		m.heartbeats[result] = m.counter("progress_heartbeats_total{result=%q}", result)
	}
	m.set.NewGauge("progress_buffer_positions", func() float64 { return float64(waiting.Len()) })
	m.set.NewGauge("progress_buffer_places", func() float64 { return float64(places) })
	// What a loss of this host would lose.
	m.set.NewGauge("progress_buffer_oldest_seconds", func() float64 {
		since, waits := waiting.Oldest()
		if !waits {
			return 0
		}
		return now().Sub(since).Seconds()
	})
	return m
}

// Handler answers with all figures, and those of the process.
func (m *Metrics) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var text bytes.Buffer
		m.set.WritePrometheus(&text)
		library.WriteProcessMetrics(&text)
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(text.Bytes())
	})
}

// Request counts an answer.
func (m *Metrics) Request(method string, status int, took time.Duration) {
	if method == http.MethodPut && status == http.StatusAccepted {
		m.accepted.Inc()
		m.puts.Update(took.Seconds())
		return
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut:
	default:
		method = "other" // whatever a client thinks of would be a figure of its own
	}
	m.counter(requests, method, status).Inc()
	m.summary(requestSeconds, method).Update(took.Seconds())
}

// Heartbeat counts a valid heartbeat: accepted, coalesced with one that waited, older than
// it, or without a place (full, crowded).
func (m *Metrics) Heartbeat(result string) { m.heartbeats[result].Inc() }

// Write counts a write to the table.
func (m *Metrics) Write(outcome flush.Outcome, took time.Duration) {
	m.counter("progress_writes_total{result=%q}", outcome).Inc()
	m.summary("progress_write_duration_seconds").Update(took.Seconds())
}

const (
	requests       = `http_requests_total{method=%q,status="%d"}`
	requestSeconds = "http_request_duration_seconds{method=%q}"
)

func (m *Metrics) counter(name string, labels ...any) *library.Counter {
	return m.set.GetOrCreateCounter(fmt.Sprintf(name, labels...))
}

func (m *Metrics) summary(name string, labels ...any) *library.Summary {
	return m.set.GetOrCreateSummary(fmt.Sprintf(name, labels...))
}
