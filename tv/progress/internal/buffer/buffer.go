// Package buffer holds positions that were accepted and are not in the table yet.
//
// There is one place for each viewer and episode, however often a player reports: the
// newer position takes the place of the older one. The number of places is bounded, and
// what finds none is refused.
package buffer

import (
	"errors"
	"sync"
	"time"

	"tv/progress/internal/watch"
)

var (
	// ErrFull says that no further viewer or episode finds a place.
	ErrFull = errors.New("the buffer is full")
	// ErrCrowded says that this viewer has as many places as one viewer may have.
	ErrCrowded = errors.New("too many episodes of this viewer wait to be stored")
)

// Older says that a newer position waits already.
type Older struct{ Current watch.Position }

func (*Older) Error() string { return "a newer position waits to be stored" }

// Limits are the numbers of places: in all, and for one viewer.
type Limits struct {
	Places    int
	PerViewer int
}

// Buffer may be used by many goroutines.
//
// A place is in the queue, or taken by who writes it; so the queue never has more
// than Limits.Places in it, and its ring is made once.
type Buffer struct {
	limits  Limits
	mutex   sync.Mutex
	viewers map[string][]*place
	places  int
	queue   ring
}

type place struct {
	position watch.Position
	since    time.Time // when the oldest report came that is not in the table
	taken    bool
}

// New makes an empty buffer.
func New(limits Limits) *Buffer {
	return &Buffer{
		limits:  limits,
		viewers: make(map[string][]*place),
		queue:   ring{slots: make([]*place, limits.Places)},
	}
}

// Add accepts a position that arrived at `now`, and tells whether it took the place of
// an older one. Errors are *Older, ErrFull and ErrCrowded.
func (b *Buffer) Add(p watch.Position, now time.Time) (coalesced bool, err error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if found := b.find(p.Viewer, p.Episode); found != nil {
		if found.position.At.After(p.At) {
			return false, &Older{found.position}
		}
		found.position = p
		return true, nil
	}
	switch {
	case b.places >= b.limits.Places:
		return false, ErrFull
	case len(b.viewers[p.Viewer]) >= b.limits.PerViewer:
		return false, ErrCrowded
	}
	added := &place{position: p, since: now}
	b.viewers[p.Viewer] = append(b.viewers[p.Viewer], added)
	b.places++
	b.queue.push(added)
	return false, nil
}

// Get returns what waits for a viewer and an episode.
func (b *Buffer) Get(viewer, episode string) (watch.Position, bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if found := b.find(viewer, episode); found != nil {
		return found.position, true
	}
	return watch.Position{}, false
}

// Of returns all that waits for a viewer, in no order.
func (b *Buffer) Of(viewer string) []watch.Position {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	waiting := make([]watch.Position, 0, len(b.viewers[viewer]))
	for _, each := range b.viewers[viewer] {
		waiting = append(waiting, each.position)
	}
	return waiting
}

// Take gives out at most `most` positions to be written, the longest waiting first. Each
// keeps its place until Written or Failed is called with it.
func (b *Buffer) Take(most int) []watch.Position {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if most > b.queue.length {
		most = b.queue.length
	}
	batch := make([]watch.Position, most)
	for i := range batch {
		first := b.queue.pop()
		first.taken = true
		batch[i] = first.position
	}
	return batch
}

// Written frees the place of `p`, unless a newer position has come meanwhile.
func (b *Buffer) Written(p watch.Position, now time.Time) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	found := b.find(p.Viewer, p.Episode)
	if found == nil || !found.taken {
		return
	}
	if found.position == p {
		b.free(found)
		return
	}
	found.since = now
	b.requeue(found)
}

// Failed puts `p`, or the newer position that has come meanwhile, at the end of the queue.
func (b *Buffer) Failed(p watch.Position) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if found := b.find(p.Viewer, p.Episode); found != nil && found.taken {
		b.requeue(found)
	}
}

// Len is the number of places in use.
func (b *Buffer) Len() int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.places
}

// Oldest tells since when the longest waiting report waits; false where none does.
func (b *Buffer) Oldest() (since time.Time, waiting bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.queue.each(func(p *place) {
		if !waiting || p.since.Before(since) {
			since, waiting = p.since, true
		}
	})
	return since, waiting
}

func (b *Buffer) find(viewer, episode string) *place {
	for _, each := range b.viewers[viewer] {
		if each.position.Episode == episode {
			return each
		}
	}
	return nil
}

func (b *Buffer) requeue(p *place) {
	p.taken = false
	b.queue.push(p)
}

func (b *Buffer) free(gone *place) {
	b.places--
	viewer := gone.position.Viewer
	all := b.viewers[viewer]
	last := len(all) - 1
	if last == 0 {
		delete(b.viewers, viewer)
		return
	}
	for i, each := range all {
		if each == gone {
			all[i], all[last] = all[last], nil
		}
	}
	b.viewers[viewer] = all[:last]
}
