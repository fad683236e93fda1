package orderlink

// isMoney reports whether what tokens say is an amount.
func isMoney(tokens []token, first, last int) bool {
	if first > 0 && isCurrency(&tokens[first-1]) || last+1 < len(tokens) && isCurrency(&tokens[last+1]) {
		return true
	}
	// 12.50 and 1.200: a number's groups have more digits, or there are more of them.
	return last == first+2 && tokens[first+1].is(".") && tokens[first].kind == number && tokens[last].kind == number && isDigits(tokens[first].key) && (tokens[last].digits <= 3 || tokens[first].digits <= 2)
}

func isCurrency(t *token) bool {
	switch {
	case t.kind == sign:
		switch t.r {
		case '$', '€', '£', '¥', '₹', '₽', '₺', '₴', '₩', '¢', '%', '‰', '°':
			return t.r != '°'
		}
	case t.kind == word:
		switch t.low {
		case "usd", "eur", "euro", "euros", "gbp", "chf", "pln", "sek", "nok", "dkk", "czk", "huf", "jpy", "inr", "aud", "cad", "dollars", "dollar", "usd$":
			return true
		}
	}
	return false
}

// isDate reports whether tokens are a date: 12/03/2024, 3.12.23, 2024-03-12.
func isDate(tokens []token, first, last int) bool {
	if last == first+2 && (tokens[first+1].is("/") || tokens[first+1].is(".")) {
		// 12/03, 3.12.
		return tokens[first].digits <= 2 && tokens[last].digits <= 4 && tokens[last].digits != 3 && isDigits(tokens[first].key) && isDigits(tokens[last].key)
	}
	if last != first+4 {
		return false
	}
	for k := first; k <= last; k += 2 {
		if !isDigits(tokens[k].key) {
			return false
		}
	}
	a, b, c := tokens[first].digits, tokens[first+2].digits, tokens[last].digits
	return a <= 2 && b <= 2 && (c == 2 || c == 4) || a == 4 && b <= 2 && c <= 2
}

// isTime reports whether tokens are a time of the day or a ratio: 10:30.
func isTime(tokens []token, first, last int) bool {
	joined := func(k int) bool {
		return k > 0 && k+1 < len(tokens) && tokens[k].is(":") && !tokens[k].space && !tokens[k+1].space && tokens[k-1].kind == number && tokens[k+1].kind == number
	}
	return tokens[first].digits <= 2 && tokens[last].digits <= 2 && (joined(first-1) || joined(last+1))
}

// isMeasured reports whether tokens are a quantity: 500 ml, 10x, 2nd, +49….
func isMeasured(tokens []token, first, last int) bool {
	if first > 0 && tokens[first-1].is("+~±<≥≤") && !tokens[first].space {
		return true // a telephone number, or about so much
	}
	if first == last {
		t := &tokens[first]
		if t.digits <= 4 && len(t.key) > t.digits && t.key[0] >= '0' && t.key[0] <= '9' && !t.upper {
			return true // 500ml, 4k, 2nd
		}
		if last+1 < len(tokens) && !tokens[last+1].newline && tokens[last+1].kind == word && units[tokens[last+1].low] && t.digits <= 5 {
			return true
		}
		if last+1 < len(tokens) && tokens[last+1].kind == sign && !tokens[last+1].space && tokens[last+1].r == '"' && t.digits <= 2 {
			return true
		}
	}
	return false
}

// isMasked reports whether token i is what is left of a number that was masked:
// **** 1234. Two stars are bold type.
func isMasked(tokens []token, i int) bool {
	stars := 0
	for k := i - 1; k >= 0 && tokens[k].is("*•"); k-- {
		stars++
	}
	return stars > 2
}
