package connectors

import (
	"time"

	"skein/inbox"
)

// A LiveKind tells what a [Live] says.
type LiveKind string

const (
	LiveTyping   LiveKind = "typing"
	LiveStopped  LiveKind = "stopped" // typing no more
	LiveOnline   LiveKind = "online"
	LiveOffline  LiveKind = "offline"
	LivePageView LiveKind = "page" // looks at Page now
	LiveRinging  LiveKind = "ringing"
	LiveAnswered LiveKind = "answered"
	LiveEnded    LiveKind = "ended"
	LiveRead     LiveKind = "read" // to a visitor: an agent has what they said in sight
)

// A Live is what is true only now: never stored, never on a stream, lost when
// nobody listens. It ends by itself after TTL.
type Live struct {
	Kind    LiveKind        `json:"kind" enum:"typing,stopped,online,offline,page,ringing,answered,ended,read"`
	Channel inbox.Channel   `json:"channel"`
	Account inbox.AccountID `json:"account"`
	Key     string          `json:"key"`              // chat: the session, which is the message's thread key; phone: the call's id
	Sender  *Sender         `json:"sender,omitempty"` // the customer's side
	// Agent is, from a phone exchange, the extension, number or name of who is
	// rung; to a visitor, the name that the agent shows.
	Agent string      `json:"agent,omitempty"`
	Page  *LivePage   `json:"page,omitempty"`
	Call  *inbox.Call `json:"call,omitempty"`
	At    time.Time   `json:"at"`
	TTL   int         `json:"ttl" minimum:"5" maximum:"120" doc:"Seconds for which it is true"`
}

// What a [Live] may last, seconds.
const (
	MinTTL = 5
	MaxTTL = 120
)

// A LivePage is what a visitor looks at.
type LivePage struct {
	URL   string `json:"url"`
	Title string `json:"title,omitempty"`
}

// Expires returns when the word ends by itself, counted from now: whoever sent
// it may have another clock.
func (l *Live) Expires(now time.Time) time.Time {
	return now.Add(time.Duration(min(max(l.TTL, MinTTL), MaxTTL)) * time.Second)
}
