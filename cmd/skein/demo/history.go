package demo

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"net/mail"
	"slices"
	"strings"
	"time"

	"skein/inbox"
)

const conversationCount = 250

// A Mail is one mail of the history.
type Mail struct {
	Raw    []byte
	From   string
	At     time.Time
	Proven bool // it came with an aligned DMARC pass
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum64()
}

// History makes the shop's past conversations, oldest mail first: the
// customers' mails and the shop's own answers, as its mailbox would hold them.
func History(s *Shop) []Mail {
	r := newRand(s.seed, 2)
	end := s.at.Add(-6 * time.Hour)
	var out []Mail
	for n := range conversationCount {
		for range 200 { // until script, order and time fit together
			sc := oneOf(r, scripts)
			o, c := s.pickOrder(r, sc)
			if o == nil {
				continue
			}
			start := o.PlacedAt.Add(time.Duration(2+r.IntN(200)) * time.Hour)
			if len(o.Shipments) > 0 && sc.needs != "" {
				start = o.Shipments[0].At.Add(time.Duration(1+r.IntN(90)) * time.Hour)
			}
			if start.After(end) || start.Before(s.at.AddDate(0, 0, -historyDays)) {
				continue
			}
			out = append(out, s.converse(r, sc, o, c, start, end, n)...)
			break
		}
	}
	out = append(out, s.oddMail(r)...)
	slices.SortStableFunc(out, func(a, b Mail) int { return a.At.Compare(b.At) })
	return out
}

// pickOrder finds an order for sc whose buyer writes its language.
func (s *Shop) pickOrder(r *rand.Rand, sc script) (*inbox.Order, *Customer) {
	for range 400 {
		o := oneOf(r, s.Orders)
		c := s.byEmail[o.Email]
		if c.Lang != sc.lang {
			continue
		}
		if !is(o, sc.needs) {
			continue
		}
		return o, c
	}
	return nil, nil
}

// is reports whether o is what a script needs it to be.
func is(o *inbox.Order, needs string) bool {
	arrived := len(o.Shipments) > 0 && o.Shipments[0].Status == "delivered"
	switch needs {
	case "shipped":
		return len(o.Shipments) > 0
	case "delivered":
		return arrived
	case "underway":
		return len(o.Shipments) > 0 && !arrived
	case "unsent":
		return len(o.Shipments) == 0 && o.Status != "cancelled" && o.Status != "refunded"
	}
	return true
}

func (s *Shop) converse(r *rand.Rand, sc script, o *inbox.Order, c *Customer, start, end time.Time, n int) []Mail {
	agent := oneOf(r, signatures)
	w := s.words(r, o, c, agent)
	subject := w.fill(r, sc.subject)
	turns := 1 + r.IntN(len(sc.turns))
	if turns%2 == 1 && turns < len(sc.turns) && r.IntN(8) > 0 {
		turns++ // most matters end with the shop's word
	}
	proven := r.IntN(10) > 0
	who := customerParty(c)
	if c.Other != "" && n%2 == 0 {
		who.Address = c.Other
	}
	charset := ""
	switch {
	case c.Lang == "ja":
		charset = oneOf(r, []string{"", "iso-2022-jp"})
	case c.Lang != "en" && r.IntN(3) == 0:
		charset = "iso-8859-1"
	}
	var out []Mail
	var old *letter
	var refs []string
	at := start
	for i := range turns {
		if at.After(end) {
			break
		}
		l := &letter{Subject: subject, At: at, References: slices.Clone(refs)}
		if old != nil {
			l.Subject, l.InReplyTo = replySubject(c.Lang, c.Client, subject, i), old.ID
		}
		text := w.fill(r, sc.turns[i])
		if i%2 == 0 {
			l.From, l.To = who, shopParty()
			l.ID = fmt.Sprintf("%016x.%d@%s", hash(fmt.Sprint(c.Email, n, i)), i, domainOf(c.Email))
			l.Charset = charset
			if i == 0 && sc.attach == "photo" || i == 2 && strings.Contains(text, "attach") && r.IntN(2) == 0 {
				l.Attachments = append(l.Attachments, photo(hash(l.ID)))
			} else if i == 2 && r.IntN(3) == 0 {
				l.Attachments = append(l.Attachments, receipt(o, c))
			}
			l.Signed = n%83 == 7
			c.write(l, text, old)
		} else {
			l.From, l.To = shopParty(), who
			l.ID = fmt.Sprintf("%016x.%d@%s", hash(fmt.Sprint("shop", n, i)), i, mailDomain)
			l.Text = text + "\n\n-- \n" + agent + "\n" + shopName + "\nwww.harbourpine.test"
			quoteThunderbird(l, c.Lang, old)
		}
		out = append(out, Mail{Raw: l.bytes(), From: l.From.Address, At: at, Proven: proven && i%2 == 0})
		refs = append(refs, l.ID)
		old = l
		if i%2 == 0 {
			at = at.Add(time.Duration(25+r.IntN(20*60)) * time.Minute)
		} else {
			at = at.Add(time.Duration(20+r.IntN(40*60)) * time.Minute)
		}
	}
	return out
}

// write fills l in the way of the customer's mail program.
func (c *Customer) write(l *letter, text string, old *letter) {
	program := clients[c.Client]
	l.Text, l.Client = text, program.header
	program.quote(l, c.Lang, old)
	if !program.html {
		l.HTML = ""
	}
}

func replySubject(lang, program, subject string, turn int) string {
	if lang == "de" && program == "outlook" && turn%2 == 0 {
		return "AW: " + subject
	}
	return "Re: " + subject
}

func customerParty(c *Customer) mail.Address { return mail.Address{Name: c.Name, Address: c.Email} }
func shopParty() mail.Address                { return mail.Address{Name: shopName, Address: Support} }

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}

// words are what a script's {words} stand for.
type words map[string]string

func (s *Shop) words(r *rand.Rand, o *inbox.Order, c *Customer, agent string) words {
	item := oneOf(r, o.Items)
	w := words{
		"name": c.Name, "given": c.Given, "agent": agent, "order": o.Number, "product": item.Title,
		"product2": oneOf(r, catalogue).title, "placed": o.PlacedAt.Format("2 January"), "n": fmt.Sprint(1 + r.IntN(60)),
		"total": money(o.Total), "price": money(item.Price), "carrier": "DHL", "tracking": "", "shipped": "", "delivered": "",
	}
	switch c.Lang {
	case "de":
		w["placed"] = o.PlacedAt.Format("2.1.2006")
	case "es", "it", "fr", "nl":
		w["placed"] = o.PlacedAt.Format("2/1/2006")
	}
	if len(o.Shipments) > 0 {
		sh := o.Shipments[0]
		w["carrier"], w["tracking"] = sh.Carrier, sh.Tracking
		w["shipped"], w["delivered"] = sh.ShippedAt.Format("2 January"), sh.At.Format("2 January")
	}
	return w
}

func money(cents int64) string { return fmt.Sprintf("%d.%02d €", cents/100, cents%100) }

// fill resolves the choices and the words of a text.
func (w words) fill(r *rand.Rand, text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "[")
		b.WriteString(before)
		if !ok {
			break
		}
		choices, after, ok := strings.Cut(rest, "]")
		if !ok {
			b.WriteString("[" + rest)
			break
		}
		b.WriteString(oneOf(r, strings.Split(choices, "|")))
		text = after
	}
	pairs := make([]string, 0, 2*len(w))
	for _, k := range slices.Sorted(mapKeys(w)) {
		pairs = append(pairs, "{"+k+"}", w[k])
	}
	return strings.NewReplacer(pairs...).Replace(b.String())
}

func mapKeys(w words) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range w {
			if !yield(k) {
				return
			}
		}
	}
}

// oddMail is what else lies in every support mailbox: absence notes, a delivery
// report, a mail that the provider took for spam, a newsletter.
func (s *Shop) oddMail(r *rand.Rand) []Mail {
	var out []Mail
	add := func(l *letter, daysAgo int, proven bool) {
		l.At = s.at.AddDate(0, 0, -daysAgo).Add(-time.Duration(r.IntN(600)) * time.Minute)
		if l.ID == "" {
			l.ID = fmt.Sprintf("%016x@%s", hash(l.Subject+l.From.Address), domainOf(l.From.Address))
		}
		if l.To.Address == "" {
			l.To = shopParty()
		}
		out = append(out, Mail{Raw: l.bytes(), From: l.From.Address, At: l.At, Proven: proven})
	}
	for i, text := range []string{
		"I am out of the office until Monday and will answer your mail then. In urgent cases please write to my colleagues.",
		"Vielen Dank für Ihre Nachricht. Ich bin bis zum Monatsende nicht im Haus; Ihre E-Mail wird nicht weitergeleitet.",
		"Je suis absente jusqu'au 15 et répondrai à votre message à mon retour.",
	} {
		c := s.Customers[40+i*31]
		subject := []string{"Automatic reply: your order", "Automatische Antwort: Abwesenheit", "Réponse automatique : absence"}[i]
		add(&letter{From: customerParty(c), Subject: subject, Text: text, Extra: []string{"Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All", "Precedence: bulk"}}, 12+i*9, true)
	}
	add(&letter{
		From: mail.Address{Name: "Growth Partners", Address: "offers@rank-booster.example"}, Subject: "RE: your website could be on page one!!!",
		Text: "Dear webmaster,\n\nwe looked at your website and it could have 400% more visitors. Reply YES for a free audit.", Extra: []string{"X-Spam-Flag: YES", "X-Spam-Status: Yes, score=9.1 required=5.0"},
	}, 5, false)
	add(&letter{
		From: mail.Address{Name: "Coastal Makers Fair", Address: "news@coastalmakers.example"}, Subject: "Stalls for the spring fair: booking opens Monday",
		Text:  "Dear makers,\n\nbooking for the spring fair opens on Monday at nine. Stalls near the pier go first.\n\nThe fair team",
		HTML:  `<p>Dear makers,</p><p>booking for the <b>spring fair</b> opens on Monday at nine.</p><p><img src="https://images.coastalmakers.example/pier.jpg" alt="The pier"></p>`,
		Extra: []string{"List-Id: <makers.coastalmakers.example>", "List-Unsubscribe: <mailto:leave@coastalmakers.example>", "Precedence: list"},
	}, 20, true)
	out = append(out, s.bounce())
	return out
}

// bounce is a delivery report (RFC 3464) about one of the shop's answers.
func (s *Shop) bounce() Mail {
	at := s.at.AddDate(0, 0, -17)
	const id, gone = "9d1f3c7a55e0b142.1@" + mailDomain, "old.address@mail.example"
	text := "This is the mail system at host mx.mail.example.\r\n\r\nYour message could not be delivered:\r\n\r\n<" + gone + ">: 550 5.1.1 No such user here\r\n"
	b := "=_report" + fmt.Sprintf("%x", s.seed)
	raw := "Return-Path: <>\r\nDate: " + at.Format(time.RFC1123Z) + "\r\nFrom: Mail Delivery System <mailer-daemon@mx.mail.example>\r\nTo: " + Support +
		"\r\nSubject: Undelivered Mail Returned to Sender\r\nMessage-ID: <report." + fmt.Sprint(at.Unix()) + "@mx.mail.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=\"" + b + "\"\r\n\r\n--" + b + "\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n" + text +
		"\r\n--" + b + "\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.mail.example\r\nArrival-Date: " + at.Add(-time.Minute).Format(time.RFC1123Z) +
		"\r\n\r\nFinal-Recipient: rfc822; " + gone + "\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 No such user here\r\n" +
		"\r\n--" + b + "\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: " + Support + "\r\nTo: " + gone + "\r\nSubject: Your voucher\r\nMessage-ID: <" + id + ">\r\n\r\n--" + b + "--\r\n"
	return Mail{Raw: []byte(raw), From: "mailer-daemon@mx.mail.example", At: at}
}

// photo is a small picture, another one for every seed.
func photo(seed uint64) attachment {
	r := newRand(seed, 3)
	img := image.NewPaletted(image.Rect(0, 0, 160, 120), color.Palette{
		color.RGBA{0xe8, 0xe0, 0xd0, 0xff}, color.RGBA{uint8(60 + r.IntN(120)), uint8(60 + r.IntN(90)), 0x48, 0xff}, color.RGBA{0x30, 0x2c, 0x28, 0xff},
	})
	cx, cy, size := 60+r.IntN(40), 50+r.IntN(20), 25+r.IntN(20)
	crack := cx - size
	for y := range 120 {
		crack += r.IntN(3) - 1
		for x := range 160 {
			if (x-cx)*(x-cx)+(y-cy)*(y-cy) < size*size {
				img.SetColorIndex(x, y, 1)
				if x-crack-size >= 0 && x-crack-size < 2 {
					img.SetColorIndex(x, y, 2)
				}
			}
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // into memory
	return attachment{Name: oneOf(r, []string{"IMG_2041.png", "photo.png", "Foto.png", "écran.png"}), Type: "image/png", Bytes: b.Bytes()}
}

// receipt is a PDF of one page.
func receipt(o *inbox.Order, c *Customer) attachment {
	content := "BT /F1 14 Tf 60 760 Td (Drop-off receipt) Tj 0 -24 Td /F1 11 Tf (" + o.Number + ") Tj 0 -18 Td (" + ascii(c.Given) + ") Tj ET"
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	offsets := make([]int, len(objects))
	for i, body := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, xref)
	return attachment{Name: "receipt-" + o.Number + ".pdf", Type: "application/pdf", Bytes: b.Bytes()}
}
