package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

const (
	// minSlip is the length from which on a term may be mistyped: of shorter ones
	// nearly everything is a slip away.
	minSlip = 4
	// maxTerm bounds a term, in characters, and maxTerms those of one name.
	maxTerm, maxTerms = 40, 24
	// nameWords bounds how many words of a query are looked up by name.
	nameWords = 6
	// nameLook is how many matches of one tier are looked at for a page.
	nameLook = 200
)

// terms are the words of a name as they are looked up: lower case, letters and
// digits. What is joined by other signs is a term as a whole too, so that
// "A-1002", "a1002" and "1002" all find it.
func terms(texts ...string) []string {
	var list []string
	add := func(t string) {
		if r := []rune(t); len(r) > maxTerm {
			t = string(r[:maxTerm])
		}
		if t != "" && len(list) < maxTerms && !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	for _, text := range texts {
		for field := range strings.FieldsSeq(strings.ToLower(storable(text))) {
			add(strings.Map(func(r rune) rune {
				if wordRune(r) {
					return r
				}
				return -1
			}, field))
			for part := range strings.FieldsFuncSeq(field, notPlain) {
				add(part)
			}
		}
	}
	return list
}

// slips are a term with each of its characters left out once: what two terms that
// are one slip apart have in common.
func slips(term string) []string {
	if utf8.RuneCountInString(term) < minSlip {
		return nil
	}
	r := []rune(term)
	list := make([]string, 0, len(r))
	for i := range r {
		if i > 0 && r[i] == r[i-1] {
			continue
		}
		list = append(list, string(r[:i])+string(r[i+1:]))
	}
	return list
}

// isSlip reports whether b is a with one character wrong, missing, too many, or
// swapped with its neighbour.
func isSlip(a, b string) bool {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	switch {
	case len(x) <= 1 && len(y) <= 1:
		return true
	case len(x) == 2 && len(y) == 2:
		return x[0] == y[1] && x[1] == y[0]
	}
	return false
}

// IndexNames takes up to limit names that were written from those that wait for
// it, oldest first, into what they are found by, and returns how many it took.
// Several nodes may call it at once: one does the work.
func (s *Store) IndexNames(ctx context.Context, limit int) (n int, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if waits, err := column[int](ctx, tx, `SELECT 1 FROM names_pending LIMIT 1`); err != nil || len(waits) == 0 {
			return err
		}
		// Who reads later writes later.
		if mine, err := column[bool](ctx, tx, `SELECT pg_try_advisory_xact_lock(hashtext('skein-index-names'))`); err != nil || !mine[0] {
			return err
		}
		rows, err := tx.Query(ctx, `
			DELETE FROM names_pending WHERE id IN (SELECT id FROM names_pending ORDER BY id LIMIT $1)
			RETURNING kind, ref::text`, limit)
		if err != nil {
			return err
		}
		of := map[string][]string{}
		var kind, ref string
		if _, err := pgx.ForEachRow(rows, []any{&kind, &ref}, func() error {
			n++
			of[kind] = append(of[kind], ref)
			return nil
		}); err != nil {
			return err
		}
		var kinds, refs, words []string
		for kind, sql := range map[string]string{
			"customer": `SELECT i.id::text, ARRAY[i.name, k.name, CASE WHEN i.kind IN ('visitor', 'device') THEN '' ELSE i.value END]
				FROM identities i JOIN customers k ON k.id = i.customer_id WHERE i.id = ANY($1::uuid[])`,
			"order": `SELECT id::text, ARRAY[number] FROM orders WHERE id = ANY($1::uuid[])`,
			"file":  `SELECT id::text, ARRAY[name] FROM attachments WHERE id = ANY($1::uuid[])`,
		} {
			if len(of[kind]) == 0 {
				continue
			}
			rows, err := tx.Query(ctx, sql, of[kind])
			if err != nil {
				return err
			}
			var names []string
			if _, err := pgx.ForEachRow(rows, []any{&ref, &names}, func() error {
				kinds, refs, words = append(kinds, kind), append(refs, ref), append(words, nameVector(names))
				return nil
			}); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO search_names (kind, ref, words)
			SELECT kind, ref, words::tsvector FROM unnest($1::text[], $2::uuid[], $3::text[]) AS n(kind, ref, words)
			ON CONFLICT (kind, ref) DO UPDATE SET words = EXCLUDED.words`, kinds, refs, words)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("index names: %w", err)
	}
	return n, nil
}

// nameVector is a tsvector of names, as the database reads it. Terms hold letters
// and digits alone: nothing of them needs to be escaped.
func nameVector(names []string) string {
	var b strings.Builder
	for _, t := range terms(names...) {
		b.WriteString("'" + t + "' ")
		for _, s := range slips(t) {
			b.WriteString("'~" + s + "' ")
		}
	}
	return b.String()
}

// A tier is how near a name is to what was typed. The nearest come first.
type tier int

const (
	wholeTier tier = iota // every word as it was typed
	startTier             // words are beginnings
	slipTier              // words are one slip away
	tiers
)

// term is one word of a query as a tsquery of a tier.
func (t tier) term(word string) string {
	switch {
	case t == startTier && utf8.RuneCountInString(word) >= minPrefix:
		return "'" + word + "':*"
	case t == slipTier && utf8.RuneCountInString(word) >= minSlip:
		list := []string{"'" + word + "':*", "'~" + word + "'"}
		for _, s := range slips(word) {
			list = append(list, "'"+s+"'", "'~"+s+"'")
		}
		return "(" + strings.Join(list, " | ") + ")"
	}
	return "'" + word + "'"
}

func (t tier) query(words []string) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = t.term(w)
	}
	return strings.Join(list, " & ")
}

// nearEnough checks what the index can't: that every word is in the names, or one
// slip away from what is.
func nearEnough(words []string, names ...string) bool {
	have := terms(names...)
	for _, w := range words {
		if !slices.ContainsFunc(have, func(h string) bool {
			return strings.HasPrefix(h, w) || utf8.RuneCountInString(w) >= minSlip && isSlip(h, w)
		}) {
			return false
		}
	}
	return true
}

// queryTerms are the words of a query as names are looked up by. Digits with
// signs between them are one number.
func queryTerms(text string) []string {
	text = strings.TrimSpace(strings.ToLower(storable(text)))
	if strings.IndexFunc(text, unicode.IsLetter) < 0 && strings.IndexFunc(text, unicode.IsDigit) >= 0 {
		text = strings.Join(strings.Fields(text), "")
	}
	var list []string
	for field := range strings.FieldsSeq(text) {
		word := strings.Map(func(r rune) rune {
			if wordRune(r) {
				return r
			}
			return -1
		}, field)
		if word == "" || field[0] == '-' || len(list) == nameWords || slices.Contains(list, word) {
			continue
		}
		if r := []rune(word); len(r) > maxTerm {
			word = string(r[:maxTerm])
		}
		list = append(list, word)
	}
	return list
}

// foundSQL looks among names n for what a reader may see, by kind. What has no
// conversation in an inbox of the reader's is not found, and an order only where
// it is linked in one: a number that somebody tries tells nothing of other people's
// orders, nor whether there is one.
var foundSQL = map[string]string{
	"customer": `
		SELECT n.ref::text, ` + shownName + `, i.value, ARRAY[i.name, k.name, i.value], c.id AS conversation
		FROM n JOIN identities i ON i.id = n.ref JOIN customers k ON k.id = i.customer_id
		CROSS JOIN LATERAL (
			SELECT c.id FROM identities same JOIN conversations c ON c.identity_id = same.id
			WHERE same.customer_id = k.id AND c.merged_into IS NULL AND (@all OR c.inbox_id = ANY(@inboxes::uuid[]))
			ORDER BY c.last_at DESC, c.id DESC LIMIT 1) c`,
	"order": `
		SELECT n.ref::text, o.number, o.status, ARRAY[o.number], c.id AS conversation
		FROM n JOIN orders o ON o.id = n.ref
		CROSS JOIN LATERAL (
			SELECT c.id FROM conversation_orders l JOIN conversations c ON c.id = l.conversation_id
			WHERE l.order_id = o.id AND l.state IN ('linked', 'unproven')
				AND c.merged_into IS NULL AND (@all OR c.inbox_id = ANY(@inboxes::uuid[]))
			ORDER BY c.last_at DESC, c.id DESC LIMIT 1) c`,
	"file": `
		SELECT n.ref::text, a.name, a.type, ARRAY[a.name], c.id AS conversation
		FROM n JOIN attachments a ON a.id = n.ref JOIN messages m ON m.id = a.message_id
		JOIN conversations c ON c.id = m.conversation_id
		WHERE c.merged_into IS NULL AND (@all OR c.inbox_id = ANY(@inboxes::uuid[]))`,
}

// Find returns a page of the customers, orders or files whose names hold all words
// of text: those that are spelled so first, then those of which the words are
// beginnings, then those that are one slip away, each the newest first. Of an
// order's number the whole is wanted, give or take a slip. Only what rights admit
// is found; see [foundSQL] for orders.
func (s *Store) Find(ctx context.Context, rights *inbox.Rights, kind, text string, after inbox.Cursor, limit int) (list []inbox.Found, next inbox.Cursor, err error) {
	list = []inbox.Found{}
	words := queryTerms(text)
	sql, ok := foundSQL[kind]
	if len(words) == 0 || !ok {
		return list, next, nil
	}
	first, before := wholeTier, newestID
	if !after.IsZero() {
		n, id, ok := strings.Cut(after.ID, " ")
		if first = tier(strings.Index("012", n)); !ok || len(n) != 1 || first < 0 || !inbox.ValidID(id) {
			return nil, next, errCursor
		}
		before = id
	}
	size := pageSize(limit)
	var at []tier // of each that is found
	err = s.bounded(ctx, func(tx pgx.Tx) error {
		for t := first; t < tiers && len(list) <= size; t, before = t+1, newestID {
			if kind == "order" && t == startTier {
				continue // or they could be told off one by one
			}
			for len(list) <= size {
				refs, err := namesOf(ctx, tx, kind, words, t, before)
				if err != nil {
					return err
				}
				if list, err = seeNames(ctx, tx, rights, sql, kind, words, t, refs, list); err != nil {
					return err
				}
				for len(at) < len(list) {
					at = append(at, t)
				}
				if len(refs) < nameLook {
					break
				}
				before = refs[len(refs)-1]
			}
		}
		return nil
	})
	if err != nil {
		return nil, next, fmt.Errorf("find: %w", err)
	}
	if len(list) > size {
		list = list[:size]
		next.ID = fmt.Sprint(int(at[size-1]), " ", list[size-1].Ref)
	}
	return list, next, nil
}

// namesOf returns the newest of a tier below before, newest first.
func namesOf(ctx context.Context, tx pgx.Tx, kind string, words []string, t tier, before string) ([]string, error) {
	args := pgx.NamedArgs{"kind": kind, "before": before, "is": t.query(words)}
	not := ""
	if t > wholeTier {
		nearer := t - 1
		if kind == "order" {
			nearer = wholeTier
		}
		args["not"] = nearer.query(words)
		not = ` AND NOT words @@ @not::tsquery`
	}
	rows, err := tx.Query(ctx, `
		WITH hit AS MATERIALIZED (
			SELECT ref FROM search_names WHERE words @@ @is::tsquery AND kind = @kind AND ref < @before::uuid`+not+`)
		SELECT ref::text FROM hit ORDER BY hit.ref DESC LIMIT `+strconv.Itoa(nameLook), args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// seeNames adds to list what the reader may see of refs, in their order; a customer
// once, however many addresses they have.
func seeNames(ctx context.Context, tx pgx.Tx, rights *inbox.Rights, sql, kind string, words []string, t tier, refs []string, list []inbox.Found) ([]inbox.Found, error) {
	if len(refs) == 0 {
		return list, nil
	}
	rows, err := tx.Query(ctx, `
		WITH n AS MATERIALIZED (SELECT unnest(@refs::uuid[]) AS ref), found (ref, name, detail, names, conversation) AS MATERIALIZED (`+sql+`)
		SELECT f.ref, f.name, f.detail, f.names, `+conversationColumns+`
		FROM found f JOIN `+conversationFrom+` ON c.id = f.conversation ORDER BY f.ref DESC`,
		pgx.NamedArgs{"refs": refs, "all": rights.All, "inboxes": ids(rights.Inboxes)})
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.Found, error) {
		f := inbox.Found{Kind: kind, Close: t == slipTier}
		var names []string
		var err error
		f.Conversation, err = scanConversation(prefixed{row, []any{&f.Ref, &f.Name, &f.Detail, &names}})
		if t == slipTier && !nearEnough(words, names...) {
			f.Ref = ""
		}
		return f, err
	})
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		known := func(o inbox.Found) bool { return kind == "customer" && o.Conversation.ID == f.Conversation.ID }
		if f.Ref != "" && !slices.ContainsFunc(list, known) {
			list = append(list, f)
		}
	}
	return list, nil
}
