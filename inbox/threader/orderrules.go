package threader

import (
	"encoding/json"
	"slices"

	"skein/inbox"
	"skein/inbox/orderlink"
)

// orderRules are the decisions on orders.
func orderRules() inbox.OrderRules {
	return inbox.OrderRules{
		Keys: numberKeys, Learn: learn, Reads: reads, Find: find, Describe: describe, Knows: orderlink.Knows, CodeLetter: orderlink.CodeLetter,
		Render: func(text string, letter *inbox.Letter) (string, error) {
			return orderlink.Render(text, (*orderlink.Letter)(letter))
		},
		Variables: orderlink.Variables, CheckText: orderlink.Check,
	}
}

// numberKeys are the number's own key, and what it stands for among the numbers
// of each store.
func numberKeys(number string, grammars []inbox.StoreGrammar) []string {
	var keys []string
	add := func(key string) {
		if key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	add(orderlink.NumberKey(number))
	for _, g := range readGrammars(grammars) {
		add(g.Key(number))
	}
	return keys
}

// readGrammars passes over what can't be read: it is learned anew.
func readGrammars(stored []inbox.StoreGrammar) []orderlink.Grammar {
	var list []orderlink.Grammar
	for _, s := range stored {
		if g, err := orderlink.ParseGrammar(s.Grammar); err == nil {
			list = append(list, g)
		}
	}
	return list
}

func learn(old []byte, numbers []string) ([]byte, error) {
	g := orderlink.Learn(numbers)
	if known, err := orderlink.ParseGrammar(old); err == nil {
		g = known.Merge(g)
	}
	return json.Marshal(g)
}

func reads(grammar []byte) string {
	g, _ := orderlink.ParseGrammar(grammar) // none reads nothing
	return g.Reads()
}

func find(grammars []inbox.StoreGrammar) func(subject, said string, masked bool) []inbox.Mention {
	known := readGrammars(grammars)
	return func(subject, said string, masked bool) []inbox.Mention {
		return mentionsIn(subject, said, masked, known)
	}
}

func describe(grammar []byte) inbox.Numbering {
	g, _ := orderlink.ParseGrammar(grammar) // none: the zero grammar says so
	n := inbox.Numbering{Text: g.Text(), Examples: g.Examples()}
	if n.Examples == nil {
		n.Examples = []string{}
	}
	if len(grammar) > 0 {
		n.Forms = grammar
	}
	return n
}
