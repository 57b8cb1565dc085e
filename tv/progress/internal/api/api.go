// Package api answers HTTP requests about positions.
//
//	PUT /api/v1/progress/{viewer}/{episode}   {"position": 61.5, "duration": 2700, "at": "…"}
//	GET /api/v1/progress/{viewer}/{episode}
//	GET /api/v1/progress/{viewer}?limit=20    the latest first
//	GET /api/v1/progress/openapi.json         what these three answer
//	GET /healthz
//	GET /metrics
//
// Positions are for whoever has a token of that viewer. Errors are
// application/problem+json (RFC 9457).
package api

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tv/progress/internal/buffer"
	"tv/progress/internal/jsonlog"
	"tv/progress/internal/store"
	"tv/progress/internal/watch"
)

// description is no viewer's name, which has no dot.
const description = prefix + "openapi.json"

//go:embed openapi.json
var openapi []byte

const (
	prefix       = "/api/v1/progress/"
	maxBody      = 4 << 10
	defaultLimit = 20
	maxLimit     = 100
	// afterFull is when a player that found no place may come again, in seconds: as long
	// as a table that was away is given before it is tried again.
	afterFull = "5"
)

// Positions is where positions are kept; see package positions.
type Positions interface {
	Accept(p watch.Position) (coalesced bool, err error)
	Get(ctx context.Context, viewer, episode string) (watch.Position, error)
	Recent(ctx context.Context, viewer string, limit int) (recent []watch.Position, complete bool, err error)
}

// Viewers tells whom an Authorization header speaks for; see package token.
type Viewers interface {
	Viewer(authorization string) (string, error)
}

// Metrics is told what happened, and answers with figures.
type Metrics interface {
	Request(method string, status int, took time.Duration)
	Heartbeat(result string)
	Handler() http.Handler
}

// API is the service's HTTP face. `Ready` returns why it cannot serve yet, or nil;
// `Lost` is called when the table turns out to be gone.
type API struct {
	Positions Positions
	Viewers   Viewers
	Metrics   Metrics
	Ready     func() error
	Lost      func()
	Log       *jsonlog.Logger
	Host      string           // for X-Served-By
	Now       func() time.Time // the clock
}

// routes tells operators' paths from viewers'; only the latter are reached from outside.
func (a *API) routes() http.Handler {
	writes := shed(http.HandlerFunc(a.put), maxWrites)
	reads := shed(http.HandlerFunc(a.read), maxReads)
	figures := a.Metrics.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/healthz":
			a.health(w, r)
		case r.URL.Path == "/metrics":
			figures.ServeHTTP(w, r)
		case r.URL.Path == description:
			a.describe(w, r)
		case r.Method == http.MethodPut:
			writes.ServeHTTP(w, r)
		default:
			reads.ServeHTTP(w, r)
		}
	})
}

// names are the viewer and, unless the path is that of a viewer's list, the episode.
type names struct {
	viewer, episode string
	list            bool
}

// named reads the path and sees that the request may speak for its viewer. It answers
// and returns false where that is not so, or where the path has no such method.
func (a *API) named(w http.ResponseWriter, r *http.Request) (found names, ok bool) {
	rest := strings.TrimPrefix(r.URL.Path, prefix)
	viewer, episode, deeper := strings.Cut(rest, "/")
	if !strings.HasPrefix(r.URL.Path, prefix) || strings.Contains(episode, "/") {
		problem(w, http.StatusNotFound, "there is nothing at this path")
		return names{}, false
	}
	found = names{viewer: viewer, episode: episode, list: !deeper}
	methods := onEpisode
	if found.list {
		methods = onList
	}
	if !allow(w, r, methods) {
		return names{}, false
	}
	if err := found.check(); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return names{}, false
	}
	return found, a.allowed(w, r, viewer)
}

func (n names) check() error {
	if err := watch.Identifier("viewer", n.viewer); err != nil || n.list {
		return err
	}
	return watch.Identifier("episode", n.episode)
}

// allowed answers 401 or 403 and returns false unless the request speaks for `viewer`.
func (a *API) allowed(w http.ResponseWriter, r *http.Request, viewer string) bool {
	speaker, err := a.Viewers.Viewer(r.Header.Get("Authorization"))
	switch {
	case err != nil:
		w.Header().Set("WWW-Authenticate", `Bearer realm="progress"`)
		problem(w, http.StatusUnauthorized, err.Error())
	case speaker != viewer:
		problem(w, http.StatusForbidden, "the token is another viewer's")
	}
	return err == nil && speaker == viewer
}

func (a *API) health(w http.ResponseWriter, r *http.Request) {
	if !allow(w, r, onList) {
		return
	}
	if err := a.Ready(); err != nil {
		problem(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (a *API) describe(w http.ResponseWriter, r *http.Request) {
	if allow(w, r, onList) {
		write(w, http.StatusOK, "application/json", json.RawMessage(openapi))
	}
}

func (a *API) put(w http.ResponseWriter, r *http.Request) {
	who, ok := a.named(w, r)
	if !ok {
		return
	}
	if !isJSON(r.Header.Get("Content-Type")) {
		problem(w, http.StatusUnsupportedMediaType, "Content-Type must be application/json")
		return
	}
	p, err := watch.Parse(who.viewer, who.episode, http.MaxBytesReader(w, r.Body, maxBody), a.Now())
	if err != nil {
		reject(w, err)
		return
	}
	a.accept(w, p)
}

func (a *API) accept(w http.ResponseWriter, p watch.Position) {
	coalesced, err := a.Positions.Accept(p)
	var older *buffer.Older
	switch {
	case coalesced:
		a.Metrics.Heartbeat("coalesced")
		answer(w, http.StatusAccepted, p)
	case err == nil:
		a.Metrics.Heartbeat("accepted")
		answer(w, http.StatusAccepted, p)
	case errors.As(err, &older):
		a.Metrics.Heartbeat("older")
		conflict(w, older.Current)
	case errors.Is(err, buffer.ErrCrowded):
		a.Metrics.Heartbeat("crowded")
		later(w, http.StatusTooManyRequests, afterFull, err.Error())
	default:
		a.Metrics.Heartbeat("full")
		later(w, http.StatusServiceUnavailable, afterFull, "as many positions wait to be stored as may wait")
	}
}

func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}

// conflict tells a player that came too late what waits to be stored.
func conflict(w http.ResponseWriter, current watch.Position) {
	write(w, http.StatusConflict, "application/problem+json", struct {
		Problem
		Current watch.Position `json:"current"`
	}{describe(http.StatusConflict, "a newer position is there"), current})
}

func (a *API) read(w http.ResponseWriter, r *http.Request) {
	switch who, ok := a.named(w, r); {
	case !ok:
	case who.list:
		a.list(w, r, who.viewer)
	default:
		a.get(w, r, who)
	}
}

func (a *API) get(w http.ResponseWriter, r *http.Request, who names) {
	p, err := a.Positions.Get(r.Context(), who.viewer, who.episode)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	answer(w, http.StatusOK, p)
}

func (a *API) list(w http.ResponseWriter, r *http.Request, viewer string) {
	limit, err := limitOf(r)
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	recent, complete, err := a.Positions.Recent(r.Context(), viewer, limit)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"viewer": viewer, "positions": recent, "complete": complete})
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

// refuse answers with what `err` of the store is to the sender.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	switch {
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
		later(w, http.StatusServiceUnavailable, "1", "positions cannot be reached just now")
	}
}

// later refuses what may be asked again after `seconds`.
func later(w http.ResponseWriter, status int, seconds, detail string) {
	w.Header().Set("Retry-After", seconds)
	problem(w, status, detail)
}

var (
	onList    = []string{http.MethodGet, http.MethodHead}
	onEpisode = []string{http.MethodGet, http.MethodHead, http.MethodPut}
)

// allow answers 405 and returns false where the method is none of `methods`.
func allow(w http.ResponseWriter, r *http.Request, methods []string) bool {
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
