package api

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"tv/progress/internal/buffer"
	"tv/progress/internal/jsonlog"
	"tv/progress/internal/metrics"
	"tv/progress/internal/positions"
)

const (
	places  = 2000
	crowd   = 30_000 // viewers, of whom the buffer holds one in fifteen
	senders = 8
)

// anyone lets each token speak for the viewer that it is.
type anyone struct{}

func (anyone) Viewer(authorization string) (string, error) { return authorization, nil }

// Nothing is written here: the table is away for good.
func TestMemoryIsBoundedHoweverManyComeWhileTheTableIsAway(t *testing.T) {
	waiting := buffer.New(buffer.Limits{Places: places, PerViewer: 2})
	face := &API{
		Positions: &positions.Positions{Buffer: waiting, Now: time.Now},
		Viewers:   anyone{},
		Metrics:   metrics.New(waiting, places, time.Now),
		Log:       jsonlog.New(io.Discard, nil),
		Now:       time.Now,
	}
	handler := face.Handler()
	statuses := send(handler, 0, crowd/3)
	full := heap()
	for status, count := range send(handler, crowd/3, crowd) {
		statuses[status] += count
	}
	after := heap()
	if statuses[http.StatusAccepted] != places || statuses[http.StatusServiceUnavailable] != crowd-places {
		t.Errorf("got %v; want %d accepted and the others told to come later", statuses, places)
	}
	if waiting.Len() != places {
		t.Errorf("%d wait, and %d may", waiting.Len(), places)
	}
	// What the 20,000 who came last would take, were they kept, is above 5 MB.
	if grown := int64(after) - int64(full); grown > 1<<20 {
		t.Errorf("the heap went from %d to %d bytes", full, after)
	}
}

// send is a heartbeat of each viewer from `from` to `to`; it returns how many got which status.
func send(handler http.Handler, from, to int) map[int]int {
	var mutex sync.Mutex
	var all sync.WaitGroup
	statuses := map[int]int{}
	for sender := 0; sender < senders; sender++ {
		all.Add(1)
		go func(first int) {
			defer all.Done()
			for i := first; i < to; i += senders {
				viewer := fmt.Sprintf("v%d", i)
				r := httptest.NewRequest(http.MethodPut, prefix+viewer+"/e1", strings.NewReader(`{"position":1,"duration":2}`))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Authorization", viewer)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				mutex.Lock()
				statuses[w.Code]++
				mutex.Unlock()
			}
		}(from + sender)
	}
	all.Wait()
	return statuses
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
