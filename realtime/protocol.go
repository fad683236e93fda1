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

// A request is a frame of the client.
type request struct {
	Type     string
	Token    string
	Position string
	Rights   int64
	Topics   map[string]bool // nil when none were named
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
	}
	if err := json.Unmarshal(data, &in); err != nil || in.Type == "" {
		return request{}, errors.New("a frame must be a JSON object with a type")
	}
	req := request{Type: in.Type, Token: in.Token, Position: in.Position, Rights: in.Rights}
	if in.Topics == nil && in.Type != "topics" {
		return req, nil
	}
	if len(in.Topics) > maxTopics {
		return request{}, errors.New("too many topics")
	}
	req.Topics = make(map[string]bool, len(in.Topics))
	for _, topic := range in.Topics {
		if id, ok := strings.CutPrefix(topic, conversationPrefix); topic != List && (!ok || !inbox.ValidID(id)) {
			return request{}, errors.New("no such topic")
		}
		req.Topics[topic] = true
	}
	return req, nil
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

func heartbeatFrame(at string, lastSent uint64) []byte {
	return encode(struct {
		Type     string `json:"type"`
		Position string `json:"position"`
		LastSent uint64 `json:"lastSent"`
	}{"heartbeat", at, lastSent})
}

var tokenExpiring = []byte(`{"type":"tokenExpiring"}`)

// encode can't fail: strings, numbers and booleans alone.
func encode(v any) []byte {
	b, _ := json.Marshal(v)
	return b
}
