package api

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"tv/progress/internal/jsonlog"
)

// maxInFlight bounds memory: what comes on top is told to come again.
const maxInFlight = 512

var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Handler is the whole service: routes behind headers, log, recovery and shedding.
func (a *API) Handler() http.Handler {
	return a.mark(a.record(a.recover(shed(http.HandlerFunc(a.route), maxInFlight))))
}

// mark sets the headers that every answer carries.
func (a *API) mark(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-ID")
		if !requestID.MatchString(id) {
			id = newRequestID()
		}
		header := w.Header()
		header.Set("X-Request-ID", id)
		header.Set("X-Served-By", a.Host)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func newRequestID() string {
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		panic(err) // the kernel has no randomness: nothing here is to be trusted
	}
	return hex.EncodeToString(random[:])
}

// record logs each request but successful health checks, which come ten times a second.
func (a *API) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		seen := &observed{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		if r.URL.Path == "/healthz" && seen.status == http.StatusOK {
			return
		}
		a.Log.Info("request", jsonlog.Fields{
			"request_id":  w.Header().Get("X-Request-ID"),
			"method":      r.Method,
			"path":        r.URL.Path,
			"status":      seen.status,
			"bytes":       seen.bytes,
			"duration_ms": float64(time.Since(started).Microseconds()) / 1000,
		})
	})
}

// observed remembers what was answered.
type observed struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (o *observed) WriteHeader(status int) {
	o.status = status
	o.ResponseWriter.WriteHeader(status)
}

func (o *observed) Write(data []byte) (int, error) {
	n, err := o.ResponseWriter.Write(data)
	o.bytes += n
	return n, err
}

// recover turns a panic into a 500 and keeps the service up.
func (a *API) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if cause := recover(); cause != nil {
				a.Log.Error("panic", jsonlog.Fields{
					"error":      fmt.Sprint(cause),
					"stack":      string(debug.Stack()),
					"request_id": w.Header().Get("X-Request-ID"),
				})
				problem(w, http.StatusInternalServerError, "this went wrong on our side")
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// shed answers 503 at once while `limit` requests are being worked on.
func shed(next http.Handler, limit int) http.Handler {
	slots := make(chan struct{}, limit)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("Retry-After", "1")
			problem(w, http.StatusServiceUnavailable, "too many requests at this moment")
		}
	})
}
