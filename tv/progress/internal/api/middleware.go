package api

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"runtime/debug"
	"sync"
	"time"

	"tv/progress/internal/jsonlog"
)

// What is worked on at a time bounds memory: what comes on top is told to come again.
// Reads wait for the table; when it is away they must not take the room of heartbeats.
const (
	maxWrites = 512
	maxReads  = 128
)

var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Handler is the whole service: routes and shedding behind headers, log and recovery.
func (a *API) Handler() http.Handler {
	return a.mark(a.record(a.recover(a.routes())))
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

// record counts and logs each request but successful health checks, which come ten times
// a second. A crowd is counted, and only some of it logged: a line costs more than an answer.
func (a *API) record(next http.Handler) http.Handler {
	var lines quota
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		seen := &observed{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		if r.URL.Path == "/healthz" && seen.status == http.StatusOK {
			return
		}
		took := time.Since(started)
		a.Metrics.Request(r.Method, seen.status, took)
		granted, skipped := lines.take(started)
		if !granted {
			return
		}
		line := jsonlog.Fields{
			"request_id":  w.Header().Get("X-Request-ID"),
			"method":      r.Method,
			"path":        r.URL.Path,
			"status":      seen.status,
			"bytes":       seen.bytes,
			"duration_ms": float64(took.Microseconds()) / 1000,
		}
		if skipped > 0 {
			line["skipped"] = skipped
		}
		a.Log.Info("request", line)
	})
}

// quota grants linesPerSecond lines of the log.
type quota struct {
	mutex   sync.Mutex
	second  int64
	granted int
	skipped int
}

const linesPerSecond = 50

// take grants a line or not, and with the first line of a second tells how many were
// not granted before it.
func (q *quota) take(now time.Time) (granted bool, skipped int) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if second := now.Unix(); second != q.second {
		skipped, q.skipped = q.skipped, 0
		q.second, q.granted = second, 0
	}
	if q.granted >= linesPerSecond {
		q.skipped++
		return false, 0
	}
	q.granted++
	return true, skipped
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
			later(w, http.StatusServiceUnavailable, "1", "too many requests at this moment")
		}
	})
}
