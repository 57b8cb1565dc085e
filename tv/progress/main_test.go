package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tv/progress/internal/buffer"
	"tv/progress/internal/flush"
	"tv/progress/internal/jsonlog"
	"tv/progress/internal/watch"
)

func TestStoppingFinishesWhatIsUnderWay(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()

	entered := make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		time.Sleep(200 * time.Millisecond)
		_, _ = io.WriteString(w, "finished")
	})
	ctx, stop := context.WithCancel(context.Background())
	var log bytes.Buffer
	served := make(chan error, 1)
	go func() { served <- serve(ctx, address, handler, jsonlog.New(&log, nil)) }()

	answer := make(chan string, 1)
	go func() { answer <- fetch(address) }()
	<-entered
	stop()
	if got := <-answer; got != "finished" {
		t.Errorf("got %q", got)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// fetch asks until the server listens.
func fetch(address string) string {
	for i := 0; i < 100; i++ {
		if r, err := http.Get("http://" + address); err == nil {
			defer r.Body.Close()
			body, _ := io.ReadAll(r.Body)
			return string(body)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return "never listened"
}

func TestAPortThatIsTakenIsAnError(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	err = serve(context.Background(), listener.Addr().String(), http.NotFoundHandler(), jsonlog.New(io.Discard, nil))
	if err == nil {
		t.Error("no error")
	}
}

// counted is a table that takes everything, or nothing.
type counted struct {
	away    bool
	written atomic.Int64
}

func (c *counted) Put(context.Context, watch.Position) error {
	if c.away {
		return errors.New("connection refused")
	}
	c.written.Add(1)
	return nil
}

func flusher(table flush.Table, waiting *buffer.Buffer, log *jsonlog.Logger) *flush.Flusher {
	return &flush.Flusher{
		Settings: flush.Settings{Every: time.Hour, Batch: 1, Writers: 4},
		Buffer:   waiting,
		Table:    table,
		Observe:  func(flush.Outcome, time.Duration) {},
		Log:      log,
		Now:      time.Now,
	}
}

func TestStoppingWritesWhatWaits(t *testing.T) {
	waiting := buffer.New(buffer.Limits{Places: 100, PerViewer: 1})
	table := &counted{}
	var log bytes.Buffer
	logger := jsonlog.New(&log, nil)
	err := flushed(flusher(table, waiting, logger), logger, drainTimeout, func() error {
		for i := 0; i < 100; i++ {
			if _, err := waiting.Add(watch.Position{Viewer: fmt.Sprint(i)}, time.Now()); err != nil {
				t.Error(err)
			}
		}
		return nil
	})
	if err != nil || table.written.Load() != 100 || log.Len() > 0 {
		t.Errorf("%v, %d written, log %s", err, table.written.Load(), log.String())
	}
}

func TestWhatCannotBeWrittenBeforeTheEndIsCounted(t *testing.T) {
	waiting := buffer.New(buffer.Limits{Places: 1, PerViewer: 1})
	var log bytes.Buffer
	logger := jsonlog.New(&log, nil)
	began := time.Now()
	_ = flushed(flusher(&counted{away: true}, waiting, logger), logger, 50*time.Millisecond, func() error {
		_, err := waiting.Add(watch.Position{Viewer: "v"}, time.Now())
		return err
	})
	if !strings.Contains(log.String(), `"count":1,"level":"error","message":"positions are lost"`) {
		t.Errorf("log %s", log.String())
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
