package orderlink

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"skein/inbox"
)

// MaxMentions bounds what [Find] returns of one message.
const MaxMentions = 50

var (
	candidate = regexp.MustCompile(`#?[\p{L}\p{Nd}]*\p{Nd}[\p{L}\p{Nd}-]*`)
	cueBefore = regexp.MustCompile(`(?i)(order|purchase|bestell\pL*|auftrag\pL*|commande|pedido|ordine|zamówieni\pL*)(\s+(number|nr|no|id|is|nummer))*[\s:.#-]*$`)
)

// Find returns what a message names that may be an order or a parcel, in the
// order of the text, the subject first. text is what its writer wrote, without
// quotes and signature. Spans are bytes into the part that a mention names. Of
// a number that is named twice the surest mention is returned, and of more
// than [MaxMentions] numbers the surest. It takes time linear in the text.
func Find(subject, text string, grammars []Grammar) []inbox.Mention {
	var found []inbox.Mention
	for _, part := range []struct{ name, text string }{{"subject", subject}, {"text", text}} {
		for _, parcel := range Tracking(part.text) {
			found = append(found, inbox.Mention{Kind: inbox.MentionTracking, Key: parcel.Key, Text: part.text[parcel.Start:parcel.End], Part: part.name, Start: parcel.Start, End: parcel.End, Score: .9})
		}
		for _, span := range candidate.FindAllStringIndex(part.text, -1) {
			written := strings.TrimRight(part.text[span[0]:span[1]], "-")
			key := NumberKey(written)
			if key == "" {
				continue
			}
			score := 0.0
			if cueBefore.MatchString(part.text[max(0, span[0]-40):span[0]]) {
				score = .9
			}
			keys := []string{key}
			for _, g := range grammars {
				if known := g.keys(key); len(known) > 0 && (score > 0 || known[0] == key && !isDigits(key) || written[0] == '#') {
					keys, score = known, max(score, .95)
				}
			}
			if score == 0 {
				continue
			}
			for _, key := range keys {
				found = append(found, inbox.Mention{Kind: inbox.MentionOrder, Key: key, Text: written, Part: part.name, Start: span[0], End: span[0] + len(written), Score: score})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b inbox.Mention) int { return cmp.Compare(b.Score, a.Score) })
	type named struct {
		kind inbox.MentionKind
		key  string
	}
	seen := map[named]bool{}
	found = slices.DeleteFunc(found, func(m inbox.Mention) bool {
		n := named{m.Kind, m.Key}
		if seen[n] {
			return true
		}
		seen[n] = true
		return false
	})
	found = found[:min(len(found), MaxMentions)]
	slices.SortStableFunc(found, func(a, b inbox.Mention) int {
		return cmp.Or(cmp.Compare(a.Part, b.Part), cmp.Compare(a.Start, b.Start))
	})
	return found
}
