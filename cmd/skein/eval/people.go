package eval

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"skein/inbox"
	"skein/inbox/identity"
)

// How many possible matches an agent is shown, and how many may share a hint
// before it says nothing, as in the store.
const (
	suggested = 5
	sharing   = 50
)

// A person is one record, as an identity.
type person struct {
	node    inbox.Node
	claims  []inbox.Claim
	hints   []string
	profile identity.Profile
	truth   string
	text    string
}

// peopleRecords measures merges and suggestions on records of people with
// errors, of which it is known who is who. Each record is an identity, and what
// it says is proven.
func peopleRecords(ctx context.Context, dir string, r *Reporter) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil {
		return err
	}
	for _, file := range files {
		people, err := readPeople(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		merged(people, r)
		suggestions(people, r)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

func readPeople(path string) ([]person, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	var out []person
	for n, row := range rows[1:] {
		of := func(name string) string {
			if i, ok := column[name]; ok {
				return row[i]
			}
			return ""
		}
		id := fmt.Sprintf("%08d", n)
		p := person{truth: of("cluster"), text: strings.Join(row, " ")}
		p.node = inbox.Node{ID: inbox.IdentityID(id), Born: inbox.CustomerID(id), Customer: inbox.CustomerID(id), Birthday: identity.Birthday(of("dob"))}
		for _, c := range []struct {
			field inbox.ClaimField
			value string
		}{
			{inbox.ClaimName, strings.TrimSpace(of("first_name") + " " + of("surname"))},
			{inbox.ClaimEmail, of("email")}, {inbox.ClaimBirthday, of("dob")}, {inbox.ClaimAddress, of("city")},
		} {
			if c.value == "" {
				continue
			}
			key := identity.ClaimKey(c.field, c.value, "")
			p.claims = append(p.claims, inbox.Claim{Field: c.field, Source: inbox.FromShop, Value: c.value, Key: key, Proof: inbox.Proven})
			if c.field == inbox.ClaimEmail {
				p.node.Keys = append(p.node.Keys, inbox.HeldKey{IdentityRef: inbox.IdentityRef{Kind: inbox.EmailAddress, Key: key}, Proof: inbox.Proven})
			}
		}
		own := inbox.IdentityRef{Kind: inbox.ShopAccount, Key: id}
		p.hints = identity.Hints(p.claims, own, "")
		p.profile = identity.NewProfile(p.claims, []inbox.IdentityRef{own})
		out = append(out, p)
	}
	return out, nil
}

// merged counts the pairs that are one customer.
func merged(people []person, r *Reporter) {
	ev := &inbox.ClusterEvidence{}
	for _, p := range people {
		ev.Nodes = append(ev.Nodes, p.node)
	}
	customers := identity.Resolve(ev).Customers
	given, wanted, right := 0, 0, 0
	for i, a := range people {
		for _, b := range people[:i] {
			one, same := customers[a.node.ID] == customers[b.node.ID], a.truth == b.truth
			given += count(one)
			wanted += count(same)
			right += count(one && same)
		}
	}
	row := r.Row("people: merged by themselves")
	row.Bar("precision >= .999 at recall >= .33", func(res Result) bool { return *res.Precision >= .999 && *res.Recall >= .33 })
	row.Found("all pairs", given, wanted, right, fmt.Sprintf("%d pairs, %d right", given, right), fmt.Sprintf("%d pairs", wanted))
	row.Note("cases: all pairs as one")
}

// suggestions counts the pairs that are among the best few of those that the
// hints of one of the two find.
func suggestions(people []person, r *Reporter) {
	byHint := map[string][]int{}
	for i, p := range people {
		for _, h := range p.hints {
			byHint[h] = append(byHint[h], i)
		}
	}
	row := r.Row(fmt.Sprintf("people: among %d suggestions", suggested))
	row.Bar("recall >= .8", func(res Result) bool { return *res.Recall >= .8 })
	pairs := r.Row("people: pairs suggested from a side")
	pairs.Note("either one's list has the other")
	seen := map[[2]int]bool{}
	hinted := 0
	for i, p := range people {
		type match struct {
			who   int
			score float64
		}
		found := map[int]bool{i: true}
		var matches []match
		for _, h := range p.hints {
			for _, j := range byHint[h] {
				if found[j] || len(byHint[h]) > sharing {
					continue
				}
				found[j] = true
				hinted += count(people[j].truth == p.truth)
				if score, _ := identity.Score(p.profile, people[j].profile); score >= identity.Worth {
					matches = append(matches, match{j, score})
				}
			}
		}
		slices.SortFunc(matches, func(a, b match) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.who, b.who)) })
		matches = matches[:min(len(matches), suggested)]
		wanted, right := -1, 0
		for _, q := range people {
			wanted += count(q.truth == p.truth)
		}
		var got []string
		for _, m := range matches {
			right += count(people[m.who].truth == p.truth)
			seen[[2]int{min(i, m.who), max(i, m.who)}] = true
			got = append(got, fmt.Sprintf("%.2f %s", m.score, people[m.who].text))
		}
		if wanted > 0 {
			row.Found(p.text, len(matches), wanted, right, strings.Join(got, "; "), fmt.Sprintf("%d of cluster %s", wanted, p.truth))
		}
	}
	row.Note("the hints find %d", hinted)
	for i, a := range people {
		for j, b := range people[:i] {
			if one := seen[[2]int{j, i}]; a.truth == b.truth {
				pairs.Found(a.text+" / "+b.text, count(one), 1, count(one), one, true)
			} else if one {
				pairs.Found(a.text+" / "+b.text, 1, 0, 0, one, false)
			}
		}
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
