package threader

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/identity"
	"skein/inbox/markup"
)

// What one message may bring: past that the raw bytes have it.
const (
	maxPeople = 500
	maxRefs   = 200
	maxText   = 1 << 20
	maxLine   = 2_000
	maxParts  = 1_000
	maxCount  = 1<<31 - 1 // what a column of counts holds

	maxExternal = 200 // of a number or an id of somebody else's
)

// prepare reads one item. An *inbox.Error with code Invalid means that the item
// is wrong in itself.
func (t *Threader) prepare(ctx context.Context, item Item) (_ prepared, err error) {
	defer t.caught(&err)
	var in connectors.Inbound
	if err := json.Unmarshal(item.Data, &in); err != nil {
		return prepared{}, invalid("not an item of the contract: %v", err)
	}
	if in.Channel != item.Channel || in.Account != item.Account {
		return prepared{}, invalid("it says %s/%s and came in under %s/%s", in.Channel, in.Account, item.Channel, item.Account)
	}
	if in.EventID == "" {
		return prepared{}, invalid("it has no eventId: the connector must give one, by which a repetition is known")
	}
	r := inbox.Received{
		Account: item.Account, Channel: item.Channel, EventID: in.EventID,
		// What is announced has the digits that the database keeps.
		History: item.Lane == connectors.LaneBulk, At: item.At.Truncate(time.Microsecond),
	}
	if err := t.read(ctx, &in, &r); err != nil {
		return prepared{}, err
	}
	t.setClaims(&r, &in)
	bodies := bodiesOf(&in)
	if err := checkInline(bodies); err != nil {
		return prepared{}, err
	}
	p := prepared{item: item, received: r}
	for _, b := range bodies {
		if b.Ref == "" {
			p.inline = append(p.inline, b.Inline)
		}
	}
	p.refs, err = t.moveBodies(ctx, item, bodies)
	return p, err
}

// read makes of an item what the store knows, by its kind.
func (t *Threader) read(ctx context.Context, in *connectors.Inbound, r *inbox.Received) (err error) {
	switch {
	case in.Kind == connectors.KindMessage && in.Message != nil:
		r.Message, err = t.arrival(ctx, in, r)
	case in.Kind == connectors.KindEdited && in.Message != nil:
		if r.Message, err = t.arrival(ctx, in, r); err == nil {
			r.Message.Revises = true
		}
	case in.Kind == connectors.KindCall && in.Call != nil:
		r.Message, err = t.call(in, r)
	case in.Kind == connectors.KindDeleted:
		r.Deletion, err = deletion(in, r)
	case in.Kind == connectors.KindReaction && in.Reaction != nil:
		r.Reaction, err = reaction(in, r)
	case in.Kind == connectors.KindHidden && in.Hidden != nil:
		r.Concealed, err = concealed(in, r)
	case in.Kind == connectors.KindReceipt && in.Receipt != nil:
		r.Receipt, err = t.receipt(in, r)
	default:
		account, _ := t.account(r.Account)
		r.Proof = account.MayVouch(inbox.ShopAccount, in.Sender.Proof)
		err = record(in, r, account.Region)
	}
	return err
}

// arrival makes a message of the contract one of the store's.
func (t *Threader) arrival(ctx context.Context, in *connectors.Inbound, r *inbox.Received) (_ *inbox.Arrival, err error) {
	account, own := t.account(r.Account)
	m := in.Message
	a := &inbox.Arrival{Message: inbox.Message{
		Direction: inbox.In, Subject: line(m.Subject), Text: text(m.Text), VisibleText: text(m.VisibleText),
		To: parties(m.To), Cc: parties(m.Cc), Automatic: m.Automatic, Spam: m.Spam, Protection: line(m.Protection),
		Proof: account.MayVouch(senderKind(in), in.Sender.Proof), HeaderID: line(m.MessageID),
		CreatedAt: r.At,
	}}
	a.Automatic.Reason = line(a.Automatic.Reason)
	a.HTML, a.RemoteImages = markup.Sanitise(text(m.HTML))
	for _, p := range m.Problems[:min(len(m.Problems), 50)] {
		a.Problems = append(a.Problems, line(p))
	}
	for _, b := range m.Bounces[:min(len(m.Bounces), maxPeople)] {
		a.Bounces = append(a.Bounces, inbox.Bounce{
			Recipient: line(b.Recipient), Status: line(b.Status), Hard: b.Hard, Detail: line(b.Detail), HeaderID: line(b.HeaderID),
		})
	}
	if len(m.Attachments) > maxParts {
		return nil, invalid("it has %d attachments: at most %d go with one message", len(m.Attachments), maxParts)
	}
	a.Attachments = attached(m.Attachments)
	if c := m.Comment; c != nil && in.Channel == inbox.Social {
		if a.Comment, err = comment(c); err != nil {
			return nil, err
		}
	}
	if in.Raw != nil {
		a.Raw, a.RawSize = in.Raw.SHA256, in.Raw.Size
	}
	if in.Channel != inbox.Email { // whose messages nobody changes
		a.External = inbox.ExternalKey(r.Account, in.ExternalID)
		a.Quotes = inbox.ExternalKey(r.Account, m.Quotes)
		if m.Album != "" {
			a.Album = inbox.ExternalKey(r.Account, "album\x00"+m.ThreadKey+"\x00"+m.Album)
		}
	}
	t.setTimes(a, in, r)
	t.setHeaders(a, m, r.Account)
	t.setSender(a, in, r, own)
	if in.Channel == inbox.Chat {
		setSession(a, in, own)
	}
	keep, err := t.ownNumbers(ctx, a)
	if err != nil {
		return nil, err
	}
	maskCards(a, keep)
	setMentions(a, m.Order, t.numbering())
	t.setCodes(a, r)
	return a, nil
}

func attached(files []connectors.Attachment) []inbox.Attachment {
	out := make([]inbox.Attachment, 0, len(files))
	for _, f := range files {
		out = append(out, inbox.Attachment{
			Name: line(f.Name), Type: line(f.Type), Size: f.Body.Size, SHA256: f.Body.SHA256, Inline: f.Inline, ContentID: line(f.ContentID),
		})
	}
	return out
}

// setTimes believes the sender's clock within reason. History takes its place
// in the past.
func (t *Threader) setTimes(a *inbox.Arrival, in *connectors.Inbound, r *inbox.Received) {
	a.SentAt = in.ProviderAt.UTC().Truncate(time.Microsecond)
	if a.SentAt.Year() < 1990 || a.SentAt.After(r.At.Add(24*time.Hour)) {
		a.SentAt = r.At
	}
	if r.History && a.SentAt.Before(r.At) {
		a.CreatedAt = a.SentAt
	}
}

// setHeaders collects what the message is called and points at.
func (t *Threader) setHeaders(a *inbox.Arrival, m *connectors.Message, account inbox.AccountID) {
	a.Own = inbox.HeaderKey(a.HeaderID)
	a.Thread = inbox.ChannelKey(account, m.ThreadKey)
	_, a.Echo = t.cfg.Keys.Parse(a.HeaderID)

	seen := map[inbox.Key]bool{{}: true}
	add := func(id string, step inbox.Step) {
		id = line(id)
		key := inbox.HeaderKey(id)
		if seen[key] || len(a.Refs) == maxRefs {
			return
		}
		seen[key] = true
		a.Refs = append(a.Refs, inbox.Ref{Key: key, ID: id, Step: step})
		if ours, ok := t.cfg.Keys.Parse(id); ok && a.Token == "" {
			a.Token = ours
		}
	}
	for _, id := range m.InReplyTo {
		add(id, inbox.ByInReplyTo)
	}
	if n := len(m.References); n > 0 {
		for i := n - 1; i >= 0; i-- {
			if len(a.Refs) == maxRefs-1 {
				i = 0 // the root ties a thread together
			}
			add(m.References[i], inbox.ByReferences)
		}
	}
	for _, b := range a.Bounces { // last, so that it decides
		if ours, ok := t.cfg.Keys.Parse(b.HeaderID); ok {
			a.Token = ours
		}
		add(b.HeaderID, inbox.ByReferences)
	}
	for _, list := range [][]string{m.DeliveredTo, addresses(m.To), addresses(m.Cc)} {
		for _, address := range list {
			if c, ok := t.cfg.Keys.ParsePlus(address); ok && a.Plus == "" {
				a.Plus = c
			}
		}
	}
}

// setSender says whose message it is. Mail from our own address is our own only
// where that is sure: imported from our mailbox, or proven. Else somebody's form
// or forgery sent it, and it belongs to its Reply-To, unproven.
func (t *Threader) setSender(a *inbox.Arrival, in *connectors.Inbound, r *inbox.Received, own map[string]bool) {
	m := in.Message
	from := party(inbox.Party{Address: in.Sender.Address, Name: in.Sender.Name})
	kind := senderKind(in)
	account, _ := t.account(r.Account)
	key := identity.Key(kind, from.Address, account.Region)
	ours := key != "" && isOwn(own, key)
	a.Author = inbox.Author{Kind: inbox.ByCustomer, Name: from.Name, Address: from.Address}
	a.Sender, a.SenderKey, a.Person = from, key, from
	switch {
	case m.Ours && in.Channel != inbox.Email:
		us := party(m.From)
		a.Direction, a.SenderKey = inbox.Out, ""
		a.Author = inbox.Author{Kind: inbox.BySystem, Name: cmp.Or(us.Name, account.Name), Address: us.Address}
		if len(a.To) == 0 {
			a.To = []inbox.Party{from}
		}
	case ours && (r.History || a.Proof >= inbox.Proven):
		a.Direction, a.Author.Kind, a.SenderKey = inbox.Out, inbox.BySystem, ""
		a.Person, key = firstOther(append(m.To, m.Cc...), own)
	case ours:
		a.Proof = min(a.Proof, inbox.Claimed)
		if p, k := firstOther(m.ReplyTo, own); k != "" {
			a.Author.Name, a.Author.Address = p.Name, p.Address
			a.Sender, a.SenderKey, a.Person, key = p, k, p, k
		}
	}
	if key == "" { // nobody can be told by it: each such message is a stranger's
		key = nobody(r)
		if a.Person.Address == "" && a.Person.Name == "" {
			a.Person.Name = "Unknown sender"
		}
	}
	a.Identity = inbox.IdentityRef{Kind: kind, Key: key}

	seen := map[string]bool{"": true}
	add := func(key string) {
		if !seen[key] && !isOwn(own, key) && len(a.People) < maxPeople {
			seen[key] = true
			a.People = append(a.People, key)
		}
	}
	add(a.SenderKey)
	if m.Ours {
		add(key)
	}
	lists := [][]inbox.Party{m.To, m.Cc}
	if kind == inbox.EmailAddress {
		lists = append(lists, m.ReplyTo)
	}
	for _, list := range lists {
		for _, p := range list {
			add(identity.Key(kind, p.Address, ""))
		}
	}
}

// setSession says which session of a chat a visitor's message is of, and where
// they want to be answered. That address takes no part in the thread: it is
// whose they say it is.
func setSession(a *inbox.Arrival, in *connectors.Inbound, own map[string]bool) {
	session := in.Message.ThreadKey
	if a.Identity.Kind != inbox.ChatVisitor || a.Identity.Key != session || !inbox.ValidSession(session) {
		return
	}
	a.Session = session
	if strings.HasPrefix(in.ExternalID, session+"/") && len(in.ExternalID) <= maxExternal {
		a.ExternalID = line(in.ExternalID)
	}
	for _, p := range in.Message.ReplyTo {
		p = party(p)
		if key := identity.EmailKey(p.Address); key != "" && !isOwn(own, key) {
			a.AnswerTo = p.Address
			return
		}
	}
}

// nobody is the key of a sender by whose address nobody can be told.
func nobody(r *inbox.Received) string {
	sum := sha256.Sum256([]byte(string(r.Account) + "\x00" + r.EventID))
	return inbox.Unreadable + hex.EncodeToString(sum[:16])
}

func firstOther(list []inbox.Party, own map[string]bool) (inbox.Party, string) {
	for _, p := range list {
		if key := identity.EmailKey(p.Address); key != "" && !isOwn(own, key) {
			return party(p), key
		}
	}
	return inbox.Party{}, ""
}

// isOwn knows our addresses with and without a tag.
func isOwn(own map[string]bool, key string) bool {
	if own[key] {
		return true
	}
	at := strings.LastIndexByte(key, '@')
	plus := strings.IndexByte(key, '+')
	return plus > 0 && plus < at && own[key[:plus]+key[at:]]
}

func ownKeys(a *inbox.Account) []string {
	kind := inbox.EmailAddress
	if a.Channel == inbox.Phone {
		kind = inbox.PhoneNumber
	}
	keys := []string{identity.Key(kind, a.Address, a.Region)}
	for _, o := range a.Own {
		keys = append(keys, identity.Key(kind, o, a.Region))
	}
	return keys
}

func invalid(format string, args ...any) error {
	return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf(format, args...)}
}

func addresses(list []inbox.Party) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.Address
	}
	return out
}

func parties(list []inbox.Party) []inbox.Party {
	out := make([]inbox.Party, 0, len(list))
	for _, p := range list[:min(len(list), maxPeople)] {
		out = append(out, party(p))
	}
	return out
}

// party is p for people to see. A name is its writer's choice and shown in the
// place of the address: one that poses as another address is left out.
func party(p inbox.Party) inbox.Party {
	p = inbox.Party{Address: line(p.Address), Name: line(p.Name)}
	if strings.ContainsAny(p.Name, "@\uFE6B\uFF20") && !strings.EqualFold(strings.Trim(p.Name, `"'<> `), p.Address) {
		p.Name = ""
	}
	return p
}

// text is s as the database takes it: valid UTF-8 without NUL, of bounded
// length.
func text(s string) string { return bounded(s, maxText) }

// line is the same for what is one line: without the marks that turn what
// stands beside it around (UAX #9 sections 2.1 to 2.4).
func line(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r' || r == '\n':
			return ' '
		case r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, bounded(s, maxLine))
}

func bounded(s string, most int) string {
	if len(s) > most {
		s = s[:most]
		for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
		if r, size := utf8.DecodeLastRuneInString(s); r == utf8.RuneError && size == 1 {
			s = s[:len(s)-1]
		}
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
