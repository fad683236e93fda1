package phone

import (
	"bufio"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A pbx is a manager interface as docs.asterisk.org documents it: it checks each
// action against the documented parameters, and fails the test on any other.
type pbx struct {
	t        *testing.T
	listener net.Listener
	secret   string

	mu    sync.Mutex // guards conns and pings
	conns []net.Conn
	pings int
}

// The parameters of the actions that a client may send (Asterisk 20
// documentation, AMI Actions).
var amiActions = map[string][]string{
	"Challenge": {"action", "actionid", "authtype"},
	"Login":     {"action", "actionid", "username", "secret", "authtype", "key", "events"},
	"Ping":      {"action", "actionid"},
	"Logoff":    {"action", "actionid"},
}

func newPBX(t *testing.T) *pbx {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &pbx{t: t, listener: l, secret: "secret"}
	t.Cleanup(func() { _ = l.Close(); p.drop() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return p
}

func (p *pbx) settings() string {
	return fmt.Sprintf(`"ami": {"host": "127.0.0.1", "port": %d, "user": "skein", "secret": "secret"}`, p.listener.Addr().(*net.TCPAddr).Port)
}

func (p *pbx) serve(conn net.Conn) {
	fmt.Fprint(conn, "Asterisk Call Manager/9.0.0\r\n")
	in := bufio.NewReader(conn)
	const challenge = "840415273"
	for {
		e, err := readEvent(in)
		if err != nil {
			return
		}
		action := e.get("Action")
		for i := 0; i < len(e.keys); i += 2 {
			if !slices.Contains(amiActions[action], e.keys[i]) {
				p.t.Errorf("action %s has %s", action, e.keys[i])
			}
		}
		id := "ActionID: " + e.get("ActionID") + "\r\n"
		switch action {
		case "Challenge":
			if e.get("AuthType") != "MD5" {
				p.t.Errorf("challenge by %s", e.get("AuthType"))
			}
			fmt.Fprintf(conn, "Response: Success\r\n%sChallenge: %s\r\n\r\n", id, challenge)
		case "Login":
			want := md5.Sum([]byte(challenge + p.secret))
			if e.get("Username") != "skein" || e.get("Key") != hex.EncodeToString(want[:]) {
				fmt.Fprintf(conn, "Response: Error\r\n%sMessage: Authentication failed\r\n\r\n", id)
				_ = conn.Close()
				return
			}
			fmt.Fprintf(conn, "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\nResponse: Success\r\n%sMessage: Authentication accepted\r\n\r\n", id)
			p.mu.Lock()
			p.conns = append(p.conns, conn)
			p.mu.Unlock()
		case "Ping":
			p.mu.Lock()
			p.pings++
			p.mu.Unlock()
			fmt.Fprintf(conn, "Response: Success\r\n%sPing: Pong\r\n\r\n", id)
		}
	}
}

// tell sends an event to whoever is logged in, once somebody is.
func (p *pbx) tell(text string) {
	p.t.Helper()
	for range 400 {
		p.mu.Lock()
		conns := slices.Clone(p.conns)
		p.mu.Unlock()
		if len(conns) > 0 {
			for _, c := range conns {
				fmt.Fprint(c, strings.ReplaceAll(text, "\n", "\r\n")+"\r\n")
			}
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.t.Fatal("nobody logs in")
}

func (p *pbx) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// cdrEvent is what cdr_manager raises, with LinkedID mapped.
func cdrEvent(src, channel, dstchannel, answer, disposition string, billsec int, linked string) string {
	return "Event: Cdr\nPrivilege: cdr,all\nAccountCode: \nSource: " + src + "\nDestination: 100\nDestinationContext: from-trunk\nCallerID: \"Ann Lee\" <" + src + ">\nChannel: " + channel +
		"\nDestinationChannel: " + dstchannel + "\nLastApplication: Dial\nLastData: PJSIP/11,20\nStartTime: 2026-06-02 12:00:00\nAnswerTime: " + answer +
		"\nEndTime: 2026-06-02 12:01:05\nDuration: 65\nBillableSeconds: " + fmt.Sprint(billsec) + "\nDisposition: " + disposition + "\nAMAFlags: DOCUMENTATION\nUniqueID: 1780394400.12\nUserField: \nLinkedID: " + linked + "\n"
}

const (
	dialBegin = "Event: DialBegin\nPrivilege: call,all\nChannel: PJSIP/trunk-0000001a\nChannelState: 4\nCallerIDNum: +436601234567\nCallerIDName: Ann Lee\nContext: from-trunk\nExten: 100\nUniqueid: 1780394400.12\nLinkedid: 1780394400.12\n" +
		"DestChannel: PJSIP/11-0000001b\nDestCallerIDNum: 11\nDestCallerIDName: <unknown>\nDestExten: 100\nDestUniqueid: 1780394400.13\nDestLinkedid: 1780394400.12\nDialString: 11\n"
	hangup = "Event: Hangup\nPrivilege: call,all\nChannel: PJSIP/trunk-0000001a\nUniqueid: 1780394400.12\nLinkedid: 1780394400.12\nCause: 16\nCause-txt: Normal Clearing\n"
)

// Asterisk's events become calls, joined by linkedid, and say whose telephone
// rings; a lost connection and a shutdown end the session.
func TestManagerInterface(t *testing.T) {
	t.Parallel()
	p := newPBX(t)
	d := newDesk(t, accountWith(Asterisk, p.settings()+`, "recheck": "1s"`))
	d.Serving[0].Settings = []byte(strings.Replace(string(d.Serving[0].Settings), `"file": "/var/log/asterisk/cdr-csv/Master.csv", `, "", 1))
	c := New(Config{})
	c.Handler(d)
	stop := d.receive(c, "")
	p.tell(dialBegin)
	p.tell(strings.Replace(dialBegin, "DialBegin", "DialEnd", 1) + "DialStatus: ANSWER\n")
	p.tell(hangup)
	p.tell("Event: Newchannel\nUniqueid: 1780394400.99\n")
	p.tell(cdrEvent("+436601234567", "PJSIP/trunk-0000001a", "PJSIP/11-0000001b", "2026-06-02 12:00:05", "ANSWERED", 60, "1780394400.12"))
	p.tell(cdrEvent("+436601234567", "PJSIP/trunk-0000001a", "PJSIP/12-0000001c", "", "NO ANSWER", 0, "1780394400.12"))
	d.until("two records", d.has(2))
	if got, want := d.calls(), "1780394400.12: in +436601234567>100 answered rang 5 talked 60 11 at 10:00:00"; got != want {
		t.Errorf("there is\n%s\nwant\n%s", got, want)
	}
	d.Mu.Lock()
	var said []string
	for _, l := range d.Said {
		who := ""
		if l.Sender != nil {
			who = l.Sender.Address
		}
		said = append(said, fmt.Sprintf("%s %s %s %s", l.Kind, l.Key, l.Agent, who))
	}
	d.Mu.Unlock()
	want := []string{"ringing 1780394400.12 11 +436601234567", "answered 1780394400.12 11 +436601234567", "ended 1780394400.12  "}
	if !slices.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
	p.drop()
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("a lost connection ends Receive with no error")
		}
	case <-time.After(10 * time.Second):
		t.Error("a lost connection doesn't end Receive")
	}
}

// A refused login says so, and so does what is no manager interface.
func TestManagerLogin(t *testing.T) {
	t.Parallel()
	p := newPBX(t)
	p.secret = "another"
	s := settingsOf(t, Asterisk, p.settings())
	if _, err := dialAMI(t.Context(), s); inbox.CodeOf(err) != inbox.Unauthorized || !strings.Contains(err.Error(), "Authentication failed") {
		t.Errorf("a wrong secret: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, "220 mail.example ESMTP\r\n")
		}
	}()
	s.AMI.Port = l.Addr().(*net.TCPAddr).Port
	if _, err := dialAMI(t.Context(), s); inbox.CodeOf(err) != inbox.Invalid {
		t.Errorf("a mail server: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dialAMI(ctx, s); err == nil {
		t.Error("it dials after its end")
	}
}

// Whatever an exchange sends is read as messages or ends the session, and never
// makes a call without an id.
func FuzzManager(f *testing.F) {
	f.Add(dialBegin + "\r\n" + hangup)
	f.Add(strings.ReplaceAll(cdrEvent("12", "Local/12@x-00000001;2", "PJSIP/t-00000001", "", "BUSY", 0, ""), "\n", "\r\n"))
	f.Add(":\n:\n\n")
	s := settingsOf(f, Asterisk, "")
	f.Fuzz(func(t *testing.T, text string) {
		in := bufio.NewReader(strings.NewReader(text + "\r\n\r\n"))
		for {
			e, err := readEvent(in)
			if err != nil {
				return
			}
			if w, ok := s.amiWord(e); ok {
				wordsHold(t, []word{w})
			}
			if l, ok := s.amiLive(e); ok && (l.Key == "" || l.Kind != connectors.LiveEnded && l.Call == nil) {
				t.Errorf("%+v", l)
			}
		}
	})
}
