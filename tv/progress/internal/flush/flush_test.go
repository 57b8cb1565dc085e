package flush

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tv/progress/internal/buffer"
	"tv/progress/internal/dynamotest"
	"tv/progress/internal/jsonlog"
	"tv/progress/internal/store"
	"tv/progress/internal/watch"
)

var moment = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

func beat(viewer string, seconds int) watch.Position {
	at := moment.Add(time.Duration(seconds) * time.Second)
	return watch.Position{Viewer: viewer, Episode: "e", Position: 1, Duration: 2, At: at}
}

// table is in memory; while `away` it answers with that.
type table struct {
	mutex   sync.Mutex
	stored  map[string]watch.Position
	away    error
	refuses string // a viewer
	asked   int
	most    int // at a time
	now     int
}

func (t *table) Put(ctx context.Context, p watch.Position) error {
	t.enter(1)
	defer t.enter(-1)
	time.Sleep(100 * time.Microsecond)
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.asked++
	switch known, ok := t.stored[p.Viewer]; {
	case t.away != nil:
		return t.away
	case p.Viewer == t.refuses:
		return errors.New("refused")
	case ok && known.At.After(p.At):
		return store.ErrOlder
	}
	t.stored[p.Viewer] = p
	return nil
}

func (t *table) enter(n int) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.now += n; t.now > t.most {
		t.most = t.now
	}
}

func (t *table) set(change func(*table)) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	change(t)
}

func (t *table) len() int {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return len(t.stored)
}

// trial is a flusher before a table in memory.
type trial struct {
	*Flusher
	table    *table
	log      bytes.Buffer
	lost     int
	outcomes map[Outcome]int
}

func try(beats int) *trial {
	t := &trial{table: &table{stored: map[string]watch.Position{}}, outcomes: map[Outcome]int{}}
	var mutex sync.Mutex
	t.Flusher = &Flusher{
		Settings: Settings{Every: time.Millisecond, Batch: 10, Writers: 4},
		Buffer:   buffer.New(buffer.Limits{Places: 1000, PerViewer: 5}),
		Table:    t.table,
		Lost:     func() { t.lost++ },
		Log:      jsonlog.New(&t.log, nil),
		Now:      time.Now,
		Observe: func(o Outcome, _ time.Duration) {
			mutex.Lock()
			defer mutex.Unlock()
			t.outcomes[o]++
		},
	}
	for i := 0; i < beats; i++ {
		t.add(beat(fmt.Sprintf("v%d", i), 0))
	}
	return t
}

func (t *trial) add(p watch.Position) {
	if _, err := t.Buffer.Add(p, moment); err != nil {
		panic(err)
	}
}

func TestARoundWritesABatchWithABoundedNumberOfWriters(t *testing.T) {
	f := try(25)
	if !f.round(context.Background(), 10) || f.table.len() != 10 || f.Buffer.Len() != 15 {
		t.Errorf("%d written, %d wait", f.table.len(), f.Buffer.Len())
	}
	if f.table.most > 4 {
		t.Errorf("%d writers at a time", f.table.most)
	}
}

func TestWhereTheTableHasANewerOneItStays(t *testing.T) {
	f := try(0)
	f.table.stored["v0"] = beat("v0", 9) // another host wrote it
	f.add(beat("v0", 5))
	if !f.round(context.Background(), 10) || f.table.stored["v0"] != beat("v0", 9) || f.Buffer.Len() != 0 {
		t.Errorf("stored %+v, %d wait", f.table.stored, f.Buffer.Len())
	}
	if f.outcomes[Superseded] != 1 {
		t.Errorf("got %v", f.outcomes)
	}
}

func TestATableThatIsAwayIsAskedLittleAndNothingIsLost(t *testing.T) {
	f := try(500)
	f.table.away = errors.New("connection refused")
	if f.round(context.Background(), 500) || f.Buffer.Len() != 500 {
		t.Errorf("%d wait", f.Buffer.Len())
	}
	// Those who were at it when the others gave up may still have asked.
	if f.table.asked > maxFailures+f.Writers {
		t.Errorf("asked %d times", f.table.asked)
	}
	if lines := strings.Count(f.log.String(), "\n"); lines != 1 || !strings.Contains(f.log.String(), `"waiting":500`) {
		t.Errorf("log: %s", f.log.String())
	}
}

func TestOnePositionThatCannotBeWrittenHoldsUpNoOther(t *testing.T) {
	f := try(30)
	f.table.refuses = "v0"
	for i := 0; i < 3; i++ {
		f.round(context.Background(), 15)
	}
	if f.table.len() != 29 || f.Buffer.Len() != 1 {
		t.Errorf("%d written, %d wait", f.table.len(), f.Buffer.Len())
	}
}

func TestRunGoesOnByItselfWhenTheTableIsBack(t *testing.T) {
	f := try(100)
	f.table.away = errors.New("connection refused")
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.Run(ctx)
	}()
	time.Sleep(20 * time.Millisecond)
	f.table.set(func(t *table) { t.away = nil })
	for until := time.Now().Add(5 * time.Second); f.table.len() < 100 && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	stop()
	<-ended
	if f.table.len() != 100 || f.Buffer.Len() != 0 {
		t.Errorf("%d written, %d wait", f.table.len(), f.Buffer.Len())
	}
}

func TestDrainWritesEverything(t *testing.T) {
	f := try(1000)
	if left := f.Drain(context.Background()); left != 0 || f.table.len() != 1000 {
		t.Errorf("%d left, %d written", left, f.table.len())
	}
}

func TestDrainEndsInTimeAndTellsWhatIsLeft(t *testing.T) {
	f := try(7)
	f.table.away = errors.New("connection refused")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	began := time.Now()
	if left := f.Drain(ctx); left != 7 || time.Since(began) > 2*time.Second {
		t.Errorf("%d left after %v", left, time.Since(began))
	}
}

func TestALostTableIsAskedFor(t *testing.T) {
	f := try(1)
	endpoint := dynamotest.Play(t, dynamotest.On("UpdateItem", dynamotest.NoTable))
	f.Table = store.New(store.Settings{Table: "progress", Region: "us-east-1", Endpoint: endpoint})
	if f.round(context.Background(), 1) || f.lost != 1 || f.Buffer.Len() != 1 {
		t.Errorf("lost %d times, %d wait", f.lost, f.Buffer.Len())
	}
}

func TestTwoHostsAndOneTableKeepTheNewest(t *testing.T) {
	one, other := try(0), try(0)
	other.Table, other.table = one.table, one.table
	for i := 0; i < 200; i++ {
		viewer := fmt.Sprintf("v%d", i%10)
		one.add(beat(viewer, 2*i))
		other.add(beat(viewer, 2*i+1))
		if i%7 == 0 {
			other.round(context.Background(), 3)
		}
	}
	var both sync.WaitGroup
	for _, f := range []*trial{one, other} {
		both.Add(1)
		go func(f *trial) {
			defer both.Done()
			f.Drain(context.Background())
		}(f)
	}
	both.Wait()
	for i := 0; i < 10; i++ {
		viewer := fmt.Sprintf("v%d", i)
		if got := one.table.stored[viewer]; got != beat(viewer, 2*(190+i)+1) {
			t.Errorf("%s: got %v", viewer, got.At)
		}
	}
}
