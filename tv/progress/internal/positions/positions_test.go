package positions

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"tv/progress/internal/buffer"
	"tv/progress/internal/store"
	"tv/progress/internal/watch"
)

var moment = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

func at(episode string, seconds int) watch.Position {
	when := moment.Add(time.Duration(seconds) * time.Second)
	return watch.Position{Viewer: "v", Episode: episode, Position: 1, Duration: 2, At: when}
}

// table has these positions; where `away`, it answers with that.
type table struct {
	stored []watch.Position
	away   error
	hangs  bool
}

func (t table) Get(ctx context.Context, _, episode string) (watch.Position, error) {
	if err := t.answer(ctx); err != nil {
		return watch.Position{}, err
	}
	for _, p := range t.stored {
		if p.Episode == episode {
			return p, nil
		}
	}
	return watch.Position{}, store.ErrNone
}

func (t table) Recent(ctx context.Context, _ string, limit int) ([]watch.Position, error) {
	if err := t.answer(ctx); err != nil {
		return nil, err
	}
	if limit > len(t.stored) {
		limit = len(t.stored)
	}
	return t.stored[:limit], nil
}

func (t table) answer(ctx context.Context) error {
	if t.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	return t.away
}

func with(t *testing.T, table table, waiting ...watch.Position) *Positions {
	t.Helper()
	s := &Positions{
		Buffer: buffer.New(buffer.Limits{Places: 9, PerViewer: 9}),
		Table:  table,
		Now:    func() time.Time { return moment },
	}
	for _, p := range waiting {
		if _, err := s.Accept(p); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

var errAway = errors.New("connection refused")

func TestGet(t *testing.T) {
	waiting, none := []watch.Position{at("1", 5)}, []watch.Position(nil)
	cases := []struct {
		name    string
		table   table
		waiting []watch.Position
		want    watch.Position
		err     error
	}{
		{"what waits is newer than what is stored", table{stored: []watch.Position{at("1", 4)}}, waiting, at("1", 5), nil},
		{"another host stored a newer one", table{stored: []watch.Position{at("1", 6)}}, waiting, at("1", 6), nil},
		{"nothing is stored yet", table{}, waiting, at("1", 5), nil},
		{"nothing waits", table{stored: []watch.Position{at("1", 4)}}, none, at("1", 4), nil},
		{"there is nothing", table{}, none, watch.Position{}, store.ErrNone},
		{"the table is away and one waits", table{away: errAway}, waiting, at("1", 5), nil},
		{"the table hangs and one waits", table{hangs: true}, waiting, at("1", 5), nil},
		{"the table is away", table{away: errAway}, none, watch.Position{}, errAway},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := with(t, c.table, c.waiting...).Get(context.Background(), "v", "1")
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestRecent(t *testing.T) {
	cases := []struct {
		name     string
		table    table
		waiting  []watch.Position
		limit    int
		want     []watch.Position
		complete bool
	}{
		{"both, the latest first, each episode once",
			table{stored: []watch.Position{at("1", 7), at("2", 3), at("3", 1)}},
			[]watch.Position{at("2", 8), at("1", 6), at("4", 2)}, 9,
			[]watch.Position{at("2", 8), at("1", 7), at("4", 2), at("3", 1)}, true},
		{"no more than asked for", table{stored: []watch.Position{at("1", 7), at("2", 3)}},
			[]watch.Position{at("3", 8)}, 2, []watch.Position{at("3", 8), at("1", 7)}, true},
		{"none is a list", table{}, nil, 9, []watch.Position{}, true},
		{"only what waits while the table is away", table{away: errAway}, []watch.Position{at("3", 8)}, 9,
			[]watch.Position{at("3", 8)}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, complete, err := with(t, c.table, c.waiting...).Recent(context.Background(), "v", c.limit)
			if !reflect.DeepEqual(got, c.want) || complete != c.complete || err != nil {
				t.Errorf("got %+v, %v, %v", got, complete, err)
			}
		})
	}
}

func TestRecentFailsWhereNothingIsKnown(t *testing.T) {
	if _, _, err := with(t, table{away: errAway}).Recent(context.Background(), "v", 9); !errors.Is(err, errAway) {
		t.Errorf("got %v", err)
	}
}
