package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"skein/inbox"
)

// sought are the ids of the mails, or of their conversations, that a search
// finds, in pages of one.
func (d *desk) sought(t testing.TB, rights *inbox.Rights, text string) string {
	t.Helper()
	var got []string
	var after inbox.Cursor
	for range 100 {
		hits, next, err := d.Search(t.Context(), rights, text, after, 1)
		if err != nil {
			t.Errorf("search for %q: %v", text, err)
			return ""
		}
		for _, h := range hits {
			if h.MessageID != "" {
				got = append(got, d.strings(t, `SELECT header_id FROM messages WHERE id = $1`, h.MessageID)...)
			} else {
				got = append(got, d.strings(t, `SELECT header_id FROM messages WHERE conversation_id = $1 ORDER BY id DESC LIMIT 1`, h.Conversation.ID)...)
			}
		}
		if next.IsZero() {
			return strings.Join(got, " ")
		}
		if after, err = inbox.ParseCursor(next.String()); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("search for %q does not end", text)
	return ""
}

func (d *desk) index(t testing.TB) {
	t.Helper()
	for _, index := range []func() (int, error){
		func() (int, error) { return d.IndexMessages(t.Context(), 1000) },
		func() (int, error) { return d.IndexNames(t.Context(), 1000) },
	} {
		for n := 1; n > 0; {
			var err error
			if n, err = index(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Each filter admits what it says and nothing else, alone, with words and with the
// others, page by page; what another inbox has stays there.
func TestSearchFilters(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	say := func(account, id, from, name, text string, change func(*inbox.Arrival)) {
		r := arrival(id, from, nil)
		r.Account = inbox.AccountID(account)
		r.Message.Text, r.Message.VisibleText, r.Message.Author.Name = text, text, name
		if change != nil {
			change(r.Message)
		}
		d.deliver(t, r)
	}
	say("support", "m1", "kim@x.example", "Kim Berg", "the blue kettle leaks", nil)
	say("support", "m2", "ann@y.example", "Ann Kimber", "a kettle for kim", func(m *inbox.Arrival) {
		m.Attachments = []inbox.Attachment{{ID: inbox.NewID[inbox.AttachmentID](time.Now()), Name: "invoice 7.pdf", Type: "application/pdf", Size: 1, SHA256: strings.Repeat("a", 64)}}
	})
	say("support", "m3", "eve@z.example", "Eve", "nothing", func(m *inbox.Arrival) {
		m.To = []inbox.Party{{Address: "returns@shop.example", Name: "Returns"}}
	})
	say("second", "n1", "kim@q.example", "Kim Other", "a kettle too", nil)
	m2, m3 := d.conversationOf(t, "m2"), d.conversationOf(t, "m3")
	if _, err := d.pool.Exec(ctx, `UPDATE conversations SET status = 'closed', tags = '{vip,late}', priority = 2, assignee_id = $2, waiting_since = NULL WHERE id = $1`,
		m2.ID, d.anna.Agent.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.pool.Exec(ctx, `UPDATE messages SET sent_at = '2024-05-01', created_at = '2024-05-01' WHERE conversation_id = $1`, m3.ID); err != nil {
		t.Fatal(err)
	}
	d.index(t)
	for text, want := range map[string]string{
		"from:kim":                   "m2 m1",
		"from:Kim kettle":            "m2 m1",
		`from:"kim berg"`:            "m1",
		"from:kimb":                  "m2",
		"from:y.example":             "m2",
		"kettle -from:kim":           "m2 m1", // a filter is not left out: a minus makes it a word
		"to:returns":                 "m3",
		"to:kim":                     "",
		"has:attachment":             "m2",
		"has:attachment from:eve":    "",
		"kettle status:closed":       "m2",
		"kettle status:open":         "m1",
		"status:closed":              "m2",
		"tag:vip tag:LATE":           "m2",
		"tag:vip tag:none":           "",
		"tag:vip blue":               "",
		"priority:urgent kettle":     "m2",
		"is:waiting kettle":          "m1",
		"assignee:me":                "m2",
		"assignee:anna kettle":       "m2",
		"assignee:none kettle":       "m1",
		"before:2024-06-01 nothing":  "m3",
		"after:2024-06-01 nothing":   "",
		"after:2024-06-01 from:kim":  "m2 m1",
		"channel:email status:open ": "m3 m1",
		"channel:chat":               "",
		"from:' | ~ \\ & to:\x00":    "",
	} {
		if got := d.sought(t, &d.anna.Rights, text); got != want {
			t.Errorf("search for %q = %q, want %q", text, got, want)
		}
	}
	if got := d.sought(t, &d.su.Rights, "from:kim"); got != "n1 m2 m1" {
		t.Errorf("a supervisor finds %q, want those of both inboxes", got)
	}
	if got := d.sought(t, &d.su.Rights, "inbox:second kettle"); got != "n1" {
		t.Errorf("inbox:second = %q, want n1", got)
	}
	for _, text := range []string{"inbox:second", "inbox:nowhere", "team:x", "assignee:nobody-such"} {
		_, _, err := d.Search(ctx, &d.anna.Rights, text, inbox.Cursor{}, 0)
		wantCode(t, text, err, inbox.Invalid)
	}
}

// Customers, orders and files are found by their names, whole before begun before
// mistyped, page by page; an order where it is linked in sight of the reader, and
// nothing that is in another inbox.
func TestFind(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	for i, name := range []string{"Cara Winter", "Carla Winters", "Clara Witner", "Bob Summer"} {
		account := "support"
		if i == 3 {
			account = "second"
		}
		r := arrival(fmt.Sprint("m", i), fmt.Sprintf("p%d@x.example", i), nil)
		r.Account = inbox.AccountID(account)
		r.Message.Attachments = []inbox.Attachment{{ID: inbox.NewID[inbox.AttachmentID](time.Now()), Name: fmt.Sprintf("Rechnung_%d.pdf", 2041+i), Type: "application/pdf", Size: 1, SHA256: strings.Repeat("a", 64)}}
		d.deliver(t, r)
		if _, err := d.pool.Exec(ctx, `UPDATE identities SET name = $1 WHERE value = $2`, name, fmt.Sprintf("p%d@x.example", i)); err != nil {
			t.Fatal(err)
		}
	}
	d.index(t)
	find := func(by *inbox.Caller, kind, text string, size int) string {
		t.Helper()
		var got []string
		var after inbox.Cursor
		for range 20 {
			list, next, err := d.Find(ctx, &by.Rights, kind, text, after, size)
			if err != nil {
				t.Errorf("find %q: %v", text, err)
				break
			}
			for _, f := range list {
				name := f.Name
				if f.Close {
					name = "~" + name
				}
				got = append(got, name)
			}
			if next.IsZero() {
				break
			}
			if after, err = inbox.ParseCursor(next.String()); err != nil {
				t.Fatal(err)
			}
		}
		return strings.Join(got, ", ")
	}
	for _, test := range []struct {
		by               *inbox.Caller
		kind, text, want string
	}{
		{d.anna, "customer", "winter", "Cara Winter, Carla Winters, ~Clara Witner"},
		{d.anna, "customer", "wintr", "~Cara Winter"},
		{d.anna, "customer", "Winter, Cara", "Cara Winter, ~Clara Witner, ~Carla Winters"},
		{d.anna, "customer", "p1@x.example", "Carla Winters, ~Clara Witner, ~Cara Winter"},
		{d.anna, "customer", "summer", ""},
		{d.bert, "customer", "sumer", "~Bob Summer"},
		{d.su, "customer", "x example", "Bob Summer, Clara Witner, Carla Winters, Cara Winter"},
		{d.anna, "customer", "ca", ""},
		{d.anna, "customer", "~ ' \\ : & | !", ""},
		{d.anna, "file", "rechnung 2042", "Rechnung_2042.pdf, ~Rechnung_2043.pdf, ~Rechnung_2041.pdf"},
		{d.anna, "file", "rechnung_2042.pdf", "Rechnung_2042.pdf, ~Rechnung_2043.pdf, ~Rechnung_2041.pdf"},
		{d.anna, "file", "2044", "~Rechnung_2043.pdf, ~Rechnung_2042.pdf, ~Rechnung_2041.pdf"},
		{d.anna, "nonsense", "winter", ""},
	} {
		for _, size := range []int{1, 50} {
			if got := find(test.by, test.kind, test.text, size); got != test.want {
				t.Errorf("%s finds %s %q = %q in pages of %d, want %q", test.by.Agent.Name, test.kind, test.text, got, size, test.want)
			}
		}
	}

	// A name that is written anew is found by its new one alone.
	if _, err := d.pool.Exec(ctx, `UPDATE customers k SET name = 'Dora Spring' FROM identities i WHERE i.customer_id = k.id AND i.name = 'Cara Winter'`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.pool.Exec(ctx, `UPDATE identities SET name = '' WHERE name = 'Cara Winter'`); err != nil {
		t.Fatal(err)
	}
	d.index(t)
	if got := find(d.anna, "customer", "spring", 9) + "/" + find(d.anna, "customer", "cara", 9); got != "Dora Spring/~Carla Winters, ~Clara Witner" && got != "Dora Spring/~Clara Witner, ~Carla Winters" {
		t.Errorf("after another name: %q", got)
	}
	if _, _, err := d.Find(ctx, &d.anna.Rights, "customer", "winter", inbox.Cursor{ID: "9 x"}, 0); inbox.CodeOf(err) != inbox.Invalid {
		t.Errorf("another list's cursor: %v", err)
	}
}

// A number that somebody tries finds the order where it is linked in sight of them,
// and is answered alike for a stranger's and for none.
func TestFindOrders(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	c := d.mail(t, "support", "m1", "kim@x.example")
	other := d.mail(t, "second", "m2", "eve@x.example")
	insert := func(number string, in *inbox.Conversation, state string) {
		t.Helper()
		if _, err := d.pool.Exec(ctx, `
			WITH o AS (INSERT INTO orders (id, store, external_id, number, identity_id, status, currency, total, placed_at, updated_at)
				VALUES (gen_random_uuid(), 'shop', $1, $1, $2, 'paid', 'EUR', 1, now(), now()) RETURNING id)
			INSERT INTO conversation_orders (conversation_id, rank, order_id, state, score, reason)
			SELECT $3::uuid, (SELECT count(*) FROM conversation_orders WHERE conversation_id = $3::uuid), id, $4, 1, '{}' FROM o WHERE $4 <> ''`,
			number, in.Customer.IdentityID, in.ID, state); err != nil {
			t.Fatal(err)
		}
	}
	insert("#10021", &c, "linked")
	insert("#33333", &c, "suggested")
	insert("#45678", &c, "recipient")
	insert("#98765", &other, "linked")
	insert("#77777", &c, "")
	d.index(t)
	for _, test := range []struct {
		by         *inbox.Caller
		text, want string
	}{
		{d.anna, "10021", "#10021"},
		{d.anna, "#10021", "#10021"},
		{d.anna, "10012", "#10021"}, // a slip
		{d.anna, "100", ""},         // numbers can't be told off by their beginnings
		{d.anna, "98765", ""},       // another inbox's
		{d.anna, "98756", ""},
		{d.anna, "77777", ""}, // a customer's own, of which nobody wrote
		{d.anna, "88888", ""}, // none
		{d.anna, "45678", ""}, // somebody else's, which the customer only receives
		{d.bert, "98765", "#98765"},
		{d.bert, "10021", ""},
	} {
		list, _, err := d.Find(ctx, &test.by.Rights, "order", test.text, inbox.Cursor{}, 0)
		var got []string
		for _, f := range list {
			got = append(got, f.Name)
		}
		if joined := strings.Join(got, " "); err != nil || joined != test.want {
			t.Errorf("%s finds order %q = %q, %v, want %q", test.by.Agent.Name, test.text, joined, err, test.want)
		}
	}
	if got := d.sought(t, &d.anna.Rights, "order:10021"); got != "m1" {
		t.Errorf("order:10021 = %q, want m1", got)
	}
	for _, text := range []string{"order:98765", "order:77777", "order:88888", "order:45678"} {
		if got := d.sought(t, &d.anna.Rights, text); got != "" {
			t.Errorf("%s = %q, want nothing", text, got)
		}
	}
	if !slices.Equal(d.strings(t, `SELECT count(*)::text FROM names_pending`), []string{"0"}) {
		t.Error("names are left to be indexed")
	}
}
