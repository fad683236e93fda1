package orderlink

import (
	"slices"
	"strings"
	"unicode"

	"skein/inbox"
)

// Knows reports whether who says so knows the order: a post code of one of its
// addresses, and an item of it in their own words. Either alone is easily
// guessed.
func Knows(order *inbox.LinkOrder, says inbox.Proofing) bool {
	if order == nil {
		return false
	}
	code := postcode(says.Postcode)
	if code == "" || !slices.ContainsFunc(order.Parties, func(p inbox.OrderParty) bool { return p.Address != nil && postcode(p.Address.Postcode) == code }) {
		return false
	}
	return slices.ContainsFunc(order.Items, func(i inbox.Item) bool { return names(says.Item, i) })
}

// postcode is one as it is compared: without its gaps, and an American one
// without the four digits that most people don't know.
func postcode(s string) string {
	var b strings.Builder
	hyphen := -1
	for _, r := range s {
		switch d, ok := digit(r); {
		case ok:
			b.WriteByte(byte('0' + d))
		case unicode.IsLetter(r):
			b.WriteRune(unicode.ToUpper(narrow(r)))
		case isHyphen(r):
			hyphen = b.Len()
		}
	}
	code := b.String()
	if hyphen == 5 && len(code) == 9 && isDigits(code) {
		return code[:5]
	}
	return code
}

// names reports whether words mean an item: its SKU, or at least half of them,
// one of which is a name, are among those of its title and variant.
func names(words string, item inbox.Item) bool {
	if sku := NumberKey(item.SKU); sku != "" && len(sku) >= 4 && NumberKey(words) == sku {
		return true
	}
	known := map[string]bool{}
	for _, w := range wordsOf(item.Title + " " + item.Variant) {
		known[w] = true
	}
	said, hits, named := 0, 0, false
	for _, w := range wordsOf(words) {
		if fillers[w] {
			continue
		}
		said++
		if known[w] {
			hits++
			named = named || !isDigits(w) && len([]rune(w)) >= 3
		}
	}
	return named && 2*hits >= said
}

// fillers are words that fit any item.
var fillers = func() map[string]bool {
	set := map[string]bool{}
	for _, w := range wordsOf(`a an the my some one of in on for with and or to it its that this order item product thing article
		size colour color pair set der die das ein eine einen mein meine und mit in für von artikel bestellung grösse größe farbe
		le la les un une mon ma des du de et avec pour commande produit taille couleur el los las una mi y con pedido producto talla`) {
		set[w] = true
	}
	return set
}()

// wordsOf splits at what is neither letter nor digit, in lower case and without
// a plural's s.
func wordsOf(s string) []string {
	var list []string
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") {
			w = w[:len(w)-1]
		}
		list = append(list, w)
	}
	return list
}
