package token

import (
	"hash/maphash"
	"sync/atomic"
	"time"
)

// maxKnown bounds the tokens that are remembered: 16 MB at most.
const maxKnown = 1 << 16

// known remembers tokens that were found good: a player shows the same one with every
// report, and looking it up costs a twentieth of checking it. What falls on the same slot
// takes its place.
type known struct {
	seed  maphash.Seed
	slots []atomic.Pointer[checked]
}

type checked struct {
	text    string
	viewer  string
	expires time.Time
}

func newKnown() *known {
	return &known{seed: maphash.MakeSeed(), slots: make([]atomic.Pointer[checked], maxKnown)}
}

func (k *known) slot(text string) *atomic.Pointer[checked] {
	return &k.slots[maphash.String(k.seed, text)%maxKnown]
}
