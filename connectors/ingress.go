package connectors

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"time"

	"skein/inbox"
)

// An Ingress is a [Connector] that takes HTTP too: webhooks, or visitors'
// sockets.
type Ingress interface {
	Connector

	// Handler serves everything under /in/<channel>/, whole paths as the outside
	// sent them. [Run] calls it once. What it serves ends with the request's
	// context, sockets too.
	Handler(in Intake) http.Handler
}

// An Intake is what a Handler may do, from many goroutines at once.
type Intake interface {
	// Account returns one account that is served, a paused one too. One that is
	// unknown or was removed is an [inbox.NotFound]; until the accounts are
	// known for the first time every one is an [inbox.Unavailable].
	Account(id inbox.AccountID) (Account, error)
	Accounts() []Account

	// Accept publishes items of account, those of one key in order, and returns
	// when the stream has every one on disk, within a few seconds. On an
	// [inbox.Unavailable] the sender has to be told to come again: some may have
	// been published, and a repetition is harmless.
	Accept(ctx context.Context, account inbox.AccountID, items ...Inbound) error
	// Reject counts what was refused, such as a wrong signature, and shows why
	// as the account's last error. Nothing of it is kept.
	Reject(account inbox.AccountID, reason error)
	// Doubt counts what would be refused and was taken, while an account only
	// tries out its checks.
	Doubt(account inbox.AccountID, reason error)

	// URL returns the request's public address, as a platform signed it: below
	// Config.PublicURL, else by the scheme and host that our proxy forwards.
	URL(r *http.Request) string
	// Source returns the address of the client, as our proxy tells it.
	Source(r *http.Request) netip.Addr

	PutBody(ctx context.Context, r io.Reader) (Body, error)
	OpenBody(ctx context.Context, body Body) (io.ReadCloser, error)

	// Ask, Say, Hear and Visitor are those of [Link].
	Ask(ctx context.Context, account inbox.AccountID, verb string, request, answer any) error
	Say(ctx context.Context, word Live) error
	Hear(ctx context.Context, heard func(Live)) error
	Visitor(ctx context.Context, account inbox.AccountID, session string, after uint64, show func(seq uint64, data []byte) error) error
}

// An Instance is one process of a connector that takes HTTP. Without an address
// it takes none any more.
type Instance struct {
	Channel  inbox.Channel `json:"channel"`
	Instance string        `json:"instance"` // made anew at each start
	Address  string        `json:"address"`  // host:port, as the servers reach it
	At       time.Time     `json:"at"`
}

// Wait is the Receive of a connector whose items come by its Handler: it keeps
// the cursor and says that the account is served, until ctx ends.
func Wait(ctx context.Context, cursor string, emit EmitFunc) error {
	if err := emit(ctx, cursor); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

// An Ask is a question that a connector puts to the server.
type Ask struct {
	Channel inbox.Channel
	Account inbox.AccountID
	Verb    string
	Request []byte // JSON
}
