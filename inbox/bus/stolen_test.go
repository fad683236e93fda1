package bus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/bus"
)

// Who has stolen the chat's credential reads no mail, no other channel's
// accounts, cursors, claims or bodies, no event, nothing that came in and nothing
// that is dead; makes no consumer; hears nobody else; and answers no question.
func TestStolenCredential(t *testing.T) {
	t.Parallel()
	b, server, n := open(t)
	const mark = "hunter2"
	mail, _ := link(t, n, inbox.Email)
	phone, _ := link(t, n, inbox.Phone)
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// Everywhere there is something that must not be seen.
	do(b.PutAccounts(t.Context(), inbox.Email, []connectors.Account{account("support", `{"password":"`+mark+`"}`)}))
	body, err := mail.PutBody(t.Context(), strings.NewReader(mark))
	do(err)
	secretItem := item(1)
	secretItem.Message = &connectors.Message{Text: mark}
	do(mail.Publish(t.Context(), secretItem))
	do(mail.SaveCursor(t.Context(), "support", mark))
	_, _, err = mail.ClaimSend(t.Context(), connectors.Outbound{Account: "support", MessageID: mark, Attempt: 1})
	do(err)
	do(mail.Report(t.Context(), connectors.Status{Channel: inbox.Email, Account: "support", State: "refused", LastError: mark}))
	do(b.PutDead(t.Context(), bus.Delivery{Seq: 1, Channel: inbox.Email, Account: "support", EventID: "e", Subject: "skein.in.live.email.support.k", Data: []byte(mark)}, mark))
	rows := func(id int64) []inbox.OutboxRow {
		return []inbox.OutboxRow{
			{ID: id, Subject: bus.EventSubject(inbox.MessageChanged), Payload: []byte(mark)},
			{ID: id + 1, Subject: bus.OutboundSubject(inbox.Email, "support"), Payload: []byte(mark)},
			{ID: id + 2, Subject: "skein.track.shop.k", Payload: []byte(mark)},
		}
	}
	do(b.PublishEvents(t.Context(), rows(1)))

	_, chat := link(t, n, inbox.Chat)
	chat.SetErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}) // refusals, which is what this is about
	heard, err := chat.SubscribeSync(bus.InboxPrefix(inbox.Chat) + ".>")
	do(err)
	for _, subject := range []string{
		">", "*", "skein.>", "skein.*.>", "skein.in.>", "skein.part.>", "skein.in.live.email.>", "skein.out.>", "skein.out.email.support", "skein.event.>", "skein.track.>",
		"skein.dead.>", "skein.transit.>", "skein.live.>", "skein.live.email.>", "skein.live.chat.>", "skein.live.*.*.up.*", "skein.ask.>", "skein.ask.chat.>",
		"skein.ask.email.*.*", "skein.visitor.>", "$KV.>", "$KV.accounts_email.>", "$JS.>", "$JS.API.>", "$JS.EVENT.>", "$SYS.>", "_INBOX.>", "_INBOX_email.>", "_INBOX_phone.>",
	} {
		_, err := chat.ChanSubscribe(subject, make(chan *nats.Msg, 1000))
		do(err)
		// The same with a queue: it must not take a question away from who may answer.
		_, err = chat.ChanQueueSubscribe(subject, "ask", make(chan *nats.Msg, 1000))
		do(err)
	}
	do(chat.Flush())

	streams := []string{"INBOUND", "OUTBOUND", "EVENTS", "TRACK", "DEAD", "KV_accounts_email", "KV_cursors_email", "KV_sends_email", "KV_connector_status", "transit_email"}
	subjects := map[string]string{
		"INBOUND": ">", "OUTBOUND": "skein.out.email.support", "EVENTS": "skein.event.message.changed", "TRACK": "skein.track.shop.k", "DEAD": bus.DeadSubject(inbox.Email, "support"),
		"KV_accounts_email": "$KV.accounts_email.all", "KV_cursors_email": "$KV.cursors_email.support", "KV_sends_email": "$KV.sends_email.>",
		"KV_connector_status": "$KV.connector_status.email.support", "transit_email": "skein.transit.email." + body.Ref,
	}
	ask := func(subject string, request any) {
		t.Helper()
		data, err := json.Marshal(request)
		do(err)
		do(chat.PublishRequest(subject, bus.InboxPrefix(inbox.Chat)+".x", data))
	}
	for _, s := range streams {
		for seq := range 3 {
			ask("$JS.API.STREAM.MSG.GET."+s, map[string]any{"seq": seq + 1})
			ask("$JS.API.DIRECT.GET."+s, map[string]any{"seq": seq + 1})
		}
		ask("$JS.API.STREAM.MSG.GET."+s, map[string]any{"last_by_subj": subjects[s]})
		ask("$JS.API.DIRECT.GET."+s, map[string]any{"next_by_subj": subjects[s], "seq": 1, "batch": 100})
		ask("$JS.API.DIRECT.GET."+s, map[string]any{"multi_last": []string{">"}})
		ask("$JS.API.DIRECT.GET."+s+"."+subjects[s], nil)
		ask("$JS.API.STREAM.INFO."+s, map[string]any{"subjects_filter": ">"})
		for _, make := range []string{"CREATE." + s, "CREATE." + s + ".mine", "CREATE." + s + ".mine." + subjects[s], "DURABLE.CREATE." + s + ".mine"} {
			ask("$JS.API.CONSUMER."+make, map[string]any{"stream_name": s, "config": map[string]any{
				"name": "mine", "durable_name": "mine", "deliver_subject": bus.InboxPrefix(inbox.Chat) + ".y", "ack_policy": "none", "deliver_policy": "all"}})
		}
		ask("$JS.API.CONSUMER.MSG.NEXT."+s+".mine", map[string]any{"batch": 10, "no_wait": true})
	}
	for _, consumer := range []string{"INBOUND.in_live_0", "OUTBOUND.out_email", "TRACK.track"} {
		ask("$JS.API.CONSUMER.MSG.NEXT."+consumer, map[string]any{"batch": 10, "no_wait": true})
	}
	// Nor on its own: a consumer's deliver subject is its maker's choice.
	for _, s := range []string{"KV_accounts_chat", "KV_cursors_chat", "transit_chat", "VISITOR"} {
		ask("$JS.API.CONSUMER.CREATE."+s, map[string]any{"stream_name": s, "config": map[string]any{"deliver_subject": "skein.in.live.email.support.k", "ack_policy": "none"}})
	}
	// A stream of its own that takes from another.
	ask("$JS.API.STREAM.CREATE.MINE", map[string]any{"name": "MINE", "sources": []map[string]any{{"name": "INBOUND"}}})
	ask("$JS.API.STREAM.CREATE.MINE", map[string]any{"name": "MINE", "subjects": []string{"skein.>"}})
	do(chat.Flush())

	// What happens meanwhile is not heard either, and a question that only the
	// thief listens for is answered by nobody.
	do(mail.Say(t.Context(), connectors.Live{Kind: connectors.LiveTyping, Account: "support", Key: mark, Agent: mark}))
	do(b.SayLive(t.Context(), connectors.Live{Kind: connectors.LiveTyping, Channel: inbox.Email, Account: "support", Key: mark, Agent: mark}))
	do(phone.Say(t.Context(), connectors.Live{Kind: connectors.LiveRinging, Account: "main", Key: mark, Agent: mark}))
	do(b.PublishEvents(t.Context(), rows(10)))
	do(mail.SaveCursor(t.Context(), "support", mark+"-2"))
	if err := mail.Ask(t.Context(), "support", "history", mark, nil); inbox.CodeOf(err) != inbox.Unavailable {
		t.Errorf("a question that only a thief could hear: %v, want unavailable", err)
	}
	do(server.Flush())
	do(chat.Flush())
	for {
		msg, err := heard.NextMsg(100 * time.Millisecond)
		if err != nil {
			break
		}
		if bytes.Contains(msg.Data, []byte(mark)) || strings.Contains(fmt.Sprint(msg.Header), mark) || len(msg.Data) > 0 && !bytes.Contains(msg.Data, []byte("error")) {
			t.Errorf("the thief got %s %v", msg.Data, msg.Header)
		}
	}
	if in, out := chat.Stats().InMsgs, chat.Stats().OutMsgs; in > 0 || out == 0 {
		t.Errorf("the thief sent %d and got %d messages, want none", out, in)
	}

	// A question of the mail's is answered by the server, although the thief waits
	// in the same queue.
	during(t, func(ctx context.Context) {
		_ = b.Asks(ctx, func(context.Context, connectors.Ask) (any, error) { return "the server", nil })
	})
	for range 20 {
		var who string
		until(t, "an answer", func() bool { return mail.Ask(t.Context(), "support", "history", nil, &who) == nil })
		if who != "the server" {
			t.Fatalf("answered by %q", who)
		}
	}
}
