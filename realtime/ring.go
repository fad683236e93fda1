package realtime

// A ring holds the newest frames, bounded by count and bytes, without a gap
// between them. The hub's lock guards it.
type ring struct {
	frames    []*frame // a circle
	start, n  int
	bytes     int
	maxBytes  int
	last      uint64 // of the newest entry taken, whether or not a frame of it is kept
	beginning uint64 // entries up to this one are not in the ring
}

func newRing(frames, bytes int) *ring {
	return &ring{frames: make([]*frame, frames), maxBytes: bytes}
}

// reset forgets everything up to and with seq.
func (r *ring) reset(seq uint64) {
	clear(r.frames)
	r.start, r.n, r.bytes, r.last, r.beginning = 0, 0, 0, seq, seq
}

// keep takes the frame after the last one, dropping the oldest ones for it.
func (r *ring) keep(f *frame) {
	for r.n > 0 && (r.n == len(r.frames) || r.bytes+f.size() > r.maxBytes) {
		old := r.frames[r.start]
		r.frames[r.start] = nil
		r.start = (r.start + 1) % len(r.frames)
		r.n--
		r.bytes -= old.size()
		r.beginning = old.seq
	}
	r.frames[(r.start+r.n)%len(r.frames)] = f
	r.n++
	r.bytes += f.size()
	r.last = f.seq
}

// after returns up to limit frames that follow seq, oldest first; ok is false
// when some of them are no longer here, or seq is not yet.
func (r *ring) after(seq uint64, limit int) (frames []*frame, ok bool) {
	if seq < r.beginning || seq > r.last {
		return nil, false
	}
	for i := int(seq - r.beginning); i < r.n && len(frames) < limit; i++ {
		frames = append(frames, r.frames[(r.start+i)%len(r.frames)])
	}
	return frames, true
}
