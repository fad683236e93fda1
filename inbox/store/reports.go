package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// A report is what a delivery report says of a message that we sent.
type report struct {
	about   inbox.MessageID
	bounces []inbox.Bounce
	at      time.Time
	cause   string
}

// about finds our message that a delivery report is about: by our token, or by
// the Message-ID of whatever else was sent from our addresses, in this batch
// too. "" for what is no report, or about nothing that is known.
func (a *arrivals) about(batch []inbox.Received, r *inbox.Received) inbox.MessageID {
	m := r.Message
	if len(m.Bounces) == 0 {
		return ""
	}
	if at, ok := a.ev.Tokens[m.Token]; ok && m.Token != "" {
		return a.reported(at.Message, r)
	}
	for _, b := range m.Bounces {
		key := inbox.HeaderKey(b.HeaderID)
		if key == (inbox.Key{}) {
			continue
		}
		for _, k := range a.ev.Keys {
			if k.Own && k.Key == key && k.Sender == inbox.Business {
				return a.reported(k.Message, r)
			}
		}
		for i := range batch {
			if o := batch[i].Message; a.ids[i] != "" && o.Direction == inbox.Out && o.Own == key {
				return a.reported(a.ids[i], r)
			}
		}
	}
	return ""
}

func (a *arrivals) reported(id inbox.MessageID, r *inbox.Received) inbox.MessageID {
	a.reports = append(a.reports, report{about: id, bounces: r.Message.Bounces, at: r.At, cause: r.EventID})
	return id
}

// writeReports finds the reports that came before the mail that they are about,
// as an import may bring them.
func (a *arrivals) writeReports(ctx context.Context) error {
	ours := map[inbox.Key]inbox.MessageID{}
	for _, ch := range a.said {
		if m := ch.event.Message; m.Direction == inbox.Out && m.HeaderID != "" {
			ours[inbox.HeaderKey(m.HeaderID)] = m.ID
		}
	}
	waiting := map[inbox.MessageID]inbox.MessageID{}
	for _, k := range a.ev.Keys {
		if id := ours[k.Key]; id != "" && !k.Own && k.Message != "" {
			waiting[k.Message] = id
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	list, err := collectMessages(ctx, a.tx, `WHERE m.id = ANY($1) AND m.about_id IS NULL AND m.detail ? 'bounces' ORDER BY m.id`, keysOf(waiting))
	if err != nil {
		return fmt.Errorf("read reports that came early: %w", err)
	}
	batch := &pgx.Batch{}
	for i := range list {
		m := &list[i]
		about := waiting[m.ID]
		if !slices.ContainsFunc(m.Bounces, func(b inbox.Bounce) bool { return ours[inbox.HeaderKey(b.HeaderID)] == about }) {
			continue
		}
		m.AboutID = about
		m.Version++
		batch.Queue(`UPDATE messages SET about_id = $2, version = $3 WHERE id = $1`, string(m.ID), string(about), m.Version)
		a.reports = append(a.reports, report{about: about, bounces: m.Bounces, at: m.CreatedAt})
		if a.moves(m.ID) {
			continue
		}
		place, err := placeOfConversation(ctx, a.tx, m.ConversationID)
		if err != nil {
			return err
		}
		a.add(change{event: inbox.Event{
			Kind: inbox.MessageChanged, Entity: string(m.ID), Version: m.Version, Message: m, History: true,
			Audience: inbox.Audience{After: place},
		}}, inbox.Actor{Kind: inbox.BySystem})
	}
	if err := a.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("attach reports: %w", err)
	}
	return nil
}

// applyReport shows a delivery report on the message that it is about, and
// fails that when trying again is of no use.
func (d *delivery) applyReport(ctx context.Context, m *inbox.Message, r report) error {
	before := *m
	m.Bounces = slices.Clone(m.Bounces)
	for _, b := range r.bounces {
		if !slices.Contains(m.Bounces, b) {
			m.Bounces = append(m.Bounces, b)
		}
	}
	if len(m.Bounces) == len(before.Bounces) {
		return nil
	}
	list, err := json.Marshal(m.Bounces)
	if err != nil {
		return fmt.Errorf("encode bounces: %w", err)
	}
	if _, err := d.tx.Exec(ctx, `UPDATE messages SET detail = jsonb_set(detail, '{bounces}', $2) WHERE id = $1`, m.ID, list); err != nil {
		return fmt.Errorf("write bounces: %w", err)
	}
	if i := slices.IndexFunc(r.bounces, func(b inbox.Bounce) bool { return b.Hard }); i >= 0 {
		b := r.bounces[i]
		told, err := d.applyReceipt(ctx, m, inbox.Receipt{State: inbox.Failed, Detail: b.Recipient + ": " + b.Detail, At: r.at}, r.cause)
		if err != nil || told {
			return err
		}
	}
	return d.tellSent(ctx, &before, m, r.cause)
}
