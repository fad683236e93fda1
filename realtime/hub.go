package realtime

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"skein/inbox"
)

// A Hub holds the sessions and the ring. Its mutex is held for moments only,
// never over I/O.
type Hub struct {
	cfg Config

	mu       sync.Mutex // guards what follows, and what session.go says of sessions
	epoch    string     // "" before the stream was seen for the first time
	present  uint64     // where the stream stood then: sockets are accepted from there on
	sighted  uint64     // where it stood when it was looked at last
	lost     bool       // the place in the stream, until it is looked at again
	ring     *ring
	sessions map[*session]struct{}
	unknown  int                              // of them those that have yet to say whose they are
	topics   map[string]map[*session]struct{} // what the live ones follow
	inboxes  map[inbox.InboxID]inbox.InboxID  // of whoever's rights, see share
	draining bool
	waiting  sync.WaitGroup // sockets that are being served

	due due // publish's own: working space

	stats Stats

	around around

	out  pump
	desk desk

	replays chan struct{} // a place for each session that reads back from the stream

	// Run's own.
	taken  inbox.StreamMark // the last entry that was taken from the stream
	stalls int              // times in a row that it gave nothing of what it has
}

const (
	maxStalls  = 3
	maxReplays = 16
)

// Stats are what a hub has done. Sessions are those that are served now.
type Stats struct {
	Sessions          int
	Scanned           uint64 // sequence of the newest entry read
	Frames, Delivered uint64 // entries read, frames handed to sessions
	Opened, CutOff    uint64
	Resumed, Reloads  uint64
	Ephemeral         uint64 // frames of what is true only now
}

// New returns a hub that serves once [Hub.Run] has seen the stream.
func New(cfg Config) *Hub {
	cfg.setDefaults()
	h := &Hub{
		cfg: cfg, ring: newRing(cfg.RingFrames, cfg.RingBytes), sessions: map[*session]struct{}{}, topics: map[string]map[*session]struct{}{},
		inboxes: map[inbox.InboxID]inbox.InboxID{},
		replays: make(chan struct{}, maxReplays), around: newAround(inbox.NewID[string](time.Now())),
	}
	h.out.init(max(1, cfg.QueueFrames/4))
	h.desk.rights = cfg.Rights
	return h
}

// Stats returns what h has done so far.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.stats
	s.Sessions, s.Scanned = len(h.sessions), h.ring.last
	return s
}

// Ready reports whether h has seen the stream: before, no socket is accepted.
func (h *Hub) Ready() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ready()
}

// Run reads the stream until ctx ends; then it sends every client away with the
// word when to come back, waits for the sockets to end, and returns nil. While
// the stream is away the clients stay.
func (h *Hub) Run(ctx context.Context) error {
	var tending sync.WaitGroup
	tending.Go(func() { h.tend(ctx) })
	tending.Go(func() { h.beatAll(ctx) })
	defer tending.Wait()
	empty := make(chan struct{})
	var pumping sync.WaitGroup
	pumping.Go(func() { h.pump(empty) })
	defer h.desk.serving.Wait()
	defer pumping.Wait()
	defer close(empty)
	delay := 100 * time.Millisecond
	for ctx.Err() == nil {
		began := time.Now()
		err := h.read(ctx)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > 5*time.Second {
			delay = 100 * time.Millisecond
		}
		h.cfg.Log.Warn("reading events was interrupted", "error", err, "retry_in", delay)
		select {
		case <-ctx.Done():
		case <-time.After(delay):
		}
		delay = min(delay*2, 5*time.Second)
	}
	h.drain()
	return nil
}

var (
	errMoved = errors.New("the stream is another one now")
	errStuck = errors.New("there is more in the stream, and nothing comes")
	errGap   = errors.New("entries are missing")
)

// read reads the stream from the last entry read on. Where that place means
// nothing any more, or the stream can't give what follows it, the clients are
// sent to reload and reading goes on from the stream's end.
func (h *Hub) read(ctx context.Context) error {
	mark, err := h.cfg.Source.State(ctx)
	if err != nil {
		return fmt.Errorf("look at the stream: %w", err)
	}
	h.out.settle()
	h.begin(mark)
	h.taken = h.position()
	from := h.taken.Last + 1

	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { h.watch(ctx, cancel) })
	defer watching.Wait()
	defer cancel(nil)

	err = h.cfg.Source.Events(ctx, from, h.take)
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, errMoved):
		return cause // begin will see it too
	case errors.Is(cause, errStuck):
		err = cause
	}
	if ctx.Err() != nil && !errors.Is(cause, errStuck) || h.taken.Last >= from || mark.Last < from {
		h.stalls = 0
	} else {
		h.stalls++
	}
	if errors.Is(err, errGap) || h.stalls == maxStalls {
		h.lose(err)
	}
	return err
}

// watch ends the reading when the stream is not what it was: a reader may wait
// for ever at a number that a new stream has yet to reach. It ends it too when the
// reader is at the same place in two looks, and the stream was ahead in both.
func (h *Hub) watch(ctx context.Context, end context.CancelCauseFunc) {
	tick := time.NewTicker(h.cfg.CheckEvery)
	defer tick.Stop()
	behind := false
	var was uint64
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		before := h.position()
		mark, err := h.cfg.Source.State(ctx)
		if err != nil {
			continue
		}
		if mark.Epoch != before.Epoch || mark.Last < before.Last {
			end(errMoved)
			return
		}
		h.sight(mark.Last)
		if behind && before.Last == was {
			end(errStuck)
			return
		}
		behind, was = mark.Last > before.Last, before.Last
	}
}

// sight notes how far the stream is, whether or not that was read.
func (h *Hub) sight(last uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sighted = last
}

func (h *Hub) position() inbox.StreamMark {
	h.mu.Lock()
	defer h.mu.Unlock()
	return inbox.StreamMark{Epoch: h.epoch, Last: h.ring.last}
}

// begin makes the hub's place fit the stream's. At first it takes the newest entries of the
// past into the ring: after a restart every client comes back at once, and each
// would read them from the stream.
func (h *Hub) begin(mark inbox.StreamMark) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.lost:
		h.epoch, h.lost, h.stalls, h.present = mark.Epoch, false, 0, mark.Last
		h.ring.reset(mark.Last)
	case h.epoch == "":
		start := mark.Last - min(mark.Last, uint64(len(h.ring.frames)/2))
		if mark.First > 0 {
			start = min(max(start, mark.First-1), mark.Last)
		}
		h.epoch, h.present = mark.Epoch, mark.Last
		h.ring.reset(start)
	case h.epoch != mark.Epoch || mark.Last < h.ring.last:
		h.epoch, h.present = mark.Epoch, mark.Last
		h.ring.reset(mark.Last)
		h.cutOffAll("the stream was made anew or lost its tail")
	}
}

// ready is [Hub.Ready] under the lock.
func (h *Hub) ready() bool {
	return h.epoch != "" && !h.lost && !h.draining && h.ring.last >= h.present
}

// take is called by the source, one entry at a time.
func (h *Hub) take(seq uint64, data []byte) error {
	if seq != h.taken.Last+1 {
		return fmt.Errorf("entry %d came where %d was due: %w", seq, h.taken.Last+1, errGap)
	}
	h.taken.Last = seq
	f, err := newFrame(h.taken.Epoch, seq, data)
	if err != nil {
		// It reaches nobody, and the numbers go on.
		h.cfg.Log.Error("event can't be read", "seq", seq, "error", err)
		f = &frame{seq: seq}
	}
	h.out.put(f)
	return nil
}

// publish queues frames for the sessions whose rights and topics admit them and
// returns these. It never waits for one: who doesn't take what is queued gets the
// rest from the ring when it does, and costs nothing meanwhile.
func (h *Hub) publish(frames []*frame) []*session {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.due.begin()
	for _, f := range frames {
		h.ring.keep(f)
		h.stats.Frames++
		h.passes(f)
		for s := range h.around.agents[f.agent] {
			// From this entry on its old rights count for nothing: it is held until
			// they are resolved anew.
			s.hold(f.seq - 1)
		}
		for _, topic := range f.topics {
			for s := range h.topics[topic] {
				if s.seen == f.seq {
					continue // it follows another of them
				}
				s.seen = f.seq
				if b := f.bytesFor(&s.rights); b != nil {
					h.due.add(s, item{seq: f.seq, bytes: b})
				}
			}
		}
	}
	for i, s := range h.due.sessions {
		items := h.due.items[i]
		n := s.put(items)
		h.stats.Delivered += uint64(n)
		if n < len(items) {
			s.slow = true
			s.pause(items[n].seq - 1)
		}
	}
	return h.due.sessions
}

// due is what a round of publishing has for whom, so that each queue is opened
// once.
type due struct {
	round    uint64
	sessions []*session
	items    [][]item // of each
}

func (d *due) begin() {
	d.round++
	clear(d.sessions)
	d.sessions = d.sessions[:0]
}

func (d *due) add(s *session, it item) {
	if s.round != d.round {
		s.round, s.due = d.round, len(d.sessions)
		d.sessions = append(d.sessions, s)
		if len(d.items) < len(d.sessions) {
			d.items = append(d.items, nil)
		}
		d.items[s.due] = d.items[s.due][:0]
	}
	d.items[s.due] = append(d.items[s.due], it)
}

// follow keeps what a live session follows.
func (h *Hub) follow(s *session, before, now map[string]bool) {
	for topic := range before {
		if of := h.topics[topic]; !now[topic] {
			if delete(of, s); len(of) == 0 {
				delete(h.topics, topic)
			}
		}
	}
	for topic := range now {
		if h.topics[topic] == nil {
			h.topics[topic] = map[*session]struct{}{}
		}
		h.topics[topic][s] = struct{}{}
	}
}

// lose gives up the place in the stream: what comes next is read from its end,
// and clients come back to be told to reload.
func (h *Hub) lose(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cfg.Log.Error("place in the stream lost: clients will reload", "error", why, "scanned", h.ring.last)
	h.lost = true
	h.cutOffAll("entries are missing from the stream")
}

func (h *Hub) countCutOff() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stats.CutOff++
}

// cutOffAll ends every session; the lock is held.
func (h *Hub) cutOffAll(why string) {
	for s := range h.sessions {
		h.stats.CutOff++
		s.end(CloseResume, why)
	}
}

// drain sends every client away, spread over time, so that they don't all come
// to the next server at once.
func (h *Hub) drain() {
	h.mu.Lock()
	h.draining = true
	for s := range h.sessions {
		s.end(CloseAway, h.delay())
	}
	h.mu.Unlock()
	h.waiting.Wait()
}

func (h *Hub) delay() string {
	return fmt.Sprint(rand.N(h.cfg.Spread.Milliseconds() + 1))
}

// enter admits a socket, unless there are too many or the hub is not ready.
func (h *Hub) enter(s *session) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ready() || len(h.sessions) >= h.cfg.MaxSessions || h.unknown >= h.cfg.MaxUnknown {
		return false
	}
	h.unknown++
	s.part = int(h.stats.Opened % beats)
	h.stats.Opened++
	h.sessions[s] = struct{}{}
	h.waiting.Add(1)
	return true
}

func (h *Hub) leave(s *session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.claims.Agent == "" && !s.gone {
		h.unknown--
	}
	if s.live {
		h.follow(s, s.topics, nil)
	}
	s.gone, s.live = true, false
	if s.halt != nil {
		s.halt()
	}
	delete(h.sessions, s)
	h.part(s)
}
