package email

import (
	"strings"
	"testing"

	"skein/inbox"
)

func headerOf(fields string) header { return quickHeader([]byte(fields + "\n\n")) }

// Only our own receiving server's word raises a sender's proof, and only for the
// domain that the sender shows.
func TestDMARC(t *testing.T) {
	const pass = "Authentication-Results: mx.shop.example; spf=pass; dmarc=pass header.from=customer.example\n"
	for _, tt := range []struct {
		name, fields string
		want         bool
	}{
		{"pass", pass, true},
		{"below our own hop", "Received: from x by mx.shop.example with ESMTP\n" + pass, true},
		{"below a hop of an unnamed host", "Received: by 2002:a05:1::1 with SMTP\n" + pass, true},
		{"below a foreign hop", "Received: from x by relay.elsewhere.example with ESMTP\n" + pass, false},
		{"below a foreign verdict", "Authentication-Results: mx.elsewhere.example; dmarc=fail\n" + pass, false},
		{"below our own other verdict", "Authentication-Results: mx.shop.example; dmarc=fail header.from=customer.example\n" + pass, false},
		{"foreign", "Authentication-Results: mx.elsewhere.example; dmarc=pass header.from=customer.example\n", false},
		{"a name that only begins like ours", "Authentication-Results: mx.shop.example.evil.example; dmarc=pass header.from=customer.example\n", false},
		{"none", "", false},
		{"another domain", "Authentication-Results: mx.shop.example; dmarc=pass header.from=elsewhere.example\n", false},
		{"the same organisation", "Authentication-Results: mx.shop.example; dmarc=pass header.from=mail.customer.example\n", true},
		{"fail", "Authentication-Results: mx.shop.example; dmarc=fail header.from=customer.example\n", false},
		{"no domain", "Authentication-Results: mx.shop.example; dmarc=pass\n", false},
		{"in a comment", "Authentication-Results: mx.shop.example; dmarc=fail (dmarc=pass header.from=customer.example)\n", false},
		{"a comment that closes itself", "Authentication-Results: mx.shop.example; dmarc=fail (\\); dmarc=pass header.from=customer.example)\n", false},
		{"in quotes", "Authentication-Results: mx.shop.example; dmarc=fail reason=\"; dmarc=pass header.from=customer.example\"\n", false},
		{"escaped in quotes", "Authentication-Results: mx.shop.example; dmarc=pass policy.x=\"a\\ header.from\\=customer.example\" header.from=evil.example\n", false},
		{"after a tab in quotes", "Authentication-Results: mx.shop.example; dmarc=pass policy.x=\"a\theader.from\\=customer.example\" header.from=evil.example\n", false},
		{"after a wide blank in quotes", "Authentication-Results: mx.shop.example; dmarc=pass policy.x=\"a\u2003header.from\\=customer.example\" header.from=evil.example\n", false},
		{"with a version and comments", "Authentication-Results: mx.shop.example 1 (ours); dmarc (x) = pass (p=reject) header.from=customer.example\n", true},
		{"dkim only", "Authentication-Results: mx.shop.example; dkim=pass header.d=customer.example\n", false},
	} {
		if got := dmarcAligned(headerOf(tt.fields), []string{"mx.shop.example"}, "ann@customer.example"); got != tt.want {
			t.Errorf("%s: dmarcAligned = %v, want %v", tt.name, got, tt.want)
		}
	}
	if dmarcAligned(headerOf(pass), nil, "ann@customer.example") {
		t.Error("without a server of ours somebody's verdict is believed")
	}
	two := read(t, pass+"From: ann@customer.example, bo@customer.example\n\nx")
	if two.Sender.Proof != inbox.Claimed {
		t.Errorf("two authors: proof %d, want %d", two.Sender.Proof, inbox.Claimed)
	}
}

func TestAutomatic(t *testing.T) {
	for _, tt := range []struct {
		fields  string
		is, may bool
	}{
		{"", false, true},
		{"Auto-Submitted: no", false, true},
		{"Auto-Submitted: auto-replied", true, false},
		{"Auto-Submitted: auto-generated (rejected)", true, false},
		{"Precedence: bulk", true, false},
		{"Precedence: auto_reply", true, false},
		{"Precedence: list", false, false},
		{"List-Id: <x.lists.example>", false, false},
		{"List-Unsubscribe: <https://x.example>", false, false},
		{"X-Auto-Response-Suppress: OOF, AutoReply", false, false},
		{"X-Auto-Response-Suppress: None", false, true},
		{"X-Autoreply: yes", true, false},
		{"X-Autoreply: no", false, true},
		{"X-Loop: ann@customer.example", true, false},
		{"Return-Path: <>", true, false},
		{"Return-Path: <ann@customer.example>", false, true},
		{"X-Failed-Recipients: a@b.c", true, false},
		{"Content-Type: multipart/report; report-type=delivery-status; boundary=x", true, false},
		{"Content-Type: multipart/report; report-type=disposition-notification; boundary=x", true, false},
		{"Subject: Automatic reply: order", true, false},
		{"Subject: Abwesenheitsnotiz: Bestellung", true, false},
		{"Subject: Réponse automatique : commande", true, false},
		{"Subject: Out of Office Re: order", true, false},
		{"Subject: Your automatic coffee machine is broken", false, true},
		{"From: MAILER-DAEMON@customer.example", true, false},
		{"From: no-reply@customer.example", false, false},
		{"From: Noel Reply <noel@customer.example>", false, true},
	} {
		raw := tt.fields + "\n"
		if !strings.Contains(raw, "From:") {
			raw = "From: ann@customer.example\n" + raw
		}
		got := read(t, strings.TrimLeft(raw, "\n")+"\nHello").Message.Automatic
		if got.Is != tt.is || got.MayAutoReply != tt.may || (got.Reason == "") != tt.may {
			t.Errorf("automatic of %q = %+v, want %v, %v", tt.fields, got, tt.is, tt.may)
		}
	}
}

// A filter's verdict counts when it stands where our own server writes.
func TestSpam(t *testing.T) {
	for _, tt := range []struct {
		fields string
		want   bool
	}{
		{"X-Spam-Flag: YES", true},
		{"X-Spam-Flag: NO\nX-Spam-Status: Yes", false},
		{"X-Spam-Status: Yes, score=9", true},
		{"X-MS-Exchange-Organization-SCL: 5", true},
		{"X-MS-Exchange-Organization-SCL: -1", false},
		{"Received: by a\nX-Spam-Flag: YES", true},
		{"Received: by a\nReceived: by b\nReceived: by c\nX-Spam-Flag: YES", false},
	} {
		if got := spam(headerOf(tt.fields)); got != tt.want {
			t.Errorf("spam(%q) = %v, want %v", tt.fields, got, tt.want)
		}
	}
}
