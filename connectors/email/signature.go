package email

import (
	"slices"
	"strings"
)

var (
	sigDelimiter = lazy(`^\s{0,3}(?:--|—-|__)[\s\x{a0}]*$`)
	longRule     = lazy(`^\s*(?:_{3,}|—+|-{3,})\s*$`)
	cardRule     = lazy(`^\s*(?:_{5,}|—{2,})\s*$`)
	listFooter   = lazy(`(?i)\bmailing list\b|\bto unsubscribe\b|unsubscribe from this|you received this message because you|\blistinfo\b|\bmailinglist\b|^\s*reply to this e?-?mail directly|^\s*you(?:'re| are) receiving this|^\s*to view this discussion|^\s*visit (?:topic|message)`)

	device = `(?:i(?:phone|pad|pod)|android|samsung|galaxy|blackberry|mobil|handy|smartphone|phone|htc|nokia|sony|xperia|huawei|xiaomi|redmi|oneplus|pixel|motorola|windows|outlook|mailbox|airmail|yahoo|gmail|mail\b|e-mail|cell|tablet|device|lumia|ordinateur|téléphone|telefon|móvil|movil|celular|telefono|telefoon|puhelin|мобильн|мобільн|айфон|mac\b|pc\b|spark|proton|aol|gmx|web\.de|hotmail|icloud|typeapp|bluemail|k-9|tutanota|app\b|palm|treo|wireless|verizon|zoho|front\b|superhuman|newton|canary|thunderbird)`

	mobile = lazy(`(?i)^\s*[\[(*_]*(?:` +
		`sent (?:wirelessly )?(?:from|via|with|by|using|on|through)(?: my| the)?\s.{1,100}|` +
		`sent (?:wirelessly|securely) .{1,100}|` +
		`(?:from|via) my .{0,30}` + device + `.{0,50}|` +
		`get outlook for .{1,60}|` +
		`(?:envoyé|envoyée|envoye) (?:sans fil )?(?:de|depuis|à partir|par|via|avec)\s?.{0,60}` + device + `.{0,60}|envoyé de mon .{1,60}|` +
		`télécharger outlook .{1,60}|obtenir outlook .{1,60}|get the (?:all )?new aol app.{0,60}|scarica outlook .{1,60}|pobierz (?:program )?outlook .{1,60}|` +
		`(?:enviado|enviada|enviat) (?:desde|de|do|do meu|a partir|via|com|con|des)\s?.{0,60}` + device + `.{0,60}|obt(?:e|é)n(?:er)? outlook .{1,60}|obter o outlook .{1,60}|` +
		`(?:inviato|inviata) (?:da|dal|con|tramite|via)\s?.{0,40}` + device + `.{0,60}|` +
		`(?:verzonden|verstuurd|gestuurd) (?:vanaf|vanuit|met|via|van|door)\s?.{0,60}|outlook voor .{1,40}|` +
		`(?:von meinem|von unterwegs|gesendet (?:von|mit|über|aus|via)|diese (?:nachricht|e-?mail|mail) wurde (?:von|mit))\s?.{0,80}|mit freundlichen grüßen von meinem .{1,40}|holen sie sich outlook .{1,60}|` +
		`(?:skickat|skickades|sänt) (?:från|via|med)\s?.{0,60}|(?:sendt|sent) (?:fra|med|via|från)\s?.{0,60}|hämta outlook .{1,40}|hent outlook .{1,40}|` +
		`lähetetty .{0,60}` + device + `.{0,60}|` +
		`(?:wysłano|wysłane|wysłana) (?:z|ze|przez|za pomocą)\s?.{0,60}|` +
		`(?:отправлено|отправлен|послано) (?:с|со|из|через)\s?.{0,60}|(?:надіслано|відправлено) (?:з|із|через)\s?.{0,60}|` +
		`(?:odesláno|odoslané|odoslane) (?:z|ze|prostřednictvím)\s?.{0,60}|` +
		`.{0,30}` + device + `(?:'?[a-zıüöşğç]{0,6})?(?:dan|den|mdan|mden|umdan|ımdan) gönderildi.{0,20}|.{1,20} için outlook.{1,20}|` +
		`(?:poslano|poslato) (?:s|sa|z|iz) .{0,40}` + device + `.{0,40}|nosūtīts no .{1,60}|saadetud .{0,40}` + device + `.{0,40}|išsiųsta iš .{1,60}|` +
		`(?:στάλθηκε|εστάλη) από .{1,60}|נשלח מ.{1,60}|(?:تم الإرسال|تم الارسال|أرسلت|مرسل) من .{1,60}|(?:được )?gửi từ .{1,60}|dikirim dari .{1,60}|ส่งจาก.{1,60}|` +
		`elküldve .{0,60}|az? .{0,20}` + device + `.{0,20}küldve|trimis (?:de pe|din|cu).{0,60}|` +
		`(?:[发發]自|通过|通過|来自|來自)我的.{0,40}|[从從].{1,40}(?:发送|發送|傳送)|.{0,20}` + device + `.{0,10}から送信|.{0,20}나의.{0,20}에서 보냄|.{0,20}에서 보냄` +
		`)[\])*_]*\s*$`)
)

// mobileStems are those of which each form of mobile holds one: most lines need
// no closer look.
var mobileStems = strings.Fields(`sent sänt from via outlook aol envoy envia inviat verzonden verstuurd gestuurd gesendet
	von diese skick sendt lähetetty wysł отправ послано надісл відправ odesl odosl gönderildi küld trimis poslan poslat nosūtīts
	saadetud išsiųsta στάλθηκε εστάλη נשלח الإرسال الارسال أرسلت مرسل gửi dikirim ส่งจาก 我的 发送 發送 傳送 から送信 보냄`)

// mobile reports whether line i is what a device or an app signs with.
func (v *visibility) mobile(i int) bool {
	l := v.at(i)
	if len(l) >= 160 {
		return false
	}
	lower := strings.ToLower(l)
	return slices.ContainsFunc(mobileStems, func(stem string) bool { return strings.Contains(lower, stem) }) && mobile().MatchString(l)
}

// signatureAt reports whether a signature begins at line i.
func (v *visibility) signatureAt(i int) bool {
	l := v.at(i)
	if blank(l) {
		return false
	}
	if sigDelimiter().MatchString(l) {
		return i > 0 && v.restIsShort(i+1)
	}
	if longRule().MatchString(l) {
		next := v.nextText(i + 1)
		for k := next; k < next+4 && k < len(v.lines); k++ {
			if listFooter().MatchString(v.at(k)) {
				return true
			}
		}
		return cardRule().MatchString(l) && i > 0 && blank(v.at(i-1)) && v.restIsCard(i+1)
	}
	if v.mobile(i) {
		next := v.nextText(i + 1)
		return i == 0 || blank(v.at(i-1)) || next >= len(v.lines) || v.quoted(next) || v.mobile(next)
	}
	return false
}

// maxSignature is how many lines, blank ones too, are searched for a signature's
// end.
const maxSignature = 100

// restIsShort reports whether what follows a delimiter, up to the next quote, is
// short enough to be a signature; a long text below a rule is not.
func (v *visibility) restIsShort(i int) bool {
	n, size := 0, 0
	for end := min(len(v.lines), i+maxSignature); i < end && !v.quoted(i); i++ {
		if t := strings.TrimSpace(v.at(i)); t != "" {
			if k, _ := v.quoteHead(i); k > 0 || v.cuts(i) {
				break
			}
			n++
			if size += len(t); n > 25 || size > 2500 {
				return false
			}
		}
	}
	return true
}

// restIsCard reports whether what follows a rule, up to the next quote, reads
// like a business card: a few short lines, and none of them a sentence.
func (v *visibility) restIsCard(i int) bool {
	n := 0
	for end := min(len(v.lines), i+maxSignature); i < end && !v.quoted(i); i++ {
		t := strings.TrimSpace(v.at(i))
		if t == "" {
			continue
		}
		if k, _ := v.quoteHead(i); k > 0 || v.cuts(i) {
			break
		}
		if n++; n > 8 || len(t) > 80 || strings.HasSuffix(t, "?") || strings.HasSuffix(t, ".") && strings.Count(t, " ") > 4 {
			return false
		}
	}
	return n > 0
}
