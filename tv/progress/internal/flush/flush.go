// Package flush brings what the buffer holds to the table.
//
// BatchWriteItem knows no conditions, and a transaction fails as a whole where one of its
// positions is too old. So a batch is written as conditional updates side by side; see
// docs/decisions/025-heartbeats-are-buffered.md.
package flush

import (
	"context"
	"errors"
	"sync"
	"time"

	"tv/progress/internal/buffer"
	"tv/progress/internal/jsonlog"
	"tv/progress/internal/store"
	"tv/progress/internal/watch"
)

const (
	// maxFailures ends a round: the table is away, and what is left would only wait for it.
	// It is more than one, so that a single position that cannot be written holds up nothing.
	maxFailures = 3
	maxPause    = 5 * time.Second
)

// Table is where positions are kept; Put returns store.ErrOlder where a newer one is there.
type Table interface {
	Put(ctx context.Context, p watch.Position) error
}

// Outcome is how the write of one position ended.
type Outcome string

// The outcomes: the table has it, has a newer one, or could not be asked.
const (
	Written    Outcome = "written"
	Superseded Outcome = "superseded"
	Failed     Outcome = "failed"
)

// Settings say how fast the table is written: `Batch` positions every `Every`, `Writers`
// at a time. Together they bound what the table is asked for.
type Settings struct {
	Every   time.Duration
	Batch   int
	Writers int
}

// Flusher writes the buffer to the table. `Lost` is called when the table turns out to be
// gone; `Observe` is told of each write.
type Flusher struct {
	Settings
	Buffer  *buffer.Buffer
	Table   Table
	Lost    func()
	Observe func(outcome Outcome, took time.Duration)
	Log     *jsonlog.Logger
	Now     func() time.Time
}

// Run writes a batch at a time until `ctx` ends. While the table is away it tries ever
// more slowly, at last every five seconds.
func (f *Flusher) Run(ctx context.Context) {
	pause := f.Every
	for wait(ctx, pause) {
		if f.round(ctx, f.Batch) {
			pause = f.Every
		} else if pause *= 2; pause > maxPause {
			pause = maxPause
		}
	}
}

// Drain writes everything, as fast as the table takes it, until `ctx` ends. It returns
// how many positions are left.
func (f *Flusher) Drain(ctx context.Context) int {
	for f.Buffer.Len() > 0 && ctx.Err() == nil {
		if !f.round(ctx, f.Buffer.Len()) {
			wait(ctx, f.Every)
		}
	}
	return f.Buffer.Len()
}

// wait is false where `ctx` ended.
func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// round writes at most `most` positions and tells whether the table took them.
func (f *Flusher) round(ctx context.Context, most int) bool {
	batch := f.Buffer.Take(most)
	bounded, giveUp := context.WithCancel(ctx)
	defer giveUp()
	trouble := trouble{giveUp: giveUp}
	work := make(chan watch.Position)
	var writers sync.WaitGroup
	for i := 0; i < f.Writers && i < len(batch); i++ {
		writers.Add(1)
		go func() {
			defer writers.Done()
			for p := range work {
				trouble.note(f.write(bounded, p))
			}
		}()
	}
	for _, p := range batch {
		work <- p
	}
	close(work)
	writers.Wait()
	if trouble.first == nil || ctx.Err() != nil {
		return ctx.Err() == nil
	}
	f.tell(trouble.first)
	return false
}

// write brings one position to the table; an error means that it is still to be written.
func (f *Flusher) write(ctx context.Context, p watch.Position) error {
	if err := ctx.Err(); err != nil {
		f.Buffer.Failed(p)
		return err
	}
	began := f.Now()
	err := f.Table.Put(ctx, p)
	now := f.Now()
	switch {
	case err == nil:
		f.Buffer.Written(p, now)
		f.Observe(Written, now.Sub(began))
	case errors.Is(err, store.ErrOlder):
		f.Buffer.Written(p, now)
		f.Observe(Superseded, now.Sub(began))
		err = nil
	default:
		f.Buffer.Failed(p)
		f.Observe(Failed, now.Sub(began))
	}
	return err
}

func (f *Flusher) tell(err error) {
	if store.Missing(err) {
		f.Lost()
	}
	f.Log.Error("positions cannot be written", jsonlog.Fields{
		"error": err.Error(), "waiting": f.Buffer.Len(),
	})
}

// trouble is what went wrong in one round.
type trouble struct {
	giveUp context.CancelFunc
	mutex  sync.Mutex
	count  int
	first  error
}

func (t *trouble) note(err error) {
	if err == nil {
		return
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.first == nil {
		t.first = err
	}
	if t.count++; t.count >= maxFailures {
		t.giveUp()
	}
}
