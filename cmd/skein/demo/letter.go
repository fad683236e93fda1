package demo

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

// A letter is a mail before it has bytes.
type letter struct {
	From, To    mail.Address
	Subject     string
	At          time.Time
	ID          string // without angle brackets
	InReplyTo   string
	References  []string
	Text, HTML  string
	Charset     string // of the text; "" is UTF-8
	Client      string // X-Mailer or User-Agent line, "" for none
	Extra       []string
	Attachments []attachment
	Signed      bool
}

type attachment struct {
	Name, Type string
	Bytes      []byte
}

// bytes renders the mail as RFC 5322 with CRLF line ends.
func (l *letter) bytes() []byte {
	var b bytes.Buffer
	put := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	put("Date", l.At.Format(time.RFC1123Z))
	put("From", l.From.String())
	put("To", l.To.String())
	put("Subject", mime.QEncoding.Encode("utf-8", l.Subject))
	put("Message-ID", "<"+l.ID+">")
	if l.InReplyTo != "" {
		put("In-Reply-To", "<"+l.InReplyTo+">")
		put("References", "<"+strings.Join(l.References, ">\r\n <")+">")
	}
	for _, line := range l.Extra {
		b.WriteString(line + "\r\n")
	}
	if l.Client != "" {
		b.WriteString(l.Client + "\r\n")
	}
	put("MIME-Version", "1.0")
	b.Write(l.body())
	return b.Bytes()
}

// body is the content with its own Content-Type field first.
func (l *letter) body() []byte {
	out := textPart("plain", l.Text, l.Charset)
	if l.HTML != "" {
		out = multipart("alternative", l.ID+"a", "", out, textPart("html", l.HTML, ""))
	}
	if len(l.Attachments) > 0 {
		parts := [][]byte{out}
		for _, a := range l.Attachments {
			parts = append(parts, filePart(a))
		}
		out = multipart("mixed", l.ID+"m", "", parts...)
	}
	if l.Signed {
		sig := []byte("Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n" +
			wrapped(bytes.Repeat([]byte("0\x82\x06demo"), 60)))
		out = multipart("signed", l.ID+"s", "; protocol=\"application/pkcs7-signature\"; micalg=sha-256", out, sig)
	}
	return out
}

func multipart(kind, seed, params string, parts ...[]byte) []byte {
	boundary := "=_" + fmt.Sprintf("%x", hash(seed+kind))
	var b bytes.Buffer
	fmt.Fprintf(&b, "Content-Type: multipart/%s%s; boundary=\"%s\"\r\n\r\n", kind, params, boundary)
	for _, p := range parts {
		fmt.Fprintf(&b, "--%s\r\n", boundary)
		b.Write(p)
		b.WriteString("\r\n")
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return b.Bytes()
}

func textPart(kind, text, charset string) []byte {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	raw := []byte(text)
	switch charset {
	case "iso-8859-1":
		if enc, err := charmap.ISO8859_1.NewEncoder().Bytes(raw); err == nil {
			raw = enc
		} else {
			charset = ""
		}
	case "iso-2022-jp":
		enc, err := japanese.ISO2022JP.NewEncoder().Bytes(raw)
		if err == nil {
			return fmt.Appendf(nil, "Content-Type: text/%s; charset=iso-2022-jp\r\nContent-Transfer-Encoding: 7bit\r\n\r\n%s\r\n", kind, bytes.ReplaceAll(enc, []byte("\n"), []byte("\r\n")))
		}
		charset = ""
	}
	if charset == "" {
		charset = "utf-8"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "Content-Type: text/%s; charset=%s\r\n", kind, charset)
	b.WriteString("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write(bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))) // into memory
	_ = w.Close()
	b.WriteString("\r\n")
	return b.Bytes()
}

func filePart(a attachment) []byte {
	name := mime.FormatMediaType(a.Type, map[string]string{"name": a.Name})
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": a.Name})
	return fmt.Appendf(nil, "Content-Type: %s\r\nContent-Disposition: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n%s", name, disposition, wrapped(a.Bytes))
}

func wrapped(b []byte) string {
	s := base64.StdEncoding.EncodeToString(b)
	var out strings.Builder
	for len(s) > 76 {
		out.WriteString(s[:76] + "\r\n")
		s = s[76:]
	}
	out.WriteString(s + "\r\n")
	return out.String()
}

// A client is a mail program: how it quotes what it answers.
type client struct {
	header string // the field by which it names itself
	html   bool
	// quote gives the text and the HTML of an answer below which old stands.
	quote func(l *letter, lang string, old *letter)
}

var clients = map[string]client{
	"gmail":       {"", true, quoteGmail},
	"apple":       {"X-Mailer: Apple Mail (2.3774.600.62)", true, quoteApple},
	"iphone":      {"X-Mailer: iPhone Mail (21F90)", true, quoteIPhone},
	"outlook":     {"X-Mailer: Microsoft Outlook 16.0", true, quoteOutlook},
	"thunderbird": {"User-Agent: Mozilla Thunderbird", false, quoteThunderbird},
	"plain":       {"", false, func(*letter, string, *letter) {}},
}

// said is the line above a quotation, in the words that mail programs use.
func said(lang string, old *letter) string {
	who := old.From.Name + " <" + old.From.Address + ">"
	switch lang {
	case "de":
		return fmt.Sprintf("Am %s schrieb %s:", old.At.Format("02.01.2006 um 15:04"), who)
	case "fr":
		return fmt.Sprintf("Le %s, %s a écrit :", old.At.Format("02/01/2006 à 15:04"), who)
	case "es":
		return fmt.Sprintf("El %s, %s escribió:", old.At.Format("2/1/2006 a las 15:04"), who)
	case "it":
		return fmt.Sprintf("Il giorno %s %s ha scritto:", old.At.Format("2 Jan 2006 alle ore 15:04"), who)
	case "nl":
		return fmt.Sprintf("Op %s schreef %s:", old.At.Format("2 Jan 2006 om 15:04"), who)
	case "ja":
		return fmt.Sprintf("%s %s:", old.At.Format("2006年1月2日 15:04"), who)
	}
	return fmt.Sprintf("On %s, %s wrote:", old.At.Format("Mon, 2 Jan 2006 at 15:04"), who)
}

func quoted(s string) string {
	return "> " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n> ")
}

func paragraphs(s string) string {
	var b strings.Builder
	for p := range strings.SplitSeq(strings.TrimSpace(s), "\n\n") {
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(p), "\n", "<br>") + "</p>")
	}
	return b.String()
}

func quoteGmail(l *letter, lang string, old *letter) {
	l.HTML = `<div dir="ltr">` + paragraphs(l.Text) + "</div>"
	if old == nil {
		return
	}
	line := said(lang, old)
	l.HTML += `<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">` + html.EscapeString(line) +
		`<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">` + paragraphs(old.Text) + "</blockquote></div>"
	l.Text += "\n\n" + line + "\n\n" + quoted(old.Text) + "\n"
}

func quoteApple(l *letter, lang string, old *letter) {
	l.HTML = `<html><body style="overflow-wrap: break-word; -webkit-nbsp-mode: space;">` + paragraphs(l.Text)
	if old != nil {
		line := said(lang, old)
		l.HTML += `<div><br><blockquote type="cite"><div>` + html.EscapeString(line) + `</div><br class="Apple-interchange-newline"><div>` + paragraphs(old.Text) + "</div></blockquote></div>"
		l.Text += "\n\n> " + line + "\n> \n" + quoted(old.Text) + "\n"
	}
	l.HTML += "</body></html>"
}

func quoteIPhone(l *letter, lang string, old *letter) {
	sent := map[string]string{"de": "Von meinem iPhone gesendet", "fr": "Envoyé de mon iPhone", "es": "Enviado desde mi iPhone", "it": "Inviato da iPhone", "ja": "iPhoneから送信"}[lang]
	if sent == "" {
		sent = "Sent from my iPhone"
	}
	own := paragraphs(l.Text)
	l.Text += "\n\n" + sent
	l.HTML = `<html><body dir="auto">` + own + `<div dir="ltr">` + sent + `</div>`
	if old != nil {
		line := said(lang, old)
		l.HTML += `<div dir="ltr"><br><blockquote type="cite">` + html.EscapeString(line) + `<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">` + paragraphs(old.Text) + `</div></blockquote>`
		l.Text += "\n\n> " + line + "\n> \n" + quoted(old.Text) + "\n"
	}
	l.HTML += "</body></html>"
}

func quoteOutlook(l *letter, lang string, old *letter) {
	l.HTML = `<html xmlns:o="urn:schemas-microsoft-com:office:office"><body lang="EN-GB"><div class="WordSection1">` + strings.ReplaceAll(paragraphs(l.Text), "<p>", `<p class="MsoNormal">`) + "</div>"
	if old != nil {
		w := [4]string{"From", "Sent", "To", "Subject"}
		switch lang {
		case "de":
			w = [4]string{"Von", "Gesendet", "An", "Betreff"}
		case "fr":
			w = [4]string{"De", "Envoyé", "À", "Objet"}
		case "es":
			w = [4]string{"De", "Enviado el", "Para", "Asunto"}
		}
		block := []string{
			w[0] + ": " + old.From.Name + " <" + old.From.Address + ">", w[1] + ": " + old.At.Format("02 January 2006 15:04"),
			w[2] + ": " + old.To.Name + " <" + old.To.Address + ">", w[3] + ": " + old.Subject,
		}
		l.HTML += `<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>` + strings.ReplaceAll(html.EscapeString(strings.Join(block, "\n")), "\n", "<br>") + `</b></p></div>` + paragraphs(old.Text)
		l.Text += "\n\n________________________________\n" + strings.Join(block, "\n") + "\n\n" + old.Text + "\n"
	}
	l.HTML += "</body></html>"
}

func quoteThunderbird(l *letter, lang string, old *letter) {
	if old != nil {
		l.Text += "\n\n" + said(lang, old) + "\n" + quoted(old.Text) + "\n"
	}
}
