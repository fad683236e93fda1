package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"skein/connectors"
	"skein/inbox"
)

const (
	// batchMax is how many items one call of a handler gets at most.
	batchMax = 256
	// bulkMax is the same for bulk items, bulkAside while live ones come.
	bulkMax   = 64
	bulkAside = 6
	// asideFor is how long after a live item bulk ones stand aside.
	asideFor = 2 * time.Second

	headerReplay = "Skein-Replay"
	// headerStream is what JetStream puts on answers that carry a stored
	// message. No publisher of ours sets it.
	headerStream = "Nats-Stream"
)

var lanes = []connectors.Lane{connectors.LaneLive, connectors.LaneBulk}

// held is how many items of one consumer may be delivered and unacknowledged:
// together they bound what waits in memory.
var held = map[connectors.Lane]int{connectors.LaneLive: 256, connectors.LaneBulk: 128}

// heldTracks is the same for all of TRACK.
const heldTracks = 512

// A Delivery is one item of INBOUND or TRACK, held until its batch is handled.
type Delivery struct {
	Data        []byte // a connectors.Inbound in JSON; as untrusted as its sidecar
	Subject     string // as published: skein.in.<lane>.<channel>.<account>.<key>, or of TRACK
	Seq         uint64
	Lane        connectors.Lane // live for TRACK, which has none
	Channel     inbox.Channel   // of the subject, which the credential vouches for
	Account     inbox.AccountID // of the subject
	Partition   int             // 0 for TRACK
	Redelivered bool
	EventID     string    // of its Nats-Msg-Id, without the mark of a replay
	Replay      int       // how often it was put back from DEAD
	At          time.Time // when the stream took it

	msg    jetstream.Msg
	forged bool
}

// Partitions returns how many logical partitions INBOUND has, for good.
func (b *Bus) Partitions() int { return partitions }

// Inbound hands the items of INBOUND to handle until ctx ends, and returns when
// everything that it started has ended. Each lane has workers goroutines; worker w
// has the partitions p with p % workers == w, so that items of one key and lane
// are handled one after the other, in order. A batch holds 1 to 256 items of one
// lane, and is never waited for. One worker more, the last, has all of TRACK.
//
// A live item never waits for bulk ones, neither for its worker nor for what all
// share, such as the database: while live items come, bulk ones go to one worker
// at a time, few at once, which then rests for as long as it took.
//
// When handle returns nil the whole batch is acknowledged. When it returns an
// error the same batch comes again, later and later up to 5 s, and nothing of
// the worker's partitions overtakes it: a transient failure is all that an
// error may mean. Only one node may consume at a time.
func (b *Bus) Inbound(ctx context.Context, workers int, handle func(ctx context.Context, worker int, batch []Delivery) error) error {
	if workers < 1 || workers > groups {
		return fmt.Errorf("inbound: %d workers for %d groups of partitions", workers, groups)
	}
	for _, stream := range []string{streamInbound, streamTrack} {
		if err := b.takeBack(ctx, stream); err != nil {
			return err
		}
	}
	if err := b.retire(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	shared := &way{turn: make(chan struct{}, 1)}
	begin := func(lane connectors.Lane, number int) *worker {
		return &worker{b: b, lane: lane, number: number, way: shared, handle: handle, wake: make(chan struct{}, 1), holds: map[uint64]bool{}}
	}
	of := map[connectors.Lane][]*worker{}
	for _, lane := range lanes {
		for i := range workers {
			of[lane] = append(of[lane], begin(lane, i))
		}
	}
	tracks := begin(connectors.LaneLive, workers)
	consuming, err := b.consume(ctx, of, tracks, cancel)
	if err == nil {
		var wg sync.WaitGroup
		for _, w := range slices.Concat(of[connectors.LaneLive], of[connectors.LaneBulk], []*worker{tracks}) {
			wg.Go(func() { w.run(ctx) })
			wg.Go(func() { w.keepAlive(ctx) })
		}
		wg.Wait()
		err = context.Cause(ctx)
	}
	for _, c := range consuming {
		c.Stop()
	}
	for _, c := range consuming {
		<-c.Closed()
	}
	b.n.held.Set(0)
	return err
}

// consume starts reading every consumer into its worker. What it returns runs,
// with an error too.
func (b *Bus) consume(ctx context.Context, of map[connectors.Lane][]*worker, tracks *worker, fail context.CancelCauseFunc) ([]jetstream.ConsumeContext, error) {
	started := make([]jetstream.ConsumeContext, len(lanes)*groups+1)
	var work []func() error
	for i := range len(lanes) * groups {
		lane, g := lanes[i/groups], i%groups
		work = append(work, func() (err error) {
			started[i], err = b.consumeOne(ctx, streamInbound, inConsumer(lane, g), held[lane], of[lane][g%len(of[lane])], fail)
			return err
		})
	}
	work = append(work, func() (err error) {
		started[len(started)-1], err = b.consumeOne(ctx, streamTrack, trackConsumer, heldTracks, tracks, fail)
		return err
	})
	err := parallel(work)
	return slices.DeleteFunc(started, func(c jetstream.ConsumeContext) bool { return c == nil }), err
}

func (b *Bus) consumeOne(ctx context.Context, stream, name string, atOnce int, w *worker, fail context.CancelCauseFunc) (jetstream.ConsumeContext, error) {
	c, err := b.js.Consumer(ctx, stream, name)
	if err != nil {
		return nil, fmt.Errorf("look up consumer %s: %w", name, away(err))
	}
	reading, err := c.Consume(w.add,
		jetstream.PullMaxMessages(2*atOnce),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, jetstream.ErrConsumerNotFound) {
				fail(fmt.Errorf("consumer %s is gone: %w", name, err))
				return
			}
			b.log.Debug("reading inbound was interrupted", "consumer", name, "error", err)
		}))
	if err != nil {
		return nil, fmt.Errorf("read consumer %s: %w", name, away(err))
	}
	return reading, nil
}

// takeBack makes the consumers deliver again, at once and in order, what an
// earlier process held when it died. Without it those items would come when
// their time is up, behind newer ones of their partition.
func (b *Bus) takeBack(ctx context.Context, stream string) error {
	_, infos, err := b.consumerInfos(ctx, stream)
	if err != nil {
		return err
	}
	var work []func() error
	for _, info := range infos {
		if info.NumAckPending == 0 {
			continue
		}
		work = append(work, func() error {
			answer, err := b.nc.RequestWithContext(ctx, "$JS.API.CONSUMER.RESET."+stream+"."+info.Name, nil)
			if errors.Is(err, nats.ErrNoResponders) {
				b.log.Warn("this NATS server is older than 2.14: items held by a process that died are delivered late", "consumer", info.Name)
				return nil
			}
			if err != nil {
				return fmt.Errorf("reset consumer %s: %w", info.Name, away(err))
			}
			var said struct {
				Error *jetstream.APIError `json:"error"`
			}
			if err := json.Unmarshal(answer.Data, &said); err != nil {
				return fmt.Errorf("reset consumer %s: %w", info.Name, err)
			}
			if said.Error != nil {
				return fmt.Errorf("reset consumer %s: %w", info.Name, said.Error)
			}
			return nil
		})
	}
	return parallel(work)
}

// retire deletes the consumers of an older layout: what they had left the new
// ones have.
func (b *Bus) retire(ctx context.Context) error {
	_, infos, err := b.consumerInfos(ctx, streamInbound)
	if err != nil {
		return err
	}
	var work []func() error
	for _, info := range infos {
		if !retired(info.Name) {
			continue
		}
		work = append(work, func() error {
			err := b.js.DeleteConsumer(ctx, streamInbound, info.Name)
			if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
				return fmt.Errorf("delete consumer %s: %w", info.Name, away(err))
			}
			return nil
		})
	}
	return parallel(work)
}

// A worker handles the partitions of one lane that are its own.
type worker struct {
	b      *Bus
	lane   connectors.Lane
	number int
	way    *way
	handle func(ctx context.Context, worker int, batch []Delivery) error
	wake   chan struct{}

	mu    sync.Mutex // guards the following
	queue []Delivery
	batch []Delivery      // being handled
	holds map[uint64]bool // sequence numbers of both
}

// add queues msg. It never waits: the consumers' limits bound the queues. What
// is held already, and came again because the connection was away, is passed
// over.
func (w *worker) add(msg jetstream.Msg) {
	d, err := deliveryOf(msg)
	if err != nil {
		// Nothing but the stream's own transform makes these subjects.
		w.b.log.Error("inbound item that cannot be placed", "error", err)
		return
	}
	w.mu.Lock()
	if !w.holds[d.Seq] {
		w.holds[d.Seq] = true
		w.b.n.held.Inc()
		w.queue = append(w.queue, d)
	}
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func deliveryOf(msg jetstream.Msg) (Delivery, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return Delivery{}, err
	}
	subject := msg.Subject()
	var s stored
	if strings.HasPrefix(subject, "skein.track.") {
		if s, err = parseTrack(subject); err != nil {
			return Delivery{}, err
		}
		s.lane = connectors.LaneLive
	} else {
		if s, err = parseStored(subject); err != nil {
			return Delivery{}, err
		}
		subject = s.published()
	}
	h := msg.Headers()
	id := h.Get(nats.MsgIdHdr)
	replay, _ := strconv.Atoi(h.Get(headerReplay))
	if replay > 0 {
		id = strings.TrimSuffix(id, replayID("", replay))
	}
	return Delivery{
		Data: msg.Data(), Subject: subject, Seq: meta.Sequence.Stream,
		Lane: s.lane, Channel: s.channel, Account: s.account, Partition: s.partition,
		Redelivered: meta.NumDelivered > 1,
		EventID:     strings.TrimPrefix(id, msgID(s.channel, s.account, "")), Replay: replay,
		At:  meta.Timestamp,
		msg: msg, forged: h.Get(headerStream) != "",
	}, nil
}

func (w *worker) run(ctx context.Context) {
	for {
		if w.idle() {
			select {
			case <-ctx.Done():
				return
			case <-w.wake:
			}
			continue
		}
		pass, ok := w.way.enter(ctx, w.lane)
		if !ok || !w.handleInPlace(ctx, w.take(pass.most), pass) {
			return
		}
	}
}

func (w *worker) idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue) == 0
}

// take moves the next batch out of the queue.
func (w *worker) take(most int) []Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.queue), most)
	w.batch = w.queue[:n:n]
	w.queue = w.queue[n:]
	return w.batch
}

// handleInPlace tries until it succeeds, or ctx ends, which it reports by
// false. Between two tries others pass.
func (w *worker) handleInPlace(ctx context.Context, batch []Delivery, p pass) bool {
	const first, last = 100 * time.Millisecond, 5 * time.Second
	delay := first
	for {
		err := w.attempt(ctx, batch)
		if err == nil {
			w.done(batch)
		}
		p.leave(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		w.b.n.retries.Inc()
		w.b.log.Warn("inbound batch is tried again", "worker", w.number, "items", len(batch), "delay", delay, "error", err)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(delay/2 + rand.N(delay/2+1)):
		}
		delay = min(2*delay, last)
		var ok bool
		if p, ok = w.way.enter(ctx, w.lane); !ok {
			return false
		}
	}
}

func (w *worker) attempt(ctx context.Context, batch []Delivery) error {
	honest := batch
	for i := range batch {
		if batch[i].forged {
			honest = nil
			break
		}
	}
	if honest == nil {
		for _, d := range batch {
			if !d.forged {
				honest = append(honest, d)
				continue
			}
			w.b.n.forged.Inc()
			if err := w.b.PutDead(ctx, d, "it did not come by a publish of its own connector"); err != nil {
				return err
			}
		}
		if len(honest) == 0 {
			return nil
		}
	}
	return w.handle(ctx, w.number, honest)
}

func (w *worker) done(batch []Delivery) {
	for _, d := range batch {
		// A lost acknowledgement means a repetition, which the store swallows.
		if err := d.msg.Ack(); err != nil {
			w.b.log.Debug("acknowledge inbound item", "seq", d.Seq, "error", err)
		}
	}
	w.mu.Lock()
	for _, d := range batch {
		delete(w.holds, d.Seq)
	}
	clear(batch) // the queue's memory lives on: let go of the bodies
	w.batch = nil
	w.mu.Unlock()
	w.b.n.held.Sub(float64(len(batch)))
	w.b.n.batches.Inc()
	w.b.n.inbound.WithLabelValues(string(w.lane)).Add(float64(len(batch)))
}

// keepAlive tells the server that what is held is still held, so that nothing
// is delivered again while a batch is retried.
func (w *worker) keepAlive(ctx context.Context) {
	tick := time.NewTicker(ackWait / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		w.mu.Lock()
		all := make([]jetstream.Msg, 0, len(w.holds))
		for _, queue := range [][]Delivery{w.batch, w.queue} {
			for i := range queue {
				all = append(all, queue[i].msg)
			}
		}
		w.mu.Unlock()
		for _, msg := range all {
			_ = msg.InProgress() // of no use once acknowledged, and no harm
		}
	}
}
