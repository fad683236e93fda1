package demo

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"skein/inbox"
)

// A runFile tells other processes where the demo runs. It lies in the demo's
// folder, readable by its owner only, while the demo runs.
type runFile struct {
	PID   int    `json:"pid"`
	SMTP  string `json:"smtp"`
	IMAP  string `json:"imap"`
	Token string `json:"token"`
	Phone string `json:"phone,omitempty"` // the exchange's secret
	URL   string `json:"url,omitempty"`
}

func runPath(dir string) string { return filepath.Join(dir, "run.json") }

// SetURL gives the address of the page. It is told to those who send mail, so that they know where to look. It is
// called before Run.
func (d *Demo) SetURL(url string) { d.url = url }

func (d *Demo) announce() error {
	raw, err := json.Marshal(runFile{PID: os.Getpid(), SMTP: d.SMTPAddr(), IMAP: d.IMAPAddr(), Token: d.token, Phone: d.phoneSecret, URL: d.url})
	if err != nil {
		return fmt.Errorf("announce demo: %w", err)
	}
	return writeFile(runPath(d.cfg.Dir), raw)
}

func (d *Demo) withdraw() { _ = os.Remove(runPath(d.cfg.Dir)) } // a left one is found out as stale

// Send is the command `skein demo send`: it writes to the shop as one of its
// customers would, through the demo that runs in dir.
func Send(ctx context.Context, args []string, dir string, stdout io.Writer) error {
	fs := flag.NewFlagSet("skein demo send", flag.ContinueOnError)
	fs.SetOutput(stdout)
	text := fs.String("text", "", "what the customer writes")
	from := fs.String("from", "", "the customer's address (default: a customer of the shop)")
	order := fs.String("order", "", "the number of an order that it is about, such as HP-20400")
	subject := fs.String("subject", "", "the subject (default: made of the text)")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return &inbox.Error{Code: inbox.Invalid, Message: err.Error()}
	}
	if fs.NArg() > 0 {
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%q is too much: put the text into quotes after --text", fs.Arg(0))}
	}
	if strings.TrimSpace(*text) == "" {
		return &inbox.Error{Code: inbox.Invalid, Message: `--text is missing: skein demo send --text "Where is my parcel?"`}
	}
	run, err := findRun(ctx, dir)
	if err != nil {
		return err
	}
	s, err := loadSeed(dir)
	if err != nil {
		return err
	}
	l, err := compose(NewShop(s.Seed, s.At), *text, *from, *order, *subject)
	if err != nil {
		return err
	}
	if err := post(ctx, run, l); err != nil {
		return err
	}
	as := strings.TrimSpace(l.From.Name + " <" + l.From.Address + ">")
	fmt.Fprintf(stdout, "Sent to %s as %s\n  subject: %s\n", Support, as, l.Subject)
	if run.URL != "" {
		fmt.Fprintf(stdout, "It is in the open list at %s now.\n", run.URL)
	}
	return nil
}

// findRun finds the demo that runs in dir, and makes sure that it does.
func findRun(ctx context.Context, dir string) (runFile, error) {
	var run runFile
	gone := &inbox.Error{Code: inbox.Unavailable, Message: "no demo is running with the data folder " + filepath.Dir(dir) +
		": start one with skein up --demo, or name its folder with --data"}
	raw, err := os.ReadFile(runPath(dir))
	if errors.Is(err, os.ErrNotExist) {
		return run, gone
	}
	if err != nil {
		return run, fmt.Errorf("find the demo: %w", err)
	}
	if json.Unmarshal(raw, &run) != nil || run.SMTP == "" {
		return run, gone
	}
	var d net.Dialer
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", run.SMTP)
	if err != nil {
		return run, &inbox.Error{Code: inbox.Unavailable, Message: "the demo of " + filepath.Dir(dir) +
			" has ended without saying so: start it again with skein up --demo"}
	}
	_ = conn.Close()
	return run, nil
}

// compose makes the letter. A customer who isn't named is one of the shop's: the
// order's own, when there is one.
func compose(shop *Shop, text, from, order, subject string) (*letter, error) {
	c := oneOf(newRand(rand.Uint64()), shop.Customers)
	var sender mail.Address
	if order != "" {
		o, owner := shop.ByOrder(order)
		if o == nil {
			first, last := shop.Orders[0], shop.Orders[len(shop.Orders)-1]
			return nil, &inbox.Error{Code: inbox.NotFound, Message: fmt.Sprintf("the shop has no order %s: its orders go from %s to %s, such as %s",
				order, first.Number, last.Number, shop.Orders[len(shop.Orders)/2].Number)}
		}
		c, order = owner, o.Number
		if !strings.Contains(text, order) {
			text += "\n\nOrder " + order
		}
	}
	sender = customerParty(c)
	client := c.Client
	if from != "" {
		a, err := mail.ParseAddress(from)
		if err != nil {
			return nil, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("--from %q is not an address: name@domain, or \"Name <name@domain>\"", from)}
		}
		sender, client = *a, "plain"
		if known := shop.ByEmail(a.Address); known != nil {
			c, client = known, known.Client
			if sender.Name == "" {
				sender.Name = known.Name
			}
		}
	}
	if subject == "" {
		subject = firstWords(text)
	}
	l := &letter{From: sender, To: shopParty(), Subject: oneLine(subject), At: time.Now(), ID: newToken() + "@" + domainOf(sender.Address)}
	writer := *c
	writer.Client = client
	writer.write(l, text, nil)
	return l, nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func firstWords(s string) string {
	out := []rune(oneLine(s))
	if len(out) <= 60 {
		return string(out)
	}
	cut := string(out[:60])
	if i := strings.LastIndex(cut, " "); i > 20 {
		cut = cut[:i]
	}
	return cut + "…"
}

func post(ctx context.Context, run runFile, l *letter) error {
	c, err := smtp.Dial(run.SMTP)
	if err != nil {
		return fmt.Errorf("reach the demo's SMTP server: %w", err)
	}
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if err := c.Auth(sasl.NewPlainClient("", customersLogin, run.Token)); err != nil {
		return fmt.Errorf("sign in to the demo's SMTP server: %w", err)
	}
	if err := c.SendMail(l.From.Address, []string{Support}, strings.NewReader(string(l.bytes()))); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	_ = c.Quit() // the mail is in: what comes after doesn't matter
	return nil
}
