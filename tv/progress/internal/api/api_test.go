package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"

	"tv/progress/internal/buffer"
	"tv/progress/internal/dynamotest"
	"tv/progress/internal/flush"
	"tv/progress/internal/jsonlog"
	"tv/progress/internal/metrics"
	"tv/progress/internal/positions"
	"tv/progress/internal/store"
	"tv/progress/internal/token"
	"tv/progress/internal/watch"
)

type exchange = dynamotest.Exchange

const (
	stored = `{"viewer":"v1","episode":"e1","position":61.5,"duration":2700,"at":"2026-11-22T20:00:00Z"}`
	beat   = `{"position":61.5,"duration":2700,"at":"2026-11-22T20:00:00Z"}`
)

var (
	key = []byte("0123456789abcdef0123456789abcdef")
	now = time.Date(2026, 11, 22, 20, 0, 30, 0, time.UTC)
)

// service is the API before a recorded DynamoDB, with few places in its buffer.
type service struct {
	*API
	waiting *buffer.Buffer
	handler http.Handler
	log     bytes.Buffer
	lost    int
}

func start(t *testing.T, exchanges ...exchange) *service {
	s := &service{waiting: buffer.New(buffer.Limits{Places: 3, PerViewer: 2})}
	viewers, err := token.NewChecker(key, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return now }
	table := store.New(store.Settings{Table: "progress", Region: "us-east-1", Endpoint: dynamotest.Play(t, exchanges...)})
	s.API = &API{
		Positions: &positions.Positions{Buffer: s.waiting, Table: table, Now: clock},
		Viewers:   viewers,
		Metrics:   metrics.New(s.waiting, 3, clock),
		Ready:     func() error { return nil },
		Lost:      func() { s.lost++ },
		Log:       jsonlog.New(&s.log, jsonlog.Fields{"service": "progress"}),
		Host:      "web-1234",
		Now:       clock,
	}
	s.handler = s.Handler()
	return s
}

// bearer is a header for `viewer`.
func bearer(viewer string) string {
	claims := jwt.RegisteredClaims{
		Subject: viewer, Audience: jwt.ClaimStrings{"progress"}, ExpiresAt: jwt.NewNumericDate(now.Add(time.Hour)),
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(key)
	if err != nil {
		panic(err)
	}
	return "Bearer " + text
}

// ask asks as the viewer whom the path names, unless `headers` say otherwise.
func (s *service) ask(method, path, body string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	viewer, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, prefix), "/")
	r.Header.Set("Authorization", bearer(viewer))
	if method == http.MethodPut {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
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
		{"a heartbeat is accepted without the table", "PUT", "/api/v1/progress/v1/e1", beat, nil, 202, stored},
		{"a position is read", "GET", "/api/v1/progress/v1/e1", "", []exchange{get(dynamotest.Item)}, 200, stored},
		{"none stored", "GET", "/api/v1/progress/v1/e1", "", []exchange{get(dynamotest.OK)}, 404, "no position is stored"},
		{"a list", "GET", "/api/v1/progress/v1?limit=3", "",
			[]exchange{dynamotest.On("Query", dynamotest.Items, `"Limit":3`)}, 200, `"complete":true,"positions":[` + stored + `]`},
		{"an empty list", "GET", "/api/v1/progress/v1", "",
			[]exchange{dynamotest.On("Query", dynamotest.NoItems, `"Limit":20`)}, 200, `"positions":[]`},
		{"limit too high", "GET", "/api/v1/progress/v1?limit=101", "", nil, 400, "limit: must be 1 to 100"},
		{"limit no number", "GET", "/api/v1/progress/v1?limit=x", "", nil, 400, "limit: must be 1 to 100"},
		{"no viewer", "GET", "/api/v1/progress/", "", nil, 400, "viewer: must be"},
		{"no episode", "PUT", "/api/v1/progress/v1/", beat, nil, 400, "episode: must be"},
		{"a path that climbs", "GET", "/api/v1/progress/../e1", "", nil, 400, "viewer: must be"},
		{"a slash behind a list", "GET", "/api/v1/progress/v1/", "", nil, 400, "episode: must be"},
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
			isDescribed(t, c.method, c.path, got.StatusCode)
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

// isDescribed fails where openapi.json does not tell of the answer. Paths that it does not
// have are 404, methods 405.
func isDescribed(t *testing.T, method, path string, status int) {
	t.Helper()
	var told struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(openapi, &told); err != nil {
		t.Fatal(err)
	}
	path, _, _ = strings.Cut(path, "?")
	names := strings.Split(strings.TrimPrefix(path, prefix), "/")
	if !strings.HasPrefix(path, prefix) || len(names) > 2 {
		return
	}
	template := prefix + strings.Join([]string{"{viewer}", "{episode}"}[:len(names)], "/")
	raw, known := told.Paths[template][strings.ToLower(method)]
	if !known {
		if status != http.StatusMethodNotAllowed {
			t.Errorf("openapi.json has no %s %s, which answered %d", method, template, status)
		}
		return
	}
	var operation struct {
		Responses map[string]json.RawMessage
	}
	if err := json.Unmarshal(raw, &operation); err != nil {
		t.Fatal(err)
	}
	if operation.Responses[strconv.Itoa(status)] == nil {
		t.Errorf("openapi.json does not tell of %d at %s %s", status, method, template)
	}
}

func TestTheDescriptionIsForAnybody(t *testing.T) {
	got := start(t).ask("GET", "/api/v1/progress/openapi.json", "", "Authorization", "")
	if body := text(t, got); got.StatusCode != 200 || !strings.Contains(body, `"openapi":"3.1.0"`) {
		t.Errorf("got %d %.200s", got.StatusCode, body)
	}
	if got := start(t).ask("PUT", "/api/v1/progress/openapi.json", "{}"); got.StatusCode != 405 {
		t.Errorf("got %d", got.StatusCode)
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

func TestWhoMayReadAndWrite(t *testing.T) {
	cases := []struct {
		name, method, header string
		status               int
		contains             string
	}{
		{"nobody writes for others", "PUT", bearer("v2"), 403, "another viewer's"},
		{"nobody reads of others", "GET", bearer("v2"), 403, "another viewer's"},
		{"without a token", "PUT", "", 401, "a bearer token is needed"},
		{"with a wrong one", "GET", "Bearer x", 401, "cannot be read"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, path := range []string{"/api/v1/progress/v1/e1", "/api/v1/progress/v1"} {
				if path == "/api/v1/progress/v1" && c.method == "PUT" {
					continue
				}
				s := start(t)
				got := s.ask(c.method, path, beat, "Authorization", c.header)
				if body := text(t, got); got.StatusCode != c.status || !strings.Contains(body, c.contains) {
					t.Errorf("got %d %s", got.StatusCode, body)
				}
				isDescribed(t, c.method, path, got.StatusCode)
				if (got.Header.Get("WWW-Authenticate") == "") != (c.status != 401) {
					t.Errorf("got %q", got.Header.Get("WWW-Authenticate"))
				}
				if s.waiting.Len() != 0 {
					t.Error("it was accepted")
				}
			}
		})
	}
}

func TestAnOlderHeartbeatIsRefusedWithWhatWaits(t *testing.T) {
	s := start(t)
	s.ask("PUT", "/api/v1/progress/v1/e1", beat)
	got := s.ask("PUT", "/api/v1/progress/v1/e1", strings.Replace(beat, "20:00:00Z", "19:59:59Z", 1))
	if body := text(t, got); got.StatusCode != 409 || !strings.Contains(body, `"current":`+stored) {
		t.Errorf("got %d %s", got.StatusCode, body)
	}
	isDescribed(t, "PUT", "/api/v1/progress/v1/e1", got.StatusCode)
}

func TestWhatFindsNoPlaceIsToldToComeLater(t *testing.T) {
	s := start(t)
	paths := []string{"v1/1", "v1/2", "v2/1"}
	for _, path := range paths {
		if got := s.ask("PUT", prefix+path, beat); got.StatusCode != 202 {
			t.Fatalf("%s: got %d", path, got.StatusCode)
		}
	}
	for path, status := range map[string]int{"v3/1": 503, "v1/1": 202} {
		if got := s.ask("PUT", prefix+path, beat); got.StatusCode != status || (got.Header.Get("Retry-After") == "") != (status == 202) {
			t.Errorf("%s: got %d", path, got.StatusCode)
		}
		isDescribed(t, "PUT", prefix+path, status)
	}
	s.waiting.Written(s.waiting.Take(3)[2], now)
	if got := s.ask("PUT", prefix+"v1/3", beat); got.StatusCode != 429 || got.Header.Get("Retry-After") == "" {
		t.Errorf("a viewer with too many: got %d", got.StatusCode)
	}
	isDescribed(t, "PUT", prefix+"v1/3", http.StatusTooManyRequests)
}

func TestFigures(t *testing.T) {
	s := start(t)
	for _, moment := range []string{"20:00:00Z", "20:00:01Z", "19:00:00Z"} {
		s.ask("PUT", "/api/v1/progress/v1/e1", strings.Replace(beat, "20:00:00Z", moment, 1))
	}
	s.Metrics.(*metrics.Metrics).Write(flush.Superseded, time.Millisecond)
	got := s.ask("GET", "/metrics", "")
	body := text(t, got)
	for _, line := range []string{
		`progress_heartbeats_total{result="accepted"} 1`,
		`progress_heartbeats_total{result="coalesced"} 1`,
		`progress_heartbeats_total{result="older"} 1`,
		`http_requests_total{method="PUT",status="202"} 2`,
		`http_request_duration_seconds_count{method="PUT"} 3`,
		`progress_writes_total{result="superseded"} 1`,
		`progress_write_duration_seconds_count 1`,
		`progress_buffer_positions 1`,
		`progress_buffer_places 3`,
		`progress_buffer_oldest_seconds 0`,
	} {
		if !strings.Contains(body, "\n"+line+"\n") {
			t.Errorf("no line %q in\n%s", line, body)
		}
	}
	if kind := got.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain; version=0.0.4") {
		t.Errorf("got %q", kind)
	}
}

func TestALostTableIsAskedFor(t *testing.T) {
	s := start(t, dynamotest.On("GetItem", dynamotest.NoTable))
	got := s.ask("GET", "/api/v1/progress/v1/e1", "")
	if got.StatusCode != 503 || got.Header.Get("Retry-After") != "1" || s.lost != 1 {
		t.Errorf("got %d, lost %d times", got.StatusCode, s.lost)
	}
}

func TestHealthSaysWhyItIsNotReady(t *testing.T) {
	s := start(t)
	s.Ready = func() error { return errors.New("no table yet") }
	s.handler = s.Handler()
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

func TestACrowdIsCountedAndSomeOfItLogged(t *testing.T) {
	var lines quota
	granted := 0
	for i := 0; i < 1000; i++ {
		if ok, skipped := lines.take(now); ok {
			granted++
		} else if skipped != 0 {
			t.Fatal("what was skipped is told without a line")
		}
	}
	if granted != linesPerSecond {
		t.Errorf("got %d lines", granted)
	}
	for _, want := range []int{1000 - linesPerSecond, 0} {
		if ok, skipped := lines.take(now.Add(time.Second)); !ok || skipped != want {
			t.Errorf("got %v, %d; want %d", ok, skipped, want)
		}
	}
}

// broken panics where it is asked.
type broken struct{ Positions }

func (broken) Get(context.Context, string, string) (watch.Position, error) { panic("broken") }

func TestAPanicIsA500AndALine(t *testing.T) {
	s := start(t)
	s.Positions = broken{}
	s.handler = s.Handler()
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
