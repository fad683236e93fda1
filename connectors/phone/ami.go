package phone

import (
	"bufio"
	"context"
	"crypto/md5"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"skein/connectors"
	"skein/inbox"
)

func itoa(n int) string { return strconv.Itoa(n) }

// An amiEvent is one message of Asterisk's manager interface: lines of key and
// value up to an empty one (docs.asterisk.org, Configuration/Interfaces/
// Asterisk-Manager-Interface-AMI).
type amiEvent struct {
	keys []string // lower case, in order, with their values
	text string
}

// get returns the first value of a key, whatever its case: "" for <unknown>,
// which is Asterisk's word for nothing.
func (e amiEvent) get(key string) string {
	key = strings.ToLower(key)
	for i := 0; i+1 < len(e.keys); i += 2 {
		if e.keys[i] == key && e.keys[i+1] != "<unknown>" {
			return e.keys[i+1]
		}
	}
	return ""
}

// What one message may hold: past that the other side is no Asterisk.
const (
	maxEventLines = 2_000
	maxEventBytes = 256 << 10
)

// readEvent reads one message.
func readEvent(r *bufio.Reader) (e amiEvent, err error) {
	var text strings.Builder
	for n := 0; ; n++ {
		line, err := r.ReadString('\n')
		if err != nil {
			return e, err
		}
		if text.Len()+len(line) > maxEventBytes || n > maxEventLines {
			return e, errors.New("a message that doesn't end: this is no manager interface")
		}
		bare := strings.TrimRight(line, "\r\n")
		if bare == "" {
			if len(e.keys) == 0 {
				continue
			}
			e.text = text.String()
			return e, nil
		}
		text.WriteString(line)
		key, value, found := strings.Cut(bare, ":")
		if found {
			e.keys = append(e.keys, strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value))
		}
	}
}

// An amiSession is one connection.
type amiSession struct {
	set  *Settings
	conn net.Conn
	in   *bufio.Reader

	mu sync.Mutex // guards writes
}

// Times of the manager interface.
const (
	amiPatience = 15 * time.Second // for an answer
	amiPing     = 30 * time.Second
	amiSilence  = 90 * time.Second // after which nobody is there
)

// dialAMI connects and logs in, by challenge, so that the secret stays here. A
// refused login is [inbox.Unauthorized].
func dialAMI(ctx context.Context, set *Settings) (*amiSession, error) {
	a := set.AMI
	dialer := &net.Dialer{Timeout: amiPatience}
	conn, err := dialer.DialContext(ctx, "tcp", a.addr())
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", a.addr(), err)
	}
	if a.TLS {
		config := &tls.Config{ServerName: a.Host, MinVersion: tls.VersionTLS12}
		if a.CAPEM != "" {
			config.RootCAs = x509.NewCertPool()
			if !config.RootCAs.AppendCertsFromPEM([]byte(a.CAPEM)) {
				_ = conn.Close()
				return nil, invalid("ami.caPem holds no certificate in PEM form")
			}
		}
		conn = tls.Client(conn, config)
	}
	s := &amiSession{set: set, conn: conn, in: bufio.NewReader(conn)}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	_ = conn.SetDeadline(time.Now().Add(amiPatience))
	if err := s.login(); err != nil {
		_ = conn.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return s, nil
}

func (s *amiSession) login() error {
	banner, err := s.in.ReadString('\n')
	if err != nil {
		return fmt.Errorf("read the greeting: %w", err)
	}
	if !strings.Contains(banner, "Call Manager") {
		return invalid("%s is no manager interface of Asterisk: it says %.60q", s.set.AMI.addr(), strings.TrimSpace(banner))
	}
	answer, err := s.ask("Action: Challenge", "AuthType: MD5", "ActionID: challenge")
	if err != nil {
		return err
	}
	if answer.get("Response") != "Success" {
		return refusedAMI(answer)
	}
	key := md5.Sum([]byte(answer.get("Challenge") + s.set.AMI.Secret))
	answer, err = s.ask("Action: Login", "AuthType: MD5", "Username: "+s.set.AMI.User, "Key: "+hex.EncodeToString(key[:]), "Events: call,cdr", "ActionID: login")
	if err != nil {
		return err
	}
	if answer.get("Response") != "Success" {
		return refusedAMI(answer)
	}
	return nil
}

func refusedAMI(answer amiEvent) error {
	return &inbox.Error{Code: inbox.Unauthorized, Message: "Asterisk refuses the login: " + answer.get("Message") + ": check ami.user and ami.secret, and the permit lines of manager.conf"}
}

// ask sends an action and returns its response; events before it are passed over.
func (s *amiSession) ask(lines ...string) (amiEvent, error) {
	if err := s.send(lines...); err != nil {
		return amiEvent{}, err
	}
	for {
		e, err := readEvent(s.in)
		if err != nil {
			return e, fmt.Errorf("read the answer: %w", err)
		}
		if e.get("Response") != "" {
			return e, nil
		}
	}
}

func (s *amiSession) send(lines ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(amiPatience))
	if _, err := s.conn.Write([]byte(strings.Join(lines, "\r\n") + "\r\n\r\n")); err != nil {
		return fmt.Errorf("write to the manager interface: %w", err)
	}
	return nil
}

// listen calls heard with every event until ctx ends or nobody is there.
func (s *amiSession) listen(ctx context.Context, heard func(amiEvent) error) error {
	defer s.conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = s.conn.Close() })
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	var pinging sync.WaitGroup
	defer pinging.Wait()
	defer cancel()
	pinging.Go(func() {
		tick := time.NewTicker(amiPing)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if s.send("Action: Ping", "ActionID: ping") != nil {
					return // the reader finds out
				}
			}
		}
	})
	for {
		_ = s.conn.SetReadDeadline(time.Now().Add(amiSilence))
		e, err := readEvent(s.in)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("listen to the manager interface: %w", err)
		}
		if e.get("Event") == "Shutdown" {
			return errors.New("the exchange shuts down")
		}
		if err := heard(e); err != nil {
			return err
		}
	}
}

// amiWord makes a word of an event that is told when a call has ended.
func (s *Settings) amiWord(e amiEvent) (w word, ok bool) {
	if !strings.EqualFold(e.get("Event"), "Cdr") {
		return w, false
	}
	w, ok = s.cdrWord(fromAMI(e))
	w.raw = []byte(e.text)
	return w, ok
}

// amiLive makes a word on a call that goes on.
func (s *Settings) amiLive(e amiEvent) (l connectors.Live, ok bool) {
	l = connectors.Live{Channel: inbox.Phone, Key: e.get("Linkedid"), TTL: liveSeconds}
	if l.Key == "" {
		l.Key = e.get("DestLinkedid")
	}
	from, channel := e.get("CallerIDNum"), e.get("Channel")
	aPeer, aTech := peer(channel)
	bPeer, _ := peer(e.get("DestChannel"))
	to := e.get("DestExten")
	if to == "" {
		to = e.get("Exten")
	}
	switch e.get("Event") {
	case "DialBegin":
		l.Kind = connectors.LiveRinging
	case "DialEnd":
		if e.get("DialStatus") != "ANSWER" {
			return l, false
		}
		l.Kind = connectors.LiveAnswered
	case "Hangup":
		if l.Key == "" || e.get("Uniqueid") != l.Key {
			return l, false
		}
		l.Kind = connectors.LiveEnded
		return l, true
	default:
		return l, false
	}
	if l.Key == "" || bPeer == "" {
		return l, false
	}
	call := inbox.Call{Direction: inbox.In, From: shown(from), To: to, Disposition: inbox.CallRinging}
	w := word{them: from, name: e.get("CallerIDName")}
	aOurs := aTech != "Local" && aPeer != "" && s.extension(aPeer)
	who := bPeer
	switch {
	case aOurs && s.extension(bPeer):
		return l, false
	case aOurs:
		if to = e.get("Exten"); to == "" {
			to = bPeer
		}
		call.Direction, call.From, call.To, who, w = inbox.Out, from, to, aPeer, word{them: to}
	case !s.extension(bPeer):
		return l, false // on its way out again by a trunk
	}
	sender := w.sender()
	_, l.Agent = s.agent(who)
	l.Call, l.Sender = &call, &sender
	return l, true
}
