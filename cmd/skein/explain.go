package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"skein/connectors"
	"skein/connectors/email"
	"skein/inbox"
	"skein/inbox/threader"
)

// explained is what Skein makes of a mail, as `skein explain` prints it.
type explained struct {
	File        string                `json:"file"`
	ExternalID  string                `json:"externalId"`
	MessageID   string                `json:"messageId"`
	InReplyTo   []string              `json:"inReplyTo"`
	References  []string              `json:"references"`
	From        explainedParty        `json:"from"`
	ReplyTo     []explainedParty      `json:"replyTo"`
	To          []explainedParty      `json:"to"`
	Cc          []explainedParty      `json:"cc"`
	Subject     string                `json:"subject"`
	Date        string                `json:"date"` // RFC 3339, "" when the mail has none that can be read
	Text        string                `json:"text"`
	VisibleText string                `json:"visibleText"`
	HTML        string                `json:"html"`
	Attachments []explainedAttachment `json:"attachments"`
	Automatic   explainedAutomatic    `json:"automatic"`
	Bounces     []explainedBounce     `json:"bounces"`
	Proof       inbox.Proof           `json:"proof"`
	Problems    []string              `json:"problems"`

	Identity explainedIdentity `json:"identity"`
	Thread   explainedThread   `json:"thread"`
	Orders   []explainedOrder  `json:"orders"`
	Links    []explainedLink   `json:"links"` // only with orders to decide against
}

// explainedIdentity is whose mail it is.
type explainedIdentity struct {
	Kind     inbox.IdentityKind `json:"kind"`
	Key      string             `json:"key"` // as it is matched
	Proof    inbox.Proof        `json:"proof"`
	Evidence string             `json:"evidence"`
}

// explainedThread is where it goes beside the mails before it.
type explainedThread struct {
	Step         inbox.Step `json:"step"`
	Text         string     `json:"text"`
	Key          string     `json:"key"`
	Conversation int64      `json:"conversation"` // counted from 1; 0 for none
	Marks        []string   `json:"marks"`
}

type explainedParty struct {
	Address string `json:"address"`
	Name    string `json:"name"`
}

type explainedAttachment struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	Size      int64  `json:"size"`
	SHA256    string `json:"sha256"`
	Inline    bool   `json:"inline"`
	ContentID string `json:"contentId"`
}

type explainedAutomatic struct {
	Is           bool   `json:"is"`
	MayAutoReply bool   `json:"mayAutoReply"`
	Reason       string `json:"reason"`
}

type explainedBounce struct {
	Recipient string `json:"recipient"`
	Status    string `json:"status"`
	Hard      bool   `json:"hard"`
}

// An explanation is one run of explain: what it was given to decide against,
// and what it remembers of the mails before.
type explanation struct {
	account    inbox.Account
	authServID []string
	orders     *known
	told       *told
}

// explainAccount is the account under which explain reads.
const explainAccount inbox.AccountID = "explain"

const explainUsage = `skein explain [flags] FILE.eml…

Prints one JSON object a line: what Skein makes of each mail, whose it is, which
conversation it continues of those before it in the same run, and which orders
it names. A directory is taken file by file, in order of name. Nothing is stored.
skein explain calls FILE… does the same for files of telephone calls.

  --orders FILE       a JSON list of orders, as connectors publish them: whose an
                      order is is then decided, and how the shop numbers them
  --own ADDRESS       an address of ours, and again for each more
  --authserv-id NAME  a server of ours whose Authentication-Results are believed`

// explain prints, one JSON object a line, what Skein makes of each mail that
// args name; a directory is taken file by file, recursively, in order of name. A
// file that is no mail or can't be read gives an object whose problems say so.
// It needs neither database nor NATS, and keeps no mail in memory. The error
// names an argument that does not exist, after all others were explained.
func explain(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "calls" {
		return explainCalls(ctx, args[1:], stdout)
	}
	x, files, err := explainArgs(args, stdout)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return &inbox.Error{Code: inbox.Invalid, Message: "explain what? give it files or directories of mail: skein explain FILE.eml…"}
	}
	out := json.NewEncoder(stdout)
	out.SetEscapeHTML(false)
	var missing error
	for _, arg := range files {
		if _, err := os.Stat(arg); err != nil {
			fmt.Fprintln(stderr, err)
			missing = errors.Join(missing, &inbox.Error{Code: inbox.NotFound, Message: fmt.Sprintf("%s can't be opened: %v", arg, errors.Unwrap(err))})
			continue
		}
		err := filepath.WalkDir(arg, func(path string, entry fs.DirEntry, err error) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err == nil && entry.IsDir() {
				return nil
			}
			if err != nil {
				return out.Encode(unreadable(path, err))
			}
			return out.Encode(x.file(ctx, path))
		})
		if err != nil {
			return fmt.Errorf("explain %s: %w", arg, err)
		}
	}
	return missing
}

// explainArgs takes the flags out of the arguments, wherever they stand.
func explainArgs(args []string, stdout io.Writer) (*explanation, []string, error) {
	x := &explanation{account: inbox.Account{ID: explainAccount, Channel: inbox.Email, MaxProof: inbox.Proven}, told: newTold()}
	flags := flag.NewFlagSet("explain", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	path := flags.String("orders", "", "")
	list := func(to *[]string) func(string) error {
		return func(s string) error { *to = append(*to, s); return nil }
	}
	flags.Func("own", "", list(&x.account.Own))
	flags.Func("authserv-id", "", list(&x.authServID))
	var files []string
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				fmt.Fprintln(stdout, explainUsage)
				return nil, nil, err
			}
			return nil, nil, &usageError{"skein explain: " + err.Error()}
		}
		if args = flags.Args(); len(args) > 0 {
			files, args = append(files, args[0]), args[1:]
		}
	}
	var err error
	x.orders, err = readOrders(*path)
	return x, files, err
}

func unreadable(path string, err error) explained {
	e := newExplained(path, connectors.Inbound{Message: &connectors.Message{Problems: []string{"the file can't be read: " + err.Error()}}})
	e.Identity = explainedIdentity{Kind: inbox.EmailAddress, Evidence: "nothing can be read"}
	return e
}

func (x *explanation) file(ctx context.Context, path string) explained {
	info, err := os.Stat(path)
	if err != nil {
		return unreadable(path, err)
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for ever
		return unreadable(path, errors.New("it is no regular file"))
	}
	f, err := os.Open(path)
	if err != nil {
		return unreadable(path, err)
	}
	defer f.Close()
	now := time.Now()
	item, err := email.Normalise(ctx, f, info.Size(), email.Options{
		Account:    connectors.Account{ID: explainAccount, Channel: inbox.Email, Own: x.account.Own},
		ReceivedAt: now,
		AuthServID: x.authServID,
		Lane:       connectors.LaneLive,
		Store:      measure,
	})
	if err != nil {
		return unreadable(path, err)
	}
	e := newExplained(path, item)
	r, err := threader.Reading{Account: x.account, Grammars: x.orders.numbering()}.Read(&item, now)
	if err != nil {
		e.Problems = append(e.Problems, err.Error())
		return e
	}
	m := r.Message
	e.Identity = explainedIdentity{Kind: m.Identity.Kind, Key: m.Identity.Key, Proof: m.Proof, Evidence: evidenceOf(&item, m)}
	place, conversation := x.told.place(r, x.orders.meant(m))
	e.Thread = explainedThread{Step: place.Reason.Step, Text: place.Reason.Text, Key: place.Reason.Key, Conversation: conversation,
		Marks: orEmpty(place.Reason.Marks)}
	e.Orders, e.Links = x.orders.explain(&item, m)
	return e
}

// evidenceOf says in words why a mail is whose it is, and how well that is known.
func evidenceOf(item *connectors.Inbound, m *inbox.Arrival) string {
	switch {
	case m.Direction == inbox.Out:
		return "our own mail: it is to them"
	case m.SenderKey == "":
		return "no sender can be read"
	case m.Sender.Address != item.Sender.Address:
		return "from an address of ours without proof: it belongs to its Reply-To"
	case m.Proof >= inbox.Proven:
		return "our own server saw DMARC pass for the sender's domain"
	}
	return "a bare From header"
}

// measure is a store that keeps nothing.
func measure(_ context.Context, r io.Reader) (connectors.Body, error) {
	sum := sha256.New()
	n, err := io.Copy(sum, r)
	return connectors.Body{Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, err
}

func newExplained(path string, item connectors.Inbound) explained {
	m := item.Message
	e := explained{
		File: path, ExternalID: item.ExternalID, MessageID: m.MessageID,
		InReplyTo: orEmpty(m.InReplyTo), References: orEmpty(m.References),
		From: explainedParty(m.From), ReplyTo: explainedParties(m.ReplyTo),
		To: explainedParties(m.To), Cc: explainedParties(m.Cc),
		Subject: m.Subject, Text: m.Text, VisibleText: m.VisibleText, HTML: m.HTML,
		Attachments: make([]explainedAttachment, 0, len(m.Attachments)),
		Automatic:   explainedAutomatic(m.Automatic),
		Bounces:     make([]explainedBounce, 0, len(m.Bounces)),
		Proof:       item.Sender.Proof, Problems: orEmpty(m.Problems),
		Thread: explainedThread{Marks: []string{}}, Orders: []explainedOrder{}, Links: []explainedLink{},
	}
	if !item.ProviderAt.IsZero() {
		e.Date = item.ProviderAt.Format(time.RFC3339)
	}
	for _, a := range m.Attachments {
		e.Attachments = append(e.Attachments, explainedAttachment{a.Name, a.Type, a.Body.Size, a.Body.SHA256, a.Inline, a.ContentID})
	}
	for _, b := range m.Bounces {
		e.Bounces = append(e.Bounces, explainedBounce{b.Recipient, b.Status, b.Hard})
	}
	return e
}

func explainedParties(in []inbox.Party) []explainedParty {
	out := make([]explainedParty, 0, len(in))
	for _, p := range in {
		out = append(out, explainedParty(p))
	}
	return out
}

func orEmpty(in []string) []string {
	if in == nil {
		return []string{}
	}
	return in
}
