package bus_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"skein/cmd/skein/local"
	"skein/connectors"
	"skein/inbox"
	"skein/inbox/bus"
)

// A credential reaches its own channel and nothing else: not another channel's
// subjects, buckets or bodies, not what the server keeps for itself.
func TestIsolation(t *testing.T) {
	t.Parallel()
	b, server, n := open(t)
	if err := b.PutAccounts(t.Context(), inbox.Email, []connectors.Account{account("support", `{"password":"x"}`)}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.PutTransit(t.Context(), inbox.Email, strings.NewReader("mail")); err != nil {
		t.Fatal(err)
	}
	mail, _ := link(t, n, inbox.Email)
	if err := mail.Publish(t.Context(), item(1)); err != nil {
		t.Fatal(err)
	}
	if err := mail.SaveCursor(t.Context(), "support", "1:2"); err != nil {
		t.Fatal(err)
	}
	_, chat := link(t, n, inbox.Chat)

	// Whatever is refused never comes to anybody: who listens to everything
	// hears nothing of it.
	heard, err := server.SubscribeSync(">")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{
		"skein.in.live.email.support.k", "skein.in.bulk.shop.main.k",
		"skein.out.chat.site", "skein.out.email.support",
		"skein.event.message.changed", "skein.dead.chat.site", "skein.visitor.site.s",
		"skein.part.1.live.chat.site.k", "skein.transit.email.x",
		"skein.live.email.support.up.k", "skein.live.chat.site.down.k", "skein.live.accounts.chat",
		"$KV.accounts_chat.all", "$KV.accounts_email.all", "$KV.cursors_email.support", "$KV.sends_email.x",
		"$KV.connector_status.email.support",
		"$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.API.STREAM.INFO.INBOUND",
		"$JS.API.STREAM.CREATE.MINE", "$JS.API.STREAM.DELETE.INBOUND", "$JS.API.STREAM.PURGE.INBOUND",
		"$JS.API.STREAM.MSG.GET.INBOUND", "$JS.API.STREAM.MSG.GET.EVENTS", "$JS.API.STREAM.MSG.GET.KV_cursors_chat",
		"$JS.API.DIRECT.GET.INBOUND", "$JS.API.DIRECT.GET.EVENTS", "$JS.API.DIRECT.GET.DEAD",
		"$JS.API.DIRECT.GET.KV_accounts_email", "$JS.API.DIRECT.GET.KV_accounts_email.$KV.accounts_email.all",
		"$JS.API.DIRECT.GET.KV_cursors_email.$KV.cursors_email.support", "$JS.API.DIRECT.GET.transit_email",
		"$JS.API.DIRECT.GET.KV_connector_status",
		"$JS.API.CONSUMER.CREATE.INBOUND", "$JS.API.CONSUMER.CREATE.OUTBOUND.mine.skein.out.chat.>",
		"$JS.API.CONSUMER.CREATE.EVENTS", "$JS.API.CONSUMER.CREATE.KV_accounts_chat",
		"$JS.API.CONSUMER.CREATE.KV_cursors_chat.mine", "$JS.API.CONSUMER.CREATE.transit_chat",
		"$JS.API.CONSUMER.DURABLE.CREATE.OUTBOUND.mine", "$JS.API.CONSUMER.DELETE.OUTBOUND.out_chat",
		"$JS.API.CONSUMER.MSG.NEXT.INBOUND.in_live_0", "$JS.API.CONSUMER.MSG.NEXT.OUTBOUND.out_email",
		"$JS.API.CONSUMER.RESET.OUTBOUND.out_chat", "$JS.API.STREAM.PURGE.KV_cursors_chat",
		"$JS.API.STREAM.UPDATE.KV_cursors_chat", "$JS.API.STREAM.MSG.DELETE.transit_chat",
		"$JS.ACK.INBOUND.in_live_0.1.1.1.1.1", "$JS.ACK.OUTBOUND.out_email.1.1.1.1.1",
		"$SYS.REQ.SERVER.PING", "_INBOX_email.x", "anything",
	} {
		if err := chat.Publish(subject, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		if err := chat.Flush(); err != nil {
			t.Fatal(err)
		}
		if msg, err := heard.NextMsg(5 * time.Millisecond); err == nil {
			t.Errorf("the chat sidecar published to %s: %s", subject, msg.Subject)
		}
	}
	if err := chat.Publish("skein.live.chat.site.up.k", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := heard.NextMsg(time.Second); err != nil {
		t.Fatalf("what is granted was not heard: %v", err)
	}

	refused := make(chan string, 100)
	chat.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err.Error() })
	for _, subject := range []string{
		">", "skein.>", "skein.in.>", "skein.in.live.chat.>", "skein.out.>", "skein.out.chat.>", "skein.event.>",
		"skein.live.email.>", "skein.live.accounts.email", "$KV.>", "$JS.>", "_INBOX.>", "_INBOX_email.>", "$SYS.>",
	} {
		if _, err := chat.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		if err := chat.Flush(); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-refused:
			if want := `subscription to "` + subject + `"`; !strings.Contains(strings.ToLower(got), strings.ToLower(want)) {
				t.Errorf("refused: %s, want %s", got, want)
			}
		case <-time.After(time.Second):
			t.Errorf("the chat sidecar subscribed to %s", subject)
		}
	}
}

// A request's reply subject is the sender's choice, and the server answers with
// rights of its own. Who asks for an answer where it may not listen is cut off,
// and nothing is written or deleted in its name.
func TestForeignReply(t *testing.T) {
	t.Parallel()
	_, server, n := open(t)
	heard, err := server.SubscribeSync(">")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, reply := range []string{
		"skein.event.message.changed", "skein.out.email.support", "skein.in.live.email.support.k", "skein.dead.email.support",
		"$KV.accounts_email.all", "$KV.connector_status.email.support", "_INBOX_email.x", "_INBOX.x",
		"$JS.API.STREAM.DELETE.INBOUND", "$JS.API.STREAM.PURGE.EVENTS", "$JS.API.CONSUMER.CREATE.INBOUND.x",
	} {
		_, chat := link(t, n, inbox.Chat)
		off := make(chan struct{}, 10)
		chat.SetDisconnectErrHandler(func(*nats.Conn, error) { off <- struct{}{} })
		// What is not there is answered without a body: all that deleting a
		// stream takes.
		if err := chat.PublishRequest("$JS.API.DIRECT.GET.KV_cursors_chat.$KV.cursors_chat.none", reply, nil); err != nil {
			t.Fatal(err)
		}
		_ = chat.Flush() // it may be cut off
		select {
		case <-off:
		case <-time.After(5 * time.Second):
			t.Errorf("the chat sidecar asked for an answer on %s and was not cut off", reply)
		}
		chat.Close()
	}
	for {
		msg, err := heard.NextMsg(50 * time.Millisecond)
		if err != nil {
			break
		}
		if !strings.HasPrefix(msg.Subject, "$JS.EVENT.") && !strings.HasPrefix(msg.Subject, "$JS.API.STREAM.INFO.") && !strings.HasPrefix(msg.Subject, "_INBOX.") {
			t.Errorf("on %s: %s", msg.Subject, msg.Data)
		}
	}
	js, err := jetstream.New(server)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Stream(t.Context(), "INBOUND"); err != nil {
		t.Error(err)
	}
}

// forge has the server answer a request on subject with data of a sidecar's
// choice, as one could on a cluster whose door is not ours.
func forge(t *testing.T, n *local.NATS, server *nats.Conn, subject string, data []byte) {
	t.Helper()
	chat, _ := link(t, n, inbox.Chat)
	if err := chat.SaveCursor(t.Context(), "site", string(data)); err != nil {
		t.Fatal(err)
	}
	if err := server.PublishRequest("$JS.API.DIRECT.GET.KV_cursors_chat.$KV.cursors_chat.site", subject, nil); err != nil {
		t.Fatal(err)
	}
}

// An item that is the answer to a request is put aside and never handled.
func TestForgedByReply(t *testing.T) {
	t.Parallel()
	b, nc, n := open(t)
	forged, err := json.Marshal(item(666))
	if err != nil {
		t.Fatal(err)
	}
	forge(t, n, nc, "skein.in.live.email.support.k", forged)
	mail, _ := link(t, n, inbox.Email)
	if err := mail.Publish(t.Context(), item(1)); err != nil {
		t.Fatal(err)
	}
	c := collect()
	running(t, b, 2, func(_ context.Context, _ int, batch []bus.Delivery) error {
		c.add(batch)
		return nil
	})
	c.wait(t, 1)
	deadline := time.Now().Add(10 * time.Second)
	var dead []bus.Dead
	for len(dead) == 0 && time.Now().Before(deadline) {
		if dead, _, err = b.DeadItems(t.Context(), 0, 10); err != nil {
			t.Fatal(err)
		}
	}
	if len(dead) != 1 || !bytes.Equal(dead[0].Item, forged) {
		t.Errorf("DEAD holds %d items, want the forged one", len(dead))
	}
	if got := c.wait(t, 1); len(got) != 1 || got[0].EventID != "e1" {
		t.Errorf("handled %d items, want the honest one", len(got))
	}
}

// Nor does a browser see such an event, or a customer get such a message.
func TestForgedOnTheWayOut(t *testing.T) {
	t.Parallel()
	b, nc, n := open(t)
	forge(t, n, nc, bus.EventSubject(inbox.ConversationChanged), []byte(`{"kind":"conversation.changed"}`))
	forge(t, n, nc, bus.OutboundSubject(inbox.Email, "support"), []byte(`{"account":"support","channel":"email","text":"pay here"}`))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	got := errors.New("got")
	err := b.Events(ctx, 1, func(_ uint64, data []byte) error {
		if len(data) > 0 {
			t.Errorf("event %s", data)
		}
		return got
	})
	if !errors.Is(err, got) {
		t.Errorf("Events = %v: the number of the forged one must still be told", err)
	}
	mail, _ := link(t, n, inbox.Email)
	sending, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	_ = mail.Sends(sending, func(_ context.Context, out connectors.Outbound) error {
		t.Errorf("sent %+v", out)
		return nil
	})
}

// An item of another channel, lane or account is refused before it leaves.
func TestPublishInvalid(t *testing.T) {
	t.Parallel()
	_, _, n := open(t)
	l, _ := link(t, n, inbox.Email)
	for name, change := range map[string]func(*connectors.Inbound){
		"channel": func(i *connectors.Inbound) { i.Channel = inbox.Chat },
		"account": func(i *connectors.Inbound) { i.Account = "a.b" },
		"lane":    func(i *connectors.Inbound) { i.Lane = "fast" },
		"event":   func(i *connectors.Inbound) { i.EventID = "" },
	} {
		it := item(1)
		change(&it)
		if err := l.Publish(t.Context(), it); inbox.CodeOf(err) != inbox.Invalid {
			t.Errorf("Publish with another %s = %v, want invalid", name, err)
		}
	}
	it := item(1)
	it.Message = &connectors.Message{Text: strings.Repeat("x", 3<<20)}
	if err := l.Publish(t.Context(), it); inbox.CodeOf(err) != inbox.TooLarge {
		t.Errorf("Publish of 3 MiB = %v, want too large", err)
	}
}

// A stream that is full refuses, and says that it may later take the item; so
// does a bus that is away.
func TestPublishUnavailable(t *testing.T) {
	t.Parallel()
	_, nc, n := open(t)
	if _, err := bus.Open(t.Context(), nc, bus.Config{SecretKey: secret, InboundBytes: 4096}); err != nil {
		t.Fatal(err)
	}
	l, _ := link(t, n, inbox.Email)
	var err error
	taken := 0
	for i := 0; err == nil && i < 100; i++ {
		if err = l.Publish(t.Context(), item(i)); err == nil {
			taken++
		}
	}
	if inbox.CodeOf(err) != inbox.Unavailable || taken == 0 {
		t.Errorf("after %d items Publish = %v, want unavailable", taken, err)
	}
	if err := n.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := l.Publish(t.Context(), item(1)); inbox.CodeOf(err) != inbox.Unavailable {
		t.Errorf("Publish while the server is away = %v, want unavailable", err)
	}
}

func account(id, settings string) connectors.Account {
	return connectors.Account{
		ID: inbox.AccountID(id), Channel: inbox.Email, Name: "Support", Address: id + "@shop.test",
		Own: []string{id + "@shop.test"}, Settings: json.RawMessage(settings),
	}
}

// A sidecar sees its accounts, secrets opened, now and after every change, and
// the bucket never holds a secret in clear.
func TestAccounts(t *testing.T) {
	t.Parallel()
	b, nc, n := open(t)
	l, _ := link(t, n, inbox.Email)
	sets := make(chan []connectors.Account, 10)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.WatchAccounts(ctx, func(a []connectors.Account) { sets <- a }) }()
	next := func(want []connectors.Account) {
		t.Helper()
		select {
		case got := <-sets:
			if diff := cmp.Diff(want, got); len(want)+len(got) > 0 && diff != "" {
				t.Errorf("accounts (-want +got):\n%s", diff)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no accounts came")
		}
	}
	next(nil)
	one := []connectors.Account{account("support", `{"password":"hunter2"}`)}
	two := append(one, account("sales", `{"password":"hunter3"}`))
	put := func(set []connectors.Account) {
		t.Helper()
		if err := b.PutAccounts(t.Context(), inbox.Email, set); err != nil {
			t.Fatalf("PutAccounts: %v", err)
		}
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		kv, err := js.KeyValue(t.Context(), "accounts_email")
		if err != nil {
			t.Fatal(err)
		}
		if entry, err := kv.Get(t.Context(), "all"); err != nil || bytes.Contains(entry.Value(), []byte("hunter")) {
			t.Errorf("the bucket holds %s, %v", entry.Value(), err)
		}
	}
	for _, set := range [][]connectors.Account{one, two, one, {}} {
		put(set)
		next(set)
	}
	put([]connectors.Account{})
	select {
	case set := <-sets:
		t.Errorf("the same accounts came again: %v", set)
	case <-time.After(200 * time.Millisecond):
	}
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("WatchAccounts = %v", err)
	}
}

// A copy of the database gives no mailbox away.
func TestSettingsAtRest(t *testing.T) {
	secret, other := bytes.Repeat([]byte("s"), 32), bytes.Repeat([]byte("o"), 32)
	plain := []byte(`{"password": "geheim"}`)
	stored, err := bus.SealSettings(secret, plain, inbox.Email, "support")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(stored, []byte("geheim")) || !json.Valid(stored) {
		t.Errorf("stored form %s", stored)
	}
	if got, err := bus.OpenSettings(secret, stored, inbox.Email, "support"); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("OpenSettings = %s, %v, want %s", got, err, plain)
	}
	if got, err := bus.OpenSettings(secret, []byte("{}"), inbox.Shop, "shop"); err != nil || string(got) != "{}" {
		t.Errorf("OpenSettings of what was never sealed = %s, %v", got, err)
	}
	for _, c := range []struct {
		secret  []byte
		account inbox.AccountID
	}{{other, "support"}, {secret, "sales"}} {
		if got, err := bus.OpenSettings(c.secret, stored, inbox.Email, c.account); err == nil {
			t.Errorf("OpenSettings under another key or account = %s, want an error", got)
		}
	}
}

// Sealed settings open under their own key, channel and account, and in no
// other place.
func TestSealIsBound(t *testing.T) {
	t.Parallel()
	b, nc, n := open(t)
	if err := b.PutAccounts(t.Context(), inbox.Email, []connectors.Account{account("support", `{}`), account("sales", `{"p":1}`)}); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.KeyValue(t.Context(), "accounts_email")
	if err != nil {
		t.Fatal(err)
	}
	entry, err := kv.Get(t.Context(), "all")
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]json.RawMessage
	if err := json.Unmarshal(entry.Value(), &all); err != nil {
		t.Fatal(err)
	}
	all[0]["sealed"], all[1]["sealed"] = all[1]["sealed"], all[0]["sealed"] // moved to another account
	moved, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(t.Context(), "all", moved); err != nil {
		t.Fatal(err)
	}
	l, _ := link(t, n, inbox.Email)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_ = l.WatchAccounts(ctx, func(a []connectors.Account) {
		t.Errorf("settings moved to another account were opened: %v", a)
	})
	if _, err := bus.DeriveKey([]byte("short"), inbox.Email); inbox.CodeOf(err) != inbox.Invalid {
		t.Errorf("DeriveKey of a short secret = %v, want invalid", err)
	}
}

// Bodies of any length come through whole, and a reader notices when they are
// not what the item says.
func TestTransit(t *testing.T) {
	t.Parallel()
	b, _, n := open(t)
	l, _ := link(t, n, inbox.Email)
	for _, size := range []int{0, 1, 256 << 10, 256<<10 + 1, 3_000_000} {
		want := bytes.Repeat([]byte("0123456789"), size/10+1)[:size]
		sum := sha256.Sum256(want)
		body, err := l.PutBody(t.Context(), bytes.NewReader(want))
		if err != nil || body.Size != int64(size) || body.SHA256 != hex.EncodeToString(sum[:]) {
			t.Fatalf("PutBody of %d bytes = %+v, %v", size, body, err)
		}
		for who, open := range map[string]func() (io.ReadCloser, error){
			"server":  func() (io.ReadCloser, error) { return b.OpenTransit(t.Context(), inbox.Email, body) },
			"sidecar": func() (io.ReadCloser, error) { return l.OpenBody(t.Context(), body) },
		} {
			r, err := open()
			if err != nil {
				t.Fatalf("%s opens %d bytes: %v", who, size, err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s reads %d bytes of %d, %v", who, len(got), size, err)
			}
		}
		lie := body
		lie.SHA256 = strings.Repeat("0", 64)
		if r, err := b.OpenTransit(t.Context(), inbox.Email, lie); err == nil {
			if _, err = io.ReadAll(r); inbox.CodeOf(err) != inbox.Invalid {
				t.Errorf("bytes with another sum read as %v, want invalid", err)
			}
		}
		lie = body
		lie.Size++
		if r, err := b.OpenTransit(t.Context(), inbox.Email, lie); err == nil {
			if _, err = io.ReadAll(r); inbox.CodeOf(err) != inbox.Invalid {
				t.Errorf("bytes of another length read as %v, want invalid", err)
			}
		}
		for range 2 {
			if err := b.DeleteTransit(t.Context(), inbox.Email, body.Ref); err != nil {
				t.Errorf("DeleteTransit: %v", err)
			}
		}
		if _, err := b.OpenTransit(t.Context(), inbox.Email, body); inbox.CodeOf(err) != inbox.NotFound {
			t.Errorf("a deleted body opens as %v, want not found", err)
		}
	}
	for _, ref := range []string{"*", ">", "a.b", "a b", strings.Repeat("a", 65)} {
		if _, err := b.OpenTransit(t.Context(), inbox.Email, connectors.Body{Ref: ref}); inbox.CodeOf(err) != inbox.Invalid {
			t.Errorf("OpenTransit(%q) = %v, want invalid", ref, err)
		}
		if err := b.DeleteTransit(t.Context(), inbox.Email, ref); inbox.CodeOf(err) != inbox.Invalid {
			t.Errorf("DeleteTransit(%q) = %v, want invalid", ref, err)
		}
	}
	inline := connectors.Body{Size: 2, SHA256: strings.Repeat("0", 64), Inline: []byte("ab")}
	if _, err := b.OpenTransit(t.Context(), inbox.Email, inline); inbox.CodeOf(err) != inbox.Invalid {
		t.Errorf("inline bytes with another sum open as %v, want invalid", err)
	}
}

func outbound(account string, n int) connectors.Outbound {
	return connectors.Outbound{MessageID: inbox.MessageID(fmt.Sprintf("m%d", n)), Attempt: 1, Channel: inbox.Email, Account: inbox.AccountID(account)}
}

// What is to be sent arrives one at a time an account, again after an error,
// and an account that hangs delays no other.
func TestSends(t *testing.T) {
	t.Parallel()
	b, _, n := open(t)
	l, _ := link(t, n, inbox.Email)
	var rows []inbox.OutboxRow
	const each = 40 // more than one account may hold within the sidecar
	for i := range each {
		for _, a := range []string{"hangs", "works"} {
			payload, err := json.Marshal(outbound(a, i))
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, inbox.OutboxRow{ID: int64(len(rows) + 1), Subject: bus.OutboundSubject(inbox.Email, inbox.AccountID(a)), Payload: payload})
		}
	}
	if err := b.PublishEvents(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	tries, sent, busy := map[inbox.MessageID]int{}, map[inbox.MessageID]bool{}, map[inbox.AccountID]bool{}
	all := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- l.Sends(ctx, func(ctx context.Context, out connectors.Outbound) error {
			mu.Lock()
			if busy[out.Account] {
				t.Errorf("two sends of %s at once", out.Account)
			}
			busy[out.Account] = true
			mu.Unlock()
			defer func() {
				mu.Lock()
				busy[out.Account] = false
				mu.Unlock()
			}()
			if out.Account == "hangs" {
				<-ctx.Done()
				return ctx.Err()
			}
			mu.Lock()
			defer mu.Unlock()
			tries[out.MessageID]++
			if out.MessageID == "m3" && tries[out.MessageID] == 1 {
				return errors.New("try again")
			}
			sent[out.MessageID] = true
			if len(sent) == each {
				close(all)
			}
			return nil
		})
	}()
	select {
	case <-all:
	case <-time.After(60 * time.Second):
		t.Fatalf("%d of %d were sent beside an account that hangs", len(sent), each)
	}
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("Sends = %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if tries["m3"] != 2 {
		t.Errorf("the failed send was tried %d times, want 2", tries["m3"])
	}
}

// One of many claims of an attempt is fresh; the result is found by the next
// one; a released claim is fresh again.
func TestClaims(t *testing.T) {
	t.Parallel()
	_, _, n := open(t)
	l, _ := link(t, n, inbox.Email)
	out := outbound("support", 1)
	var wg sync.WaitGroup
	var mu sync.Mutex
	fresh := 0
	for range 10 {
		wg.Go(func() {
			f, result, err := l.ClaimSend(t.Context(), out)
			if err != nil || result != nil {
				t.Errorf("ClaimSend = %v, %v, %v", f, result, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if f {
				fresh++
			}
		})
	}
	wg.Wait()
	if fresh != 1 {
		t.Errorf("%d of 10 claims were fresh, want 1", fresh)
	}
	want := inbox.Receipt{MessageID: "m1", Attempt: 1, State: inbox.Sent, Detail: "250 queued", At: time.Unix(1e9, 0).UTC()}
	if err := l.FinishSend(t.Context(), out, want); err != nil {
		t.Fatal(err)
	}
	f, got, err := l.ClaimSend(t.Context(), out)
	if err != nil || f || got == nil || !cmp.Equal(*got, want) {
		t.Errorf("ClaimSend after FinishSend = %v, %v, %v, want %v", f, got, err, want)
	}
	if err := l.ReleaseSend(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	if f, _, err := l.ClaimSend(t.Context(), out); !f || err != nil {
		t.Errorf("ClaimSend after ReleaseSend = %v, %v, want fresh", f, err)
	}
}

// Cursors and statuses are kept.
func TestCursorAndStatus(t *testing.T) {
	t.Parallel()
	b, _, n := open(t)
	l, _ := link(t, n, inbox.Email)
	if c, err := l.Cursor(t.Context(), "support"); c != "" || err != nil {
		t.Errorf("Cursor of a new account = %q, %v", c, err)
	}
	for _, want := range []string{"1:2", "1:3"} {
		if err := l.SaveCursor(t.Context(), "support", want); err != nil {
			t.Fatal(err)
		}
		if c, err := l.Cursor(t.Context(), "support"); c != want || err != nil {
			t.Errorf("Cursor = %q, %v, want %q", c, err, want)
		}
	}
	at := time.Unix(1e9, 0).UTC()
	want := []connectors.Status{
		{Channel: inbox.Email, Account: "sales", State: "running", At: at},
		{Channel: inbox.Email, Account: "support", State: "refused", LastError: "no", At: at},
	}
	for i := range want {
		if err := l.Report(t.Context(), want[len(want)-1-i]); err != nil {
			t.Fatal(err)
		}
	}
	got, err := b.Statuses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Statuses (-want +got):\n%s", diff)
	}
	// Two processes that serve one account are seen as one, what they did together.
	early, late := at.Add(-time.Hour), at.Add(time.Hour)
	for _, s := range []connectors.Status{
		{Account: "doubled", Instance: "a", State: "running", Received: 3, Rejected: 1, LastItem: &late, LagSeconds: 2, At: at},
		{Account: "doubled", Instance: "b", State: "retrying", LastError: "no route", ErrorAt: &early, Received: 4, Sent: 1, LastItem: &early, LagSeconds: 9, At: late},
		{Account: "doubled", Instance: "ended", State: "stopped", Received: 1, At: early},
	} {
		if err := l.Report(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	together := connectors.Status{Channel: inbox.Email, Account: "doubled", State: "retrying", LastError: "no route", ErrorAt: &early,
		Received: 8, Sent: 1, Rejected: 1, LastItem: &late, LagSeconds: 2, At: late}
	if got, err = b.Statuses(t.Context()); err != nil || len(got) != 3 {
		t.Fatalf("Statuses = %+v, %v", got, err)
	}
	if diff := cmp.Diff(together, got[0]); diff != "" {
		t.Errorf("together (-want +got):\n%s", diff)
	}
}
