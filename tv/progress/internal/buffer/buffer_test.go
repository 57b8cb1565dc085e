package buffer

import (
	"errors"
	"fmt"
	"math/rand"
	"reflect"
	"sync"
	"testing"
	"time"

	"tv/progress/internal/watch"
)

var start = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

// at is viewer v's position in e, `seconds` after the start.
func at(v, e string, seconds int) watch.Position {
	when := start.Add(time.Duration(seconds) * time.Second)
	return watch.Position{Viewer: v, Episode: e, Position: float64(seconds), Duration: 2700, At: when}
}

func add(t *testing.T, b *Buffer, all ...watch.Position) {
	t.Helper()
	for _, p := range all {
		if _, err := b.Add(p, p.At); err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
	}
}

func roomy() *Buffer { return New(Limits{Places: 10, PerViewer: 3}) }

func TestTheNewerTakesThePlaceOfTheOlder(t *testing.T) {
	b := roomy()
	add(t, b, at("v", "e", 1))
	if coalesced, err := b.Add(at("v", "e", 2), start); !coalesced || err != nil {
		t.Errorf("got %v, %v", coalesced, err)
	}
	if got := b.Take(10); !reflect.DeepEqual(got, []watch.Position{at("v", "e", 2)}) {
		t.Errorf("got %+v", got)
	}
}

func TestAnOlderOneIsRefusedWithTheNewer(t *testing.T) {
	for _, taken := range []bool{false, true} {
		b := roomy()
		add(t, b, at("v", "e", 2))
		if taken {
			b.Take(1)
		}
		_, err := b.Add(at("v", "e", 1), start)
		var older *Older
		if !errors.As(err, &older) || older.Current != at("v", "e", 2) {
			t.Errorf("taken %v: got %v", taken, err)
		}
	}
}

func TestOfTheSameMomentTheLastCounts(t *testing.T) {
	b := roomy()
	again := at("v", "e", 1)
	again.Position = 0
	add(t, b, at("v", "e", 1), again)
	if got, _ := b.Get("v", "e"); got != again {
		t.Errorf("got %+v", got)
	}
}

func TestWhatIsFullRefusesNewPlacesAndTakesWhatHasOne(t *testing.T) {
	b := New(Limits{Places: 2, PerViewer: 2})
	add(t, b, at("v", "e", 1), at("w", "e", 1))
	if _, err := b.Add(at("x", "e", 1), start); !errors.Is(err, ErrFull) {
		t.Errorf("got %v", err)
	}
	add(t, b, at("v", "e", 2))
	b.Written(b.Take(1)[0], start)
	add(t, b, at("x", "e", 1))
	if b.Len() != 2 {
		t.Errorf("got %d places", b.Len())
	}
}

func TestOneViewerCannotTakeEverybodysPlaces(t *testing.T) {
	b := roomy()
	add(t, b, at("v", "1", 1), at("v", "2", 1), at("v", "3", 1))
	if _, err := b.Add(at("v", "4", 1), start); !errors.Is(err, ErrCrowded) {
		t.Errorf("got %v", err)
	}
	add(t, b, at("w", "4", 1), at("v", "3", 2))
}

func TestTheLongestWaitingAreTakenFirstAndOnce(t *testing.T) {
	b := roomy()
	add(t, b, at("v", "1", 1), at("v", "2", 2), at("w", "1", 3), at("v", "1", 4))
	if got := b.Take(2); !reflect.DeepEqual(got, []watch.Position{at("v", "1", 4), at("v", "2", 2)}) {
		t.Errorf("got %+v", got)
	}
	if got := b.Take(9); !reflect.DeepEqual(got, []watch.Position{at("w", "1", 3)}) {
		t.Errorf("got %+v", got)
	}
	if b.Len() != 3 {
		t.Errorf("what is taken is not stored yet, but %d places are in use", b.Len())
	}
}

func TestAfterAWrite(t *testing.T) {
	cases := []struct {
		name      string
		meanwhile []watch.Position
		fails     bool
		waiting   []watch.Position
	}{
		{"the place is free", nil, false, []watch.Position{}},
		{"what came meanwhile is still to be written", []watch.Position{at("v", "e", 2)}, false,
			[]watch.Position{at("v", "e", 2)}},
		{"a failed one is still to be written", nil, true, []watch.Position{at("v", "e", 1)}},
		{"of a failed one only what is newer", []watch.Position{at("v", "e", 2)}, true,
			[]watch.Position{at("v", "e", 2)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := roomy()
			add(t, b, at("v", "e", 1))
			taken := b.Take(1)[0]
			add(t, b, c.meanwhile...)
			if c.fails {
				b.Failed(taken)
			} else {
				b.Written(taken, start)
			}
			if got := b.Take(9); !reflect.DeepEqual(got, c.waiting) || b.Len() != len(c.waiting) {
				t.Errorf("got %+v, %d places", got, b.Len())
			}
		})
	}
}

func TestWhatWaitsForAViewer(t *testing.T) {
	b := roomy()
	add(t, b, at("v", "1", 1), at("v", "2", 2), at("w", "1", 3))
	b.Written(b.Take(1)[0], start)
	if got := b.Of("v"); !reflect.DeepEqual(got, []watch.Position{at("v", "2", 2)}) {
		t.Errorf("got %+v", got)
	}
	if _, ok := b.Get("v", "1"); ok {
		t.Error("what is written waits")
	}
	if got := b.Of("nobody"); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestTheOldestIsTheFirstUnwrittenReportNotItsLastRepetition(t *testing.T) {
	b := roomy()
	if _, waits := b.Oldest(); waits {
		t.Error("something waits in an empty buffer")
	}
	add(t, b, at("v", "1", 1), at("w", "1", 2), at("v", "1", 9))
	if since, _ := b.Oldest(); since != start.Add(time.Second) {
		t.Errorf("got %v", since)
	}
	taken := b.Take(1)[0]
	b.Failed(taken) // at the end of the queue now, and still the oldest
	if since, _ := b.Oldest(); since != start.Add(time.Second) {
		t.Errorf("got %v", since)
	}
}

// A model: what the buffer and the table behind it must have come to.
func TestWhateverHappensNothingAcceptedIsLostNorOverwrittenByAnOlderOne(t *testing.T) {
	random := rand.New(rand.NewSource(time.Now().UnixNano()))
	b := New(Limits{Places: 6, PerViewer: 3})
	accepted, table := map[string]watch.Position{}, map[string]watch.Position{}
	put := func(p watch.Position) {
		key := p.Viewer + "/" + p.Episode
		if known, ok := table[key]; !ok || !known.At.After(p.At) {
			table[key] = p
		}
	}
	var taken []watch.Position
	for step := 0; step < 20000; step++ {
		switch random.Intn(4) {
		case 0, 1:
			p := at(fmt.Sprint(random.Intn(4)), fmt.Sprint(random.Intn(4)), random.Intn(1000))
			if _, err := b.Add(p, p.At); err == nil {
				key := p.Viewer + "/" + p.Episode
				if known, ok := accepted[key]; !ok || !known.At.After(p.At) {
					accepted[key] = p
				}
			}
		case 2:
			taken = append(taken, b.Take(random.Intn(3))...)
		case 3:
			for _, p := range taken {
				if random.Intn(3) == 0 {
					b.Failed(p)
				} else {
					put(p)
					b.Written(p, start)
				}
			}
			taken = nil
		}
		if b.Len() > 6 {
			t.Fatalf("%d places", b.Len())
		}
	}
	for _, p := range append(taken, b.Take(6)...) {
		put(p)
		b.Written(p, start)
	}
	for _, p := range b.Take(6) {
		put(p)
		b.Written(p, start)
	}
	if !reflect.DeepEqual(accepted, table) || b.Len() != 0 {
		t.Errorf("accepted %v\nbut stored %v\n%d left", accepted, table, b.Len())
	}
}

func TestManyAtOnce(t *testing.T) {
	b := New(Limits{Places: 50, PerViewer: 5})
	var all sync.WaitGroup
	for worker := 0; worker < 4; worker++ {
		all.Add(1)
		go func(worker int) {
			defer all.Done()
			for i := 0; i < 2000; i++ {
				_, _ = b.Add(at(fmt.Sprint(i%20), fmt.Sprint(i%7), i), start)
				for _, p := range b.Take(worker) {
					b.Written(p, start)
				}
			}
		}(worker)
	}
	all.Wait()
	for _, p := range b.Take(50) {
		b.Written(p, start)
	}
	if b.Len() != 0 || len(b.viewers) != 0 {
		t.Errorf("%d places, %d viewers left", b.Len(), len(b.viewers))
	}
}
