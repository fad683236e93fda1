package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"

	"skein/connectors"
	"skein/inbox"
)

type (
	imapUID  = imapclient.FetchItemDataUID
	imapDate = imapclient.FetchItemDataInternalDate
	imapBody = imapclient.FetchItemDataBodySection
)

// maxItem is what one item may take as JSON: a NATS payload of 1 MiB, less room
// for headers.
const maxItem = 1<<20 - 16<<10

// isPoison reports whether err is about one item's content, so that trying the
// same again is of no use.
func isPoison(err error) bool {
	code := inbox.CodeOf(err)
	return code == inbox.Invalid || code == inbox.TooLarge
}

// normalise makes an item of a mail.
func (m *mailbox) normalise(ctx context.Context, j job, f fetched, sp *spooled) (connectors.Inbound, error) {
	now := m.c.cfg.Now()
	arrived := f.date
	if arrived.IsZero() || arrived.After(now) {
		arrived = now
	}
	item, err := makeItem(ctx, sp, sp.size, Options{
		Account:    m.account,
		ReceivedAt: arrived,
		AuthServID: m.set.AuthServID,
		Lane:       j.lane,
		Store:      inlineStore(m.c.cfg.PutBody),
	})
	if err != nil {
		return item, err
	}
	item.ReceivedAt = now
	if item.Message != nil && j.folder == m.set.Junk {
		item.Message.Spam = true
	}
	return item, nil
}

// makeItem is [Normalise], with two nets below it: a fault of ours in one mail
// gives an item that says so instead of ending the process, and an item that
// would not fit the bus is cut.
func makeItem(ctx context.Context, raw io.ReaderAt, size int64, opt Options) (item connectors.Inbound, err error) {
	defer func() {
		p := recover()
		if p == nil {
			if err == nil {
				fit(&item)
			}
			return
		}
		item, err = faultItem(ctx, raw, size, opt, fmt.Sprintf("this mail could not be taken apart (%v); its source is kept", p))
	}()
	return Normalise(ctx, raw, size, opt)
}

func faultItem(ctx context.Context, raw io.ReaderAt, size int64, opt Options, problem string) (connectors.Inbound, error) {
	body, err := opt.Store(ctx, io.NewSectionReader(raw, 0, size))
	if err != nil {
		return connectors.Inbound{}, err
	}
	sum := body.SHA256
	return connectors.Inbound{
		Kind: connectors.KindMessage, Channel: inbox.Email, Account: opt.Account.ID,
		EventID: "fault:" + sum, ExternalID: "fault:" + sum, Key: sum, Lane: opt.Lane,
		Sender:     connectors.Sender{Kind: inbox.EmailAddress, Proof: inbox.Inferred},
		ProviderAt: opt.ReceivedAt, ReceivedAt: opt.ReceivedAt,
		Raw: &body,
		Message: &connectors.Message{
			Subject: "(unreadable mail)", Text: problem, VisibleText: problem,
			Problems:  []string{problem},
			Automatic: inbox.Automatic{Reason: "unreadable"},
		},
	}, nil
}

// placeholder stands for a mail that could not be fetched for holdFor, so that
// somebody looks for it in the mailbox.
func (m *mailbox) placeholder(j job, h held) connectors.Inbound {
	now := m.c.cfg.Now()
	id := fmt.Sprintf("unfetched:%s:%d:%d", j.folder, j.place.Validity, h.UID)
	text := fmt.Sprintf("A mail in the folder %s (UID %d) could not be fetched since %s. It is still in the mailbox; please look there. The last reason: %s",
		j.folder, h.UID, h.Since.UTC().Format(time.DateTime), h.Why)
	return connectors.Inbound{
		Kind: connectors.KindMessage, Channel: inbox.Email, Account: m.account.ID,
		EventID: id, ExternalID: id, Key: id, Lane: j.lane,
		Sender:     connectors.Sender{Kind: inbox.EmailAddress, Proof: inbox.Inferred},
		ProviderAt: h.Since, ReceivedAt: now,
		Message: &connectors.Message{
			Subject: "(mail that could not be fetched)", Text: text, VisibleText: text,
			Problems:  []string{"the mail server did not hand this mail over"},
			Spam:      j.folder == m.set.Junk,
			Automatic: inbox.Automatic{Reason: "unreadable"},
		},
	}
}

// inlineStore returns where one item's bodies go: into the item while they fit
// in [connectors.MaxInline] together, else through put. It reads no more than
// that much into memory.
func inlineStore(put func(context.Context, io.Reader) (connectors.Body, error)) func(context.Context, io.Reader) (connectors.Body, error) {
	left := int64(connectors.MaxInline)
	return func(ctx context.Context, r io.Reader) (connectors.Body, error) {
		b, err := io.ReadAll(io.LimitReader(r, left+1))
		if err != nil {
			return connectors.Body{}, err
		}
		if int64(len(b)) > left {
			return put(ctx, io.MultiReader(bytes.NewReader(b), r))
		}
		left -= int64(len(b))
		sum := sha256.Sum256(b)
		return connectors.Body{Size: int64(len(b)), SHA256: hex.EncodeToString(sum[:]), Inline: b}, nil
	}
}

// fit cuts the views of a message, and then its lists, until the item fits the
// bus. The raw bytes keep everything.
func fit(item *connectors.Inbound) {
	msg := item.Message
	if msg == nil || surelyFits(item) {
		return
	}
	for limit := 256 << 10; limit >= 1<<10; limit /= 2 {
		b, err := json.Marshal(item)
		if err != nil || len(b) <= maxItem {
			return
		}
		if limit == 256<<10 {
			msg.Problems = append(msg.Problems, "too long to be shown in full: the source has everything")
		}
		if len(msg.HTML) > limit {
			msg.HTML = "" // cut HTML is not HTML: the text stands for it
		}
		for text := range lengths(item) {
			if len(*text) > limit {
				*text = strings.ToValidUTF8((*text)[:limit], "")
			}
		}
		entries := limit / 256
		msg.Attachments = msg.Attachments[:min(len(msg.Attachments), entries)]
		msg.To, msg.Cc = msg.To[:min(len(msg.To), entries)], msg.Cc[:min(len(msg.Cc), entries)]
		msg.ReplyTo = msg.ReplyTo[:min(len(msg.ReplyTo), entries)]
		msg.DeliveredTo = msg.DeliveredTo[:min(len(msg.DeliveredTo), entries)]
		msg.Bounces = msg.Bounces[:min(len(msg.Bounces), entries)]
		msg.InReplyTo = msg.InReplyTo[:min(len(msg.InReplyTo), entries)]
		// The newest of what it refers to says most.
		msg.References = msg.References[max(0, len(msg.References)-entries):]
	}
}

// lengths yields the texts of an item that its sender can make as long as a
// field may be.
func lengths(item *connectors.Inbound) iter.Seq[*string] {
	return func(yield func(*string) bool) {
		msg := item.Message
		for _, text := range []*string{&msg.Text, &msg.VisibleText, &msg.Subject, &item.Sender.Name, &msg.From.Name, &msg.Automatic.Reason} {
			if !yield(text) {
				return
			}
		}
		for _, list := range [][]inbox.Party{msg.ReplyTo, msg.To, msg.Cc} {
			for i := range list {
				if !yield(&list[i].Name) {
					return
				}
			}
		}
		for i := range msg.Attachments {
			a := &msg.Attachments[i]
			if !yield(&a.Name) || !yield(&a.Type) || !yield(&a.ContentID) {
				return
			}
		}
		for i := range msg.Bounces {
			b := &msg.Bounces[i]
			if !yield(&b.Recipient) || !yield(&b.Detail) || !yield(&b.Status) {
				return
			}
		}
		for i := range msg.Problems {
			if !yield(&msg.Problems[i]) {
				return
			}
		}
	}
}

// surelyFits spares most mails the counting: even if every byte of text took
// six in JSON, there would be room.
func surelyFits(item *connectors.Inbound) bool {
	msg := item.Message
	n := len(msg.HTML)
	for text := range lengths(item) {
		n += len(*text)
	}
	entries := len(msg.To) + len(msg.Cc) + len(msg.ReplyTo) + len(msg.DeliveredTo) + len(msg.References) +
		len(msg.InReplyTo) + len(msg.Bounces) + len(msg.Attachments) + len(msg.Problems)
	return n < 64<<10 && entries < 50
}
