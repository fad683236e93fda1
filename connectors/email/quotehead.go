package email

import (
	"strings"
)

// The words by which mail programs say that somebody wrote what follows.
const verbs = `wrote|writes|sent|said|schrieb|schreibt|geschrieben|geschreven|schreef|schrijft|écrit|ecrit|escribió|escribio|escribe|escreveu|scritto|scrisse|scrive|napisała?|napisał\(a\)|napisal[aio]?(?:\(a\))?|napsala?(?:\(a\))?|napísala?(?:\(a\))?|pisze|skrev|skrifaði|kirjoitti|написала?|написал\(а\)|писала?|пишет|написав|написала|пише|написа|写道|寫道|写到|書きました|のメール|作成|작성|썼습니다|님이|yazdı|yazmış|έγραψε|έγραψες|írta|a scris|(?:đã )?viết|menulis|escrigué|escriure|escrit|rašė|rakstīja|kirjutas|napisao(?:/la)?|је написао|כתב|כתבה|كتب|เขียน`

var (
	verb      = lazy(`(?i)(?:^|[\s\d,>)"”\]*_(]|[^\x00-\x7f])(?:` + verbs + `)(?:$|[\s:：,<*_)\-]|[^\x00-\x7f])`)
	headStart = lazy(`(?i)^(?:on|at|le|el|il|op|am|vom|em|den|dne|dňa|dnia|w dniu|w|på|vào|dana|в|на|у|tarihinde|in|pada|a|în data|la|lúc|vào|στις|em|di|ma|al|el dia|a data|ב|בתאריך|في|em|lør|søn|man|tir|ons|tor|fre|mån|tis|lö|sö|ti|ke|to|pe|pn|wt|śr|czw|pt|sob|niedz|po|út|st|čt|pá|so|ne|mon|tue|wed|thu|fri|sat|sun|пн|вт|ср|чт|пт|сб|вс|нд|在|於|于|от|dia|il giorno|le jour|mo|di|mi|do|fr|sa)[\s.,]|^(?:在|於|于|二|我)`)
	dateAny   = lazy(`\b\d{1,2}[:.h]\d{2}\b|\b(?:19|20)\d{2}\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\d{1,2}[\s.-]+[\pL]{3,}|\d{4}年|[\pL]{3,}\.? \d{1,2}\b`)
	dateStart = lazy(`^(?:\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}|\d{1,2}[-/. ]+(?:\d{1,2}|[\pL]{3,}\.?)[-/., ]+(?:de )?\d{2,4}|\d{1,2}[.:]\d{2}\b|\d{4}년)`)
	mailAny   = lazy(`[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+`)
	gmtHead   = lazy(`^\d{4}-\d{1,2}-\d{1,2}\s+\d{1,2}:\d{2}(?::\d{2})?\s+(?:GMT|UTC)[+-]\d{1,2}:?\d{2}\b`)
	quoting   = lazy(`(?i)^(?:quoting|according to|thus spake|also sprach|wiadomość napisana przez|zitat von|citando|citando a|citation de|citat(?:ion)? (?:från|fra)|quoten von|in (?:article|message) <[^>]+>).*[:：]$`)
	nameless  = lazy(`[>)\]][:：]$`)
	clock     = lazy(`\b\d{1,2}[:.]\d{2}\b`)
	byMail    = lazy(`^(?:\d{1,2}\.? \pL+\.?|\pL+\.? \d{1,2},?) \d{4}, \d{1,2}:\d{2} (?:by|von|par|da|de|door|av) \S+@\S+[:：]$`)
	dateWord  = lazy(`(?i)^[\s*_,]*(?:on|am|le|el|il|op|em|den|dne|dnia|w dniu|på|v|в|at)\s`)
	headEnd   = lazy(`[:：]["”*_>\s]*$`)
)

const (
	maxHeadLines = 6
	maxHeadRunes = 400
)

// quoteHead reports how many lines, from i on, are the line by which a mail
// program introduces a quote ("On 1 May, A wrote:"), 0 for none. follows is
// true when the quote itself is marked, so that what is not marked is no part
// of it.
func (v *visibility) quoteHead(i int) (n int, follows bool) {
	first := trimHead(v.at(i))
	if first == "" || len(first) > 2*maxHeadRunes {
		return 0, false
	}
	starts := headStart().MatchString(first) || dateStart().MatchString(first)
	joined, gap := "", 0
	for n = 1; n <= maxHeadLines && i+n <= len(v.lines); n++ {
		l := strings.TrimSpace(v.at(i + n - 1))
		if l == "" {
			// One program leaves a line empty between a name and its address.
			if gap++; gap > 1 || !strings.HasPrefix(strings.TrimSpace(v.at(i+n)), "<") && !strings.HasSuffix(joined, "<") || !starts {
				return v.oldGmail(i, first)
			}
			continue
		}
		if n > 1 && (v.quoted(i+n-1) && !strings.HasPrefix(l, "> ") && !strings.HasPrefix(l, ">:") || v.lines[i+n-1].quoted) {
			break
		}
		joined = strings.TrimSpace(joined + " " + l)
		if len(joined) > 4*maxHeadRunes {
			return 0, false
		}
		next := v.nextText(i + n)
		follows = v.quoted(next)
		if isHead(trimHead(joined), joined, starts, follows && next <= i+n+2, n == 1) {
			return n, follows
		}
		if !starts && (n > 1 || !strings.ContainsAny(l, "<@")) {
			return v.oldGmail(i, first)
		}
	}
	return v.oldGmail(i, first)
}

// oldGmail recognises a date, an offset and a name, with no verb and no colon.
func (v *visibility) oldGmail(i int, first string) (n int, follows bool) {
	if gmtHead().MatchString(first) && len(first) < 120 {
		return 1, v.quoted(v.nextText(i + 1))
	}
	return 0, false
}

// The marks by which right-to-left text is set.
const bidi = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

// trimHead takes the rules and emphasis around a header off.
func trimHead(s string) string {
	if strings.ContainsAny(s, bidi) {
		s = strings.Map(func(r rune) rune {
			if strings.ContainsRune(bidi, r) {
				return -1
			}
			return r
		}, s)
	}
	return strings.TrimSpace(strings.Trim(s, " \t\u00a0-*_=‐‑‒–—―"))
}

// isHead reports whether s introduces a quote. whole is s with the rules around
// it; follows tells that marked lines come next.
func isHead(s, whole string, starts, follows, single bool) bool {
	if len([]rune(s)) > maxHeadRunes {
		return false
	}
	ends := headEnd().MatchString(s) || strings.HasSuffix(s, ">:")
	ruled := len(whole)-len(s) >= 4 && strings.HasPrefix(whole, "--") && strings.HasSuffix(whole, "--")
	if !ends && !ruled && !follows {
		return false
	}
	if quoting().MatchString(s) && (follows || mailAny().MatchString(s)) {
		return true
	}
	where := verb().FindStringIndex(s)
	if where == nil {
		if single && nameless().MatchString(s) && mailAny().MatchString(s) && clock().MatchString(s) && len([]rune(s)) < 150 || ends && byMail().MatchString(s) {
			return true
		}
		// "2 May 2020, 10:15, A <a@b>:", and without the colon above marked lines.
		return (starts || dateStart().MatchString(s)) && dateAny().MatchString(s) && mailAny().MatchString(s) &&
			(nameless().MatchString(s) || follows && dateStart().MatchString(s) && strings.HasSuffix(s, ">"))
	}
	// The verb ends what introduces, or a name follows it ("schreef A <a@b>:").
	tail := s[where[1]:]
	if !ends && !ruled && len(tail) > 3 {
		return false
	}
	if sentence(s[:where[0]]) && !mailAny().MatchString(s) {
		return false
	}
	hasDate, hasMail := dateAny().MatchString(s), mailAny().MatchString(s)
	switch {
	case starts && hasDate && (ends || ruled || follows):
		return true
	case ends && hasMail && strings.ContainsAny(s, "<([") && len([]rune(tail)) < 40:
		return true
	case ends && len(strings.Fields(s[:where[0]])) <= 8 && dateAny().MatchString(tail) && dateWord().MatchString(tail):
		return true // "A schrieb am 2. Mai um 10:15:"
	case ends && len(tail) < 4 && strings.Contains(s, " via ") && len([]rune(s)) < 160:
		return true // "A via Some Forum wrote:"
	case ruled && len(tail) < 4 && len(strings.Fields(s)) <= 8:
		return true // "---- A wrote ----"
	case single && follows && ends && len([]rune(s)) < 160 && len([]rune(tail)) < 20:
		return true // "A writes:" above marked lines
	}
	return false
}

// sentence reports whether s holds the end of a sentence, so that it is prose.
func sentence(s string) bool {
	for _, end := range []string{"! ", "? ", "; "} {
		if strings.Contains(s, end) {
			return true
		}
	}
	return false
}

// The names that mail programs give to the fields above a quoted message.
var headerKeys = func() map[string]string {
	keys := make(map[string]string)
	for kind, names := range map[string]string{
		"from":    `from|von|de|da|van|från|fra|od|от|від|від кого|от кого|kimden|gönderen|lähettäjä|expéditeur|remitente|mittente|feladó|nadawca|afzender|avsender|afsender|de la|发件人|寄件者|寄件人|差出人|보낸 사람|보낸사람|από|מאת|من|từ|dari|odesílatel|odosielateľ|şuradan|送信者`,
		"date":    `date|sent|datum|gesendet|gesendet am|envoyé|envoyé le|enviado|enviado el|enviada em|enviado em|enviada|enviat|data|inviato|inviata|data invio|verzonden|verzonden op|skickat|sendt|dato|wysłano|wysłane|data wysłania|дата|отправлено|отправлен|надіслано|tarih|gönderildi|gönderilme tarihi|gönderme tarihi|lähetetty|päivämäärä|发送时间|发送日期|日期|時間|寄件日期|送信日時|日時|날짜|보낸 날짜|보낸날짜|fecha|elküldve|dátum|odesláno|odoslané|trimis|message du|date d'envoi|ημερομηνία|στάλθηκε|תאריך|נשלח|التاريخ|đã gửi|ngày|dikirim`,
		"to":      `to|an|à|a|para|per|aan|till|til|do|komu|кому|alıcı|kime|către|vastaanottaja|收件人|宛先|받는 사람|받는사람|címzett|προς|אל|إلى|đến|kepada|destinataire|destinatario`,
		"subject": `subject|betreff|objet|sujet|asunto|assunto|assumpte|oggetto|onderwerp|ämne|emne|temat|předmět|predmet|тема|konu|aihe|subiect|主题|主旨|件名|제목|tárgy|θέμα|נושא|الموضوع|chủ đề|perihal`,
		"other":   `cc|kopie|copie à|copie|copia|c\.c\.|kopi|kopia|dw|копия|копія|bilgi|kopio|抄送|副本|참조|bcc|reply-to|reply to|antwort an|importance|attachments|priority|organization|anhang|anlagen|wichtigkeit`,
	} {
		for _, name := range strings.Split(names, "|") {
			keys[name] = kind
		}
	}
	return keys
}()

// headerKey tells which field of an older message's header a line is.
func headerKey(l string) (kind, value string) {
	l = strings.TrimLeft(l, " \t\u00a0>*_|")
	i := strings.IndexAny(l, ":：")
	if i < 1 || i > 40 {
		return "", ""
	}
	name := strings.ToLower(strings.TrimSpace(strings.Trim(l[:i], " \t\u00a0*_")))
	_, size := runeAt(l[i:])
	return headerKeys[name], strings.Trim(l[i+size:], " \t\u00a0*_")
}

func runeAt(s string) (rune, int) {
	for i, r := range s {
		if i > 0 {
			return r, i
		}
	}
	return 0, len(s)
}

// headerBlock reports whether the header of an older message begins at line i,
// as Outlook puts it above what it quotes. A list of journeys ("From: Berlin,
// To: Bonn") is none: one of its values is an address or a subject stands in it.
func (v *visibility) headerBlock(i int) bool {
	kind, value := headerKey(v.at(i))
	if kind == "" || kind == "other" || kind == "subject" && value == "" {
		return false
	}
	seen := map[string]bool{kind: true}
	mailed := mailAny().MatchString(value)
	dated := kind == "date" && dateAny().MatchString(value)
	gap := 0
	for k := i + 1; k < len(v.lines) && k < i+12 && gap < 3; k++ {
		l := v.at(k)
		if blank(l) {
			// Between fields of HTML made text, never at length.
			if next, _ := headerKey(v.at(k + 1)); next == "" {
				break
			}
			continue
		}
		name, val := headerKey(l)
		if name == "" {
			gap++
			mailed = mailed || mailAny().MatchString(l) && gap == 1
			continue
		}
		gap = 0
		seen[name] = true
		mailed = mailed || mailAny().MatchString(val)
		dated = dated || name == "date" && dateAny().MatchString(val)
	}
	if !seen["from"] && !seen["date"] {
		return false
	}
	if len(seen) >= 3 {
		return mailed || seen["subject"] && dated
	}
	return len(seen) == 2 && mailed && (dated || seen["from"] && seen["subject"] || seen["from"] && seen["to"])
}
