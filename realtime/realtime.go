// Package realtime pushes what changed to the agents' browsers: one goroutine
// reads the event stream, a ring in memory holds the newest frames, and every
// browser has one websocket.
//
// It promises that a client gets, in the order of the stream, every event that
// its rights and topics admit from the position on that it was told, or is told
// to reload; that nothing reaches a client whose rights don't admit it, also
// while they change; and that a client that can't keep up is cut off with a
// code that means "come back and resume". What it can't account for, such as a
// gap in the stream or numbers given out twice, it treats as lost and says so.
//
// It never reads the database, decides what an event says, or waits for a
// client.
//
// # Protocol
//
// Text frames of JSON. The client's first frame, within ten seconds, is
//
//	{"type":"auth","token":…,"position":"epoch:seq","rights":N,"topics":[…]}
//
// with an empty position for a fresh start; topics default to ["list"]. Later
// it may send "token" (a fresh one before the old one ends), "topics" and
// "ping". The server answers with "ready", and then "event", "gone" (it can be
// seen no more), "topics", "rights" (they changed: fetch anew), "heartbeat" and
// "tokenExpiring". Each carries the position that the client has once it has
// applied it. A heartbeat also tells the sequence of the last event that was sent
// ("lastSent") and of the newest in the stream ("newest"): a client that has
// another, or whose server stays behind, goes and comes back.
//
// Topics say what a client wants of what it may see. "list" has every kind of
// event but messages and notifications; "conversation:<id>" one conversation with its
// messages; "inbox:<id>", "team:<id>" and "mine" the conversations in an inbox,
// of a team, and assigned to the agent, those that leave too; "notifications" what
// the agent alone is told; "queues" the supervisors' figures, see [Queues].
//
// The client's order is: open, ready, fetch state, then apply what arrived
// meanwhile by version.
//
// # What is true only now
//
// Beside the events go frames of what is kept nowhere: who is here, who looks at
// what and types, what a customer does this moment, which telephone rings. They
// have no position, may be lost, and each says all there is, so that the last one
// holds. A client takes part from its first "here" frame on; see protocol.go.
// Servers tell each other through the [Air]; what a server doesn't repeat fades
// with its lifetime.
package realtime

import (
	"context"
	"log/slog"
	"time"

	"github.com/coder/websocket"

	"skein/inbox"
)

// Close codes are part of the protocol.
const (
	CloseToken    websocket.StatusCode = 4001 // bad or ended token: get a fresh one
	CloseProtocol websocket.StatusCode = 4002 // the client's fault: coming back is of no use
	CloseSession  websocket.StatusCode = 4003 // the session has ended: sign in again
	CloseResume   websocket.StatusCode = 4008 // too slow, or the stream was lost: come back and resume
	CloseAway     websocket.StatusCode = 4009 // come back after the milliseconds that are the reason
)

// A Source is the event stream, whose entries are [inbox.Event] as JSON.
type Source interface {
	// State tells where the stream stands, and in which epoch.
	State(ctx context.Context) (inbox.StreamMark, error)
	// Events calls fn with every entry from sequence from on, those to come
	// included, in order, one call at a time, until ctx ends or fn fails, whose
	// error it returns. It fails when the stream no longer holds what was asked
	// for. What fn is given is fn's to keep.
	Events(ctx context.Context, from uint64, fn func(seq uint64, data []byte) error) error
}

// Claims are what a token says: who, by which session, until when.
type Claims struct {
	Agent   inbox.AgentID
	Session inbox.SessionID
	Expires time.Time
}

// Tokens reads access tokens. Any error means that the token is not good.
type Tokens interface {
	Verify(token string) (Claims, error)
}

// Rights resolves what the agents of sessions may see as it stands. Of a session
// only its ID and AgentID are given. Nil means that it has ended.
type Rights interface {
	RightsOfSessions(ctx context.Context, sessions []inbox.Session) ([]*inbox.Rights, error)
}

// Config is what a hub works with. Source, Tokens and Rights are required; for
// the rest zero means the value named.
type Config struct {
	Source Source
	Tokens Tokens
	Rights Rights
	Log    *slog.Logger

	// Air carries what is true only now between the servers. nil: this one is alone.
	Air Air
	// Spots looks up what clients look at. nil: nobody hears who else is there.
	Spots Spots
	// Down tells a customer's side of an agent; it must not wait. nil: nobody.
	Down func(ctx context.Context, d Down)
	// Watch is called when somebody watches queues of whom [Hub.ShowQueues] was
	// never told; it must not wait. nil: nobody shows them.
	Watch func()

	// Origins are patterns of hosts, besides the request's own, whose pages may
	// connect (see websocket.AcceptOptions).
	Origins []string

	RingFrames  int // frames kept to resume from: 16384
	RingBytes   int // and their bytes: 32 MiB
	QueueFrames int // frames that are queued for a client; one further behind gets the rest from the ring: 512
	QueueBytes  int // and their bytes: 4 MiB
	MaxReplay   int // entries that are read back from the stream; more is a reload: 50000
	MaxSessions int // sockets at once: 20000
	MaxUnknown  int // of them those that have yet to say whose they are: 8000
	MaxOfAgent  int // and those of one agent: 100

	Heartbeat    time.Duration // 5 s
	AuthTimeout  time.Duration // for the first frame: 10 s
	WriteTimeout time.Duration // for one frame: 10 s
	Farewell     time.Duration // for a close code to reach a client whose queue is full: 2 s
	CheckEvery   time.Duration // between two looks at where the stream stands: 3 s
	Spread       time.Duration // over which a drained server's clients come back: 5 s

	Beat        time.Duration // between two words of where everybody is: 5 s
	Lifetime    time.Duration // after which a server that says nothing is believed no more: 15 s
	Grace       time.Duration // before somebody is told to have gone: 3 s
	Gather      time.Duration // in which what is true only now is told together: 50 ms
	RosterEvery time.Duration // between two words of who came and went: 500 ms
	Tick        time.Duration // between two looks at what has had its time: 1 s
}

func (c *Config) setDefaults() {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	for _, n := range []struct {
		at *int
		is int
	}{
		{&c.RingFrames, 16384}, {&c.RingBytes, 32 << 20}, {&c.QueueFrames, 512}, {&c.QueueBytes, 4 << 20},
		{&c.MaxReplay, 50000}, {&c.MaxSessions, 20000}, {&c.MaxUnknown, 8000}, {&c.MaxOfAgent, 100},
	} {
		if *n.at == 0 {
			*n.at = n.is
		}
	}
	for _, d := range []struct {
		at *time.Duration
		is time.Duration
	}{
		{&c.Heartbeat, 5 * time.Second}, {&c.AuthTimeout, 10 * time.Second}, {&c.WriteTimeout, 10 * time.Second},
		{&c.Beat, 5 * time.Second}, {&c.Lifetime, 15 * time.Second}, {&c.Grace, 3 * time.Second},
		{&c.Gather, 50 * time.Millisecond}, {&c.RosterEvery, 500 * time.Millisecond}, {&c.Tick, time.Second},
		{&c.Farewell, 2 * time.Second}, {&c.CheckEvery, 3 * time.Second}, {&c.Spread, 5 * time.Second},
	} {
		if *d.at == 0 {
			*d.at = d.is
		}
	}
}
