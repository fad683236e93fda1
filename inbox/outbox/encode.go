package outbox

import (
	"encoding/json"
	"fmt"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// Encode turns a departure into the row that goes to the channel's connector.
// Attachments name their bytes by hash alone: the relay puts them where the
// sidecar can read them.
func Encode(d inbox.Departure) (subject string, payload []byte, err error) {
	m := &d.Message
	if len(m.To)+len(m.Cc)+len(d.Bcc) == 0 {
		return "", nil, &inbox.Error{Code: inbox.Invalid, Message: "nobody to send it to"}
	}
	if d.From.Address == "" && m.Channel == inbox.Email {
		return "", nil, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("account %s has no address to send from", m.Account)}
	}
	text, html := m.Signature.Under(m.Text, m.HTML)
	out := connectors.Outbound{
		MessageID: m.ID, Attempt: m.Attempt, Channel: m.Channel, Account: m.Account,
		From: d.From, ReplyTo: d.ReplyTo, To: m.To, Cc: m.Cc, Bcc: d.Bcc,
		Subject: m.Subject, Text: text, HTML: html,
		HeaderID: m.HeaderID, References: d.References, Automatic: d.Automatic, Date: d.At, HeardAt: d.HeardAt, Template: m.Template,
	}
	if n := len(d.References); n > 0 {
		out.InReplyTo = d.References[n-1]
	}
	if c := m.Comment; c != nil {
		out.Comment = &connectors.CommentAsk{ID: c.ID, Private: c.Private, WrittenAt: c.WrittenAt}
	}
	if m.Channel == inbox.Chat { // whose visitor asks for files when they want them
		out.ThreadKey = m.To[0].Address
		m.Attachments = nil
	}
	for _, a := range m.Attachments {
		out.Attachments = append(out.Attachments, connectors.Attachment{
			Name: a.Name, Type: a.Type, Inline: a.Inline, ContentID: a.ContentID,
			Body: connectors.Body{Size: a.Size, SHA256: a.SHA256},
		})
	}
	payload, err = json.Marshal(out)
	if err != nil {
		return "", nil, fmt.Errorf("encode departure: %w", err)
	}
	return "skein.out." + string(m.Channel) + "." + string(m.Account), payload, nil
}

// EncodeHide turns what is asked about a public comment into the row that goes to
// its connector.
func EncodeHide(m *inbox.Message, at time.Time) (subject string, payload []byte, err error) {
	c := m.Comment
	payload, err = json.Marshal(connectors.Outbound{
		MessageID: m.ID, Attempt: c.Hiding.Attempt, Channel: m.Channel, Account: m.Account, To: []inbox.Party{}, Date: at,
		Comment: &connectors.CommentAsk{ID: c.ID, WrittenAt: m.SentAt, Hide: &c.Hiding.Hide},
	})
	if err != nil {
		return "", nil, fmt.Errorf("encode hiding: %w", err)
	}
	return "skein.out." + string(m.Channel) + "." + string(m.Account), payload, nil
}

// EncodeAction turns an action into the row that goes to its shop's connector.
func EncodeAction(a *inbox.OrderAction, on inbox.ActedOn, at time.Time) (subject string, payload []byte, err error) {
	act := &connectors.Action{Kind: a.Kind, ActionTerms: a.ActionTerms}
	if o := on.Order; o != nil {
		act.Order = &connectors.ActionOrder{
			ExternalID: o.ExternalID, Number: o.Number, Currency: o.Currency, Total: o.Total, Refunded: o.Refunded, Items: o.Items,
		}
	}
	if c := on.Cart; c != nil {
		act.Cart = &connectors.ActionCart{
			ExternalID: c.ExternalID, Currency: c.Currency, Total: c.Total, URL: c.URL, Items: c.Items,
			CustomerExternalID: c.CustomerExternalID, Email: c.Email,
		}
	}
	payload, err = json.Marshal(connectors.Outbound{
		MessageID: inbox.MessageID(a.ID), Attempt: a.Attempt, Channel: inbox.Shop, Account: a.Account, To: []inbox.Party{}, Date: at, Action: act,
	})
	if err != nil {
		return "", nil, fmt.Errorf("encode action: %w", err)
	}
	return "skein.out." + string(inbox.Shop) + "." + string(a.Account), payload, nil
}
