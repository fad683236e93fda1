package email

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"skein/inbox"
)

func reportOf(fields string) string {
	return "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n" + fields + "\n--b--\n"
}

func TestBounces(t *testing.T) {
	type bs = []inbox.Bounce
	for _, tt := range []struct {
		name, raw string
		want      bs
	}{
		{"unknown user", reportOf("Final-Recipient: rfc822; a@b.c\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown"), bs{{Recipient: "a@b.c", Status: "5.1.1", Hard: true}}},
		{"full mailbox", reportOf("Final-Recipient: rfc822; a@b.c\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full"), bs{{Recipient: "a@b.c", Status: "5.2.2"}}},
		{"a full mailbox under the wrong status", reportOf("Final-Recipient: rfc822; a@b.c\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 over quota"), bs{{Recipient: "a@b.c", Status: "5.1.1"}}},
		{"policy", reportOf("Final-Recipient: rfc822; a@b.c\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; 550 5.7.1 Message rejected as spam"), bs{{Recipient: "a@b.c", Status: "5.7.1"}}},
		{"the status in the diagnosis", reportOf("Final-Recipient: rfc822; a@b.c\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.2 Host unknown"), bs{{Recipient: "a@b.c", Status: "5.1.2", Hard: true}}},
		{"delayed", reportOf("Final-Recipient: rfc822; a@b.c\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; connection timed out"), bs{{Recipient: "a@b.c", Status: "4.4.1"}}},
		{"delivered", reportOf("Final-Recipient: rfc822; a@b.c\nAction: delivered\nStatus: 2.0.0"), nil},
		{"one of two", reportOf("Final-Recipient: rfc822; a@b.c\nAction: relayed\n\nFinal-Recipient: rfc822; d@e.f\nAction: failed\nStatus: 5.1.1"), bs{{Recipient: "d@e.f", Status: "5.1.1", Hard: true}}},
		{"complaint", "From: fbl@mx.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n--b--\n", nil},
		{"read receipt", "From: a@b.c\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nread\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; a@b.c\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n", nil},
		{"Exim", "From: Mail Delivery System <Mailer-Daemon@mx.example>\nX-Failed-Recipients: a@b.c\nSubject: Mail delivery failed: returning message to sender\n\nThe following address(es) failed:\n\n  a@b.c\n    SMTP error from remote mail server after RCPT TO:<a@b.c>:\n    550 5.1.1 unknown user\n\n------ This is a copy of the message, including all the headers. ------\n\nReceived: by x\nMessage-ID: <out1@shop.example>\n\nHello", bs{{Recipient: "a@b.c", Status: "5.1.1", Hard: true, HeaderID: "out1@shop.example"}}},
		{"qmail", "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nHi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<a@b.c>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n<d@e.f>:\nUser is over quota. (#5.2.2)\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <s@shop.example>\nMessage-ID: <out2@shop.example>\n", bs{{Recipient: "a@b.c", Status: "5.1.1", Hard: true, HeaderID: "out2@shop.example"}, {Recipient: "d@e.f", Status: "5.2.2", HeaderID: "out2@shop.example"}}},
		{"a filter after DATA", "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: Returned mail\n\n<a@b.c>: 550 User unknown (in reply to end of DATA command)\n", bs{{Recipient: "a@b.c", Status: "5.0.0"}}},
		{"an unknown user at RCPT, with no status", "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: Returned mail\n\n<a@b.c>: 550 Unknown user\n", bs{{Recipient: "a@b.c", Status: "5.0.0", Hard: true}}},
		{"a transcript", "From: MAILER-DAEMON@mx.example\nSubject: Returned mail: User unknown\n\n   ----- Transcript of session follows -----\nWhile talking to b.c:\n>>> RCPT To:<a@b.c>\n<<< 550 No such user here.\n550 <a@b.c>... User unknown\n554 <d@e.f>... 550 Host unknown (Authoritative answer from name server)\n452 <g@h.i>... Mailbox full\n\n   ----- Unsent message follows -----\nReceived: by mx.example\nMessage-ID: <out3@shop.example>\n", bs{{Recipient: "a@b.c", Status: "5.0.0", Hard: true, HeaderID: "out3@shop.example"}, {Recipient: "d@e.f", Status: "5.0.0", Hard: true, HeaderID: "out3@shop.example"}, {Recipient: "g@h.i", Status: "5.0.0", HeaderID: "out3@shop.example"}}},
		{"a person about a failure", "From: ann@customer.example\nSubject: Delivery failed?\n\nThe courier could not deliver to ann@customer.example. Mail delivery failed for me too.", nil},
		{"vacation", "From: ann@customer.example\nAuto-Submitted: auto-replied\nSubject: Automatic reply: order\n\nI am away; write to bo@customer.example.", nil},
	} {
		got := read(t, tt.raw).Message.Bounces
		if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(inbox.Bounce{}, "Detail")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
