package eval

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"skein/connectors"
	"skein/inbox"
)

// bouncesFile is where it is told what each report says.
const bouncesFile = "bounces/expected.json"

// A delivered copy, a complaint and a vacation notice are reports and no
// bounces; of three reasons the source itself doesn't say whether they pass.
var (
	noBounce  = []string{"feedback", "delivered", "vacation"}
	undecided = []string{"filtered", "onhold", "undefined"}
)

type expectedBounce struct {
	Hard   bool   `json:"hard"`
	Reason string `json:"reason"`
}

// bounces measures delivery reports: whether a mail is one, whether trying again
// is of no use, and whose address it is about.
func bounces(ctx context.Context, path string, r *Reporter) error {
	var expected map[string][]expectedBounce
	if err := readJSON(path, &expected); err != nil {
		return err
	}
	root := strings.TrimSuffix(filepath.ToSlash(path), bouncesFile) // that its names are relative to
	is, hard, recipient := r.Row("bounce: is one"), r.Row("bounce: hard or soft"), r.Row("bounce: recipient")
	is.AtLeast(.98)
	hard.AtLeast(.95)
	recipient.AtLeast(.98)
	recipient.Note("where RFC 3464 fields name it")
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		want := expected[name]
		raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		var m *connectors.Message
		if err == nil {
			m, err = readMail(ctx, raw)
		}
		if err != nil {
			is.Check(name, false, err, want)
			continue
		}
		some := slices.ContainsFunc(want, func(b expectedBounce) bool { return !slices.Contains(noBounce, b.Reason) })
		is.Check(name, some == (len(m.Bounces) > 0), m.Bounces, want)
		for i, b := range want {
			if slices.Contains(noBounce, b.Reason) || slices.Contains(undecided, b.Reason) {
				continue
			}
			right := i < len(m.Bounces) && m.Bounces[i].Hard == b.Hard
			hard.Check(fmt.Sprintf("%s #%d", name, i+1), right, m.Bounces, fmt.Sprintf("hard %v: %s", b.Hard, b.Reason))
		}
		if !some {
			continue
		}
		for _, named := range namedRecipients(string(raw)) {
			right := slices.ContainsFunc(m.Bounces, func(b inbox.Bounce) bool {
				return slices.Contains(named, strings.ToLower(b.Recipient))
			})
			recipient.Check(name, right, m.Bounces, named)
		}
	}
	return nil
}

var (
	reportField = regexp.MustCompile(`(?im)^(final|original|x-actual)-recipient:[ \t]*(?:rfc822|utf-8|smtp)[ \t]*;[ \t]*<?([^\s<>;]+@[^\s<>;]+?)>?[ \t]*\r?$`)
	action      = regexp.MustCompile(`(?im)^action:[ \t]*(\S+)`)
	betweenThem = regexp.MustCompile(`\r?\n[ \t]*\r?\n`)
)

// namedRecipients reads off the raw report, block by block, the addresses by
// which the fields of RFC 3464 section 2.3 name a recipient that failed, in
// lower case. What is encoded is not looked into.
func namedRecipients(raw string) [][]string {
	var out [][]string
	for _, block := range betweenThem.Split(raw, -1) {
		if a := action.FindStringSubmatch(block); a == nil || !strings.EqualFold(a[1], "failed") {
			continue
		}
		var named []string
		for _, f := range reportField.FindAllStringSubmatch(block, -1) {
			address := strings.ToLower(f[2])
			if route, after, ok := strings.Cut(address, ":"); ok && strings.HasPrefix(route, "@") {
				address = after // a route is no part of it (RFC 5321 appendix C)
			}
			named = append(named, address)
		}
		if len(named) > 0 {
			out = append(out, named)
		}
	}
	return out
}
