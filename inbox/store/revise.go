package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// A revision is a later word on a message that is there.
type revision struct {
	key     inbox.Key
	message inbox.MessageID // "" while its message is of the same batch
	r       *inbox.Received
}

// revisions takes apart what are messages of their own and what are later words
// on one: a change, a call's end, a reaction. A change of what is not there is a
// message of its own, and what it was before is then no other message; what else
// is said of it waits for it.
func (d *delivery) revisions(ctx context.Context, batch []inbox.Received) (messages []inbox.Received, later []revision, err error) {
	ask := map[inbox.Key]bool{}
	for i := range batch {
		ask[revised(&batch[i])] = true
		if m := batch[i].Message; m != nil {
			ask[m.Album] = true
		}
	}
	waiting := []inbox.Received{}
	there, err := d.known(ctx, ask)
	if err != nil {
		return nil, nil, err
	}
	for i := range batch {
		r := &batch[i]
		key := revised(r)
		id, known := there[key]
		if m := r.Message; m != nil && m.Album != (inbox.Key{}) && !known { // another part of what is there
			if id, known = there[m.Album]; known {
				key = m.Album
			}
		}
		switch {
		case key != (inbox.Key{}) && known:
			later = append(later, revision{key, id, r})
		case r.Message != nil:
			messages = append(messages, *r)
			for _, k := range []inbox.Key{r.Message.External, r.Message.Album} {
				if k != (inbox.Key{}) {
					there[k] = ""
				}
			}
		case key != (inbox.Key{}):
			waiting = append(waiting, *r)
		}
	}
	for i := range waiting {
		r := &waiting[i]
		if id, known := there[revised(r)]; known { // its message came later in the batch
			later = append(later, revision{revised(r), id, r})
		} else if err := d.keepWord(ctx, revised(r), r); err != nil {
			return nil, nil, err
		}
	}
	return messages, later, nil
}

// revised is the key of the message that r is a later word on, if it is one.
func revised(r *inbox.Received) inbox.Key {
	switch {
	case r.Message != nil:
		return r.Message.External
	case r.Deletion != nil:
		return r.Deletion.Message
	case r.Reaction != nil:
		return r.Reaction.Message
	case r.Concealed != nil:
		return r.Concealed.Message
	}
	return inbox.Key{}
}

// revise applies later words, in order. The log keeps what was said before.
func (d *delivery) revise(ctx context.Context, later []revision) error {
	for _, v := range later {
		if v.message == "" {
			continue // our own, come back
		}
		m, at, err := lockMessage(ctx, d.tx, v.message)
		if err != nil {
			return fmt.Errorf("revise %s: %w", v.message, err)
		}
		if a := v.r.Message; a != nil && a.Album != (inbox.Key{}) {
			if err := d.call(ctx, m, []inbox.Key{a.External}); err != nil {
				return err
			}
		}
		before := *m
		if !apply(m, v.r) {
			continue
		}
		m.Version++
		if err := d.writeRevised(ctx, m, len(before.Attachments), v.r); err != nil {
			return fmt.Errorf("revise %s: %w", v.message, err)
		}
		if m.Call != nil {
			d.calls = append(d.calls, m.ID)
		}
		after := *m
		d.add(change{before: &before, cause: v.r.EventID, event: inbox.Event{
			Kind: inbox.MessageChanged, Entity: string(m.ID), Version: m.Version, Message: &after, History: v.r.History,
			Audience: inbox.Audience{After: at},
		}}, inbox.Actor{Kind: m.Author.Kind, ID: string(m.Author.IdentityID), Name: m.Author.Name})
		if v.r.Reaction == nil && v.r.Concealed == nil {
			if err := d.retell(ctx, m.ConversationID, v.r); err != nil {
				return fmt.Errorf("revise %s: %w", v.message, err)
			}
		}
	}
	return nil
}

// maxReactions bounds how many signs are kept beside one message.
const maxReactions = 200

// apply makes of a message what a later word makes of it, and reports whether
// it says anything new.
func apply(m *inbox.Message, r *inbox.Received) bool {
	switch {
	case m.DeletedAt != nil:
		return false
	case r.Deletion != nil:
		at := r.Deletion.At
		m.DeletedAt, m.Reactions = &at, nil
		m.Text, m.VisibleText, m.HTML, m.RemoteImages, m.Attachments = "", "", "", false, []inbox.Attachment{}
		return true
	case r.Reaction != nil:
		return applyReaction(m, r.Reaction)
	case r.Concealed != nil:
		if m.Comment == nil {
			return false
		}
		c := *m.Comment
		m.Comment = &c
		return c.Conceal(r.Concealed.Hidden, r.Concealed.At)
	case r.Message.Call != nil:
		return applyCall(m, r)
	case !r.Message.Revises && r.Message.Album != (inbox.Key{}):
		return applyPart(m, r)
	case !r.Message.Revises: // what it was before: its files, where the change brought none
		return m.Direction == inbox.In && len(m.Attachments) == 0 && addFiles(m, r)
	}
	now := &r.Message.Message
	more := m.Channel == inbox.Social && addFiles(m, r)
	last, at := m.SentAt, now.SentAt
	if m.EditedAt != nil {
		last = *m.EditedAt
	}
	if at.Before(last) || m.Text == now.Text && m.HTML == now.HTML && m.Subject == now.Subject {
		return more // what was said of it later stands, whichever came first
	}
	m.EditedAt, m.Masked = &at, now.Masked
	m.Subject, m.Text, m.VisibleText, m.HTML, m.RemoteImages = now.Subject, now.Text, now.VisibleText, now.HTML, now.RemoteImages
	return true
}

// addFiles adds the files of a later word that are not there.
func addFiles(m *inbox.Message, r *inbox.Received) bool {
	files := slices.Clone(m.Attachments)
	for _, f := range r.Message.Attachments {
		if len(files) < maxFiles && !slices.ContainsFunc(files, func(o inbox.Attachment) bool { return o.SHA256 == f.SHA256 }) {
			f.ID = inbox.NewID[inbox.AttachmentID](r.At)
			files = append(files, f)
		}
	}
	more := len(files) > len(m.Attachments)
	m.Attachments = files
	return more
}

// applyPart adds another part of an album.
func applyPart(m *inbox.Message, r *inbox.Received) bool {
	more := addFiles(m, r)
	text := strings.TrimSpace(r.Message.Text)
	if text == "" || slices.Contains(strings.Split(m.Text, "\n"), text) {
		return more
	}
	m.Text = strings.TrimSpace(m.Text + "\n" + text)
	m.VisibleText, m.Masked = m.Text, m.Masked || r.Message.Masked
	return true
}

// applyReaction sets a sign beside a message or takes it away. What a person
// said of it later, by their service's clock, stands.
func applyReaction(m *inbox.Message, r *inbox.Reacted) bool {
	same := func(o inbox.Reaction) bool {
		return o.By == r.By && (o.Emoji == r.Emoji || o.Emoji == "" || r.Emoji == "" || r.Only)
	}
	later := func(o inbox.Reaction) bool { return same(o) && o.At.After(r.At) }
	if slices.ContainsFunc(m.Reactions, later) || slices.ContainsFunc(m.Unset, later) {
		return false
	}
	before := m.Reactions
	there := slices.ContainsFunc(before, func(o inbox.Reaction) bool { return o.By == r.By && o.Emoji == r.Emoji })
	if !r.Removed && (there || len(before) >= maxReactions) {
		return false
	}
	if r.Removed || r.Only {
		m.Reactions = slices.DeleteFunc(slices.Clone(before), same)
	}
	if r.Removed {
		gone := slices.DeleteFunc(slices.Clone(m.Unset), same)
		if len(gone) < maxReactions {
			m.Unset = append(gone, r.Reaction)
		}
		return true
	}
	m.Reactions = append(slices.Clone(m.Reactions), r.Reaction)
	return true
}

// applyCall adds what another word says of a call, and the audio that it brings.
func applyCall(m *inbox.Message, r *inbox.Received) bool {
	next := *r.Message.Call
	if m.Call != nil {
		next = m.Call.Later(next)
	}
	more := addFiles(m, r)
	if m.Call != nil && m.Call.Same(&next) && !more {
		return false
	}
	m.Call, m.Text, m.VisibleText, m.Masked = &next, next.Text(), next.Text(), m.Masked || r.Message.Masked
	return true
}

// maxFiles bounds how many files later words add to one message.
const maxFiles = 20

func (d *delivery) writeRevised(ctx context.Context, m *inbox.Message, had int, r *inbox.Received) error {
	more, err := json.Marshal(detailOf(m))
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		UPDATE messages SET version = @version, subject = @subject, text = @text, visible_text = @visible, html = @html,
			remote_images = @remote, detail = @detail, call = @call
		WHERE id = @id`,
		pgx.NamedArgs{"id": m.ID, "version": m.Version, "subject": m.Subject, "text": m.Text, "visible": m.VisibleText,
			"html": m.HTML, "remote": m.RemoteImages, "detail": more, "call": m.Call})
	if r.Deletion != nil {
		batch.Queue(`DELETE FROM attachments WHERE message_id = $1`, m.ID)
	}
	for i, f := range m.Attachments[min(had, len(m.Attachments)):] {
		batch.Queue(`INSERT INTO blobs (sha256, size) VALUES ($1, $2) ON CONFLICT DO NOTHING`, f.SHA256, f.Size)
		batch.Queue(`INSERT INTO attachments (id, message_id, position, name, type, size, sha256, inline, content_id, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, f.ID, m.ID, had+i, f.Name, f.Type, f.Size, f.SHA256, f.Inline, f.ContentID, r.At)
	}
	if r.Reaction == nil && r.Concealed == nil {
		batch.Queue(`INSERT INTO search_pending (message_id) VALUES ($1) ON CONFLICT DO NOTHING`, m.ID)
	}
	if err := d.tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	if r.Message == nil {
		return nil
	}
	// What was named before stays named: somebody may have acted on it.
	known, err := column[string](ctx, d.tx, `SELECT kind || ' ' || key FROM order_mentions WHERE message_id = $1`, m.ID)
	if err != nil {
		return err
	}
	fresh := *r
	message := *r.Message
	message.Mentions = slices.DeleteFunc(slices.Clone(message.Mentions), func(n inbox.Mention) bool {
		return slices.Contains(known, string(n.Kind)+" "+n.Key)
	})
	fresh.Message = &message
	return d.copyAll(ctx, []table{{"order_mentions", mentionRow, mentionRows(m.ID, &fresh)}})
}

// retell brings a conversation in line with a message that reads otherwise now.
func (d *delivery) retell(ctx context.Context, id inbox.ConversationID, r *inbox.Received) error {
	list, err := lockConversations(ctx, d.tx, []string{string(id)})
	if err != nil {
		return err
	}
	was, c := list[0], list[0]
	c.Version++
	if err := recount(ctx, d.tx, &c); err != nil {
		return err
	}
	if err := relink(ctx, d.tx, d.rules.Link, []inbox.ConversationID{id}); err != nil {
		return err
	}
	if list, err = lockConversations(ctx, d.tx, []string{string(id)}); err != nil {
		return err
	}
	c = list[0]
	d.add(change{before: &was, cause: r.EventID, event: inbox.Event{
		Kind: inbox.ConversationChanged, Entity: string(id), Version: c.Version, Conversation: &c, History: r.History,
		Audience: inbox.Audience{Before: was.Place(), After: c.Place()},
	}}, inbox.Actor{Kind: inbox.BySystem})
	return nil
}
