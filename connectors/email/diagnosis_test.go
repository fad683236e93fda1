package email

import "testing"

// An address is given up only where it, its domain or its mail service does not
// exist; what may pass, and what is about the sender, never ends it. The words
// are those of servers in the field.
func TestHard(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status, diagnosis string
		want              bool
	}{
		{"5.1.1", "550 5.1.1 The email account that you tried to reach does not exist.", true},
		{"5.0.0", "554 delivery error: dd This user doesn't have a yahoo.com account (x@yahoo.com) [0] - mta123", true},
		{"5.0.0", "550 Requested action not taken: mailbox unavailable", true},
		{"5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable", true},
		{"5.1.0", "550 #5.1.0 Address rejected.", true},
		{"5.1.0", "550 5.1.0 <x@y.z>: Recipient address rejected: User unknown in virtual mailbox table", true},
		{"5.3.0", "553 5.3.0 <x@y.z>... No such user", true},
		{"5.0.0", "550 RCPT TO:<x@y.z> User unknown", true},
		{"5.4.4", "Host or domain name not found. Name service error for name=example.test type=A: Host not found", true},
		{"5.4.4", "smtp; 5.4.4 (unable to look up host example.test) [internal]", true},
		{"5.1.2", "smtp; 5.1.2 - Bad destination host 'DNS Hard Error looking up foo.test (MX):  NXDomain'", true},
		{"5.1.10", "556 5.1.10 Recipient address has null MX", true},
		{"5.0.0", "550 cuda_nsu <x@y.z>", true},
		{"5.0.0", "550 No such person at this address", true},
		{"5.0.0", "550 Address not present in directory", true},
		{"5.0.0", "550 not a known user here", true},
		{"5.0.0", "550 Unable to find user", true},
		{"5.0.0", "550 no one at this address", true},
		{"5.1.1", "550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found", true},
		{"5.0.0", "550 Empfänger unbekannt", true},
		{"5.0.0", "550 Utilisateur inconnu", true},
		{"5.0.0", "550 5.0.0 Name is not recognized", true},
		{"5.0.0", "550 Recipient Rejected: No account by that name here", true},
		{"5.0.0", "550 Mailbox does not exist", true},
		{"5.0.0", "550 <x@y.z> no such user here", true},
		{"5.0.0", "550 sorry, no mailbox here by that name", true},
		{"5.0.0", "550 User x has no mailbox here", true},
		{"5.7.1", "550 5.7.1 <x@y.z>: Recipient address rejected: undeliverable address: user unknown", true},
		{"5.0.0", "551 User not local; please try <q@y.z>", true},
		{"5.2.0", "550 5.2.0 No such mailbox", true},
		{"5.0.0", "550 The mail server could not deliver mail to x@y.z. The account or domain may not exist, they may be blacklisted, or missing the proper dns entries.", true},
		{"5.0.0", "521 Server does not accept mail", true},
		{"5.0.0", "556 Domain does not accept mail", true},
		{"5.1.6", "551 5.1.6 recipient no longer on server", true},
		{"5.0.0", "550 permanent failure for one or more recipients (x@y.z:550 5.1.1 User unknown)", true},
		{"5.0.0", "550 5.4.310 DNS domain y.z does not exist [Message=InfoDomainNonexistent]", true},
		{"5.4.12", "550 5.4.12 SMTP; Unroutable domain", true},
		{"5.0.0", "Cannot resolve the domain name y.z", true},
		{"5.0.0", "550 This domain is not hosted here", true},
		{"5.0.0", "533 5.1.1 unknown or illegal alias: x@y.z", true},
		{"5.0.0", "user is unknown", true},

		{"5.0.0", "554 delivery error: dd Sorry your message to x@yahoo.com cannot be delivered. This account has been disabled or discontinued [#102].", false},
		{"5.0.0", "554 5.7.1 <x@y.z>: Relay access denied", false},
		{"5.2.2", "552 5.2.2 Over quota", false},
		{"5.0.0", "552 Requested mail action aborted: exceeded storage allocation", false},
		{"5.0.0", "550 Mailbox is full / Blocks limit exceeded / Inode limit exceeded", false},
		{"5.7.1", "550 5.7.1 Service unavailable; client host [1.2.3.4] blocked using zen.spamhaus.org", false},
		{"5.7.26", "550 5.7.26 This mail is unauthenticated", false},
		{"5.1.8", "550 5.1.8 <s@x.y>: Sender address rejected: Domain not found", false},
		{"5.0.0", "550 <s@x.y>: Sender address rejected: Domain not found", false},
		{"5.0.0", "550 Sender verify failed: unrouteable address", false},
		{"5.0.0", "553 sorry, your envelope sender domain must exist", false},
		{"5.4.7", "554 5.4.7 message expired: unable to deliver in 5 days", false},
		{"5.4.1", "5.4.1 [internal] no answer from host", false},
		{"5.4.6", "554 5.4.6 too many hops", false},
		{"5.3.4", "552 5.3.4 message size exceeds fixed limit", false},
		{"5.7.1", "550 5.7.1 Your message was rejected by recipient's filter", false},
		{"5.0.0", "550 Message rejected: content looks like spam", false},
		{"5.4.0", "554 5.4.0 Error: too many hops", false},
		{"4.4.1", "connect to mx.y.z[1.2.3.4]:25: Connection timed out", false},
		{"4.4.3", "451 4.4.3 temporary lookup failure: Host not found, try again", false},
		{"5.0.0", "550 Your IP 1.2.3.4 has no reverse DNS, host not found", false},
		{"5.0.0", "550 Rejected: your HELO domain does not exist", false},
		{"5.0.0", "554 5.7.1 <unknown[1.2.3.4]>: Client host rejected: cannot find your hostname, [1.2.3.4]", false},
		{"5.0.0", "550 5.7.1 unable to deliver to <x@y.z>: group members only", false},
		{"5.0.0", "450 Requested action not taken: mailbox unavailable", false},
		{"5.2.1", "550 5.2.1 The email account that you tried to reach is disabled.", false},
		{"5.0.0", "550 permanent failure for one or more recipients (x@y.z:blocked)", false},
		{"4.2.2", "452 4.2.2 mailbox full", false},
		{"5.1.4", "550 5.1.4 Destination mailbox address ambiguous", false},
		{"5.0.0", "550 This account is inactive", false},
		{"5.0.0", "550 domain isn't in my list of allowed rcpthosts", false},
	} {
		if got := hard(tc.status, tc.diagnosis, "It failed.\n"+tc.diagnosis); got != tc.want {
			t.Errorf("hard(%q, %q) = %v, want %v", tc.status, tc.diagnosis, got, tc.want)
		}
	}
}
