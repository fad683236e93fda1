package orderlink

import "strings"

// A reading is what the words beside a number say of it.
type reading struct {
	label      label // decides, or noLabel
	loose      bool  // other words stand between, or a line's end
	number     bool  // "number" does
	after      bool  // the word follows: "12345 is my order"
	hash       bool  // # before the number
	verb       bool  // "to order 12345": how many, perhaps
	suspicious bool  // a word for something else precedes in the same sentence
}

// Bounds of how far words are looked for, in tokens.
const (
	farBack  = 10
	farAhead = 7
)

// readBack reads what stands before token i.
func readBack(tokens []token, i int) (r reading) {
	lines := 0
	for k := i - 1; k >= max(0, i-farBack); k-- {
		t := &tokens[k]
		if tokens[k+1].newline {
			if lines++; lines > 1 || !t.is(":#=") && !(t.kind == word && (labelOf(t.low) == numberWord || labelOf(t.low).decides())) {
				break
			}
			r.loose = true
		}
		switch {
		case t.is("#№"):
			r.hash = r.hash || k == i-1
			r.number = true
			continue
		case t.is(":=\"'([<*°º>|“„«»’‘/_~`") || t.hyphen() || t.is("&?") && !tokens[k+1].space:
			continue
		case t.is(",)]"):
			r.loose = true
			continue
		case t.is("."):
			// An abbreviation's, and no sentence's end.
			if k > 0 && tokens[k-1].kind == word && !t.space {
				if l := labelOf(tokens[k-1].low); l == numberWord || l.decides() && !tokens[k+1].newline && len(tokens[k-1].low) <= 12 && tokens[k-1].low != "order" {
					continue
				}
			}
		case t.kind == word:
			switch l := labelOf(t.low); {
			case l == filler:
				continue
			case l == looseFiller:
				r.loose = true
				continue
			case l == numberWord:
				r.number = true
				continue
			case l.decides():
				r.label = l
				r.verb = l == orderVerb || l == orderNoun && usedAsVerb(tokens, k)
				return r
			case spelt[t.low] && k > 0 && near(t.low, "order", 1) && english[tokens[k-1].low]:
				r.label = orderNoun // "my oder 12345"
				return r
			case spelt[t.low] && near(t.low, "bill", 1):
				r.suspicious = true // "the pill #12345"
				return r
			}
		}
		r.suspicious = suspects(tokens, k)
		return r
	}
	return r
}

// suspects reports whether a word for something else than an order stands in
// the sentence up to token i, with no number between.
func suspects(tokens []token, i int) bool {
	for k := i; k >= max(0, i-farBack); k-- {
		t := &tokens[k]
		if t.kind == number || t.is(".!?;") || k < i && tokens[k+1].newline {
			return false
		}
		if t.kind == word {
			switch l := labelOf(t.low); {
			case l == antiLabel:
				return true
			case l.decides():
				return false
			}
		}
	}
	return false
}

// usedAsVerb reports whether "order" at token k is something that people do.
func usedAsVerb(tokens []token, k int) bool {
	if tokens[k].low != "order" && tokens[k].low != "purchase" || k == 0 {
		return false
	}
	return verbBefore[tokens[k-1].low]
}

// english are words after which no other language goes on.
var english = set("the my this that your of with about for to cancel cancelling canceling cancelled track tracking change changing edit editing see check an")

var verbBefore = set("to can could i we you ll will would like want please just d may might they should must let")

// readAhead reads what follows token i, for a number that nothing precedes.
func readAhead(tokens []token, i int) (r reading) {
	r.after = true
	for k := i + 1; k < min(len(tokens), i+1+farAhead); k++ {
		t := &tokens[k]
		if t.newline {
			break
		}
		switch {
		case t.is("(),:\"'’”[]") || t.hyphen():
			continue
		case t.kind == word:
			switch l := labelOf(t.low); {
			case l == filler:
				continue
			case l == looseFiller:
				r.loose = true
				continue
			case l == numberWord:
				r.number = true
				continue
			case l.decides():
				// It may be the next number's word.
				for next := k + 1; next < min(len(tokens), k+5); next++ {
					n := &tokens[next]
					if n.kind == number {
						return reading{}
					}
					if n.kind == word && labelOf(n.low) == numberWord {
						r.number = true
						continue
					}
					if !n.is("#:.") && !(n.kind == word && labelOf(n.low) == filler) {
						break
					}
				}
				r.label = l
				return r
			}
		}
		break
	}
	return reading{}
}

// listed reports whether nothing but what parts the items of a list stands
// between token a and token b.
func listed(tokens []token, a, b int) bool {
	if b-a > 5 || b-a < 2 && !tokens[b].newline {
		return false
	}
	for k := a + 1; k < b; k++ {
		t := &tokens[k]
		if t.is(",;&+/#•*·|") || t.hyphen() || t.kind == word && listWords[t.low] {
			continue
		}
		return false
	}
	return true
}

var listWords = set("and und et y e i en og och ja a or oder ou o u of oraz sowie as well plus и і و")

// endings are words that go on after a number, where a thing's name would say
// that it was counted.
var endings = set(`has have had hasn haven hasnt havent not and please but because which as still yet never arrived shipped delivered wrong damaged missing broken today yesterday
	where when why how what i we you they he she it or if so since until before after now thanks thank hi hello cheers can could would should will won wont does doesn didn did do in into
	und ist wurde wird nicht noch bitte aber weil wo wann wie ich wir kann danke hallo in
	et mais n ne pas a y est ou quand je nous merci
	pero porque no todavia donde cuando por gracias
	e ma non ancora dove quando grazie perche
	en maar niet nog waar wanneer bedankt
	i ale nie jeszcze gdzie kiedy dziekuje
	onde quando obrigado obrigada nao ainda
	cancel cancelled canceled change changed track return refund`)

// units are what is counted, weighed or paid in.
var units = set(`dollar dollars usd eur euro euros cent cents pound pounds gbp quid chf franken francs pln zl zloty zlotych kr sek nok dkk czk kc huf ft yen jpy rs inr rupees aud cad bucks try tl lei ron rub
	piece pieces pcs pc stuck stk pieza piezas pezzi stuks sztuk szt units unit copies
	kg g gr gram grams mg lb lbs oz ml l liter litre liters litres cl
	mm cm m km inch inches in" ft feet yard yards meter meters metre metres px mah w watt watts v volt gb mb tb mp hz
	day days week weeks month months year years hour hours hr hrs minute minutes min mins second seconds tag tage tagen woche wochen monat monate jahr jahre stunden uhr
	jour jours semaine semaines mois an ans heures dia dias semana semanas mes meses anos horas giorni settimane mesi ore dagen weken maanden dni tygodni miesiecy godzin
	percent prozent x times mal points point stars punkte people persons guests
	am pm`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}
