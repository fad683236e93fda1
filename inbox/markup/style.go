package markup

import (
	"regexp"
	"strings"
	"unicode"
)

// safeStyle is the form of what [style] lets through.
var safeStyle = regexp.MustCompile(`^(?:[a-z-]+: [\pL\pN#%.,()' +-]+(?:; )?)+$`)

// safeValue says that of a value. It is no pattern: one that counts letters of
// every script takes four megabytes.
func safeValue(value string) bool {
	n := 0
	for _, r := range value {
		if n++; n > 200 || !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("#%.,()' +-", r) {
			return false
		}
	}
	return n > 0
}

// The properties that shape text and tables. None positions, covers or loads.
var properties = func() map[string]bool {
	set := make(map[string]bool)
	for _, p := range strings.Fields(`background-color border border-bottom border-bottom-color border-bottom-style
		border-bottom-width border-collapse border-color border-left border-left-color border-left-style border-left-width
		border-radius border-right border-right-color border-right-style border-right-width border-spacing border-style
		border-top border-top-color border-top-style border-top-width border-width caption-side clear color direction
		display empty-cells float font-family font-size font-style font-variant font-weight height letter-spacing
		line-height list-style-type margin margin-bottom margin-left margin-right margin-top max-height max-width
		min-width overflow-wrap padding padding-bottom padding-left padding-right padding-top table-layout text-align
		text-decoration text-indent text-transform vertical-align white-space width word-break word-spacing word-wrap`) {
		set[p] = true
	}
	return set
}()

// style keeps of a style attribute the declarations that are harmless: known
// properties with plain values. A background's colour survives, its picture
// does not.
func style(css string) string {
	if len(css) > 8000 {
		return ""
	}
	var out []string
	for _, decl := range declarations(css) {
		name, value, ok := strings.Cut(decl, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		value = strings.Join(strings.Fields(strings.ReplaceAll(value, `"`, `'`)), " ")
		if i := strings.Index(strings.ToLower(value), "!important"); i >= 0 {
			value = strings.TrimSpace(value[:i])
		}
		if name == "background" && ok && plainColour.MatchString(value) {
			name = "background-color"
		}
		if !ok || !properties[name] || !safeValue(value) || calls(value) {
			continue
		}
		if strings.HasPrefix(name, "margin") && strings.Contains(value, "-") {
			continue // a negative margin moves a thing over another
		}
		out = append(out, name+": "+value)
	}
	return strings.Join(out, "; ")
}

var plainColour = regexp.MustCompile(`^(?:#[0-9a-fA-F]{3,8}|[a-zA-Z]{3,20}|rgba?\([0-9., %]+\))$`)

// calls reports whether a value calls a function other than those that name a
// colour.
func calls(value string) bool {
	low := strings.ToLower(value)
	for {
		i := strings.IndexByte(low, '(')
		if i < 0 {
			return strings.Contains(low, "expression") || strings.Contains(low, "javascript")
		}
		head := low[:i]
		if !strings.HasSuffix(head, "rgb") && !strings.HasSuffix(head, "rgba") && !strings.HasSuffix(head, "hsl") && !strings.HasSuffix(head, "hsla") {
			return true
		}
		low = low[i+1:]
	}
}

// declarations cuts at the ";" that stand outside quotes and parentheses.
func declarations(css string) (decls []string) {
	depth, start := 0, 0
	var quote byte
	for i := 0; i < len(css); i++ {
		switch c := css[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth = max(0, depth-1)
		case c == ';' && depth == 0:
			decls = append(decls, css[start:i])
			start = i + 1
		}
	}
	return append(decls, css[start:])
}
