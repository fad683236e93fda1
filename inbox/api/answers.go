package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
	"skein/inbox/markup"
)

// KeyParam makes a call repeatable.
type KeyParam struct {
	Key string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"128" pattern:"^[!-~]+$" doc:"Made anew for every answer, and the same when the call is tried again"`
}

type replyInput struct {
	RefParam
	KeyParam
	Body replyBody
}

type replyBody struct {
	LetterBody
	SeenSeq int64           `json:"seenSeq" minimum:"0" doc:"publicSeq as the author saw it"`
	By      inbox.AccountID `json:"accountId,omitempty" maxLength:"40" doc:"The account that it leaves by, one that sends for the conversation's inbox: see sending. Absent: the conversation's"`
	Force   bool            `json:"force,omitempty" doc:"Send whatever came meanwhile"`
	Private bool            `json:"private,omitempty" doc:"Of an answer to a public comment: as one message to who wrote it alone, see sending"`
}

// A LetterBody is what is written to somebody, and what is done with it.
type LetterBody struct {
	Text        string               `json:"text" maxLength:"500000" doc:"May be empty when there are attachments"`
	HTML        string               `json:"html,omitempty" maxLength:"1000000" doc:"Sanitised before it is stored or sent"`
	To          []inbox.Party        `json:"to,omitempty" maxItems:"50" doc:"Absent: whoever wrote last"`
	Cc          []inbox.Party        `json:"cc,omitempty" maxItems:"50"`
	Bcc         []inbox.Party        `json:"bcc,omitempty" maxItems:"50" doc:"The others don't learn of them"`
	Attachments []inbox.AttachmentID `json:"attachments,omitempty" maxItems:"50" doc:"Ids of uploads"`
	Template    *inbox.Template      `json:"template,omitempty" doc:"Send the service's approved template instead of text, which is what it comes to: see sending"`
	Close       bool                 `json:"close,omitempty" doc:"Close the conversation with it"`
	Then        inbox.Actions        `json:"then,omitempty" doc:"What else is done with the conversation"`
	SnoozeUntil *time.Time           `json:"snoozeUntil,omitempty" doc:"Snooze the conversation with it"`
	Hold        int                  `json:"holdSeconds,omitempty" minimum:"0" maximum:"30" doc:"Of a mail: how long it can be taken back"`
	SendAt      *time.Time           `json:"sendAt,omitempty" doc:"When it leaves, if nobody has written by then. Not in a chat"`
}

type applyInput struct {
	RefParam
	Body struct {
		inbox.Actions
		SnoozeUntil *time.Time `json:"snoozeUntil,omitempty"`
	}
}

type noteInput struct {
	RefParam
	KeyParam
	Body noteBody
}

type noteBody struct {
	Text     string          `json:"text" minLength:"1" maxLength:"500000"`
	Mentions []inbox.AgentID `json:"mentions,omitempty" maxItems:"50" doc:"Agents whom the text names, who are told of it: see people"`
	Teams    []inbox.TeamID  `json:"teams,omitempty" maxItems:"20" doc:"Teams that the text names: all of them who may see the conversation are told"`
}

type hideInput struct {
	ID   inbox.MessageID `path:"id" maxLength:"36"`
	Body struct {
		Hidden bool `json:"hidden"`
	}
}

type messageIDInput struct {
	ID inbox.MessageID `path:"id" maxLength:"36"`
}

func (a *API) answers() {
	tag := []string{"answers"}
	secured(a, huma.Operation{OperationID: "reply", Method: "POST", Path: Root + "/conversations/{id}/replies", Tags: tag,
		DefaultStatus: http.StatusAccepted, MaxBodyBytes: maxBody, Summary: "Answer the customer",
		Description: "The message is queued: its state changes as it leaves. When something public came after seenSeq the answer is 409 with what is newer, and nothing is sent."}, a.reply)
	secured(a, huma.Operation{OperationID: "sending", Method: "GET", Path: Root + "/conversations/{id}/sending", Tags: tag,
		Summary: "What may be sent to the customer now", Description: "The bounds of the service that an answer leaves by, and until when it takes one; and the same of every other account that sends for the conversation's inbox."}, a.sending)
	secured(a, huma.Operation{OperationID: "note", Method: "POST", Path: Root + "/conversations/{id}/notes", Tags: tag,
		DefaultStatus: http.StatusCreated, MaxBodyBytes: maxBody, Summary: "Write a note that only the team sees"}, a.note)
	secured(a, huma.Operation{OperationID: "apply", Method: "POST", Path: Root + "/conversations/{id}/actions", Tags: tag,
		DefaultStatus: http.StatusOK, Summary: "Do several things with a conversation at once, as a saved reply names them"}, a.apply)
	secured(a, huma.Operation{OperationID: "hide-comment", Method: "PUT", Path: Root + "/messages/{id}/hidden", Tags: tag,
		DefaultStatus: http.StatusAccepted, Summary: "Hide a public comment, or show it again",
		Description: "Its service is asked: comment.hiding of the message says what became of it."}, a.hideComment)
	secured(a, huma.Operation{OperationID: "unsend", Method: "POST", Path: Root + "/messages/{id}/unsend", Tags: tag,
		DefaultStatus: http.StatusOK, Summary: "Take a message back that has not left",
		Description: "It is gone, and what it said is answered. One that has left is a conflict."}, a.unsend)
	secured(a, huma.Operation{OperationID: "send-now", Method: "POST", Path: Root + "/messages/{id}/send", Tags: tag,
		DefaultStatus: http.StatusAccepted, Summary: "Have a message leave now that waits for its time, whoever wrote meanwhile"}, a.sendNow)
	secured(a, huma.Operation{OperationID: "resend", Method: "POST", Path: Root + "/messages/{id}/resend", Tags: tag,
		DefaultStatus: http.StatusAccepted, Summary: "Send a message again that failed or whose fate is uncertain"}, a.resend)
}

func (a *API) reply(ctx context.Context, by *inbox.Caller, in *replyInput) (*body[inbox.Message], error) {
	b := &in.Body
	if b.By != "" && !inbox.ValidAccountID(string(b.By)) {
		return nil, invalid("body.accountId", "is no account's id")
	}
	answer, err := a.answerOf(&b.LetterBody, in.Key, func() (inbox.Account, error) {
		ways, err := a.cfg.Store.Ways(ctx, &by.Rights, in.ID, a.cfg.Accounts.Sending)
		for i := range ways {
			if b.By == "" || ways[i].Account.ID == b.By {
				return ways[i].Account, nil
			}
		}
		if err == nil {
			err = invalid("body.accountId", "doesn't send for this inbox")
		}
		return inbox.Account{}, err
	})
	if err != nil {
		return nil, err
	}
	if answer.Hash, err = requestHash("reply", in.ID, b); err != nil {
		return nil, err
	}
	answer.SeenSeq, answer.Force, answer.By, answer.Private = b.SeenSeq, b.Force, b.By, b.Private
	m, err := a.cfg.Store.Reply(ctx, by, in.ID, answer)
	return &body[inbox.Message]{m}, err
}

// answerOf checks what is written. by finds the account of a template.
func (a *API) answerOf(b *LetterBody, key string, by func() (inbox.Account, error)) (inbox.Answer, error) {
	var none inbox.Answer
	var err error
	if b.To, err = a.parties("body.to", b.To); err != nil {
		return none, err
	}
	if b.Cc, err = a.parties("body.cc", b.Cc); err != nil {
		return none, err
	}
	if len(b.Bcc) > 0 {
		if b.Bcc, err = a.parties("body.bcc", b.Bcc); err != nil {
			return none, err
		}
	}
	if err := checkIDs("body.attachments", b.Attachments...); err != nil {
		return none, err
	}
	if dup := duplicate(b.Attachments); dup {
		return none, invalid("body.attachments", "names one twice")
	}
	text, err := plain("body.text", b.Text)
	if err != nil {
		return none, err
	}
	html, err := plain("body.html", b.HTML)
	if err != nil {
		return none, err
	}
	if b.Template != nil {
		account, err := by()
		if err == nil {
			text, err = a.fill(&account, b)
		}
		if err != nil {
			return none, err
		}
		html = ""
	}
	if strings.TrimSpace(text) == "" && len(b.Attachments) == 0 {
		return none, invalid("body.text", "is empty: write something, or attach a file")
	}
	if err := a.check(&b.Then, b.SnoozeUntil); err != nil {
		return none, err
	}
	now := a.cfg.Now()
	answer := inbox.Answer{
		ID: inbox.NewID[inbox.MessageID](now), At: now, Text: text, Key: key,
		Close: b.Close, Then: b.Then, SnoozeUntil: b.SnoozeUntil, To: b.To, Cc: b.Cc, Bcc: b.Bcc, Attachments: b.Attachments, Template: b.Template,
		SendAt: now.Add(a.cfg.SendDelay), Seal: a.cfg.Seal, MatchKey: a.cfg.MatchKey, Bounds: a.cfg.Accounts.Sending,
	}
	if b.Hold > 0 {
		answer.SendAt = now.Add(time.Duration(b.Hold) * time.Second)
	}
	if b.SendAt != nil {
		if err := a.soon("body.sendAt", *b.SendAt); err != nil {
			return none, err
		}
		if !b.SendAt.After(now) {
			return none, invalid("body.sendAt", "has passed")
		}
		answer.SendAt, answer.Scheduled = b.SendAt.UTC(), true
	}
	if html != "" {
		answer.HTML, answer.RemoteImages = markup.Sanitise(html)
	}
	return answer, nil
}

func (a *API) apply(ctx context.Context, by *inbox.Caller, in *applyInput) (*body[inbox.Conversation], error) {
	if err := a.check(&in.Body.Actions, in.Body.SnoozeUntil); err != nil {
		return nil, err
	}
	c, err := a.cfg.Store.Apply(ctx, by, in.ID, in.Body.Actions, in.Body.SnoozeUntil, a.cfg.Now())
	return &body[inbox.Conversation]{c}, err
}

// check refuses what no database holds and times beyond anybody's plans.
func (a *API) check(acts *inbox.Actions, until *time.Time) error {
	for _, t := range acts.AddTags {
		if _, err := plain("body.addTags", t); err != nil {
			return err
		}
	}
	if until != nil {
		return a.soon("body.snoozeUntil", *until)
	}
	return nil
}

// A sendingBody is how a conversation may be answered.
type sendingBody struct {
	inbox.SendState
	Ways []inbox.SendWay `json:"ways" doc:"Every account that it may be answered by, the one by which the next answer leaves first"`
}

func (a *API) sending(ctx context.Context, by *inbox.Caller, in *RefParam) (*body[sendingBody], error) {
	ways, err := a.cfg.Store.Ways(ctx, &by.Rights, in.ID, a.cfg.Accounts.Sending)
	if err != nil {
		return nil, err
	}
	out := sendingBody{Ways: make([]inbox.SendWay, len(ways))}
	for i := range ways {
		if out.Ways[i], err = a.sendWay(&ways[i]); err != nil {
			return nil, err
		}
	}
	if len(ways) > 0 {
		out.SendState = out.Ways[0].SendState
	}
	return &body[sendingBody]{out}, nil
}

func (a *API) sendWay(w *inbox.Way) (inbox.SendWay, error) {
	bounds, err := a.cfg.Accounts.Sending(&w.Account)
	if err != nil {
		return inbox.SendWay{}, err
	}
	out := inbox.SendWay{SendState: bounds.State(w.HeardAt, w.StoppedAt, a.cfg.Now()), InboxID: w.Account.InboxID, Name: w.Account.Name, From: w.Account.Address, To: w.To, Locale: w.Locale, Signature: w.Signature}
	if w.Comment != nil {
		out.SendState = bounds.CommentState(w.Comment, w.Refused, w.NoPrivate, w.StoppedAt)
	}
	out.Channel, out.Account = w.Account.Channel, w.Account.ID
	if e, ok := errors.AsType[*inbox.Error](w.Refused); ok && out.May {
		out.May, out.Why, out.Templates = false, e.Message, nil
	}
	return out, nil
}

// fill is the text of a template that an account's service has approved.
func (a *API) fill(account *inbox.Account, b *LetterBody) (string, error) {
	bounds, err := a.cfg.Accounts.Sending(account)
	if err != nil {
		return "", err
	}
	for _, t := range bounds.Templates {
		if t.Name != b.Template.Name || t.Language != b.Template.Language {
			continue
		}
		for i, v := range b.Template.Values {
			if strings.TrimSpace(v) == "" || len(v) > 1000 || strings.ContainsFunc(v, control) {
				return "", invalid(fmt.Sprintf("body.template.values[%d]", i), "is empty, too long, or has a line break")
			}
		}
		text, ok := t.Fill(b.Template.Values)
		if !ok {
			return "", invalid("body.template.values", fmt.Sprintf("are %d, and the template has %d places", len(b.Template.Values), t.Values))
		}
		if len(b.Attachments) > 0 {
			return "", invalid("body.attachments", "can't go with a template")
		}
		return text, nil
	}
	return "", invalid("body.template", "is none that this account has")
}

func (a *API) note(ctx context.Context, by *inbox.Caller, in *noteInput) (*body[inbox.Message], error) {
	text, err := plain("body.text", in.Body.Text)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(text) == "" {
		return nil, invalid("body.text", "is empty")
	}
	if err := checkIDs("body.mentions", in.Body.Mentions...); err != nil {
		return nil, err
	}
	if slices.Contains(in.Body.Mentions, "") || duplicate(in.Body.Mentions) {
		return nil, invalid("body.mentions", "names nobody, or one twice")
	}
	if err := checkIDs("body.teams", in.Body.Teams...); err != nil {
		return nil, err
	}
	if slices.Contains(in.Body.Teams, "") || duplicate(in.Body.Teams) {
		return nil, invalid("body.teams", "names none, or one twice")
	}
	hash, err := requestHash("note", in.ID, &in.Body)
	if err != nil {
		return nil, err
	}
	now := a.cfg.Now()
	m, err := a.cfg.Store.Note(ctx, by, in.ID, inbox.Answer{
		ID: inbox.NewID[inbox.MessageID](now), At: now, Text: text, Key: in.Key, Hash: hash, Mentions: in.Body.Mentions, Teams: in.Body.Teams})
	return &body[inbox.Message]{m}, err
}

func (a *API) hideComment(ctx context.Context, by *inbox.Caller, in *hideInput) (*body[inbox.Message], error) {
	m, err := a.cfg.Store.HideComment(ctx, by, in.ID, in.Body.Hidden, a.cfg.Now(), a.cfg.EncodeHide)
	return &body[inbox.Message]{m}, err
}

func (a *API) unsend(ctx context.Context, by *inbox.Caller, in *messageIDInput) (*body[inbox.Unsent], error) {
	u, err := a.cfg.Store.Unsend(ctx, by, in.ID, a.cfg.Now())
	return &body[inbox.Unsent]{u}, err
}

func (a *API) sendNow(ctx context.Context, by *inbox.Caller, in *messageIDInput) (*body[inbox.Message], error) {
	m, err := a.cfg.Store.SendNow(ctx, by, in.ID, a.replyTo(in.ID), a.cfg.Now())
	return &body[inbox.Message]{m}, err
}

// replyTo is where answers to a message come back to.
func (a *API) replyTo(id inbox.MessageID) func(inbox.ConversationID, *inbox.Account) string {
	return func(in inbox.ConversationID, account *inbox.Account) string {
		_, to := a.cfg.Seal(id, in, account)
		return to
	}
}

func (a *API) resend(ctx context.Context, by *inbox.Caller, in *messageIDInput) (*body[inbox.Message], error) {
	m, err := a.cfg.Store.SendAgain(ctx, by, in.ID, a.replyTo(in.ID), a.cfg.Now())
	return &body[inbox.Message]{m}, err
}

// parties checks addresses before they become headers of a mail.
func (a *API) parties(where string, list []inbox.Party) ([]inbox.Party, error) {
	out := make([]inbox.Party, 0, len(list))
	for i, p := range list {
		p.Address, p.Name = strings.TrimSpace(p.Address), strings.TrimSpace(p.Name)
		at := fmt.Sprintf("%s[%d]", where, i)
		if len(p.Address) > 320 || strings.ContainsFunc(p.Address, control) || a.cfg.MatchKey(p.Address) == "" {
			return nil, invalid(at+".address", "is not an address that can be written to")
		}
		if len(p.Name) > 200 || strings.ContainsFunc(p.Name, control) || !utf8.ValidString(p.Name) {
			return nil, invalid(at+".name", "is too long or holds what a name can't")
		}
		out = append(out, p)
	}
	return out, nil
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

func duplicate[T comparable](list []T) bool {
	for i, v := range list {
		if slices.Contains(list[:i], v) {
			return true
		}
	}
	return false
}

// plain refuses what the database can't hold.
func plain(where, s string) (string, error) {
	if strings.ContainsRune(s, 0) {
		return "", invalid(where, "holds a NUL")
	}
	return strings.ToValidUTF8(s, "�"), nil
}

// unstorable refuses what holds anywhere what the database can't hold.
func unstorable(where string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", where, err)
	}
	// Without the backslashes that stand for themselves, what is left is an escape.
	if bytes.Contains(bytes.ReplaceAll(raw, []byte(`\\`), nil), []byte(`\u0000`)) {
		return invalid(where, "holds a NUL")
	}
	return nil
}

// requestHash tells a repeated request from another under the same key.
func requestHash(kind, ref string, body any) ([]byte, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("hash request: %w", err)
	}
	sum := sha256.Sum256(append([]byte(kind+"\x00"+ref+"\x00"), b...))
	return sum[:], nil
}
