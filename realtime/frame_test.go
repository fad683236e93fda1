package realtime

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"skein/inbox"
)

// The ring has the newest frames without a gap, within both bounds, and says
// when it no longer has what is asked for.
func TestRing(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name             string
		frames, maxBytes int
		size             int
		want             int // frames kept of 100
	}{
		{"by count", 10, 1 << 20, 10, 10},
		{"by bytes", 1000, 10 * (128 + 72), 72, 10},
		{"one larger than all", 10, 100, 1000, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newRing(tc.frames, tc.maxBytes)
			r.reset(7)
			for i := range 100 {
				r.keep(&frame{seq: uint64(8 + i), event: make([]byte, tc.size)})
			}
			if r.last != 107 || r.beginning != uint64(107-tc.want) || r.n != tc.want {
				t.Fatalf("ring is %d to %d with %d frames, want %d", r.beginning, r.last, r.n, tc.want)
			}
			for seq := uint64(0); seq < 110; seq++ {
				got, ok := r.after(seq, 3)
				if want := seq >= r.beginning && seq <= r.last; ok != want {
					t.Errorf("after(%d) is %v, want %v", seq, ok, want)
				}
				for i, f := range got {
					if f.seq != seq+1+uint64(i) {
						t.Errorf("after(%d) has %d at %d", seq, f.seq, i)
					}
				}
				if want := min(3, 107-int(seq)); ok && len(got) != want {
					t.Errorf("after(%d) gave %d frames, want %d", seq, len(got), want)
				}
			}
		})
	}
}

// Whatever an event holds, its audience stays here, the rest goes out as it
// came, and only an admitted reader gets it.
func FuzzFrame(f *testing.F) {
	for _, s := range []string{
		`{"kind":"conversation.changed","entity":"c","version":3,"audience":{"after":{"inboxId":"help"}},"x":1}`,
		`{"kind":"message.changed","message":{"conversationId":"c"},"audience":{"before":{"inboxId":"help"}}}`,
		`{"kind":"message.changed","AUDIENCE":{"after":{"inboxId":"help"}}}`,
		`{"audience":{"after":{"inboxId":"help"}},"Audience":{}}`,
		`{"kind":"agent.changed","entity":"ann"}`, `null`, `[]`, `{}`, `{"audience":null}`,
	} {
		f.Add([]byte(s))
	}
	nobody := &inbox.Rights{}
	f.Fuzz(func(t *testing.T, data []byte) {
		fr, err := newFrame("e", 1, data)
		if err != nil {
			return
		}
		var out struct {
			Event map[string]json.RawMessage `json:"event"`
		}
		if err := json.Unmarshal(payload(t, fr.event), &out); err != nil {
			t.Fatalf("%s is not JSON: %v", fr.event, err)
		}
		for name := range out.Event {
			if strings.EqualFold(name, "audience") {
				t.Errorf("the audience left the server: %s", fr.event)
			}
		}
		restricted := fr.audience.Before != nil || fr.audience.After != nil
		if got := fr.bytesFor(nobody); restricted && got != nil {
			t.Errorf("somebody without rights got %s", got)
		}
	})
}

// payload is what a frame of the server's carries.
func payload(t testing.TB, b []byte) []byte {
	t.Helper()
	if b[0] != 0x81 {
		t.Fatalf("the frame begins with %x", b[0])
	}
	head, n := 2, int(b[1])
	switch b[1] {
	case 126:
		head, n = 4, int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		head, n = 10, int(binary.BigEndian.Uint64(b[2:]))
	}
	if len(b) != head+n {
		t.Fatalf("the frame is %d bytes long and says %d", len(b)-head, n)
	}
	return b[head:]
}

// A position reads back as what it was written from, and nothing else reads.
func FuzzPosition(f *testing.F) {
	for _, s := range []string{"e:1", "3f-0:18446744073709551615", ":1", "e:", "e:-1", "a:b:2", "e:01", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		epoch, seq, ok := parsePosition(s)
		if !ok {
			return
		}
		e, n, ok := parsePosition(position(epoch, seq))
		if !ok || e != epoch || n != seq || epoch == "" {
			t.Errorf("parsePosition(%q) = %q, %d; again %q, %d, %v", s, epoch, seq, e, n, ok)
		}
	})
}

// A client's frame is refused or names topics of the known forms alone.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"type":"auth","token":"t","position":"e:1","rights":3,"topics":["list"]}`))
	f.Add([]byte(`{"type":"topics","topics":["conversation:00000000-0000-7000-8000-000000000001"]}`))
	f.Add([]byte(`{"type":"topics"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		req, err := parseRequest(websocket.MessageText, data)
		if err != nil {
			return
		}
		if req.Type == "" || len(req.Topics) > maxTopics || req.Type == "topics" && req.Topics == nil {
			t.Errorf("parseRequest(%q) = %+v", data, req)
		}
		for topic := range req.Topics {
			if !validTopic(topic) {
				t.Errorf("topic %q was let in", topic)
			}
		}
	})
}

// Publishing to many sessions shares the bytes.
func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{100, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h := New(Config{QueueFrames: 1 << 30, QueueBytes: 1 << 40})
			h.epoch = "e"
			for i := range n {
				s := &session{hub: h, topics: map[string]bool{List: true}, live: true,
					rights: inbox.Rights{Inboxes: []inbox.InboxID{inbox.InboxID(fmt.Sprint(i % 10))}}}
				s.cfg = &h.cfg
				h.sessions[s] = struct{}{}
				h.follow(s, nil, s.topics)
			}
			data, _ := json.Marshal(changed("c", 1, "", "3"))
			b.ReportAllocs()
			for seq := uint64(1); b.Loop(); seq++ {
				f, err := newFrame("e", seq, data)
				if err != nil {
					b.Fatal(err)
				}
				h.publish([]*frame{f})
				if seq%64 == 0 {
					for s := range h.sessions {
						s.queue, s.size = s.queue[:0], 0
					}
				}
			}
		})
	}
}

// What has no place of its own reaches who may see one of its inboxes; who may see
// one of those of before alone is told that it is gone.
func TestInboxesOfAFrame(t *testing.T) {
	for _, tt := range []struct{ audience, want string }{
		{`{"were":["sales"]}`, "gone"}, {`{"were":["help"]}`, ""},
		{`{}`, "event"}, {`{"inboxes":[]}`, "event"}, {`{"inboxes":["help"]}`, ""}, {`{"inboxes":["help","sales"]}`, "event"},
		{`{"inboxes":["sales"],"after":{"inboxId":"help"}}`, ""}, {`{"inboxes":["none"]}`, ""},
		{`{"inboxes":["help"],"were":["sales"]}`, "gone"}, {`{"inboxes":["sales"],"were":["help"]}`, "event"},
		{`{"inboxes":["sales"],"were":["sales"]}`, "event"}, {`{"inboxes":["help"],"were":["help"]}`, ""}, {`{"inboxes":["none"],"were":["sales"]}`, "gone"},
	} {
		f, err := newFrame("e", 1, []byte(`{"kind":"order.changed","entity":"o","version":1,"audience":`+tt.audience+`}`))
		if err != nil {
			t.Fatal(err)
		}
		of := func(rights inbox.Rights) string {
			var frame struct{ Type string }
			if raw := f.bytesFor(&rights); raw != nil {
				if err := json.Unmarshal(raw[bytes.IndexByte(raw, '{'):], &frame); err != nil {
					t.Fatal(err)
				}
			}
			return frame.Type
		}
		if got := of(inbox.Rights{Inboxes: []inbox.InboxID{"sales"}}); got != tt.want {
			t.Errorf("audience %s: %q, want %q", tt.audience, got, tt.want)
		}
		if got := of(inbox.Rights{All: true}); got != "event" && !(got == "gone" && strings.HasPrefix(tt.audience, `{"were"`)) {
			t.Errorf("audience %s: %q to an admin", tt.audience, got)
		}
	}
}

// An event goes out less its audience and else as it came, however it is written:
// taken out by hand or by the book is the same.
func FuzzWithout(f *testing.F) {
	for _, s := range []string{
		`{"audience":{"a":[1,{"b":"}"}]},"x":"\"","y":[{}]}`, ` { "x" : 1 , "AUDIENCE" : "}" } `, `{"a":1}`, `{}`, `null`, `[1]`, `"s"`,
		`{"audience":1}`, `{"\u0061udience":1,"x":2}`, `{"x":{"audience":1},"ſ":1}`, `{"a\\":"\\","audience":"\\\""}`, `{"x":tru}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) {
			return
		}
		got, err := without(data, "audience")
		want, wantErr := withoutOdd(data, "audience")
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("without(%q): %v, by the book %v", data, err, wantErr)
		}
		var a, b any
		if err == nil && (json.Unmarshal(got, &a) != nil || json.Unmarshal(want, &b) != nil || !reflect.DeepEqual(a, b)) {
			t.Errorf("without(%q) = %s, by the book %s", data, got, want)
		}
	})
}
