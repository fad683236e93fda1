package realtime

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/coder/websocket"

	"skein/inbox"
)

// Beside the frames that the package's doc names, for what is true only now:
//
// The client says all of where its agent is, whenever that changes, and while
// typing every three seconds:
//
//	{"type":"here","open":"<conversation>","typing":"reply"|"note","also":[{"open":…,"typing":…}],"idle":true,"away":true,"chosen":<ms>}
//
// Open is the conversation in view ("" for none, or while the tab is hidden); its
// topic must be followed. Also are those of the other tabs that share the socket,
// at most 16. Typing holds for six seconds. Away is the agent's own choice, made at
// chosen (Unix milliseconds; 0 for never): of several sockets' the newest holds.
// Nothing of this is told to those who may not see the conversation.
//
// The topic "conversation:<id>" brings who is there, "customer:<id>" what the
// customer does; each frame is all of it:
//
//	{"type":"here","topic":…,"agents":[{"id","name","typing"}],"customer":{"online","typing","pages":[{"url","title","since"}]}}
//
// The topic "list" brings how agents are ("online", "idle", "away", "offline"),
// with whole all that are here, else those of whom it changed; and the calls that
// concern the agent, all of them, see [Call]:
//
//	{"type":"agents","whole":true,"agents":[{"id","state"}]}
//	{"type":"calls","calls":[{"id","state","from","to","line","at",…}]}

// A request is a frame of the client.
type request struct {
	Type     string
	Token    string
	Position string
	Rights   int64
	Topics   map[string]bool // nil when none were named

	// Of "here".
	Open   views
	Idle   bool
	Away   bool
	Chosen int64
}

// A view is what one tab has before it, as a client says it.
type view struct {
	Open   string `json:"open"`
	Typing string `json:"typing"`
}

// parseRequest reads a client's frame. A type that it doesn't know is no error:
// the client may be newer.
func parseRequest(kind websocket.MessageType, data []byte) (request, error) {
	if kind != websocket.MessageText {
		return request{}, errors.New("a frame must be text")
	}
	var in struct {
		Type     string   `json:"type"`
		Token    string   `json:"token"`
		Position string   `json:"position"`
		Rights   int64    `json:"rights"`
		Topics   []string `json:"topics"`
		view
		Also   []view `json:"also"`
		Idle   bool   `json:"idle"`
		Away   bool   `json:"away"`
		Chosen int64  `json:"chosen"`
	}
	if err := json.Unmarshal(data, &in); err != nil || in.Type == "" {
		return request{}, errors.New("a frame must be a JSON object with a type")
	}
	req := request{
		Type: in.Type, Token: in.Token, Position: in.Position, Rights: in.Rights,
		Idle: in.Idle, Away: in.Away, Chosen: max(0, in.Chosen),
	}
	if in.Type == "here" {
		if len(in.Also) > maxAlso {
			return request{}, errors.New("too many places")
		}
		req.Open = views{}
		for _, v := range append(in.Also, in.view) {
			if v.Open != "" && !inbox.ValidID(v.Open) || v.Typing != "" && v.Typing != typingReply && v.Typing != typingNote {
				return request{}, errors.New("nobody can be there, or type that")
			}
			if id := inbox.ConversationID(v.Open); id != "" {
				req.Open[id] = max(req.Open[id], v.Typing) // "" < note < reply
			}
		}
	}
	if in.Topics == nil && in.Type != "topics" {
		return req, nil
	}
	if len(in.Topics) > maxTopics {
		return request{}, errors.New("too many topics")
	}
	req.Topics = make(map[string]bool, len(in.Topics))
	for _, topic := range in.Topics {
		if !validTopic(topic) {
			return request{}, errors.New("no such topic")
		}
		req.Topics[topic] = true
	}
	return req, nil
}

func validTopic(topic string) bool {
	_, id, ok := strings.Cut(topic, ":")
	switch of := topic[:len(topic)-len(id)]; of {
	case conversationPrefix, customerPrefix, inboxPrefix, teamPrefix:
		return ok && inbox.ValidID(id)
	}
	return topic == List || topic == Mine || topic == Notifications || topic == Queues
}

// topicsOf are the topics that an agent asks for, as frames name them.
func (r *request) topicsOf(agent inbox.AgentID) map[string]bool {
	topics := r.Topics
	for own, is := range map[string]string{Mine: mineOf(agent), Notifications: notificationsOf(agent)} {
		if r.Topics[own] {
			topics = maps.Clone(topics)
			delete(topics, own)
			topics[is] = true
		}
	}
	return topics
}

func conversationOf(topic string) (inbox.ConversationID, bool) {
	id, ok := strings.CutPrefix(topic, conversationPrefix)
	return inbox.ConversationID(id), ok
}

func readyFrame(at string, rights int64, resumed, reload bool, heartbeat int) []byte {
	return encode(struct {
		Type      string `json:"type"`
		Position  string `json:"position"`
		Rights    int64  `json:"rights"`
		Resumed   bool   `json:"resumed"`
		Reload    bool   `json:"reload"`
		Heartbeat int    `json:"heartbeat"` // seconds
	}{"ready", at, rights, resumed, reload, heartbeat})
}

func topicsFrame(epoch string, seq uint64, topics map[string]bool) []byte {
	return encode(struct {
		Type     string   `json:"type"`
		Position string   `json:"position"`
		Topics   []string `json:"topics"`
	}{"topics", position(epoch, seq), append([]string{}, slices.Sorted(maps.Keys(topics))...)})
}

func rightsFrame(at string, rights int64) []byte {
	return encode(struct {
		Type     string `json:"type"`
		Position string `json:"position"`
		Rights   int64  `json:"rights"`
	}{"rights", at, rights})
}

func heartbeatFrame(at string, lastSent, newest uint64) []byte {
	return encode(struct {
		Type     string `json:"type"`
		Position string `json:"position"`
		LastSent uint64 `json:"lastSent"`
		Newest   uint64 `json:"newest"`
	}{"heartbeat", at, lastSent, newest})
}

// agentsFrame says how agents are: everybody who is here, or those of whom
// something changed.
func agentsFrame(list []colleague, whole bool) []byte {
	return encode(struct {
		Type   string      `json:"type"`
		Whole  bool        `json:"whole,omitempty"`
		Agents []colleague `json:"agents"`
	}{"agents", whole, append([]colleague{}, list...)})
}

// A customerHere is what a customer does just now.
type customerHere struct {
	Online bool   `json:"online"`
	Typing bool   `json:"typing,omitempty"`
	Pages  []Page `json:"pages,omitempty"`
}

// hereFrame is all that goes on at a topic.
func hereFrame(topic string, agents []viewer, customer customerHere) []byte {
	return encode(struct {
		Type     string       `json:"type"`
		Topic    string       `json:"topic"`
		Agents   []viewer     `json:"agents"`
		Customer customerHere `json:"customer"`
	}{"here", topic, append([]viewer{}, agents...), customer})
}

func callsFrame(list []Call) []byte {
	return encode(struct {
		Type  string `json:"type"`
		Calls []Call `json:"calls"`
	}{"calls", list})
}

var tokenExpiring = textFrame([]byte(`{"type":"tokenExpiring"}`))

// encode makes a frame of v. It can't fail: strings, numbers, booleans and times
// alone.
func encode(v any) []byte {
	b, _ := json.Marshal(v)
	return textFrame(b)
}

func quoted(s string) []byte {
	b, _ := json.Marshal(s)
	return b
}
