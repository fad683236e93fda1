package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// consistent fails where a message is nowhere or twice, a link leads to what is
// not there, or a derived figure differs from what is recomputed here.
func (b *deliverBench) consistent(t testing.TB) {
	t.Helper()
	for _, check := range []struct{ what, sql string }{
		{"messages that are not where their home leads", `
			SELECT m.id::text FROM messages m JOIN threads t ON t.id = m.thread_id
			LEFT JOIN conversation_facts f ON f.id = m.splits[cardinality(m.splits)]
			JOIN conversations h ON h.id = coalesce(f.into_id, t.home_id)
			WHERE m.conversation_id <> coalesce(h.merged_into, h.id)`},
		{"messages under a split that doesn't stand", `
			SELECT m.id::text FROM messages m, unnest(m.splits) s JOIN conversation_facts f ON f.id = s
			WHERE f.revoked_at IS NOT NULL OR f.kind <> 'split'`},
		{"conversations without a message, or with some and merged", `
			SELECT c.number::text FROM conversations c WHERE (c.merged_into IS NULL) <> EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id)`},
		{"links that lead to one that was merged, or nowhere", `
			SELECT c.number::text FROM conversations c LEFT JOIN conversations d ON d.id = c.merged_into
			WHERE c.merged_into IS NOT NULL AND (d.id IS NULL OR d.merged_into IS NOT NULL)`},
		{"facts whose ends are apart", `
			SELECT f.id::text FROM conversation_facts f JOIN conversations a ON a.id = f.from_id JOIN conversations b ON b.id = f.into_id
			WHERE f.kind <> 'split' AND f.revoked_at IS NULL AND coalesce(a.merged_into, a.id) <> coalesce(b.merged_into, b.id)`},
		{"threads that say another place than their home", `
			SELECT t.id::text FROM threads t JOIN conversations h ON h.id = t.home_id WHERE t.conversation_id <> coalesce(h.merged_into, h.id)`},
		{"newest numbers that differ", `
			SELECT c.number::text FROM conversations c JOIN messages m ON m.conversation_id = c.id GROUP BY c.id
			HAVING max(m.seq) <> c.message_seq OR coalesce(max(m.seq) FILTER (WHERE m.kind = 'message'), 0) <> c.public_seq`},
		{"times, previews, channels and first replies that differ", `
			SELECT c.number::text FROM conversations c CROSS JOIN LATERAL (
				SELECT * FROM messages m WHERE m.conversation_id = c.id AND m.kind = 'message' AND NOT (m.direction = 'out' AND m.automatic)
				ORDER BY m.created_at DESC, m.id DESC LIMIT 1) n
			WHERE c.last_at <> n.created_at OR c.preview <> n.text OR c.channel <> n.channel OR c.account_id <> n.account_id
				OR c.first_reply_at IS DISTINCT FROM (SELECT min(created_at) FROM messages m
					WHERE m.conversation_id = c.id AND m.kind = 'message' AND m.author_kind = 'agent')`},
		{"waits that differ", `
			SELECT c.number::text FROM conversations c
			CROSS JOIN LATERAL (
				SELECT coalesce(array_agg(m.created_at), '{}') AS at FROM messages m
				WHERE m.conversation_id = c.id AND c.status = 'open' AND m.kind = 'message' AND m.direction = 'in' AND NOT m.automatic
					AND NOT EXISTS (SELECT FROM messages o WHERE o.conversation_id = c.id AND o.kind = 'message'
						AND o.direction = 'out' AND NOT o.automatic AND (o.created_at, o.id) > (m.created_at, m.id))) u
			WHERE CASE WHEN u.at = '{}' THEN c.waiting_since IS NOT NULL ELSE c.waiting_since IS NULL OR c.waiting_since <> ALL(u.at) END`},
		{"counts that differ", `SELECT a.inbox_id::text FROM
			(SELECT inbox_id, status, count(*) n FROM conversations WHERE merged_into IS NULL GROUP BY 1, 2) a
			FULL JOIN (SELECT inbox_id, status, sum(n) n FROM (SELECT inbox_id, status, n FROM counts UNION ALL SELECT inbox_id, status, n FROM count_deltas) d GROUP BY 1, 2 HAVING sum(n) <> 0) b
			USING (inbox_id, status) WHERE a.n IS DISTINCT FROM b.n`},
		{"versions announced out of order", `
			SELECT entity FROM (
				SELECT p->>'entity' AS entity, (p->>'version')::bigint AS version,
					lag((p->>'version')::bigint) OVER (PARTITION BY subject, p->>'entity' ORDER BY id) AS before
				FROM (SELECT id, subject, convert_from(payload, 'utf8')::jsonb AS p FROM outbox WHERE subject LIKE 'skein.event.%') o) o
			WHERE version <= before`},
		{"what was announced last and is not so", `
			SELECT DISTINCT ON (e.entity) e.entity::text FROM events e
			LEFT JOIN messages m ON m.id = e.entity LEFT JOIN conversations c ON c.id = e.entity
			WHERE e.kind IN ('message.changed', 'conversation.changed') AND e.version = (SELECT max(version) FROM events x WHERE x.entity = e.entity)
				AND CASE WHEN m.id IS NOT NULL
					THEN (e.version, e.after->>'conversationId', (e.after->>'seq')::bigint) <> (m.version, m.conversation_id::text, m.seq)
					ELSE (e.version, e.after->>'status', (e.after->>'messageSeq')::bigint, e.after->>'mergedInto' IS NULL)
						<> (c.version, c.status, c.message_seq, c.merged_into IS NULL) END`},
	} {
		if bad := b.strings(t, check.sql); len(bad) > 0 {
			t.Fatalf("%s: %v", check.what, bad)
		}
	}
}

// partitionOfMail is partition without what was written here.
func (b *deliverBench) partitionOfMail(t testing.TB) []string {
	return b.strings(t, `SELECT string_agg(header_id, ' ' ORDER BY header_id) AS ids FROM messages WHERE direction = 'in' GROUP BY conversation_id ORDER BY 1`)
}

// Whatever agents merge, move and undo while mail comes in, late parents and
// all: each message is in one conversation, every link leads somewhere, and
// every figure is what its messages say. Once all that can be undone is undone,
// mail is where it would be without agents.
func TestMovesProperty(t *testing.T) {
	t.Parallel()
	for seed := range uint64(9) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 3))
			mails := tangle(rng, 14+rng.IntN(14))
			d, plain := newDesk(t), newDeliverBench(t)
			s := &shuffler{desk: d, rng: rng, replies: seed%3 == 2}
			page := &browser{conversations: map[inbox.ConversationID]inbox.Conversation{}}
			var last time.Time
			for len(mails) > 0 {
				n := 1 + rng.IntN(min(3, len(mails)))
				for i := range mails[:n] { // the clock runs on, in the order of arrival, and no two come at once
					at := time.Now().Truncate(time.Microsecond)
					for !at.After(last) {
						at = last.Add(time.Microsecond)
					}
					last = at
					mails[i].At, mails[i].Message.CreatedAt = at, at
				}
				d.deliver(t, mails[:n]...)
				plain.deliver(t, mails[:n]...)
				mails = mails[n:]
				d.consistent(t)
				for range rng.IntN(4) {
					s.act(t)
					d.consistent(t)
				}
				d.foldsToFetch(t, page)
			}
			s.undoAll(t)
			d.consistent(t)
			if s.replies {
				return // they may have let people in
			}
			if diff := cmp.Diff(plain.partitionOfMail(t), d.partitionOfMail(t)); diff != "" {
				t.Errorf("partition once all is undone (-want +got):\n%s", diff)
			}
		})
	}
}

// tangle makes mails between a few people that point at one another, in any
// order: at some that are never seen, and at some that they may not follow.
func tangle(rng *rand.Rand, n int) []inbox.Received {
	people := []string{"ann@x.example", "bob@x.example", "cid@x.example"}
	var list []inbox.Received
	for i := range n {
		var refs, to []string
		for range rng.IntN(3) {
			refs = append(refs, fmt.Sprintf("m%d", rng.IntN(n+2)))
		}
		if rng.IntN(3) == 0 {
			to = append(to, people[rng.IntN(len(people))])
		}
		list = append(list, arrival(fmt.Sprintf("m%d", i), people[rng.IntN(len(people))], refs, to...))
	}
	return list
}

// A shuffler is an agent without a plan.
type shuffler struct {
	*desk
	rng     *rand.Rand
	replies bool
	prefix  string
	keys    int
}

func (s *shuffler) pick(list []string) string { return list[s.rng.IntN(len(list))] }

// act does something, which may well be refused as a conflict.
func (s *shuffler) act(t *testing.T) {
	t.Helper()
	if err := s.do(t.Context(), t); err != nil && inbox.CodeOf(err) != inbox.Conflict {
		t.Fatal(err)
	}
}

func (s *shuffler) do(ctx context.Context, t *testing.T) error {
	live := s.strings(t, `SELECT id::text FROM conversations WHERE merged_into IS NULL ORDER BY number`)
	anywhere := s.strings(t, `SELECT id::text FROM conversations ORDER BY number`)
	c := s.pick(live)
	var err error
	switch s.rng.IntN(10) {
	case 0, 1, 2:
		_, _, err = s.MergeConversations(ctx, s.su, s.pick(anywhere), s.pick(anywhere), time.Now())
	case 3, 4, 5:
		all := s.strings(t, `SELECT id::text FROM messages WHERE conversation_id = $1 ORDER BY seq`, c)
		var list []inbox.MessageID
		for _, id := range all {
			if s.rng.IntN(2) == 0 {
				list = append(list, inbox.MessageID(id))
			}
		}
		into := ""
		if s.rng.IntN(2) == 0 {
			into = s.pick(anywhere)
		}
		_, _, err = s.Split(ctx, s.su, c, list, into, time.Now())
	case 6, 7:
		if facts := s.standing(t); len(facts) > 0 {
			_, err = s.Undo(ctx, s.su, inbox.FactID(s.pick(facts)), time.Now())
		}
	case 8:
		s.keys++
		_, err = s.Note(ctx, s.su, c, answer(fmt.Sprint(s.prefix, "n", s.keys), "a note", 0))
	case 9:
		s.keys++
		if a := answer(fmt.Sprint(s.prefix, "r", s.keys), "an answer", 0); s.replies {
			a.Force = true
			_, err = s.Reply(ctx, s.su, c, a)
		} else if s.rng.IntN(2) == 0 {
			closed := inbox.Closed
			_, err = s.Patch(ctx, s.su, c, inbox.Patch{Status: &closed}, time.Now())
		}
	}
	return err
}

func (s *shuffler) standing(t *testing.T) []string {
	return s.strings(t, `SELECT id::text FROM conversation_facts WHERE revoked_at IS NULL AND kind <> 'late-parent' ORDER BY id`)
}

// undoAll undoes what can be undone, in any order, until nothing more can.
func (s *shuffler) undoAll(t *testing.T) {
	t.Helper()
	for progress := true; progress; {
		progress = false
		facts := s.standing(t)
		s.rng.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
		for _, f := range facts {
			_, err := s.Undo(t.Context(), s.su, inbox.FactID(f), time.Now())
			if err == nil {
				progress = true
				s.consistent(t)
			} else if inbox.CodeOf(err) != inbox.Conflict {
				t.Fatal(err)
			}
		}
	}
	if left := s.strings(t, `SELECT id::text FROM conversation_facts WHERE revoked_at IS NULL AND kind = 'split'`); len(left) > 0 {
		t.Errorf("%d splits can't be undone", len(left))
	}
}
