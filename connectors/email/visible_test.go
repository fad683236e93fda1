package email

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func visibleOf(text, subject string) string {
	return visibleLines(plainLines(clean(text)), subject)
}

// Whatever the language and the mail program, the line that introduces a quote
// and all that follows it is no part of the reply.
func TestVisibleQuoteHeads(t *testing.T) {
	for _, head := range []string{
		"On Tue, 3 Mar 2020 at 10:15, Ann Lee <ann@example.org> wrote:",
		"On Tue, 3 Mar 2020 at 10:15, Ann Lee\n<ann@example.org> wrote:",
		"On Tue, 3 Mar 2020 at 10:15, Ann Lee <\nann@example.org>\nwrote:",
		"On 03/03/2020 10:15 AM, Ann Lee wrote:",
		"On 3-Mar-2020, at 10:15, Ann Lee <ann@example.org> said:",
		"At 3/3/2020 10:15 AM, you wrote:",
		"--- On Tue, 3/3/20, Ann Lee <ann@example.org> wrote:",
		"---- On Tue, 03 Mar 2020 10:15:00 +0100 Ann Lee <ann@example.org> wrote ----",
		"------On 3/3/2020 10:15, Ann Lee wrote------",
		"Ann Lee <ann@example.org> wrote:",
		"Ann Lee via Shop Forum wrote:",
		"Le mar. 3 mars 2020 à 10:15, Ann Lee <ann@example.org> a écrit :",
		"Le 3 mars 2020 à 10:15, Ann Lee <ann@example.org>\na écrit :",
		"Am 03.03.2020 um 10:15 schrieb Ann Lee:",
		"Am Di., 3. März 2020 um 10:15 Uhr schrieb Ann Lee <ann@example.org>:",
		"Ann Lee schrieb am 3. März 2020 um 10:15:",
		"El mar., 3 mar. 2020 a las 10:15, Ann Lee (<ann@example.org>) escribió:",
		"Em ter., 3 de mar. de 2020 às 10:15, Ann Lee <ann@example.org> escreveu:",
		"Il giorno mar 3 mar 2020 alle ore 10:15 Ann Lee <ann@example.org> ha scritto:",
		"Op di 3 mrt. 2020 om 10:15 schreef Ann Lee <ann@example.org>:",
		"Op 3 mrt. 2020, om 10:15 heeft Ann Lee <ann@example.org> het volgende geschreven:",
		"Den tis 3 mars 2020 kl 10:15 skrev Ann Lee <ann@example.org>:",
		"3. mars 2020 kl. 10:15 skrev Ann Lee <ann@example.org>:",
		"Den tir. 3. mar. 2020 kl. 10.15 skrev Ann Lee <ann@example.org>:",
		"W dniu 03.03.2020 o 10:15, Ann Lee pisze:",
		"wt., 3 mar 2020 o 10:15 Ann Lee <ann@example.org> napisał(a):",
		"Dne út 3. 3. 2020 10:15 uživatel Ann Lee <ann@example.org> napsal:",
		"ti 3. maalisk. 2020 klo 10.15 Ann Lee (ann@example.org) kirjoitti:",
		"вт, 3 мар. 2020 г. в 10:15, Ann Lee <ann@example.org>:",
		"3 марта 2020 г., 10:15 пользователь Ann Lee <ann@example.org> написал:",
		"3 бер. 2020 р. 10:15 \"Ann Lee\" <ann@example.org> пише:",
		"На вт, 3.03.2020 г. в 10:15 Ann Lee <ann@example.org> написа:",
		"3 Mar 2020 Sal, 10:15 tarihinde Ann Lee <ann@example.org> şunu yazdı:",
		"Στις Τρί 3 Μαρ 2020 στις 10:15 ο/η Ann Lee <ann@example.org> έγραψε:",
		"Ann Lee <ann@example.org> ezt írta (időpont: 2020. márc. 3., K, 10:15):",
		"În mar., 3 mar. 2020 la 10:15, Ann Lee <ann@example.org> a scris:",
		"Vào Th 3, 3 thg 3, 2020 vào lúc 10:15 Ann Lee <ann@example.org> đã viết:",
		"Pada tanggal Sel, 3 Mar 2020 pukul 10.15 Ann Lee <ann@example.org> menulis:",
		"在 2020年3月3日，上午10:15，Ann Lee <ann@example.org> 写道：",
		"Ann Lee <ann@example.org> 于2020年3月3日周二 上午10:15写道：",
		"2020年3月3日(火) 10:15 Ann Lee <ann@example.org>:",
		"2020년 3월 3일 (화) 오전 10:15, Ann Lee <ann@example.org>님이 작성:",
		"\u202bבתאריך יום ג׳, 3 במרץ 2020 ב-10:15 מאת \u202aAnn Lee\u202c\u200f <\u202aann@example.org\u202c\u200f>:\u202c",
		"2020-03-03 10:15 GMT+01:00 Ann Lee <ann@example.org>:",
		"2020-03-03 10:15 GMT+01:00 Ann Lee",
		"Вторник, 3 марта 2020, 10:15 +03:00 от Ann Lee <ann@example.org>:",
		"3 Mar 2020, 10:15 by ann@example.org:",
		"Quoting Ann Lee <ann@example.org>:",
		"Zitat von Ann Lee <ann@example.org>:",
		"-----Original Message-----",
		"-----Ursprüngliche Nachricht-----\nVon: Ann Lee",
		"-------- Message d'origine --------",
		"-----Mensaje original-----",
		"----- Oorspronkelijk bericht -----",
		"-------- Исходное сообщение --------",
		"------------------ 原始邮件 ------------------",
		"________________________________\nFrom: Ann Lee <ann@example.org>\nSent: Tuesday, March 3, 2020 10:15\nTo: Shop <shop@example.com>\nSubject: Your order",
		"*From:* Ann Lee [mailto:ann@example.org]\n*Sent:* Tuesday, March 3, 2020\n*To:* Shop\n*Subject:* Your order",
		"Von: Ann Lee <ann@example.org>\nGesendet: Dienstag, 3. März 2020 10:15\nAn: Shop\nBetreff: Bestellung",
		"De : Ann Lee <ann@example.org>\nEnvoyé : mardi 3 mars 2020 10:15\nÀ : Shop\nObjet : Commande",
		"Da: Ann Lee\nInviato: martedì 3 marzo 2020 10:15\nA: shop@example.com\nOggetto: Ordine",
		"Från: Ann Lee [mailto:ann@example.org]\nSkickat: den 3 mars 2020 10:15\nTill: Shop\nÄmne: Order",
		"发件人: Ann Lee <ann@example.org>\n发送时间: 2020年3月3日 10:15\n收件人: Shop\n主题: 订单",
		"##- Please type your reply above this line -##",
		"El dc., 3 de març 2020 a les 10:15, Ann Lee <ann@example.org> va escriure:",
		"Lúc 10:15 03/03/2020, Ann Lee viết:",
		"Dne 3.3.2020 v 10:15 Ann Lee napsal(a):",
		"Dňa 3.3.2020 o 10:15 Ann Lee napísal(a):",
		"Dana 3.3.2020. u 10:15, Ann Lee je napisao/la:",
		"Wiadomość napisana przez Ann Lee <ann@example.org> w dniu 3 mar 2020, o godz. 10:15:",
		"Mar 3, 2020, 10:15 by ann@example.org:",
		"* Ann Lee <ann@example.org> [2020-03-03 10:15 +0100]:",
		"According to Ann Lee <ann@example.org>:",
		"On Tue, Mar 3, 2020 at 10:15 AM, Ann Lee <\n\nann@example.org> wrote:",
		"\u2010\u2010\u2010\u2010\u2010 Original Message \u2010\u2010\u2010\u2010\u2010\nOn Tuesday, March 3, 2020 10:15, Ann Lee <ann@example.org> wrote:",
		"----- Mail original -----\nDe: \"Ann\" <ann@example.org>\nÀ: shop@example.com\nEnvoyé: Mardi 3 Mars 2020 10:15:00\nObjet: Commande",
		"----- Ursprüngliche Mail -----\nVon: \"Ann\" <ann@example.org>\nAn: shop@example.com\nBetreff: Bestellung",
		"Message du 03/03/20 10:15\nDe : \"Ann\" <ann@example.org>\nA : shop@example.com\nObjet : Commande",
	} {
		for name, quote := range map[string]string{
			"bare":   head + "\n\nWhere is my order?\nAnn",
			"marked": head + "\n\n> Where is my order?\n> Ann",
		} {
			in := "Thank you, it came.\n\nRegards\nBo\n\n" + quote + "\n"
			if got, want := visibleOf(in, "Re: order"), "Thank you, it came.\n\nRegards\nBo"; got != want {
				t.Errorf("%s below %q:\ngot  %q\nwant %q", name, head, got, want)
			}
		}
	}
}

// What merely looks like a quote, a header or a signature is what was said.
func TestVisibleKeeps(t *testing.T) {
	for _, text := range []string{
		"",
		"Hello",
		"On Monday I wrote to you.\nOn Tuesday you wrote back: nothing new.",
		"On the other hand, we should wait.\nOn average it works.",
		"I said: do it.\nShe wrote:\nno.",
		"I ordered in 2019 and wrote the following:\n\nPlease help.",
		"We travel.\n\nFrom: Berlin\nTo: Bonn\nDate: 3 May 2020",
		"Name: Ann\nEmail: ann@example.org\nMessage: where is it?",
		"Steps:\n-- first\n-- second\n\nThat is all.",
		"Sum\n----------\n3 EUR\n\nIs that right? I think that it is not.",
		"Sent from my shop it was late again, I am not happy about how long this took, since all the others came at once.",
		"```\n> no quote\n--\n# code\n```\n\nEnd",
		"Price > 100 and < 200",
		"FYI\n\n---------- Forwarded message ---------\nFrom: Ann <ann@example.org>\nDate: Tue, 3 Mar 2020 at 10:15\nSubject: x\nTo: shop@example.com\n\nText",
		"See below\n\nBegin forwarded message:\n\nFrom: Ann <ann@example.org>\nSubject: x\n\nText",
		"The order\nshipped: 3 May 2020\nis late.",
		"-Ann",
		"Thanks\n\n- Ann",
		"Look here\n>>> https://example.org <<<\nand buy",
		"It was sent via your shop\n\nand never came.",
	} {
		if got := visibleOf(text, "Question"); got != text {
			t.Errorf("visible of %q\ngot %q", text, got)
		}
	}
}

func TestVisibleReplies(t *testing.T) {
	for _, tt := range []struct{ name, subject, in, want string }{
		{"bottom", "", "On 3 May 2020, at 10:15, Ann wrote:\n\n> Where is it?\n> Ann\n\nOn its way.", "On its way."},
		{"interleaved", "", "> Where is it?\n\nOn its way.\n\n> And the bill?\n\nAttached.", "On its way.\n\n\nAttached."},
		{"only quoted", "", "> a\n> b", ""},
		{"header and quote alone", "", "On 3 May 2020, at 10:15, Ann wrote:\n> a", ""},
		{"a mail program's line in the first line", "", "ok On Wed, May 3, 2020 at 3:59 PM, ann@example.org wrote:\n> Hi", "ok"},
		{"quoted lines broken", "", "Yes.\n\n> see https://example.org/a/very/long/way/that/goes/on/and/on/until/it/is\nbroken here\n> and on", "Yes."},
		{"signature", "", "Yes.\n-- \nAnn Lee\nShop Ltd", "Yes."},
		{"signature before a quote", "", "Yes.\n\n--\nAnn\n\nOn 3 May 2020, at 10:15, Bo wrote:\n> a", "Yes."},
		{"phone", "", "Yes\n\nSent from my iPhone", "Yes"},
		{"phone, German", "", "Ja\n\nVon meinem iPhone gesendet", "Ja"},
		{"phone, French", "", "Oui\n\nEnvoyé de mon iPhone", "Oui"},
		{"phone, Spanish", "", "Sí\n\nEnviado desde mi iPhone", "Sí"},
		{"phone, Dutch", "", "Ja\n\nVerstuurd vanaf mijn iPhone", "Ja"},
		{"phone, Italian", "", "Sì\n\nInviato da iPhone", "Sì"},
		{"phone, Russian", "", "Да\n\nОтправлено с iPhone", "Да"},
		{"phone, Japanese", "", "はい\n\niPhoneから送信", "はい"},
		{"phone, Chinese", "", "好\n\n发自我的iPhone", "好"},
		{"phone above a quote", "", "Yes\n\nSent from my Galaxy\n\n-------- Original message --------\nFrom: Ann", "Yes"},
		{"Outlook for iOS", "", "Yes\n\nGet Outlook for iOS<https://aka.ms/x>\n________________________________\nFrom: Ann <ann@example.org>\nSent: 3 May 2020\nTo: Bo", "Yes"},
		{"list footer", "", "Yes\n\n_______________________________________________\nusers mailing list\nusers@lists.example.org", "Yes"},
		{"a rule at the end", "", "Yes\n\n-----\n", "Yes"},
		{"forwarded by Outlook", "FW: Order", "Please see.\n\nFrom: Ann <ann@example.org>\nSent: 3 May 2020\nTo: Bo\nSubject: Order\n\nWhere?", "Please see.\n\nFrom: Ann <ann@example.org>\nSent: 3 May 2020\nTo: Bo\nSubject: Order\n\nWhere?"},
		{"forwarded by Apple's Mail", "", "Look\n\n> Begin forwarded message:\n> \n> From: Ann\n> \n> Where?", "Look\n\n> Begin forwarded message:\n>\n> From: Ann\n>\n> Where?"},
		{"a quote of what was forwarded", "", "Yes\n\nOn 3 May 2020, A wrote:\n> ---------- Forwarded message ---------\n> Where?", "Yes"},
		{"GroupWise", "", "Yes\n\n>>> Ann <ann@example.org> 3/5/2020 10:15 AM >>>\nWhere?", "Yes"},
		{"a forum's footer", "", "Yes\n\n—\nReply to this email directly or view it on the forum", "Yes"},
		{"a form that looks like a header", "Form", "From: Ann <ann@example.org>\nSubject: Order\n\nWhere?", "From: Ann <ann@example.org>\nSubject: Order\n\nWhere?"},
	} {
		if got := visibleOf(tt.in, tt.subject); got != tt.want {
			t.Errorf("%s:\ngot  %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

// What a device or an app signs with is no part of the reply, in whatever
// language it is set.
func TestVisibleApps(t *testing.T) {
	for _, line := range []string{
		"Sent from my Samsung Galaxy smartphone.", "Sent from Yahoo Mail for iPhone", "Sent via Superhuman", "Sent with Spark", "Get Outlook for Android", "Get the new AOL app: mail.example.com",
		"Von meinem Smartphone gesendet", "Gesendet mit der GMX Mail App", "Diese Nachricht wurde von meinem Android-Gerät gesendet.", "Holen Sie sich Outlook für iOS",
		"Envoyé depuis mon téléphone Samsung.", "Télécharger Outlook pour Android", "Enviado desde Yahoo Mail para iPhone", "Obtener Outlook para iOS", "Enviado do meu iPhone", "Enviat des del meu iPhone",
		"Inviato da Posta per Windows", "Scarica Outlook per iOS", "Verzonden vanuit Mail voor Windows", "Outlook voor Android downloaden",
		"Skickat från Outlook för iOS", "Sendt fra min iPhone", "Hent Outlook til Android", "Lähetetty iPhonesta", "Wysłano z iPhone'a", "Pobierz program Outlook dla systemu iOS",
		"Отправлено из мобильной почты", "Надіслано з iPhone", "Odesláno z iPhonu", "Odoslané z iPhonu", "Trimis de pe iPhone-ul meu", "Elküldve az iPhone-omról", "Az iPhone-omról küldve", "Poslano s mojega iPhonea",
		"iPhone'umdan gönderildi", "iOS için Outlook'u edinin", "Στάλθηκε από το iPhone μου", "Nosūtīts no mana iPhone", "Saadetud minu iPhone'ist", "Išsiųsta iš mano iPhone",
		"通过我的iPhone发送", "发自我的 iPhone", "從我的 iPhone 傳送", "从 Windows 版邮件发送", "iPadから送信", "나의 iPhone에서 보냄",
		"נשלח מה-iPhone שלי", "تم الإرسال من iPhone الخاص بي", "Được gửi từ iPhone của tôi", "Dikirim dari iPhone saya", "ส่งจาก iPhone ของฉัน",
	} {
		if got := visibleOf("It came.\n\n"+line+"\n", "Re: order"); got != "It came." {
			t.Errorf("above %q: got %q", line, got)
		}
	}
}

// The structure of HTML tells a quote where the text has no mark of it.
func TestVisibleHTML(t *testing.T) {
	for name, src := range map[string]string{
		"gmail":       `<div dir="ltr">Yes</div><br><div class="gmail_quote"><div class="gmail_attr">On Tue <a href="mailto:a@b.c">A</a> wrote:<br></div><blockquote class="gmail_quote">Where?</blockquote></div>`,
		"apple":       `<html><body>Yes<br><div><blockquote type="cite"><div>On 3 May 2020, at 10:15, A wrote:</div><div>Where?</div></blockquote></div></body></html>`,
		"thunderbird": `<body><p>Yes</p><div class="moz-cite-prefix">Am 3.5.2020 um 10:15 schrieb A:<br></div><blockquote type="cite" cite="mid:x"><p>Where?</p></blockquote></body>`,
		"outlook":     `<body><div class="WordSection1"><p class="MsoNormal">Yes<o:p></o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p class="MsoNormal"><b>From:</b> A &lt;a@b.c&gt;<br><b>Sent:</b> Tuesday<br><b>To:</b> B<br><b>Subject:</b> x</p></div></div><p>Where?</p></div></body>`,
		"outlook.com": `<div>Yes</div><hr id="stopSpelling"><div>Date: Tue<br>From: a@b.c</div><div>Where?</div>`,
		"new outlook": `<div>Yes</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Von:</b> A<br></div><div>Where?</div>`,
		"yahoo":       `<div>Yes</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>Den tis skrev A:</div><div>Where?</div></div>`,
		"proton":      `<div>Yes</div><div class="protonmail_signature_block">A</div><div class="protonmail_quote">Where?</div>`,
		"signature":   `<div>Yes</div><div class="gmail_signature" data-smartmail="gmail_signature">Ann Lee<br>Shop</div>`,
	} {
		lines := htmlLines(src, false)
		if got := visibleLines(lines, "Re: x"); got != "Yes" {
			t.Errorf("%s: visible %q, want %q (text %q)", name, got, "Yes", joinLines(lines))
		}
	}
	forward := `<div dir="ltr">Look<br><br><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: <b>A</b><br></div>Where?</div></div>`
	if got := visibleLines(htmlLines(forward, false), "Fwd: x"); !strings.Contains(got, "Where?") {
		t.Errorf("what is forwarded was cut: %q", got)
	}
}

// Every line of what is visible is a line of the text or its beginning, in order;
// nothing is made up.
func FuzzVisible(f *testing.F) {
	for _, s := range []string{"a\n> b\nc", "On 3 May 2020, A wrote:\n> x", "a\n-- \nb", "From: a@b.c\nSent: 2020\nTo: b", "ok On Wed, May 3, 2020 at 3:59 PM, a@b.c wrote:\n> Hi", "```\na", "x\n\nSent from my phone"} {
		f.Add(s, "Re: x")
	}
	f.Fuzz(func(t *testing.T, text, subject string) {
		text = clean(text)
		got := visibleLines(plainLines(text), subject)
		if !utf8.ValidString(got) {
			t.Fatal("not UTF-8")
		}
		if !linesOf(got, text) {
			t.Fatalf("visible %q is not made of lines of %q", got, text)
		}
	})
}

// linesOf reports whether the lines of part are, in order, lines of whole or how
// such a line begins.
func linesOf(part, whole string) bool {
	lines := strings.Split(whole, "\n")
	i := 0
	for _, l := range strings.Split(part, "\n") {
		l = strings.TrimSpace(l)
		for i < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[i]), l) {
			i++
		}
		if i == len(lines) {
			return l == ""
		}
		i++
	}
	return true
}
