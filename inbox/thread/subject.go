package thread

import "strings"

// BaseSubject returns what a subject is without the marks of replies and
// forwards: the base subject of RFC 5256 section 2.1. The subject is one whose
// encoded words are decoded already; base subjects are compared without regard
// to case.
//
// Two messages of one base subject are not therefore one conversation: it is
// for suggestions, and [Decide] doesn't use it.
func BaseSubject(subject string) string {
	s := strings.Join(strings.FieldsFunc(subject, func(r rune) bool {
		return r == ' ' || r == '\t' || r == '\r' || r == '\n'
	}), " ") // step 1
	for {
		s = withoutTrailers(s)
		s = withoutLeaders(s)
		// Step 6: forwarded as a whole.
		if !hasPrefixFold(s, "[fwd:") || !strings.HasSuffix(s, "]") {
			return s
		}
		s = strings.Trim(s[len("[fwd:"):len(s)-1], " ")
	}
}

// withoutTrailers is step 2.
func withoutTrailers(s string) string {
	for {
		s = strings.TrimRight(s, " ")
		if !hasSuffixFold(s, "(fwd)") {
			return s
		}
		s = s[:len(s)-len("(fwd)")]
	}
}

// withoutLeaders is steps 3 to 5: what stands before the base is dropped, but
// never the last blob where nothing else would be left.
func withoutLeaders(s string) string {
	for {
		s = strings.TrimLeft(s, " ")
		last := s // from the last of the blobs at the beginning on
		rest := s
		for {
			after, ok := cutBlob(rest)
			if !ok {
				break
			}
			last, rest = rest, after
		}
		if after, ok := cutReply(rest); ok {
			s = after
			continue
		}
		if rest == "" {
			return last
		}
		return rest
	}
}

// cutBlob cuts a subj-blob off the front: "[", anything but brackets, "]".
func cutBlob(s string) (rest string, ok bool) {
	if !strings.HasPrefix(s, "[") {
		return s, false
	}
	end := strings.IndexAny(s[1:], "[]") + 1
	if end == 0 || s[end] != ']' {
		return s, false
	}
	return strings.TrimLeft(s[end+1:], " "), true
}

// cutReply cuts a subj-refwd off the front: "Re:", "Fw:", "Fwd:", also with a
// blob before the colon.
func cutReply(s string) (rest string, ok bool) {
	for _, word := range []string{"re", "fwd", "fw"} {
		if !hasPrefixFold(s, word) {
			continue
		}
		rest, _ := cutBlob(strings.TrimLeft(s[len(word):], " "))
		if after, ok := strings.CutPrefix(rest, ":"); ok {
			return after, true
		}
	}
	return s, false
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}
