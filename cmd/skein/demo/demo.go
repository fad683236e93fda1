// Package demo is the living demo: a made-up shop with its customers, orders,
// shelves and visitors and a few months of conversations, and the mail servers that connect it with
// its customers.
//
// The mail servers are real ones (IMAP with IDLE, SMTP) on random loopback
// ports, so that everything enters and leaves Skein by the same path as in
// earnest: the history is mail in the shop's mailbox, a reply is a mail that
// arrives in the customers' mailbox, and the customers answer what they
// really got. The shop's mailbox survives restarts, its UIDs go on.
//
// It is for loopback only, promises no security beyond that, and holds no rule
// of the business: Skein doesn't know that it talks to a demo.
package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"skein/connectors"
	"skein/inbox"
)

const (
	// Support is the shop's address, and the user name of its mailbox.
	Support = "support@harbourpine.test"
	// AccountID names the email account that serves the shop's mailbox, StoreID
	// the account of the shop's orders, ChatID that of the chat on its pages,
	// PhoneID that of its telephone.
	AccountID inbox.AccountID = "support"
	StoreID   inbox.AccountID = "shop"
	ChatID    inbox.AccountID = "chat"
	PhoneID   inbox.AccountID = "phone"

	shopName   = "Harbour & Pine"
	mailHost   = "mail.harbourpine.test" // the authserv-id of our receiving server
	mailDomain = "harbourpine.test"

	// CustomersUser reads what left for the customers.
	CustomersUser = "customers"
	// Password opens every demo mailbox and every demo login.
	Password = "skein-demo"
)

// Config says how a demo is to run.
type Config struct {
	Dir string       // its own folder, made when missing
	Log *slog.Logger // where it tells what it does; never what a mail says

	// Every is the mean time between two mails that customers write by
	// themselves; zero turns that off.
	Every time.Duration
	// Answer is the shortest time after which a customer answers the shop's
	// reply, 1 to 3 times as long it takes; zero turns answers off.
	Answer time.Duration
}

// A User is a login that exists only in the demo.
type User struct {
	Email, Name string
	Role        inbox.Role
	Password    string
}

// Users are the demo's logins.
func Users() []User {
	return []User{
		{Email: "agent@demo.test", Name: "Ana Ferreira", Role: inbox.AgentRole, Password: Password},
		{Email: "supervisor@demo.test", Name: "Tom Okafor", Role: inbox.SupervisorRole, Password: Password},
		{Email: "admin@demo.test", Name: "Mina Sato", Role: inbox.AdminRole, Password: Password},
	}
}

// A Demo is an opened demo: its ports are bound, [Demo.Run] serves them.
type Demo struct {
	cfg   Config
	seed  seed
	shop  *Shop
	mail  *mailStore
	imap  net.Listener
	smtp  net.Listener
	token string // of this run: proves a customer to the SMTP server
	url   string // where the page is
	// chatSecret is the key by which the shop vouches for who is signed in.
	chatSecret string
	// phoneSecret signs what the shop's exchange tells of calls.
	phoneSecret string

	live      *people       // the customers while they live
	selected  chan struct{} // closed when a client first opens the shop's INBOX
	selectOne sync.Once
}

// A seed makes the same shop at every start of one data folder.
type seed struct {
	At   time.Time `json:"at"` // when the demo was first prepared
	Seed uint64    `json:"seed"`
	// Fresh is set when the unanswered mails of today have been delivered.
	Fresh bool `json:"fresh"`
}

// Open prepares the demo in cfg.Dir and binds its ports. The first time, it
// writes the history into the shop's mailbox. The caller calls [Demo.Run], or
// [Demo.Close] when it doesn't come to that.
func Open(cfg Config) (*Demo, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make demo folder: %w", err)
	}
	s, err := loadSeed(cfg.Dir)
	if err != nil {
		return nil, err
	}
	d := &Demo{cfg: cfg, seed: s, shop: NewShop(s.Seed, s.At), token: newToken(), chatSecret: newChatSecret(), phoneSecret: newToken(), selected: make(chan struct{})}
	if d.mail, err = openMail(filepath.Join(cfg.Dir, "mail"), s.Seed); err != nil {
		return nil, err
	}
	if err := d.writeHistory(); err != nil {
		return nil, err
	}
	d.live = newPeople(d)
	if d.imap, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("demo IMAP server: %w", err)
	}
	if d.smtp, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		_ = d.imap.Close()
		return nil, fmt.Errorf("demo SMTP server: %w", err)
	}
	return d, nil
}

// Close frees the ports of a demo that was never run.
func (d *Demo) Close() {
	_ = d.imap.Close()
	_ = d.smtp.Close()
}

// writeHistory fills the shop's mailbox, once. A start that was killed midway
// begins again: the folder gets its name when it is whole.
func (d *Demo) writeHistory() error {
	inboxFolder, err := d.mail.folder(Support, "INBOX")
	if err != nil {
		return err
	}
	marker := filepath.Join(d.cfg.Dir, "history.done")
	if _, err := os.Stat(marker); err == nil {
		return nil
	}
	if err := inboxFolder.clear(); err != nil {
		return err
	}
	for _, m := range History(d.shop) {
		if _, err := inboxFolder.add(d.stamp(m.Raw, m.From, m.Proven), m.At, nil); err != nil {
			return err
		}
	}
	return os.WriteFile(marker, nil, 0o600)
}

// IMAPAddr and SMTPAddr are where the mail servers listen.
func (d *Demo) IMAPAddr() string { return d.imap.Addr().String() }

// SMTPAddr is where any mail program may send to [Support].
func (d *Demo) SMTPAddr() string { return d.smtp.Addr().String() }

// Shop is the made-up shop.
func (d *Demo) Shop() *Shop { return d.shop }

// Items are the shop's products, customers, orders and the rest, to be published
// on the bulk lane: repeating them is harmless.
func (d *Demo) Items() []connectors.Inbound { return d.shop.Items() }

// Since is where the history begins: what the account's settings want as the
// start of the import.
func (d *Demo) Since() time.Time { return d.seed.At.AddDate(0, 0, -historyDays-2) }

func loadSeed(dir string) (seed, error) {
	path := filepath.Join(dir, "seed.json")
	raw, err := os.ReadFile(path)
	if err == nil {
		var s seed
		if err := json.Unmarshal(raw, &s); err == nil && !s.At.IsZero() {
			return s, nil
		}
		return seed{}, &inbox.Error{Code: inbox.Invalid, Message: path + " is damaged: delete the folder " + dir + " and start the demo anew"}
	}
	if !os.IsNotExist(err) {
		return seed{}, fmt.Errorf("read demo seed: %w", err)
	}
	s := seed{At: time.Now().UTC().Truncate(time.Second), Seed: 20}
	return s, saveSeed(dir, s)
}

func saveSeed(dir string, s seed) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode demo seed: %w", err)
	}
	return writeFile(filepath.Join(dir, "seed.json"), raw)
}

// writeFile replaces path in one step, so that a kill leaves the old or the new.
func writeFile(path string, raw []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, raw, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

// Run serves the mailboxes and lets the customers live until ctx ends.
func (d *Demo) Run(ctx context.Context) error {
	defer d.Close()
	if err := d.announce(); err != nil {
		return err
	}
	defer d.withdraw()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type server struct {
		name        string
		serve, stop func() error
	}
	is, ss := d.imapServer(), d.smtpServer()
	servers := []server{
		{"IMAP", func() error { return is.Serve(d.imap) }, is.Close},
		{"SMTP", func() error { return ss.Serve(d.smtp) }, ss.Close},
	}
	var wg sync.WaitGroup
	failed := make(chan error, len(servers))
	for _, s := range servers {
		wg.Go(func() {
			if err := s.serve(); err != nil && ctx.Err() == nil {
				failed <- fmt.Errorf("demo %s server: %w", s.name, err)
				cancel()
			}
		})
	}
	wg.Go(func() { d.live.run(ctx) })
	<-ctx.Done()
	for _, s := range servers {
		_ = s.stop()
	}
	wg.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func newRand(parts ...uint64) *rand.Rand {
	var a uint64 = 0x9e3779b97f4a7c15
	for _, p := range parts {
		a = (a ^ p) * 0xbf58476d1ce4e5b9
		a ^= a >> 31
	}
	return rand.New(rand.NewPCG(a, a^0x94d049bb133111eb))
}

// AccountSettings are the email account's settings for this run, in the form
// that the email connector takes.
func (d *Demo) AccountSettings() (json.RawMessage, error) {
	type server struct {
		Host     string `json:"host"`
		Port     int    `json:"port"`
		Security string `json:"security"`
	}
	of := func(l net.Listener) server {
		a := l.Addr().(*net.TCPAddr)
		return server{Host: "127.0.0.1", Port: a.Port, Security: "none"}
	}
	raw, err := json.Marshal(map[string]any{
		"imap": of(d.imap), "smtp": of(d.smtp), "username": Support, "password": Password,
		"importSince": d.Since().Format(time.DateOnly), "authServId": []string{mailHost},
	})
	if err != nil {
		return nil, fmt.Errorf("encode demo settings: %w", err)
	}
	return raw, nil
}
