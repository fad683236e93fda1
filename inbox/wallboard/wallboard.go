// Package wallboard keeps a node's board of the queues (see package queues) and
// shows it to whoever watches: it reads a base from the database, folds the event
// stream over it, and hands figures to the hub.
//
// It promises that what it shows has every event that the stream has given it, that
// a change is shown within a second of being announced, and that whoever watches is
// given figures of those inboxes alone that their rights admit. When the stream
// can't tell what was missed it begins anew from the database, and until then shows
// what it had. Nothing is computed while nobody watches.
//
// It decides nothing of what figures mean, and stores nothing.
package wallboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"skein/inbox"
	"skein/inbox/queues"
	"skein/realtime"
)

// A Store is what the board begins with, and what stands beside it.
type Store interface {
	QueueBase(ctx context.Context, now time.Time) (queues.Base, error)
	InboxZones(ctx context.Context) (map[inbox.InboxID]string, error)
	QueueThresholds(ctx context.Context) ([]inbox.QueueThreshold, error)
	Agents(ctx context.Context) ([]inbox.Agent, error)
	Accounts(ctx context.Context) ([]inbox.Account, error)
}

// A Hub has those who watch.
type Hub interface {
	Watching() map[string]inbox.Rights
	ShowQueues(map[string]realtime.Shown)
	Presence() map[inbox.AgentID]realtime.Presence
}

// Config is what a Wall works with. Source, Store and Hub are required; for the
// rest zero means the value named.
type Config struct {
	Source realtime.Source
	Store  Store
	Hub    Hub
	Log    *slog.Logger
	// AbandonAfter is how long a call to an account rings to count as abandoned.
	// nil: [queues.DefaultThreshold].
	AbandonAfter func(*inbox.Account) time.Duration

	Gather   time.Duration // in which changes are shown together: 250 ms
	Again    time.Duration // after which figures are computed without a change, as windows move on: 5 s
	Settings time.Duration // after which agents, zones and thresholds are read anew: 10 s
	Check    time.Duration // between two looks at where the stream stands: 3 s
}

// A Wall is a node's board, kept up to date while [Wall.Run] runs.
type Wall struct {
	cfg  Config
	kick chan struct{}

	mu         sync.Mutex // guards these
	board      *queues.Board
	read       inbox.StreamMark // up to where the stream is in it
	site       queues.Site
	agents     []inbox.Agent
	thresholds []inbox.QueueThreshold
	settled    bool // the three above were read

	// The showing goroutine's own: the trends of the last minute, by what is watched
	// and by group.
	minute int64
	trends map[string]map[[2]string]*queues.Trend
}

// New returns a wall that has nothing to show before [Wall.Run].
func New(cfg Config) *Wall {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		at *time.Duration
		is time.Duration
	}{{&cfg.Gather, 250 * time.Millisecond}, {&cfg.Again, 5 * time.Second}, {&cfg.Settings, 10 * time.Second}, {&cfg.Check, 3 * time.Second}} {
		if *d.at == 0 {
			*d.at = d.is
		}
	}
	return &Wall{cfg: cfg, kick: make(chan struct{}, 1)}
}

// Wake has what is watched looked at soon. It never waits.
func (w *Wall) Wake() {
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// Refresh reads thresholds, agents and zones anew, and shows them.
func (w *Wall) Refresh(ctx context.Context) error {
	zones, err := w.cfg.Store.InboxZones(ctx)
	if err != nil {
		return err
	}
	thresholds, err := w.cfg.Store.QueueThresholds(ctx)
	if err != nil {
		return err
	}
	agents, err := w.cfg.Store.Agents(ctx)
	if err != nil {
		return err
	}
	accounts, err := w.cfg.Store.Accounts(ctx)
	if err != nil {
		return err
	}
	site := queues.Site{Zones: map[inbox.InboxID]*time.Location{}, Thresholds: map[inbox.AccountID]time.Duration{}}
	for id, zone := range zones {
		if at, err := time.LoadLocation(zone); err == nil {
			site.Zones[id] = at
		}
	}
	for i := range accounts {
		if a := &accounts[i]; w.cfg.AbandonAfter != nil && a.Channel == inbox.Phone {
			site.Thresholds[a.ID] = w.cfg.AbandonAfter(a)
		}
	}
	w.mu.Lock()
	w.site, w.agents, w.thresholds, w.settled = site, agents, thresholds, true
	w.mu.Unlock()
	w.Wake()
	return nil
}

// Run keeps the board until ctx ends, and returns nil when all that it started has.
func (w *Wall) Run(ctx context.Context) error {
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() { w.settings(ctx) })
	parts.Go(func() { w.show(ctx) })
	delay := 100 * time.Millisecond
	for ctx.Err() == nil {
		began := time.Now()
		err := w.follow(ctx)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > 10*time.Second {
			delay = 100 * time.Millisecond
		}
		w.cfg.Log.Warn("queues begin anew", "error", err, "retry_in", delay)
		pause(ctx, delay)
		delay = min(delay*2, 5*time.Second)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

var errLost = errors.New("the stream is another one now, or gives nothing of what it has")

// follow takes a base and folds the stream over it, until that can't go on. What
// the stream held before the base was read is in the base: it is announced after it
// is committed.
func (w *Wall) follow(ctx context.Context) error {
	mark, err := w.cfg.Source.State(ctx)
	if err != nil {
		return fmt.Errorf("look at the stream: %w", err)
	}
	base, err := w.cfg.Store.QueueBase(ctx, time.Now())
	if err != nil {
		return err
	}
	board := queues.NewBoard(base)
	w.mu.Lock()
	w.board, w.read = board, mark
	w.mu.Unlock()
	w.Wake()

	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { w.watch(ctx, cancel) })
	defer watching.Wait()
	defer cancel(nil)
	err = w.cfg.Source.Events(ctx, mark.Last+1, w.take)
	if cause := context.Cause(ctx); errors.Is(cause, errLost) {
		return cause
	}
	return err
}

// watch ends the reading when the stream is not what it was, or is ahead in two
// looks between which nothing came.
func (w *Wall) watch(ctx context.Context, end context.CancelCauseFunc) {
	tick := time.NewTicker(w.cfg.Check)
	defer tick.Stop()
	behind, was := false, uint64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		before := w.position()
		mark, err := w.cfg.Source.State(ctx)
		if err != nil {
			continue
		}
		if mark.Epoch != before.Epoch || mark.Last < before.Last || behind && before.Last == was {
			end(errLost)
			return
		}
		behind, was = mark.Last > before.Last, before.Last
	}
}

func (w *Wall) position() inbox.StreamMark {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.read
}

// take is called by the source, one entry at a time.
func (w *Wall) take(seq uint64, data []byte) error {
	var e inbox.Event
	err := json.Unmarshal(data, &e)
	w.mu.Lock()
	defer w.mu.Unlock()
	if seq != w.read.Last+1 {
		return fmt.Errorf("entry %d came where %d was due", seq, w.read.Last+1)
	}
	w.read.Last = seq
	if err != nil {
		return nil // the hub says so
	}
	if entry, ok := queues.EntryOf(&e); ok && w.board.Apply(&entry) {
		w.Wake()
	}
	return nil
}

// settings reads what stands beside the log, again and again.
func (w *Wall) settings(ctx context.Context) {
	for ctx.Err() == nil {
		next := w.cfg.Settings
		if err := w.Refresh(ctx); err != nil && ctx.Err() == nil {
			w.cfg.Log.Warn("what stands beside the queues can't be read", "error", err)
			next = min(next, time.Second)
		}
		pause(ctx, next)
	}
}

// show shows what changed, to those who watch.
func (w *Wall) show(ctx context.Context) {
	tick := time.NewTicker(w.cfg.Again)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-w.kick:
		}
		if watching := w.cfg.Hub.Watching(); len(watching) > 0 {
			w.showTo(watching)
		}
		pause(ctx, w.cfg.Gather) // what comes meanwhile is shown together
	}
}

func (w *Wall) showTo(watching map[string]inbox.Rights) {
	now := time.Now().UTC()
	presence := w.cfg.Hub.Presence()
	w.mu.Lock()
	if w.board == nil || !w.settled {
		w.mu.Unlock()
		return
	}
	minute := now.Unix() / 60
	fresh := minute != w.minute
	for key := range watching {
		fresh = fresh || w.trends[key] == nil
	}
	tally := w.board.Tally(now, &w.site, fresh)
	agents, thresholds := w.agents, w.thresholds
	w.mu.Unlock()
	if fresh {
		w.minute, w.trends = minute, map[string]map[[2]string]*queues.Trend{}
	}
	all := make(map[string]realtime.Shown, len(watching))
	for key, rights := range watching {
		snap := snapshot(tally, &rights, agents, presence, thresholds)
		if fresh {
			w.trends[key] = map[[2]string]*queues.Trend{}
		}
		for i := range snap.Groups {
			g := &snap.Groups[i]
			at := [2]string{string(g.By), g.ID}
			if fresh {
				w.trends[key][at] = g.Trend
			}
			g.Trend = w.trends[key][at]
		}
		trends, err := json.Marshal(snap)
		if err == nil {
			for i := range snap.Groups {
				snap.Groups[i].Trend = nil
			}
			var plain []byte
			if plain, err = json.Marshal(snap); err == nil {
				all[key] = realtime.Shown{Plain: plain, Trends: trends, Minute: minute}
				continue
			}
		}
		w.cfg.Log.Error("figures can't be encoded", "error", err)
	}
	w.cfg.Hub.ShowQueues(all)
}

// Snapshot returns what somebody may watch as it stands. Unavailable says that
// there is nothing yet; Forbidden that they may not watch.
func (w *Wall) Snapshot(rights *inbox.Rights) (queues.Snapshot, error) {
	if !rights.MayWatch() {
		return queues.Snapshot{}, &inbox.Error{Code: inbox.Forbidden, Message: "this is for supervisors and admins"}
	}
	presence := w.cfg.Hub.Presence()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.board == nil || !w.settled {
		return queues.Snapshot{}, &inbox.Error{Code: inbox.Unavailable, Message: "the queues are being read: try again in a moment"}
	}
	return snapshot(w.board.Tally(time.Now().UTC(), &w.site, true), rights, w.agents, presence, w.thresholds), nil
}

// snapshot is a tally as somebody may see it, with how the agents are. Whoever
// doesn't see every inbox is shown those agents alone who carry or did something in
// theirs.
func snapshot(tally *queues.Tally, rights *inbox.Rights, agents []inbox.Agent, presence map[inbox.AgentID]realtime.Presence, thresholds []inbox.QueueThreshold) queues.Snapshot {
	s := tally.Snapshot(func(in inbox.InboxID) bool { return rights.Sees(&inbox.Place{InboxID: in}) })
	carry := map[inbox.AgentID]queues.AgentLoad{}
	for _, a := range s.Agents {
		carry[a.ID] = a
	}
	s.Agents, s.Thresholds = make([]queues.AgentLoad, 0, len(agents)), thresholds
	for _, is := range agents {
		a, ok := carry[is.ID]
		if !ok && (!rights.All || !is.Active) {
			continue
		}
		a.ID, a.Name, a.State = is.ID, is.Name, "offline"
		if p, ok := presence[is.ID]; ok {
			a.State = p.State
			if !p.Since.IsZero() {
				since := p.Since.UTC()
				a.Since = &since
			}
		}
		s.Agents = append(s.Agents, a)
	}
	return s
}
