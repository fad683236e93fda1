package eval

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"skein/connectors"
	"skein/connectors/email"
	"skein/inbox"
	"skein/inbox/thread"
)

// A threadingCase is a row of threading_cases.json: a base subject, or messages
// and the threads that they make.
type threadingCase struct {
	Source    string            `json:"source"`
	Algorithm string            `json:"algorithm"`
	Input     string            `json:"input"`
	Expected  string            `json:"expected"`
	Messages  []threadedMessage `json:"messages"`
	Threads   string            `json:"expected_first"`         // as THREAD answers
	Tree      string            `json:"expected_tree_subjects"` // a subject a line, indented
}

type threadedMessage struct {
	ID         string `json:"message-id"`
	InReplyTo  string `json:"in-reply-to"`
	References string `json:"references"`
	Subject    string `json:"subject"`
	Date       string `json:"date"`
}

// baseSubjects measures RFC 5256 section 2.1. A subject comes the way it comes
// in a mail, with its encoded words.
func baseSubjects(ctx context.Context, path string, r *Reporter) error {
	var cases []threadingCase
	if err := readJSON(path, &cases); err != nil {
		return err
	}
	row := r.Row("base subject")
	row.AtLeast(1)
	for _, c := range cases {
		if c.Algorithm != "BASE_SUBJECT" {
			continue
		}
		m, err := readMail(ctx, threadedMessage{Subject: c.Input}.raw())
		if err != nil {
			row.Check(c.Input, false, err, c.Expected)
			continue
		}
		got := thread.BaseSubject(m.Subject)
		row.Check(c.Input, got == c.Expected, got, c.Expected)
	}
	return nil
}

func (m threadedMessage) raw() []byte {
	var b bytes.Buffer
	for _, f := range [][2]string{{"Message-ID", m.ID}, {"In-Reply-To", m.InReplyTo}, {"References", m.References}, {"Subject", m.Subject}, {"Date", m.Date}} {
		if f[1] != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", f[0], f[1])
		}
	}
	b.WriteString("From: ann@customer.example\r\n\r\nGood day.\r\n")
	return b.Bytes()
}

// references measures the threads of THREAD=REFERENCES.
func references(ctx context.Context, path string, r *Reporter) error {
	var cases []threadingCase
	if err := readJSON(path, &cases); err != nil {
		return err
	}
	rows := newThreadRows(r, "threads by references")
	for i, c := range cases {
		if len(c.Messages) == 0 {
			continue
		}
		messages := make([]*connectors.Message, len(c.Messages))
		for i, m := range c.Messages {
			var err error
			if messages[i], err = readMail(ctx, m.raw()); err != nil {
				return err
			}
		}
		want := parseThreads(c.Threads)
		if c.Tree != "" {
			want = parseTree(c.Tree, messages)
		}
		rows.check(fmt.Sprintf("%d %s", i, c.Source), c.Algorithm == "REFERENCES", messages, want)
	}
	return nil
}

var threadAnswer = regexp.MustCompile(`(?im)^\* thread (\(.*\))\s*$`)

// imaptest measures the first answer of each script that asks for threads, with
// the mailbox beside it.
func imaptest(ctx context.Context, dir string, r *Reporter) error {
	rows := newThreadRows(r, "threads of mailboxes")
	return eachFile(ctx, dir, func(path, name string) error {
		script, err := os.ReadFile(path)
		if err != nil || filepath.Ext(path) == ".mbox" {
			return err
		}
		answer := threadAnswer.FindSubmatch(script)
		if answer == nil || !bytes.Contains(bytes.ToUpper(script), []byte("THREAD=REFERENCES")) {
			return nil
		}
		box, err := os.Open(path + ".mbox")
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		defer box.Close()
		var messages []*connectors.Message
		if _, err := email.ImportMbox(ctx, box, mailOptions(), func(in connectors.Inbound) error {
			messages = append(messages, in.Message)
			return nil
		}); err != nil {
			return err
		}
		rows.check(name, true, messages, parseThreads(string(answer[1])))
		return nil
	})
}

// threadRows are a row for the cases that the headers alone decide, and one for
// those that expect more or less than the headers say: we never join by subject,
// nor keep apart what points at one another.
type threadRows struct{ scored, reported *Row }

func newThreadRows(r *Reporter, name string) threadRows {
	rows := threadRows{r.Row(name), r.Row(name + ", against the headers")}
	rows.scored.AtLeast(1)
	rows.reported.Note("only reported: the expected threads are not those of the headers")
	return rows
}

// check compares the partition of the messages that want names with ours.
func (t threadRows) check(name string, scored bool, messages []*connectors.Message, want [][]int) {
	most := 0
	for _, thread := range want {
		most = max(most, slices.Max(thread))
	}
	if most > len(messages) {
		t.scored.Check(name, false, fmt.Sprintf("%d messages", len(messages)), want)
		return
	}
	messages = messages[:most] // those that were there when it was asked
	row := t.scored
	if !scored || !samePartition(headerGraph(messages), want) {
		row = t.reported
	}
	got := decide(messages)
	row.Check(name, samePartition(got, want), got, want)
}

// decide lets the threading decide over all messages at once. Everybody takes
// part in everything, so that headers alone count. Messages count from 1.
func decide(messages []*connectors.Message) [][]int {
	const everybody = "everybody"
	batch := make([]inbox.Received, len(messages))
	for i, m := range messages {
		a := &inbox.Arrival{SenderKey: everybody, People: []string{everybody}, Own: inbox.HeaderKey(m.MessageID)}
		a.HeaderID = m.MessageID
		for _, id := range m.InReplyTo {
			a.Refs = append(a.Refs, inbox.Ref{Key: inbox.HeaderKey(id), ID: id, Step: inbox.ByInReplyTo})
		}
		for _, id := range slices.Backward(m.References) {
			a.Refs = append(a.Refs, inbox.Ref{Key: inbox.HeaderKey(id), ID: id, Step: inbox.ByReferences})
		}
		batch[i] = inbox.Received{At: time.Unix(1e9, 0), Message: a}
	}
	groups := map[inbox.ConversationID][]int{}
	for i, p := range thread.Decide(batch, &inbox.Evidence{}).Places {
		groups[p.Conversation] = append(groups[p.Conversation], i+1)
	}
	return slices.Collect(maps.Values(groups))
}

// headerGraph is the components of messages that name the same Message-ID, as
// their own or another's.
func headerGraph(messages []*connectors.Message) [][]int {
	parent := make([]int, len(messages))
	var find func(i int) int
	find = func(i int) int {
		if parent[i] != i {
			parent[i] = find(parent[i])
		}
		return parent[i]
	}
	first := map[string]int{}
	for i, m := range messages {
		parent[i] = i
		for _, id := range slices.Concat([]string{m.MessageID}, m.InReplyTo, m.References) {
			if other, ok := first[id]; id != "" && ok {
				parent[find(i)] = find(other)
			} else {
				first[id] = i
			}
		}
	}
	groups := map[int][]int{}
	for i := range messages {
		groups[find(i)] = append(groups[find(i)], i+1)
	}
	return slices.Collect(maps.Values(groups))
}

// samePartition reports whether a and b group the same numbers alike.
func samePartition(a, b [][]int) bool {
	canonical := func(p [][]int) [][]int {
		out := make([][]int, len(p))
		for i, g := range p {
			out[i] = slices.Sorted(slices.Values(g))
		}
		slices.SortFunc(out, slices.Compare)
		return out
	}
	return slices.EqualFunc(canonical(a), canonical(b), slices.Equal)
}

// parseThreads reads THREAD's answer (RFC 5256 section 4): each outermost pair
// of parentheses is a thread.
func parseThreads(s string) [][]int {
	var out [][]int
	depth := 0
	for len(s) > 0 {
		switch c := s[0]; {
		case c == '(':
			if depth++; depth == 1 {
				out = append(out, nil)
			}
		case c == ')':
			depth--
		case c >= '0' && c <= '9' && depth > 0:
			end := len(s) - len(strings.TrimLeft(s, "0123456789"))
			n, _ := strconv.Atoi(s[:end])
			out[len(out)-1] = append(out[len(out)-1], n)
			s = s[end:]
			continue
		}
		s = s[1:]
	}
	return slices.DeleteFunc(out, func(g []int) bool { return len(g) == 0 })
}

// parseTree reads threads as an indented list of subjects, where a line that is
// not indented begins a thread and one with no message's subject stands for a
// message that isn't there.
func parseTree(s string, messages []*connectors.Message) [][]int {
	taken := make([]bool, len(messages))
	var out [][]int
	for _, line := range strings.Split(s, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			out = append(out, nil)
		}
		for i, m := range messages {
			if !taken[i] && len(out) > 0 && folded(m.Subject) == folded(line) {
				taken[i] = true
				out[len(out)-1] = append(out[len(out)-1], i+1)
				break
			}
		}
	}
	return slices.DeleteFunc(out, func(g []int) bool { return len(g) == 0 })
}
