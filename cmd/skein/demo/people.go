package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/mail"
	"strings"
	"sync"
	"time"

	gomail "github.com/emersion/go-message/mail"

	_ "github.com/emersion/go-message/charset" // readers of other charsets

	"skein/inbox"
)

// maxAnswers is how often a customer answers in one thread: then the matter is
// settled for them, and no conversation goes on for ever.
const maxAnswers = 3

// people are the customers while the demo runs: they answer what the shop
// really wrote to them, and write by themselves now and then.
type people struct {
	demo   *Demo
	inform chan answerTo
	rand   *rand.Rand // run's alone

	mu       sync.Mutex // guards what follows
	answered map[string]int
	recent   []*Customer // who wrote last
}

// An answerTo is a mail of the shop that a customer is about to answer.
type answerTo struct {
	customer *Customer
	address  string // the one of theirs that it went to
	old      *letter
	due      time.Time
}

func newPeople(d *Demo) *people {
	return &people{
		demo: d, inform: make(chan answerTo, 256), answered: map[string]int{},
		rand: newRand(d.seed.Seed, uint64(time.Now().UnixNano())),
	}
}

// got tells the customers among to that the shop's mail raw has come. It never
// waits: a customer with too much mail doesn't answer.
func (p *people) got(to []string, raw []byte) {
	if p.demo.cfg.Answer <= 0 {
		return
	}
	old, err := readLetter(raw)
	if err != nil {
		return
	}
	root := old.ID
	if len(old.References) > 0 {
		root = old.References[0]
	}
	for _, address := range to {
		c := p.demo.shop.ByEmail(address)
		if c == nil || root == "" {
			continue
		}
		p.mu.Lock()
		n := p.answered[root]
		p.answered[root]++
		p.mu.Unlock()
		if n >= maxAnswers {
			continue
		}
		wait := p.demo.cfg.Answer + rand.N(2*p.demo.cfg.Answer+1)
		select {
		case p.inform <- answerTo{customer: c, address: strings.ToLower(address), old: old, due: time.Now().Add(wait)}:
		default:
		}
	}
}

// readLetter reads what is needed of a mail to answer it.
func readLetter(raw []byte) (*letter, error) {
	r, err := gomail.CreateReader(bytes.NewReader(raw))
	if r == nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	l := &letter{At: time.Now()}
	if at, err := r.Header.Date(); err == nil {
		l.At = at
	}
	l.Subject, _ = r.Header.Subject()
	l.ID, _ = r.Header.MessageID()
	l.References, _ = r.Header.MsgIDList("References")
	if from, err := r.Header.AddressList("From"); err == nil && len(from) > 0 {
		l.From = mail.Address(*from[0])
	}
	if to, err := r.Header.AddressList("To"); err == nil && len(to) > 0 {
		l.To = mail.Address(*to[0])
	}
	// Where the answer is to go: a reply-to of the shop holds its token.
	if reply, err := r.Header.AddressList("Reply-To"); err == nil && len(reply) > 0 {
		l.Extra = []string{reply[0].Address}
	}
	if h := r.Header.Get("Auto-Submitted"); h != "" && !strings.EqualFold(h, "no") {
		return nil, fmt.Errorf("automatic mail is not answered (RFC 3834)")
	}
	for {
		part, err := r.NextPart()
		if err != nil {
			break
		}
		if h, ok := part.Header.(*gomail.InlineHeader); ok {
			if t, _, _ := h.ContentType(); t == "text/plain" || t == "" {
				b, _ := io.ReadAll(io.LimitReader(part.Body, 1<<20))
				l.Text = strings.ReplaceAll(string(b), "\r\n", "\n")
				break
			}
		}
	}
	return l, nil
}

// run lets the customers live until ctx ends.
func (p *people) run(ctx context.Context) {
	// Nobody writes before Skein looks into the mailbox: what is there when an
	// account is new counts as history.
	select {
	case <-ctx.Done():
		return
	case <-p.demo.selected:
	}
	p.deliverFresh(ctx)

	var due []answerTo
	next := p.nextOwn()
	for {
		wake := next
		for _, a := range due {
			if wake.IsZero() || a.due.Before(wake) {
				wake = a.due
			}
		}
		var timer <-chan time.Time
		if !wake.IsZero() {
			timer = time.After(time.Until(wake))
		}
		select {
		case <-ctx.Done():
			return
		case a := <-p.inform:
			due = append(due, a)
		case now := <-timer:
			kept := due[:0]
			for _, a := range due {
				if a.due.After(now) {
					kept = append(kept, a)
				} else {
					p.answer(a)
				}
			}
			due = kept
			if !next.IsZero() && !next.After(now) {
				p.write(time.Now())
				next = p.nextOwn()
			}
		}
	}
}

func (p *people) nextOwn() time.Time {
	every := p.demo.cfg.Every
	if every <= 0 {
		return time.Time{}
	}
	return time.Now().Add(every*2/3 + time.Duration(p.rand.Int64N(int64(every*2/3)+1)))
}

// freshAges are how long ago today's unanswered mails say that they were written.
var freshAges = []time.Duration{
	5*time.Hour + 12*time.Minute, 3*time.Hour + 40*time.Minute, 2*time.Hour + 5*time.Minute, 95 * time.Minute,
	61 * time.Minute, 38 * time.Minute, 14 * time.Minute, 3 * time.Minute,
}

// deliverFresh brings in today's unanswered mails, once in a demo's life.
func (p *people) deliverFresh(ctx context.Context) {
	if p.demo.seed.Fresh {
		return
	}
	// The connector fixes where "now" is when it has opened the mailbox; a mail
	// that slips in before is imported silently, which the next ones are not.
	select {
	case <-ctx.Done():
		return
	case <-time.After(400 * time.Millisecond):
	}
	for i, age := range freshAges {
		if i < len(p.demo.shop.Doubles) && i%2 == 1 { // one of them from the address that nobody knows
			p.writeAs(p.demo.shop.Doubles[i], time.Now().Add(-age))
			continue
		}
		p.write(time.Now().Add(-age))
	}
	p.demo.seed.Fresh = true
	if err := saveSeed(p.demo.cfg.Dir, p.demo.seed); err != nil {
		p.demo.cfg.Log.Warn("demo seed not saved", "err", err)
	}
}

// write lets some customer write something new.
func (p *people) write(at time.Time) {
	var o *inbox.Order
	var c *Customer
	text := ""
	subject := ""
	for range 50 {
		sc := oneOf(p.rand, scripts)
		if p.rand.IntN(3) == 0 {
			ask := oneOf(p.rand, opening)
			sc = script{lang: "en", needs: ask.needs, subject: "[Question|Order {order}|A question about my order|Help please]", turns: []string{hiEN + ask.text + byeEN}}
		}
		if sc.needs == "shipped" { // who asks today where it is hasn't got it
			sc.needs = "underway"
		}
		if o, c = p.demo.shop.pickOrder(p.rand, sc); o == nil {
			continue
		}
		w := p.demo.shop.words(p.rand, o, c, "")
		text, subject = w.fill(p.rand, sc.turns[0]), w.fill(p.rand, sc.subject)
		l := &letter{From: customerParty(c), To: shopParty(), Subject: subject, At: at}
		l.ID = fmt.Sprintf("%016x@%s", p.rand.Uint64(), domainOf(c.Email))
		if sc.attach == "photo" {
			l.Attachments = append(l.Attachments, photo(p.rand.Uint64()))
		}
		c.write(l, text, nil)
		p.wrote(c)
		p.post(l, Support)
		return
	}
}

// writeAs lets a customer write from their other address about something that
// they bought.
func (p *people) writeAs(c *Customer, at time.Time) {
	ask := opening[len(opening)-1]
	w := p.demo.shop.words(p.rand, oneOf(p.rand, c.Orders), c, "")
	l := &letter{From: mail.Address{Name: c.Name, Address: c.Other}, To: shopParty(), Subject: w.fill(p.rand, "Order {order}"), At: at}
	l.ID = fmt.Sprintf("%016x@%s", p.rand.Uint64(), domainOf(c.Other))
	c.write(l, w.fill(p.rand, hiEN+ask.text+byeEN), nil)
	p.wrote(c)
	p.post(l, Support)
}

// wrote notes who has written lately: they are the ones who look round in the
// shop.
func (p *people) wrote(c *Customer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recent = append(p.recent, c)
	if len(p.recent) > 12 {
		p.recent = p.recent[1:]
	}
}

// answer lets a customer answer a mail of the shop.
func (p *people) answer(a answerTo) {
	own := withoutQuotes(a.old.Text)
	kind := subjectOf(own)
	texts := afterwards[kind][a.customer.Lang]
	if len(texts) == 0 {
		texts = afterwards["thanks"][a.customer.Lang]
	}
	if len(texts) == 0 {
		texts = afterwards[kind]["en"]
	}
	o := oneOf(p.rand, a.customer.Orders)
	for _, word := range strings.FieldsFunc(a.old.Subject+" "+a.old.Text, func(r rune) bool { return strings.ContainsRune(" \n,.?!:;()#", r) }) {
		if found, owner := p.demo.shop.ByOrder(word); found != nil && owner == a.customer && strings.HasPrefix(word, "HP-") {
			o = found
			break
		}
	}
	text := p.demo.shop.words(p.rand, o, a.customer, "").fill(p.rand, oneOf(p.rand, texts)) + "\n\n" + a.customer.Given
	l := &letter{
		From: mail.Address{Name: a.customer.Name, Address: a.address}, To: a.old.From, At: time.Now(), InReplyTo: a.old.ID,
		Subject:    a.old.Subject,
		References: append(append([]string{}, a.old.References...), a.old.ID),
		ID:         fmt.Sprintf("%016x@%s", p.rand.Uint64(), domainOf(a.customer.Email)),
	}
	if !strings.HasPrefix(strings.ToLower(l.Subject), "re:") {
		l.Subject = "Re: " + l.Subject
	}
	to := Support
	if len(a.old.Extra) > 0 && ours(a.old.Extra[0]) {
		to = a.old.Extra[0]
		l.To.Address = to
	}
	if kind == "photo" {
		l.Attachments = append(l.Attachments, photo(p.rand.Uint64()))
	}
	a.customer.write(l, text, a.old)
	p.post(l, to)
}

func (p *people) post(l *letter, to string) {
	if err := p.demo.deliver(l.From.Address, []string{to}, l.bytes(), true, false); err != nil {
		p.demo.cfg.Log.Warn("demo customer's mail not delivered", "err", err)
	}
}

// withoutQuotes is what the agent wrote, without what is quoted below.
func withoutQuotes(s string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(s, "\n") {
		if strings.HasPrefix(line, ">") {
			continue
		}
		if strings.HasSuffix(line, "wrote:") || line == "-- " {
			break
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// cues tell what an answer of the shop was about, in the order in which they
// count.
var cues = []struct {
	kind  string
	words []string
}{
	{"photo", []string{"photo", "picture", "foto", "bild", "写真"}},
	{"order", []string{"order number", "which order", "bestellnummer", "numéro de commande", "número de pedido", "注文番号を"}},
	{"address", []string{"your address", "which address", "new address", "ihre adresse", "votre adresse", "tu dirección", "su dirección"}},
	{"refund", []string{"refund", "money back", "erstatt", "rembours", "reembols", "devuelto"}},
	{"shipping", []string{"tracking", "on its way", "shipped", "dispatched", "unterwegs", "versandt", "expédié", "en camino", "発送"}},
	{"question", []string{"?", "？"}},
	{"sorry", []string{"sorry", "apolog", "leid", "entschuldig", "désolé", "excus", "lo siento", "申し訳"}},
}

// subjectOf guesses what a text of the shop asks for or tells. Only a question
// asks for a photo, a number or an address.
func subjectOf(text string) string {
	text = strings.ToLower(text)
	asks := strings.ContainsAny(text, "?？") || strings.Contains(text, "please") || strings.Contains(text, "bitte") || strings.Contains(text, "merci de") || strings.Contains(text, "por favor")
	for _, c := range cues {
		if (c.kind == "photo" || c.kind == "order" || c.kind == "address") && !asks {
			continue
		}
		for _, w := range c.words {
			if strings.Contains(text, w) {
				return c.kind
			}
		}
	}
	return "thanks"
}
