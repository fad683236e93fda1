package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"skein/connectors"
	"skein/connectors/email"
	"skein/inbox"
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

// explain prints, one JSON object a line, what Skein makes of each mail that
// args name; a directory is taken file by file, recursively, in order of name. A
// file that is no mail or can't be read gives an object whose problems say so.
// It needs neither database nor NATS, and keeps no mail in memory. The error
// names an argument that does not exist, after all others were explained.
func explain(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return &inbox.Error{Code: inbox.Invalid, Message: "explain what? give it files or directories of mail: skein explain FILE.eml…"}
	}
	out := json.NewEncoder(stdout)
	out.SetEscapeHTML(false)
	var missing error
	for _, arg := range args {
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
			return out.Encode(explainFile(ctx, path))
		})
		if err != nil {
			return fmt.Errorf("explain %s: %w", arg, err)
		}
	}
	return missing
}

func unreadable(path string, err error) explained {
	return newExplained(path, connectors.Inbound{Message: &connectors.Message{Problems: []string{"the file can't be read: " + err.Error()}}})
}

func explainFile(ctx context.Context, path string) explained {
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
	item, err := email.Normalise(ctx, f, info.Size(), email.Options{
		Account:    connectors.Account{ID: "explain", Channel: inbox.Email},
		ReceivedAt: time.Now(),
		Lane:       connectors.Bulk,
		Store:      measure,
	})
	if err != nil {
		return unreadable(path, err)
	}
	return newExplained(path, item)
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
