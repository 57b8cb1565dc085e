// Progress keeps how far each viewer has watched each episode.
package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"tv/progress/internal/api"
	"tv/progress/internal/jsonlog"
	"tv/progress/internal/store"
)

const (
	tableTimeout = 10 * time.Second
	tableRetry   = 500 * time.Millisecond
	// stopTimeout stays below the service's stop_timeout in airchain.yaml.
	stopTimeout = 9 * time.Second
)

func main() {
	host := setting("AIRCHAIN_HOST", "localhost")
	log := jsonlog.New(os.Stdout, jsonlog.Fields{"service": "progress", "host": host})
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	positions := store.New(store.Settings{
		Table:    setting("PROGRESS_TABLE", "progress"),
		Region:   setting("AWS_REGION", "us-east-1"),
		Endpoint: os.Getenv("DYNAMODB_ENDPOINT"),
		Key:      os.Getenv("AWS_ACCESS_KEY_ID"),
		Secret:   os.Getenv("AWS_SECRET_ACCESS_KEY"),
	})
	table := &table{store: positions, log: log, wanted: make(chan struct{}, 1)}
	table.lost()
	go table.keep(ctx)

	face := &api.API{
		Positions: positions,
		Ready:     table.ready,
		Lost:      table.lost,
		Log:       log,
		Host:      host,
		Now:       time.Now,
	}
	if err := serve(ctx, ":"+setting("PORT", "8100"), face.Handler(), log); err != nil {
		log.Error("stopped", jsonlog.Fields{"error": err.Error()})
		os.Exit(1)
	}
	log.Info("stopped", nil)
}

// serve answers until `ctx` ends, then finishes what is under way.
func serve(ctx context.Context, address string, handler http.Handler, log *jsonlog.Logger) error {
	server := &http.Server{
		Addr:              address,
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       8 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       75 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	log.Info("listening", jsonlog.Fields{"address": address})
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping", nil)
	bounded, cancel := context.WithTimeout(context.Background(), stopTimeout)
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

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
