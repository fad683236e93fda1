package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"skein/inbox"
)

// withoutMachines takes out of a batch what machines answer to the mail of a
// one-time code, or to a digest: a bounce, an absence. It would tell where the code
// went, and so whether there is an order; of a digest it is nobody's business.
func (d *delivery) withoutMachines(ctx context.Context, batch []inbox.Received) ([]inbox.Received, error) {
	named := map[inbox.MessageID]bool{}
	byMachine := func(m *inbox.Arrival) bool { return m.Token != "" && (m.Automatic.Is || len(m.Bounces) > 0) }
	for i := range batch {
		if m := batch[i].Message; byMachine(m) {
			named[m.Token] = true
		}
	}
	if len(named) == 0 {
		return batch, nil
	}
	codes, err := ourLetters(ctx, d.tx, keysOf(named))
	if err != nil {
		return nil, fmt.Errorf("find codes: %w", err)
	}
	return slices.DeleteFunc(batch, func(r inbox.Received) bool {
		return byMachine(r.Message) && slices.Contains(codes, r.Message.Token)
	}), nil
}

// hearCodes finds the one-time codes that messages of the batch tell, and takes
// that for the proof that it is. A number that is no code counts as a try. What
// is a code names no order.
func (a *arrivals) hearCodes(ctx context.Context, batch []inbox.Received, d inbox.Decision) error {
	told := map[inbox.ConversationID]bool{}
	for i := range batch {
		if len(batch[i].Message.Codes) > 0 && !d.Places[i].Echo {
			told[d.Places[i].Conversation] = true
		}
	}
	if len(told) == 0 {
		return nil
	}
	for _, m := range a.merges {
		if told[m.into] {
			told[m.from] = true
		}
	}
	sent, err := sentCodes(ctx, a.tx, conversationIDs(told), batch[0].At)
	if err != nil || len(sent) == 0 {
		return err
	}
	for i := range batch {
		for key, codes := range sent {
			if a.now(key.conversation) != d.Places[i].Conversation || len(batch[i].Message.Codes) == 0 {
				continue
			}
			proven, guess, err := a.tryGuesses(ctx, key, codes, batch[i].Message.Codes, batch[i].At)
			if err != nil {
				return err
			}
			if proven == nil {
				continue
			}
			delete(sent, key)
			if err := a.prove(ctx, key.conversation, proven, &batch[i]); err != nil {
				return err
			}
			message := *batch[i].Message // the batch may be tried again
			message.Mentions = slices.DeleteFunc(slices.Clone(message.Mentions), func(m inbox.Mention) bool { return digitsIn(m.Text) == guess })
			batch[i].Message = &message
		}
	}
	return nil
}

// now is the conversation that one has become part of by this batch.
func (a *arrivals) now(id inbox.ConversationID) inbox.ConversationID {
	if c := a.ev.Conversations[id]; c != nil && c.MergedInto != "" {
		return c.MergedInto
	}
	return id
}

// tryGuesses tries what a message may tell; it returns what was proven, and how.
func (a *arrivals) tryGuesses(ctx context.Context, key codeKey, codes []claimCode, guesses []inbox.Guess, at time.Time) (*claimCode, string, error) {
	for _, g := range guesses {
		if digitsIn(key.key) == g.Code {
			continue // the claimed number itself
		}
		if proven, err := tryCode(ctx, a.tx, codes, g.Sum, at); err != nil || proven != nil {
			return proven, g.Code, err
		}
	}
	return nil, "", nil
}

// prove records that whoever writes in a conversation knows of an order, as who
// had the code sent would have.
func (a *arrivals) prove(ctx context.Context, in inbox.ConversationID, by *claimCode, r *inbox.Received) error {
	if _, err := a.tx.Exec(ctx, `
		INSERT INTO order_verdicts (id, conversation_id, order_id, verdict, reason, actor_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		inbox.NewID[string](r.At), in, by.order, verified, byCode, by.actor, r.At); err != nil {
		return fmt.Errorf("record what a code proves: %w", err)
	}
	a.proven[a.now(in)] = true
	ch := verification(a.ev.Conversations[in], "", byCode+" told", true, r.At)
	ch.event.Actor, ch.cause = inbox.Actor{Kind: inbox.ByCustomer}, r.EventID
	return logOnly(ctx, a.tx, []change{ch})
}

func digitsIn(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}
