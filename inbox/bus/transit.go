package bus

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"skein/connectors"
	"skein/inbox"
)

// A body in transit is a row of messages under one subject, in order; its
// length and sum travel in the [connectors.Body] that refers to it. NATS's own
// object store keeps both in a second message and leaves a mark behind for each
// object that is removed; reading from it takes a consumer, which a sidecar may
// not make.

// transitChunk is the size of a body's messages, bytes.
const transitChunk = 256 << 10

func transitSubject(c inbox.Channel, ref string) string {
	return "skein.transit." + string(c) + "." + ref
}

// putTransit streams r into channel's transit and returns when all of it is on
// disk. What an error leaves behind, the janitor removes.
func putTransit(ctx context.Context, js jetstream.JetStream, channel inbox.Channel, r io.Reader) (connectors.Body, error) {
	body := connectors.Body{Ref: nuid.Next()}
	sum := sha256.New()
	subject := transitSubject(channel, body.Ref)
	chunk := make([]byte, transitChunk)
	for part := 0; ; part++ {
		n, err := io.ReadFull(r, chunk)
		if n > 0 || part == 0 { // an empty body is one empty message
			sum.Write(chunk[:n])
			body.Size += int64(n)
			id := body.Ref + "." + strconv.Itoa(part) // a retry of a lost answer adds no chunk
			if _, err := js.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: chunk[:n]}, jetstream.WithMsgID(id)); err != nil {
				return connectors.Body{}, fmt.Errorf("put body of %s: %w", channel, away(err))
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			body.SHA256 = hex.EncodeToString(sum.Sum(nil))
			return body, nil
		case err != nil:
			return connectors.Body{}, fmt.Errorf("read body: %w", err)
		}
	}
}

// openTransit returns the bytes of body, fetched as they are read. The reader
// checks them: it ends with an error when they are not the body's.
func openTransit(ctx context.Context, nc *nats.Conn, channel inbox.Channel, body connectors.Body) (io.ReadCloser, error) {
	if body.Ref == "" {
		sum := sha256.Sum256(body.Inline)
		if hex.EncodeToString(sum[:]) != body.SHA256 || int64(len(body.Inline)) != body.Size {
			return nil, &inbox.Error{Code: inbox.Invalid, Message: "the bytes within the item are not those that it describes"}
		}
		return io.NopCloser(bytes.NewReader(body.Inline)), nil
	}
	if !validToken(body.Ref) {
		return nil, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%.80q is no reference to a body", body.Ref)}
	}
	t := &transitReader{ctx: ctx, nc: nc, channel: channel, body: body, left: body.Size, next: 1, sum: sha256.New()}
	// The first chunk now: what is missing should say so before any byte went
	// to wherever the body goes.
	return t, t.fetch()
}

type transitReader struct {
	ctx     context.Context
	nc      *nats.Conn
	channel inbox.Channel
	body    connectors.Body
	left    int64
	next    uint64 // sequence number from which the next chunk is looked for
	chunk   []byte
	sum     hash.Hash
}

func (t *transitReader) Read(p []byte) (int, error) {
	for len(t.chunk) == 0 {
		if t.left == 0 {
			if hex.EncodeToString(t.sum.Sum(nil)) != t.body.SHA256 {
				return 0, damaged(t.body)
			}
			return 0, io.EOF
		}
		if err := t.fetch(); err != nil {
			return 0, err
		}
		if len(t.chunk) == 0 {
			return 0, damaged(t.body)
		}
	}
	n := copy(p, t.chunk)
	t.chunk = t.chunk[n:]
	return n, nil
}

func (t *transitReader) Close() error { return nil }

func damaged(body connectors.Body) error {
	return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("body %s is not the %d bytes that its item describes", body.Ref, body.Size)}
}

// fetch gets the next chunk.
func (t *transitReader) fetch() error {
	msg, seq, err := directNext(t.ctx, t.nc, bucketTransit(t.channel), transitSubject(t.channel, t.body.Ref), t.next)
	switch {
	case err != nil:
		return fmt.Errorf("read body %s: %w", t.body.Ref, err)
	case msg == nil && t.next == 1:
		return &inbox.Error{Code: inbox.NotFound, Message: fmt.Sprintf("body %s is not, or no longer, in transit", t.body.Ref)}
	case msg == nil:
		return damaged(t.body)
	}
	if int64(len(msg.Data)) > t.left {
		return damaged(t.body)
	}
	t.next, t.chunk = seq+1, msg.Data
	t.left -= int64(len(msg.Data))
	t.sum.Write(msg.Data)
	return nil
}

// PutTransit streams r into channel's transit, for its sidecar to send.
func (b *Bus) PutTransit(ctx context.Context, channel inbox.Channel, r io.Reader) (connectors.Body, error) {
	return putTransit(ctx, b.js, channel, r)
}

// OpenTransit opens what channel's sidecar put, or the inline bytes of body.
// The reader fetches as it is read, under ctx, and ends with an
// [inbox.Invalid] when the bytes are not those that body describes. A body
// that isn't there is an [inbox.NotFound].
func (b *Bus) OpenTransit(ctx context.Context, channel inbox.Channel, body connectors.Body) (io.ReadCloser, error) {
	r, err := openTransit(ctx, b.nc, channel, body)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// DeleteTransit removes a body that has been moved. One that isn't there is no
// error.
func (b *Bus) DeleteTransit(ctx context.Context, channel inbox.Channel, ref string) error {
	if !validToken(ref) {
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%.80q is no reference to a body", ref)}
	}
	s, err := b.js.Stream(ctx, bucketTransit(channel))
	if err != nil {
		return fmt.Errorf("look up transit of %s: %w", channel, away(err))
	}
	if err := s.Purge(ctx, jetstream.WithPurgeSubject(transitSubject(channel, ref))); err != nil {
		return fmt.Errorf("remove body %s: %w", ref, away(err))
	}
	return nil
}
