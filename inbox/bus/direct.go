package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
)

// A direct get is a JetStream request that names a subject and a sequence
// number and takes no consumer, which a sidecar may not make.

// directNext returns the first message of subject in stream whose number is at
// least seq, and its number; nil when there is none.
func directNext(ctx context.Context, nc *nats.Conn, stream, subject string, seq uint64) (*nats.Msg, uint64, error) {
	request, err := json.Marshal(map[string]any{"seq": seq, "next_by_subj": subject})
	if err != nil {
		return nil, 0, err
	}
	msg, err := nc.RequestWithContext(ctx, "$JS.API.DIRECT.GET."+stream, request)
	if err != nil {
		return nil, 0, away(err)
	}
	switch status := msg.Header.Get("Status"); status {
	case "":
	case "404":
		return nil, 0, nil
	default:
		return nil, 0, away(fmt.Errorf("status %s %s", status, msg.Header.Get("Description")))
	}
	// The answer's own mark comes after those that the message was stored with.
	marks := msg.Header["Nats-Sequence"]
	if len(marks) == 0 {
		return nil, 0, fmt.Errorf("the answer of %s has no number", stream)
	}
	at, err := strconv.ParseUint(marks[len(marks)-1], 10, 64)
	if err == nil && at < seq {
		err = fmt.Errorf("%s answered with message %d where %d was asked for", stream, at, seq)
	}
	return msg, at, err
}

// smuggled reports whether a message that a direct get returned was the answer
// to somebody's request when it was stored: the server has then marked it twice.
func smuggled(msg *nats.Msg) bool { return len(msg.Header[headerStream]) > 1 }
