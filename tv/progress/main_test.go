package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"tv/progress/internal/jsonlog"
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
