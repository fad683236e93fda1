package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A mail is what the generator remembers of one, to answer it later.
type mail struct {
	id     string
	refs   []string
	sender int
}

// mails makes n normalised mails: half begin a conversation, half answer an
// earlier mail of the same customer, bodies of about 2 KB with the raw bytes
// beside them. The same n gives the same mails.
func mails(n int, accounts []inbox.AccountID) []connectors.Inbound {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	var sent []mail
	list := make([]connectors.Inbound, 0, n)
	began := time.Now().Add(-time.Duration(n) * time.Second)
	for i := range n {
		m := mail{id: fmt.Sprintf("%d.%x@mail.example", i, r.Uint64()), sender: r.IntN(n/4 + 1)}
		if i%2 == 1 {
			parent := sent[r.IntN(len(sent))]
			m.sender, m.refs = parent.sender, append(parent.refs[:len(parent.refs):len(parent.refs)], parent.id)
		}
		sent = append(sent, m)
		account := accounts[m.sender%len(accounts)]
		list = append(list, m.inbound(r, account, began.Add(time.Duration(i)*time.Second)))
	}
	return list
}

func (m *mail) inbound(r *rand.Rand, account inbox.AccountID, at time.Time) connectors.Inbound {
	address := fmt.Sprintf("customer%d@customers.example", m.sender)
	name := fmt.Sprintf("%s %s", words[m.sender%len(words)], words[m.sender/len(words)%len(words)])
	to := string(account) + "@shop.example"
	text := prose(r, 2000)
	subject := prose(r, 40)
	raw := fmt.Appendf(nil, "From: %s <%s>\r\nTo: %s\r\nMessage-ID: <%s>\r\nSubject: %s\r\nReferences: %s\r\n\r\n%s",
		name, address, to, m.id, subject, strings.Join(m.refs, " "), text)
	sum := sha256.Sum256(raw)
	hash := hex.EncodeToString(sum[:])
	in := connectors.Inbound{
		Kind: connectors.KindMessage, Channel: inbox.Email, Account: account, Lane: connectors.LaneLive,
		EventID: "message:" + m.id + ":" + hash, ExternalID: m.id, Key: address,
		Sender:     connectors.Sender{Kind: inbox.EmailAddress, Address: address, Name: name, Proof: inbox.Proven},
		ProviderAt: at, ReceivedAt: at,
		Raw: &connectors.Body{Size: int64(len(raw)), SHA256: hash, Inline: raw},
		Message: &connectors.Message{
			MessageID: m.id, References: m.refs, From: inbox.Party{Address: address, Name: name},
			To: []inbox.Party{{Address: to}}, DeliveredTo: []string{to}, Subject: subject, Text: text, VisibleText: text,
		},
	}
	if n := len(m.refs); n > 0 {
		in.Message.InReplyTo = m.refs[n-1:]
	}
	return in
}

// prose is made-up text of about n bytes.
func prose(r *rand.Rand, n int) string {
	var b strings.Builder
	for b.Len() < n {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(words[int(float64(len(words))*r.Float64()*r.Float64())])
	}
	return b.String()
}

// words are two thousand made-up ones, told apart by their syllables.
var words = func() []string {
	onset := []string{"b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v"}
	vowel := []string{"a", "e", "i", "o", "u"}
	var list []string
	for i := range 2000 {
		var b strings.Builder
		for n := i + 1; n > 0; n /= 65 {
			b.WriteString(onset[n%13] + vowel[n/13%5])
		}
		list = append(list, b.String()+"n")
	}
	return list
}()
