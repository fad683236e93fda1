package webhook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// Raw is the body of an item that holds b: within the item while that leaves
// room for the rest of it, else in transit.
func Raw(ctx context.Context, in connectors.Intake, b []byte) (connectors.Body, error) {
	if len(b) > connectors.MaxInline/2 {
		return in.PutBody(ctx, bytes.NewReader(b))
	}
	sum := sha256.Sum256(b)
	return connectors.Body{Size: int64(len(b)), SHA256: hex.EncodeToString(sum[:]), Inline: b}, nil
}

// Unsupported is the item of an event that its connector doesn't know: its bytes
// are kept, and people see that something came that only the other side can
// show. what is the platform's own word for it; id is the platform's own, else
// the bytes themselves name the event.
func Unsupported(sender connectors.Sender, thread, what, id string, raw connectors.Body, at time.Time) connectors.Inbound {
	id = cmp.Or(id, raw.SHA256)
	text := "This came in a form that can't be shown here (" + cmp.Or(what, "unknown") + "). Its source is kept."
	return connectors.Inbound{
		Kind: connectors.KindMessage, EventID: "unsupported:" + id, ExternalID: id, Key: thread, Lane: connectors.LaneLive,
		Sender: sender, ProviderAt: at, Raw: &raw,
		Message: &connectors.Message{
			ThreadKey: thread, From: inbox.Party{Address: sender.Address, Name: sender.Name},
			Text: text, VisibleText: text, Problems: []string{"unsupported"},
		},
	}
}
