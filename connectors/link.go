package connectors

import (
	"context"
	"io"

	"skein/inbox"
)

// A Connector speaks one service's protocol. Its methods are called from many
// goroutines, one an account and direction.
type Connector interface {
	Channel() inbox.Channel

	// Receive serves one account from cursor on ("" for a new one) until ctx
	// ends or the connection fails; [Run] calls it again, later and later. A
	// *inbox.Error with code Unauthorized or Invalid means that trying again
	// soon is of no use: the account shows as refused.
	Receive(ctx context.Context, account Account, cursor string, emit EmitFunc) error

	// Send makes one attempt and says what became of it: Sent, Failed with the
	// server's words, or Uncertain when nobody can know. An error means that
	// nothing has left and that a later try may do: [Run] tries again with
	// growing delay.
	Send(ctx context.Context, account Account, out Outbound, open OpenFunc) (inbox.Receipt, error)
}

// An EmitFunc publishes items and, when the stream has acknowledged every one of
// them, stores cursor. On an error nothing of the cursor has moved: the caller
// returns it. Items may be none, to store a cursor alone.
type EmitFunc func(ctx context.Context, cursor string, items ...Inbound) error

// An OpenFunc opens the bytes of an attachment that goes out.
type OpenFunc func(ctx context.Context, body Body) (io.ReadCloser, error)

// A Link is what a sidecar may do on the bus, and all that it may do.
type Link interface {
	// Publish puts one item into INBOUND and returns when the stream has it on
	// disk. A repetition within ten minutes is swallowed there.
	Publish(ctx context.Context, item Inbound) error

	// PutBody streams bytes into the channel's transit bucket; OpenBody reads
	// what the server put there to be sent.
	PutBody(ctx context.Context, r io.Reader) (Body, error)
	OpenBody(ctx context.Context, body Body) (io.ReadCloser, error)

	// WatchAccounts calls changed with the whole set of the channel's accounts,
	// now and after every change, until ctx ends.
	WatchAccounts(ctx context.Context, changed func([]Account)) error

	Cursor(ctx context.Context, account inbox.AccountID) (string, error)
	SaveCursor(ctx context.Context, account inbox.AccountID, cursor string) error

	// Sends hands over what is to be sent, one call at a time an account, until
	// ctx ends. The item is acknowledged when handle returns nil and comes
	// again, later, when it returns an error. While handle runs, the item is
	// held.
	Sends(ctx context.Context, handle func(context.Context, Outbound) error) error

	// ClaimSend records that an attempt is about to be made. fresh is false
	// when it was recorded before: then result is what became of it, nil when
	// that is not known.
	ClaimSend(ctx context.Context, out Outbound) (fresh bool, result *inbox.Receipt, err error)
	// FinishSend records what became of it; ReleaseSend takes the claim back
	// after an attempt of which nothing has left.
	FinishSend(ctx context.Context, out Outbound, result inbox.Receipt) error
	ReleaseSend(ctx context.Context, out Outbound) error

	// Report keeps an account's health; it fades when it is not repeated within
	// 30 s.
	Report(ctx context.Context, status Status) error
	// Announce says where this process takes HTTP; it fades like health.
	Announce(ctx context.Context, at Instance) error

	// Ask asks the server a question of the channel and returns its answer in
	// answer, which may be nil; request is anything that is JSON. What the
	// server refuses keeps its [inbox.Code]; nobody to answer is an
	// [inbox.Unavailable].
	Ask(ctx context.Context, account inbox.AccountID, verb string, request, answer any) error

	// Say tells whoever listens; nobody is no error. Hear calls heard, one word
	// at a time, with what the server says to the channel's customers, until ctx
	// ends.
	Say(ctx context.Context, word Live) error
	Hear(ctx context.Context, heard func(Live)) error

	// Visitor shows, in order and from one goroutine, what one chat session may
	// see, from the number after on, and what comes, until ctx ends or show
	// returns an error, which it returns. It is for the chat channel.
	Visitor(ctx context.Context, account inbox.AccountID, session string, after uint64, show func(seq uint64, data []byte) error) error
}
