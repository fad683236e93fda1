package main

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// An agent goes to lists by keyboard, sorts them, opens one after another faster than
// they are drawn, saves lists as views, and changes
// what is selected at once and takes it back, while a supervisor works beside: what
// that one changes comes in and is counted, what was changed in the same instant is
// left alone, and of an inbox that isn't the agent's there is neither row nor count.
func TestViewsInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	n := startNode(t)
	ana := n.agent("ana", inbox.AgentRole, n.inboxes["support"].ID)
	boss := n.agent("boss", inbox.SupervisorRole)
	for _, letter := range []string{"A", "B", "C", "D", "E", "F"} {
		n.mail("support", "Matter "+letter, "Kim "+letter+"/kim"+letter+"@x.example", inbox.Proven, "Hello, it is about "+letter+".")
		ana.find("Matter " + letter)
	}
	n.mail("other", "Matter X", "Kim X/kimx@x.example", inbox.Proven, "Hello, it is about something else.")
	boss.find("Matter X")
	n.inBrowser("views.mjs", "listed sorted quick selected offered tagged form live kept viewed", "SKEIN_BESIDE="+boss.token)
}

// A list of 100,000 is scrolled and walked far down: few rows are drawn at a time,
// and each stands where it belongs.
func TestLongListInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	n := startNode(t)
	ana := n.agent("ana", inbox.AgentRole, n.inboxes["support"].ID)
	n.mail("support", "Matter 1", "Kim Berg/kim@x.example", inbox.Proven, "Hello")
	ana.find("Matter 1")
	n.manyLike(100_000)
	n.inBrowser("longlist.mjs", "far")
}

// manyLike makes the one conversation that there is so many, the others older and
// without messages, called Matter 2 and so on.
func (n *node) manyLike(rows int) {
	n.t.Helper()
	conn, err := pgx.Connect(n.t.Context(), n.database)
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = conn.Close(n.t.Context()) }()
	if _, err := conn.Exec(n.t.Context(), `
		WITH made AS (
			INSERT INTO conversations (id, inbox_id, status, channel, account_id, identity_id, subject, message_seq, public_seq, last_at, created_at)
			SELECT gen_random_uuid(), c.inbox_id, 'open', 'email', c.account_id, c.identity_id, 'Matter ' || i, 1, 1,
				c.last_at - i * interval '1 second', c.created_at - i * interval '1 second'
			FROM conversations c CROSS JOIN generate_series(2, $1::int) i
			RETURNING inbox_id)
		INSERT INTO count_deltas (inbox_id, team_id, assignee_id, status, n)
		SELECT inbox_id, $2::uuid, $2::uuid, 'open', count(*) FROM made GROUP BY 1`, rows, "00000000-0000-0000-0000-000000000000"); err != nil {
		n.t.Fatal(err)
	}
}

// All of a list is selected, however little of it is loaded, and changed but for
// what is taken out, and taken back; nothing beyond the agent's inboxes is. On a
// telephone a touch that lasts selects.
func TestSelectInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	n := startNode(t)
	ana := n.agent("ana", inbox.AgentRole, n.inboxes["support"].ID)
	n.mail("support", "Matter 1", "Kim Berg/kim@x.example", inbox.Proven, "Hello")
	ana.find("Matter 1")
	n.manyLike(130)
	boss := n.agent("boss", inbox.SupervisorRole)
	n.mail("other", "Matter X", "Kim X/kimx@x.example", inbox.Proven, "Hello, it is about something else.")
	before := boss.find("Matter X")
	n.inBrowser("select.mjs", "all closed back touched opened", "ROWS=130", "SKEIN_BESIDE="+ana.token)
	if after := boss.find("Matter X"); after.Version != before.Version {
		t.Errorf("what the agent doesn't see was changed: %+v", after)
	}
}
