package eval

import (
	"bytes"
	"context"
	"strings"

	"golang.org/x/net/idna"

	"skein/connectors/email"
	"skein/inbox/identity"
)

// emailKeys measures by what an address is matched, as it stands in the From
// field of a mail or by itself.
func emailKeys(ctx context.Context, path string, r *Reporter) error {
	var cases []struct {
		Raw  string `json:"raw"`
		Key  string `json:"match_key"`
		Note string `json:"note"`
	}
	if err := readJSON(path, &cases); err != nil {
		return err
	}
	row, wrong := r.Row("mail address keys"), r.Row("mail address keys: contradictory")
	row.AtLeast(1)
	wrong.Note("the key's domain is not the address's")
	for _, c := range cases {
		row := row
		if !sameDomain(c.Raw, c.Key) {
			row = wrong
		}
		got := identity.EmailKey(c.Raw)
		if got == "" {
			mail := []byte("From: " + c.Raw + "\r\nTo: shop@shop.example\r\nSubject: A question\r\n\r\nHello\r\n")
			item, err := email.Normalise(ctx, bytes.NewReader(mail), int64(len(mail)), mailOptions())
			if err != nil {
				row.Check(c.Raw, false, err, c.Key)
				continue
			}
			got = identity.EmailKey(item.Sender.Address)
		}
		row.Check(c.Raw, got == c.Key, got, c.Key)
	}
	return nil
}

// sameDomain reports whether an international domain of a key is, in letters,
// in what it is the key of.
func sameDomain(raw, key string) bool {
	domain := key[strings.LastIndexByte(key, '@')+1:]
	if !strings.Contains(domain, "xn--") || strings.Contains(strings.ToLower(raw), domain) {
		return true
	}
	letters, err := idna.Lookup.ToUnicode(domain)
	return err == nil && strings.Contains(strings.ToLower(raw), letters)
}
