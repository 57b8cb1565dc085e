// Progress keeps how far each viewer has watched each episode.
package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/net/netutil"

	"tv/progress/internal/api"
	"tv/progress/internal/buffer"
	"tv/progress/internal/flush"
	"tv/progress/internal/jsonlog"
	"tv/progress/internal/metrics"
	"tv/progress/internal/positions"
	"tv/progress/internal/store"
	"tv/progress/internal/token"
)

const (
	tableTimeout = 10 * time.Second
	tableRetry   = 500 * time.Millisecond
	// Together they stay below the service's stop_timeout in airchain.yaml.
	answerTimeout = 5 * time.Second
	drainTimeout  = 23 * time.Second
	// maxConnections bounds memory; nginx, which all of them come from, waits for its turn.
	maxConnections = 1024
	// perViewer is how many episodes of one viewer may wait to be stored at a time.
	perViewer = 20
)

func main() {
	host := (&variables{get: os.Getenv}).text("AIRCHAIN_HOST", "localhost")
	log := jsonlog.New(os.Stdout, jsonlog.Fields{"service": "progress", "host": host})
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, host, log); err != nil {
		log.Error("stopped", jsonlog.Fields{"error": err.Error()})
		os.Exit(1)
	}
	log.Info("stopped", nil)
}

// run serves until `ctx` ends, then brings what waits to the table.
func run(ctx context.Context, host string, log *jsonlog.Logger) error {
	settings, err := read(os.Getenv)
	if err != nil {
		return err
	}
	viewers, err := token.NewChecker(settings.key, time.Now)
	if err != nil {
		return err
	}
	stored := store.New(settings.store)
	table := &table{store: stored, log: log, wanted: make(chan struct{}, 1)}
	table.lost()
	go table.keep(ctx)

	waiting := buffer.New(buffer.Limits{Places: settings.places, PerViewer: perViewer})
	figures := metrics.New(waiting, settings.places, time.Now)
	flusher := &flush.Flusher{
		Settings: settings.flush,
		Buffer:   waiting,
		Table:    stored,
		Lost:     table.lost,
		Observe:  figures.Write,
		Log:      log,
		Now:      time.Now,
	}
	face := &api.API{
		Positions: &positions.Positions{Buffer: waiting, Table: stored, Now: time.Now},
		Viewers:   viewers,
		Metrics:   figures,
		Ready:     table.ready,
		Lost:      table.lost,
		Log:       log,
		Host:      host,
		Now:       time.Now,
	}
	return flushed(flusher, log, drainTimeout, func() error {
		return serve(ctx, ":"+settings.port, face.Handler(), log)
	})
}

// flushed runs `flusher` beside `serve`, and after it until nothing waits or `within` is over.
func flushed(flusher *flush.Flusher, log *jsonlog.Logger, within time.Duration, serve func() error) error {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		flusher.Run(ctx)
	}()
	err := serve()
	stop()
	<-ended
	bounded, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if left := flusher.Drain(bounded); left > 0 {
		log.Error("positions are lost", jsonlog.Fields{"count": left})
	}
	return err
}

// serve answers until `ctx` ends, then finishes what is under way.
func serve(ctx context.Context, address string, handler http.Handler, log *jsonlog.Logger) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       8 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       75 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(netutil.LimitListener(listener, maxConnections)) }()
	log.Info("listening", jsonlog.Fields{"address": address})
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping", nil)
	bounded, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	return server.Shutdown(bounded)
}

// table makes the table at start, and again whenever it is lost.
type table struct {
	store  *store.Store
	log    *jsonlog.Logger
	wanted chan struct{}
	state  atomic.Value // of outcome
}

type outcome struct{ err error }

var errStarting = errors.New("the table is being looked for")

// ready is nil once the table has been there. A store that fails later does not
// take the host out of service: every other host would fail the same way.
func (t *table) ready() error {
	if state, ok := t.state.Load().(outcome); ok {
		return state.err
	}
	return errStarting
}

// lost asks for the table to be made; it does not wait.
func (t *table) lost() {
	select {
	case t.wanted <- struct{}{}:
	default: // asked already
	}
}

func (t *table) keep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.wanted:
		}
		for ctx.Err() == nil && !t.ensured(ctx) {
			select {
			case <-ctx.Done():
			case <-time.After(tableRetry):
			}
		}
	}
}

func (t *table) ensured(ctx context.Context) bool {
	bounded, cancel := context.WithTimeout(ctx, tableTimeout)
	defer cancel()
	err := t.store.Ensure(bounded)
	if err != nil {
		t.log.Error("no table yet", jsonlog.Fields{"error": err.Error()})
		if t.ready() == nil {
			return false
		}
	}
	t.state.Store(outcome{err})
	return err == nil
}
