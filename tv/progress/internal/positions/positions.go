// Package positions answers what is known of a viewer: what waits to be stored on this
// host, and what the table has.
package positions

import (
	"context"
	"sort"
	"time"

	"tv/progress/internal/buffer"
	"tv/progress/internal/watch"
)

// tableFirst is how long a reader waits for the table where the buffer has an answer: the
// table may have a newer one, from another host.
const tableFirst = 300 * time.Millisecond

// Table is what is stored. Get returns store.ErrNone where nothing is.
type Table interface {
	Get(ctx context.Context, viewer, episode string) (watch.Position, error)
	Recent(ctx context.Context, viewer string, limit int) ([]watch.Position, error)
}

// Positions may be used by many goroutines.
type Positions struct {
	Buffer *buffer.Buffer
	Table  Table
	Now    func() time.Time
}

// Accept takes a position to be stored soon, and tells whether it took the place of one
// that waited. Errors are those of buffer.Add.
func (s *Positions) Accept(p watch.Position) (coalesced bool, err error) {
	return s.Buffer.Add(p, s.Now())
}

// Get returns the newest position known. Where one waits here, a table that is away is no error.
func (s *Positions) Get(ctx context.Context, viewer, episode string) (watch.Position, error) {
	waiting, waits := s.Buffer.Get(viewer, episode)
	ctx, cancel := patience(ctx, waits)
	defer cancel()
	stored, err := s.Table.Get(ctx, viewer, episode)
	if waits && (err != nil || !stored.At.After(waiting.At)) {
		return waiting, nil
	}
	return stored, err
}

// Recent returns at most `limit` positions of a viewer, the latest first. They are not
// complete where the table is away and only what waits here is known.
func (s *Positions) Recent(ctx context.Context, viewer string, limit int) (recent []watch.Position, complete bool, err error) {
	waiting := s.Buffer.Of(viewer)
	ctx, cancel := patience(ctx, len(waiting) > 0)
	defer cancel()
	stored, err := s.Table.Recent(ctx, viewer, limit)
	if err != nil && len(waiting) == 0 {
		return nil, false, err
	}
	recent = merge(stored, waiting)
	if len(recent) > limit {
		recent = recent[:limit]
	}
	return recent, err == nil, nil
}

func patience(ctx context.Context, known bool) (context.Context, context.CancelFunc) {
	if known {
		return context.WithTimeout(ctx, tableFirst)
	}
	return context.WithCancel(ctx)
}

// merge is one position for each episode, the newer one, the latest first.
func merge(lists ...[]watch.Position) []watch.Position {
	newest := make(map[string]watch.Position)
	for _, list := range lists {
		for _, p := range list {
			if known, ok := newest[p.Episode]; !ok || !known.At.After(p.At) {
				newest[p.Episode] = p
			}
		}
	}
	merged := make([]watch.Position, 0, len(newest))
	for _, p := range newest {
		merged = append(merged, p)
	}
	sort.Slice(merged, func(i, j int) bool {
		if !merged[i].At.Equal(merged[j].At) {
			return merged[i].At.After(merged[j].At)
		}
		return merged[i].Episode < merged[j].Episode
	})
	return merged
}
