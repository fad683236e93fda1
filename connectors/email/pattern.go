package email

import (
	"regexp"
	"sync"
)

// A pattern is a regular expression that is made when it is first asked. The
// words of so many languages take megabytes, and this package is part of every
// process, most of which never read a mail.
type pattern func() *regexp.Regexp

func lazy(expr string) pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
