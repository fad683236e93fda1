package email

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A list of names without an address, cut apart by commas, costs no more than
// its length: one mail must not stop a mailbox.
func TestAddressesCost(t *testing.T) {
	began := cpuTime(t)
	parseAddresses(strings.Repeat("a,", maxAddressField/2), "")
	if took := cpuTime(t) - began; took > 20*time.Second {
		t.Errorf("%d KiB of commas took %v", maxAddressField>>10, took)
	}
	got := parseAddresses("Doe, Jane, Dr. <jane@x.example>, bo@x.example", "")
	if len(got) != 2 || got[0].Name != "Doe, Jane, Dr." || got[1].Address != "bo@x.example" {
		t.Errorf("a name with commas is read as %+v", got)
	}
}

// A report that names thousands of addresses, or none in a long text, is read
// within bounds, and what it says first is not lost.
func TestBouncesCost(t *testing.T) {
	began := cpuTime(t)
	head := "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: Returned mail\n\n"
	for name, body := range map[string]string{
		"addresses":    strings.Repeat("<ann@b.example>: 550 User unknown\n<bo@b.example>: 552 Mailbox full\n", 2000),
		"a transcript": strings.Repeat("550 <ann@b.example>... User unknown\n552 <bo@b.example>... Mailbox full\n", 200) + strings.Repeat("host domain user mailbox ", 10_000),
	} {
		got := read(t, head+body).Message.Bounces
		if len(got) != 2 || got[0].Recipient != "ann@b.example" || !got[0].Hard || got[1].Recipient != "bo@b.example" || got[1].Hard {
			t.Errorf("%s: %+v", name, got)
		}
	}
	status := strings.Builder{}
	for i := range 1000 {
		fmt.Fprintf(&status, "Final-Recipient: rfc822; a%d@b.example\nAction: failed\nStatus: 5.0.0\n\n", i)
	}
	if got := read(t, reportOf(status.String())).Message.Bounces; len(got) != maxBounces {
		t.Errorf("%d bounces of 1000 fields, want %d", len(got), maxBounces)
	}
	if took := cpuTime(t) - began; took > 2*time.Minute {
		t.Errorf("it took %v", took)
	}
}
