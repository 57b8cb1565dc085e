package buffer

// ring is a queue in a slice that is made once.
type ring struct {
	slots  []*place
	start  int
	length int
}

func (r *ring) push(p *place) {
	r.slots[(r.start+r.length)%len(r.slots)] = p
	r.length++
}

func (r *ring) pop() *place {
	first := r.slots[r.start]
	r.slots[r.start] = nil
	r.start = (r.start + 1) % len(r.slots)
	r.length--
	return first
}

func (r *ring) each(visit func(*place)) {
	for i := 0; i < r.length; i++ {
		visit(r.slots[(r.start+i)%len(r.slots)])
	}
}
