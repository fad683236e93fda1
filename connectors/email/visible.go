package email

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxVisibleLines bounds the search for quotes; a text beyond is shown as it is.
const maxVisibleLines = 20000

type lineKind uint8

const (
	kindText lineKind = iota
	kindQuote
	kindSignature
)

// visibleLines returns the lines of a text that its author wrote for this very
// message: without what is quoted, and without a signature. What an author
// forwards is part of what he says. Every line of the result is a line of the
// text, or the beginning of one.
//
// It is a view: where it would leave nothing, though something other than
// plainly quoted lines was written, all of the text is shown.
func visibleLines(lines []textLine, subject string) string {
	if len(lines) > maxVisibleLines {
		return strings.TrimSpace(joinLines(lines))
	}
	v := &visibility{lines: lines, kinds: make([]lineKind, len(lines)), forward: forwardSubject().MatchString(subject)}
	v.mark()
	out := v.collect()
	if out == "" && v.guessed {
		return strings.Trim(joinLines(lines), "\n \t")
	}
	return out
}

type visibility struct {
	lines   []textLine
	kinds   []lineKind
	forward bool
	guessed bool // something was cut that no ">" marks as quoted
}

// Subjects of forwarded mail in the ways mail programs write them.
var forwardSubject = lazy(`(?i)^\s*(fwd?|wg|tr|rv|enc|i|doorst|vb|vs|pd|fs|yml|továbbítás|转发|轉寄)\s*:`)

func (v *visibility) at(i int) string {
	if i < 0 || i >= len(v.lines) {
		return ""
	}
	return v.lines[i].text
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

func (v *visibility) quoted(i int) bool {
	if i >= len(v.lines) {
		return false
	}
	if v.lines[i].quoted {
		return true
	}
	l := strings.TrimSpace(v.lines[i].text)
	return strings.HasPrefix(l, ">") && !(strings.HasPrefix(l, ">>") && strings.HasSuffix(l, "<<")) // arrows around a line quote nothing
}

// nextText returns the index of the first line from i on that is not blank.
func (v *visibility) nextText(i int) int {
	for i < len(v.lines) && blank(v.lines[i].text) {
		i++
	}
	return i
}

func (v *visibility) mark() {
	code, signature, cited := false, false, false
	for i := 0; i < len(v.lines); i++ {
		l := v.lines[i]
		if strings.HasPrefix(l.text, "```") && !signature {
			code = !code && v.fenceCloses(i)
			continue
		}
		if code {
			continue
		}
		switch {
		case groupWise().MatchString(l.text) && !v.quoted(v.nextText(i+1)):
			v.cutFrom(i)
			return
		case v.quoted(i):
			if !cited && forwardMark().MatchString(strings.TrimLeft(l.text, "> \t")) {
				return // Apple's Mail quotes what it forwards
			}
			cited = cited || !blank(strings.TrimLeft(l.text, "> \t"))
			v.kinds[i] = kindQuote
			signature = false
			v.guessed = v.guessed || l.quoted && !strings.HasPrefix(strings.TrimSpace(l.text), ">")
			continue
		case l.signed:
			v.kinds[i] = kindSignature
			v.guessed = true
			continue
		case blank(l.text):
		case len(l.text) > 4000: // no mail program writes such a line
			if signature {
				v.kinds[i] = kindSignature
			}
			continue
		case v.wrapped(i):
			v.kinds[i] = kindQuote
			continue
		case forwardMark().MatchString(l.text):
			return
		}
		if v.sharedLine(i) != "" {
			signature = false
			continue
		}
		if n, follows := v.quoteHead(i); n > 0 {
			for k := i; k < i+n; k++ {
				v.kinds[k] = kindQuote
			}
			i += n - 1
			signature, cited = false, true
			if !follows {
				v.cutFrom(i + 1)
				return
			}
			continue
		}
		if v.cuts(i) {
			v.cutFrom(i)
			return
		}
		if !signature && v.signatureAt(i) {
			signature = true
			v.guessed = true
		}
		if signature {
			v.kinds[i] = kindSignature
		}
	}
}

// fenceCloses reports whether a code fence that opens at line i ends.
func (v *visibility) fenceCloses(i int) bool {
	for k := i + 1; k < len(v.lines); k++ {
		if strings.HasPrefix(v.lines[k].text, "```") {
			return true
		}
	}
	return false
}

func (v *visibility) cutFrom(i int) {
	v.guessed = true
	for ; i < len(v.lines); i++ {
		v.kinds[i] = kindQuote
	}
}

// wrapped reports whether line i is the rest of a quoted line that a mail
// program broke without marking the rest.
func (v *visibility) wrapped(i int) bool {
	if i == 0 || v.kinds[i-1] != kindQuote || v.lines[i-1].quoted || i+1 < len(v.lines) && !v.quoted(i+1) {
		return false
	}
	prev := strings.TrimLeft(v.at(i-1), "> \t")
	if open := strings.LastIndexAny(prev, "(<["); open >= 0 && !strings.ContainsAny(prev[open:], ")>]") && strings.Contains(prev[open:], "http") {
		return true
	}
	if i+1 >= len(v.lines) || len([]rune(v.at(i-1))) < 60 || len(strings.Fields(v.at(i))) > 8 {
		return false
	}
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(v.at(i)))
	return unicode.IsLower(r)
}

// cuts reports whether all from line i on is an older message.
func (v *visibility) cuts(i int) bool {
	l := v.at(i)
	if blank(l) {
		return false
	}
	if m := dashed().FindStringSubmatch(l); m != nil && originalWords().MatchString(m[1]) {
		return true
	}
	if replyAbove().MatchString(l) && len(l) < 200 {
		return true
	}
	if v.forward {
		return false
	}
	if messageOf().MatchString(l) {
		i++ // a date stands above the fields
	}
	return v.headerBlock(i)
}

// collect joins what is left, without the blank lines and the rules around it.
func (v *visibility) collect() string {
	var out []string
	for i, k := range v.kinds {
		if k == kindText {
			text := v.lines[i].text
			if s := v.sharedLine(i); s != "" {
				text = s
			}
			out = append(out, text)
		}
	}
	for len(out) > 0 && rule().MatchString(out[len(out)-1]) {
		out = out[:len(out)-1]
	}
	for len(out) > 0 && blank(out[0]) {
		out = out[1:]
	}
	for i := range out {
		out[i] = strings.TrimRight(out[i], " \t\u00a0")
	}
	return strings.Join(out, "\n")
}

// sharedLine returns what stands before a quote's header on one line with it.
func (v *visibility) sharedLine(i int) string {
	if i+1 < len(v.lines) && v.quoted(v.nextText(i+1)) {
		if m := headAtEnd().FindStringSubmatch(v.at(i)); m != nil {
			return m[1]
		}
	}
	return ""
}

var (
	rule      = lazy(`^[\s\-_=*#~+ᐧ.–—]*$`)
	dashed    = lazy(`^\s*\*?[-_=‐‑‒–—―~]{2,}\s*(\S.*?\S)\s*[-_=‐‑‒–—―~]{2,}\*?\s*$`)
	headAtEnd = lazy(`^(.*[^\s,;:>])\s+On\s+(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|\d)[^>]*\d.*\bwrote:\s*$`)

	originalWords = lazy(`(?i)^\W*(original message|original e?-?mail|reply message|(original|ursprüngliche|urspr(ü|ue|u)ngliche|antwort|originale?)[ -]?(nachricht|(?:e-?)?mail)|(?:e-?)?mail (?:d['’´]origine|originale?)|message d['’´]origine|message (original|initial|précédent)|courriel original|mensaje original|mensaje anterior|mensagem original|missatge original|messaggio originale|messaggio originario|oorspronkelijk(e)? (bericht|e-?mail)|origineel bericht|original ?meddelelse|originalmeddelande|ursprungligt meddelande|ursprungliga meddelandet|oprindelig (meddelelse|besked)|opprinnelig melding|alkuperäinen viesti|(oryginalna )?wiadomość( oryginalna| pierwotna)?|původní (?:zpráva|e-?mail)|pôvodná správa|исходное сообщение|оригинальное сообщение|первоначальное сообщение|пересылаемое сообщение|оригінальне повідомлення|вихідне повідомлення|原始邮件|原始郵件|原邮件|原始信件|元のメッセージ|원본 메시지|원본 메일|orijinal (mesaj|ileti|e-posta)|özgün ileti|eredeti üzenet|mesaj(ul)? original|izvorna poruka|izvorno sporočilo|αρχικό μήνυμα|הודעה מקורית|الرسالة الأصلية|tin nhắn gốc|pesan asli)\W*$`)

	forwardMark = lazy(`(?i)^\s*(?:[-_=*–—]{2,}\s*(?:original )?(?:forwarded (?:message|mail|by)|weitergeleitete (?:nachricht|e-?mail)|message (?:transféré|réexpédié|transmis)|courriel transféré|mensaje reenviado|mensagem (?:encaminhada|reencaminhada)|messaggio inoltrato|doorgestuurd bericht|vidarebefordrat (?:meddelande|mejl)|videresend[te]* (?:melding|besked|meddelelse)|välitetty viesti|(?:wiadomość przekazana|przekazana wiadomość|treść przekazanej wiadomości)|(?:přeposlaná|preposlaná) (?:zpráva|správa)|(?:пересылаемое|пересланное|переадресоване|пересилане) (?:сообщение|повідомлення|письмо)|转发的?(?:邮件|信件)|轉寄郵件|転送(?:された)?メッセージ|전달된 메시지|iletilen mesaj|továbbított üzenet|mesaj redirecționat)|(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)|début du message (?:réexpédié|transféré)|inizio messaggio inoltrato|inicio del mensaje reenviado|início da mensagem (?:re)?encaminhada|begin doorgestuurd bericht|vidarebefordrat brev|start på videresendt besked|начало переадресованного сообщения|początek przekazywanej wiadomości|下面是被转发的邮件|転送されたメッセージ)\s*[:：])`)

	messageOf  = lazy(`(?i)^\W*(?:message du|messaggio del|mensaje del|nachricht vom)\s*:?\s*\d`)
	groupWise  = lazy(`^\s*>>> .{1,120}(?:@|\d).{0,80} >>>\s*$`)
	replyAbove = lazy(`(?i)(?:(?:reply|respond|write|type|answer)\b.{0,30}\babove\b.{0,10}\bline\b|antwort.{0,40}(?:über|oberhalb).{0,20}(?:zeile|linie)|répond.{0,40}au-dessus de cette ligne|por encima de esta línea|acima desta linha|boven deze (?:lijn|regel)|sopra questa (?:riga|linea))`)
)
