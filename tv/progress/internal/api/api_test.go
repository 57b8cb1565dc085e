package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tv/progress/internal/dynamotest"
	"tv/progress/internal/jsonlog"
	"tv/progress/internal/store"
	"tv/progress/internal/watch"
)

type exchange = dynamotest.Exchange

const (
	stored = `{"viewer":"v1","episode":"e1","position":61.5,"duration":2700,"at":"2026-11-22T20:00:00Z"}`
	beat   = `{"position":61.5,"duration":2700,"at":"2026-11-22T20:00:00Z"}`
)

// service is the API before a recorded DynamoDB.
type service struct {
	*API
	log  bytes.Buffer
	lost int
}

func start(t *testing.T, exchanges ...exchange) *service {
	s := &service{}
	endpoint := dynamotest.Play(t, exchanges...)
	s.API = &API{
		Positions: store.New(store.Settings{Table: "progress", Region: "us-east-1", Endpoint: endpoint}),
		Ready:     func() error { return nil },
		Lost:      func() { s.lost++ },
		Log:       jsonlog.New(&s.log, jsonlog.Fields{"service": "progress"}),
		Host:      "web-1234",
		Now:       func() time.Time { return time.Date(2026, 11, 22, 20, 0, 30, 0, time.UTC) },
	}
	return s
}

func (s *service) ask(method, path, body string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if method == http.MethodPut {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	var body bytes.Buffer
	if _, err := body.ReadFrom(r.Body); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(body.String())
}

func TestAnswers(t *testing.T) {
	get := func(reply dynamotest.Reply) exchange { return dynamotest.On("GetItem", reply) }
	cases := []struct {
		name, method, path, body string
		exchanges                []exchange
		status                   int
		contains                 string
	}{
		{"a heartbeat is stored", "PUT", "/api/v1/progress/v1/e1", beat,
			[]exchange{dynamotest.On("UpdateItem", dynamotest.OK)}, 200, stored},
		{"an older one is refused with what is stored", "PUT", "/api/v1/progress/v1/e1", beat,
			[]exchange{dynamotest.On("UpdateItem", dynamotest.Refused), get(dynamotest.Item)}, 409, `"current":` + stored},
		{"a position is read", "GET", "/api/v1/progress/v1/e1", "", []exchange{get(dynamotest.Item)}, 200, stored},
		{"none stored", "GET", "/api/v1/progress/v1/e1", "", []exchange{get(dynamotest.OK)}, 404, "no position is stored"},
		{"a list", "GET", "/api/v1/progress/v1?limit=3", "",
			[]exchange{dynamotest.On("Query", dynamotest.Items, `"Limit":3`)}, 200, `"positions":[` + stored + `]`},
		{"an empty list", "GET", "/api/v1/progress/v1", "",
			[]exchange{dynamotest.On("Query", dynamotest.NoItems, `"Limit":20`)}, 200, `"positions":[]`},
		{"limit too high", "GET", "/api/v1/progress/v1?limit=101", "", nil, 400, "limit: must be 1 to 100"},
		{"limit no number", "GET", "/api/v1/progress/v1?limit=x", "", nil, 400, "limit: must be 1 to 100"},
		{"no viewer", "GET", "/api/v1/progress/", "", nil, 400, "viewer: must be"},
		{"no episode", "PUT", "/api/v1/progress/v1/", beat, nil, 400, "episode: must be"},
		{"a path that climbs", "GET", "/api/v1/progress/../e1", "", nil, 400, "viewer: must be"},
		{"a path too deep", "GET", "/api/v1/progress/a/b/c", "", nil, 404, "nothing at this path"},
		{"another path", "GET", "/", "", nil, 404, "nothing at this path"},
		{"a list is only read", "PUT", "/api/v1/progress/v1", beat, nil, 405, "this path answers GET, HEAD"},
		{"nothing is deleted", "DELETE", "/api/v1/progress/v1/e1", "", nil, 405, "this path answers GET, HEAD, PUT"},
		{"not JSON", "PUT", "/api/v1/progress/v1/e1", "x", nil, 400, "body: is not JSON"},
		{"too large", "PUT", "/api/v1/progress/v1/e1", beat[:1] + strings.Repeat(" ", maxBody) + beat[1:], nil,
			413, "4096 bytes"},
		{"health", "GET", "/healthz", "", nil, 200, `{"status":"ok"}`},
		{"health is only read", "POST", "/healthz", "", nil, 405, "this path answers GET, HEAD"},
		{"a store that refuses us", "GET", "/api/v1/progress/v1/e1", "", []exchange{get(dynamotest.Denied)},
			503, "cannot be reached just now"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := start(t, c.exchanges...).ask(c.method, c.path, c.body)
			body := text(t, got)
			if got.StatusCode != c.status || !strings.Contains(body, c.contains) {
				t.Errorf("got %d %s", got.StatusCode, body)
			}
			kind := "application/json"
			if c.status >= 400 {
				kind = "application/problem+json"
			}
			if got.Header.Get("Content-Type") != kind || !json.Valid([]byte(body)) {
				t.Errorf("got %s %s", got.Header.Get("Content-Type"), body)
			}
		})
	}
}

func TestEveryAnswerSaysWhoServedItAndIsNotKept(t *testing.T) {
	got := start(t).ask("GET", "/nowhere", "", "X-Request-ID", "abc-1")
	for name, want := range map[string]string{
		"X-Served-By": "web-1234", "X-Request-ID": "abc-1",
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: got %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if id := start(t).ask("GET", "/", "", "X-Request-ID", "no\nline").Header.Get("X-Request-ID"); len(id) != 16 {
		t.Errorf("an identifier that could forge a log line was kept: %q", id)
	}
}

func TestABodyWithoutItsTypeIsRefused(t *testing.T) {
	for _, kind := range []string{"", "text/plain", "application/jsonp", "application/json; charset"} {
		if got := start(t).ask("PUT", "/api/v1/progress/v1/e1", beat, "Content-Type", kind); got.StatusCode != 415 {
			t.Errorf("%q: got %d", kind, got.StatusCode)
		}
	}
}

func TestALostTableIsAskedFor(t *testing.T) {
	s := start(t, dynamotest.On("UpdateItem", dynamotest.NoTable))
	got := s.ask("PUT", "/api/v1/progress/v1/e1", beat)
	if got.StatusCode != 503 || got.Header.Get("Retry-After") != "1" || s.lost != 1 {
		t.Errorf("got %d, lost %d times", got.StatusCode, s.lost)
	}
}

func TestHealthSaysWhyItIsNotReady(t *testing.T) {
	s := start(t)
	s.Ready = func() error { return errors.New("no table yet") }
	if got := s.ask("GET", "/healthz", ""); got.StatusCode != 503 || !strings.Contains(text(t, got), "no table yet") {
		t.Errorf("got %d", got.StatusCode)
	}
}

func TestTheLogHasOneLineForARequestAndNoneForHealth(t *testing.T) {
	s := start(t)
	s.ask("GET", "/healthz", "")
	s.ask("GET", "/nowhere", "", "X-Request-ID", "abc-1")
	lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil || len(lines) != 1 {
		t.Fatalf("got %q (%v)", lines, err)
	}
	if line["path"] != "/nowhere" || line["status"] != 404.0 || line["request_id"] != "abc-1" || line["service"] != "progress" {
		t.Errorf("got %v", line)
	}
}

// broken panics where it is asked.
type broken struct{ Positions }

func (broken) Get(context.Context, string, string) (watch.Position, error) { panic("broken") }

func TestAPanicIsA500AndALine(t *testing.T) {
	s := start(t)
	s.Positions = broken{}
	got := s.ask("GET", "/api/v1/progress/v1/e1", "")
	if got.StatusCode != 500 || !strings.Contains(s.log.String(), `"error":"broken"`) {
		t.Errorf("got %d, log %s", got.StatusCode, s.log.String())
	}
}

func TestTooManyAtOnceAreShed(t *testing.T) {
	release := make(chan struct{})
	entered := make(chan struct{})
	handler := shed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		<-release
	}), 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}()
	<-entered
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 503 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("got %d", w.Code)
	}
	close(release)
	<-done
}
