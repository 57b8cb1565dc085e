// Package api answers HTTP requests about positions.
//
//	PUT /api/v1/progress/{viewer}/{episode}   {"position": 61.5, "duration": 2700, "at": "…"}
//	GET /api/v1/progress/{viewer}/{episode}
//	GET /api/v1/progress/{viewer}?limit=20    the latest first
//	GET /healthz
//
// Errors are application/problem+json (RFC 9457).
package api

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tv/progress/internal/jsonlog"
	"tv/progress/internal/store"
	"tv/progress/internal/watch"
)

const (
	prefix       = "/api/v1/progress/"
	maxBody      = 4 << 10
	defaultLimit = 20
	maxLimit     = 100
)

// Positions is where positions are kept.
type Positions interface {
	Put(ctx context.Context, p watch.Position) error
	Get(ctx context.Context, viewer, episode string) (watch.Position, error)
	Recent(ctx context.Context, viewer string, limit int) ([]watch.Position, error)
}

// API is the service's HTTP face. `Ready` returns why it cannot serve yet, or nil;
// `Lost` is called when the table turns out to be gone.
type API struct {
	Positions Positions
	Ready     func() error
	Lost      func()
	Log       *jsonlog.Logger
	Host      string           // for X-Served-By
	Now       func() time.Time // the clock
}

func (a *API) route(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/healthz" {
		a.health(w, r)
		return
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, prefix), "/")
	switch {
	case !strings.HasPrefix(r.URL.Path, prefix) || len(parts) > 2:
		problem(w, http.StatusNotFound, "there is nothing at this path")
	case len(parts) == 1 && allow(w, r, http.MethodGet, http.MethodHead):
		a.list(w, r, parts[0])
	case len(parts) == 2 && r.Method == http.MethodPut:
		a.put(w, r, parts[0], parts[1])
	case len(parts) == 2 && allow(w, r, http.MethodGet, http.MethodHead, http.MethodPut):
		a.get(w, r, parts[0], parts[1])
	}
}

func (a *API) health(w http.ResponseWriter, r *http.Request) {
	if !allow(w, r, http.MethodGet, http.MethodHead) {
		return
	}
	if err := a.Ready(); err != nil {
		problem(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (a *API) put(w http.ResponseWriter, r *http.Request, viewer, episode string) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		problem(w, http.StatusUnsupportedMediaType, "Content-Type must be application/json")
		return
	}
	p, err := watch.Parse(viewer, episode, http.MaxBytesReader(w, r.Body, maxBody), a.Now())
	if err != nil {
		reject(w, err)
		return
	}
	switch err := a.Positions.Put(r.Context(), p); {
	case err == nil:
		answer(w, http.StatusOK, p)
	case errors.Is(err, store.ErrOlder):
		a.conflict(w, r, viewer, episode)
	default:
		a.refuse(w, r, err)
	}
}

// conflict tells a player that came too late what is stored.
func (a *API) conflict(w http.ResponseWriter, r *http.Request, viewer, episode string) {
	current, err := a.Positions.Get(r.Context(), viewer, episode)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	write(w, http.StatusConflict, "application/problem+json", struct {
		Problem
		Current watch.Position `json:"current"`
	}{describe(http.StatusConflict, "a newer position is stored"), current})
}

func (a *API) get(w http.ResponseWriter, r *http.Request, viewer, episode string) {
	err := watch.Identifier("viewer", viewer)
	if err == nil {
		err = watch.Identifier("episode", episode)
	}
	var p watch.Position
	if err == nil {
		p, err = a.Positions.Get(r.Context(), viewer, episode)
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	answer(w, http.StatusOK, p)
}

func (a *API) list(w http.ResponseWriter, r *http.Request, viewer string) {
	limit, err := limitOf(r)
	if err == nil {
		err = watch.Identifier("viewer", viewer)
	}
	var positions []watch.Position
	if err == nil {
		positions, err = a.Positions.Recent(r.Context(), viewer, limit)
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"viewer": viewer, "positions": positions})
}

func limitOf(r *http.Request) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return defaultLimit, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maxLimit {
		return 0, &watch.Invalid{Field: "limit", Reason: "must be 1 to " + strconv.Itoa(maxLimit)}
	}
	return limit, nil
}

// reject answers a body that could not be used. The connection ends where its rest is unread.
func reject(w http.ResponseWriter, err error) {
	var invalid *watch.Invalid
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &invalid):
		problem(w, http.StatusBadRequest, invalid.Error())
	case errors.As(err, &large):
		w.Header().Set("Connection", "close")
		problem(w, http.StatusRequestEntityTooLarge, "the body may have "+strconv.Itoa(maxBody)+" bytes")
	default:
		w.Header().Set("Connection", "close")
		problem(w, http.StatusRequestTimeout, "the body did not arrive")
	}
}

// refuse answers with what `err` of the store, or of a name in the path, is to the sender.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var invalid *watch.Invalid
	switch {
	case errors.As(err, &invalid):
		problem(w, http.StatusBadRequest, invalid.Error())
	case errors.Is(err, store.ErrNone):
		problem(w, http.StatusNotFound, err.Error())
	case r.Context().Err() != nil:
		// The sender has gone: no one reads this, but the log does.
		problem(w, http.StatusRequestTimeout, "the request was given up")
	default:
		if store.Missing(err) {
			a.Lost()
		}
		a.Log.Error("the store failed", jsonlog.Fields{
			"error": err.Error(), "request_id": w.Header().Get("X-Request-ID"),
		})
		w.Header().Set("Retry-After", "1")
		problem(w, http.StatusServiceUnavailable, "positions cannot be reached just now")
	}
}

// allow answers 405 and returns false where the method is none of `methods`.
func allow(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	for _, method := range methods {
		if r.Method == method {
			return true
		}
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	problem(w, http.StatusMethodNotAllowed, "this path answers "+strings.Join(methods, ", "))
	return false
}

// Problem is a problem detail of RFC 9457.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func describe(status int, detail string) Problem {
	return Problem{"about:blank", http.StatusText(status), status, detail}
}

func problem(w http.ResponseWriter, status int, detail string) {
	write(w, status, "application/problem+json", describe(status, detail))
}

func answer(w http.ResponseWriter, status int, body any) {
	write(w, status, "application/json", body)
}

func write(w http.ResponseWriter, status int, kind string, body any) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	// The status is out; a connection that breaks now is the receiver's matter.
	_ = json.NewEncoder(w).Encode(body)
}
