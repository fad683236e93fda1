package email

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"skein/connectors"
	"skein/inbox"
)

const (
	smtpPatience  = 2 * time.Minute  // of silence before an answer
	finalPatience = 10 * time.Minute // after the final dot (RFC 5321 section 4.5.3.2.6)
	// partialWait is the age up to which a mail waits for recipients that are
	// refused for the moment; afterwards it leaves to the others alone.
	partialWait = time.Hour
)

// Send implements [connectors.Connector]. What the server says for good (5xx to
// MAIL, RCPT or DATA) fails the message at once; everything before the final
// dot that may pass, a refused login included, is an error; a connection that
// ends after the final dot and before the answer leaves it uncertain.
func (c *Connector) Send(ctx context.Context, account connectors.Account, out connectors.Outbound, open connectors.OpenFunc) (inbox.Receipt, error) {
	var none inbox.Receipt
	set, err := ParseSettings(account)
	if err != nil {
		return none, err
	}
	if set.SMTP.Host == "" {
		return none, invalid("account %s has no SMTP server: smtp.host is not set", account.ID)
	}
	mail, err := compose(out)
	if err != nil {
		return c.failed(err.Error()), nil
	}
	rcpts, refused := recipients(out)
	if len(rcpts) == 0 {
		return c.failed("no recipient: " + strings.Join(refused, "; ")), nil
	}
	size, err := mail.size(ctx)
	if err != nil {
		return c.failed("the message cannot be written: " + err.Error()), nil
	}

	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute+time.Duration(size/(16<<10))*time.Second)
	defer cancel()
	d := &delivery{c: c, set: set, srv: &set.SMTP, out: out}
	if err := c.admitted(ctx, account, set, func() error { return d.connect(ctx) }); err != nil {
		if ctx.Err() != nil {
			err = errors.Join(err, ctx.Err())
		}
		return none, err
	}
	defer d.release()
	return d.deliver(ctx, mail, size, rcpts, refused, open)
}

func (c *Connector) failed(detail string) inbox.Receipt {
	return inbox.Receipt{State: inbox.Failed, Detail: detail, At: c.cfg.Now()}
}

// A recipient is one address of the envelope.
type recipient struct {
	addr string
	utf8 bool
}

// recipients returns every address once; what can't be one is in refused.
func recipients(out connectors.Outbound) (rcpts []recipient, refused []string) {
	for _, p := range slices.Concat(out.To, out.Cc, out.Bcc) {
		addr, utf8, err := mailAddress(p.Address)
		if err != nil {
			refused = append(refused, err.Error())
			continue
		}
		r := recipient{addr, utf8}
		if !slices.ContainsFunc(rcpts, func(o recipient) bool { return strings.EqualFold(o.addr, addr) }) {
			rcpts = append(rcpts, r)
		}
	}
	return rcpts, refused
}

// A delivery is one connection to an SMTP server, for one mail.
type delivery struct {
	c       *Connector
	set     *Settings
	srv     *Server
	out     connectors.Outbound
	raw     *timedConn
	conn    net.Conn
	client  *smtp.Client
	release func()
}

// connect greets, encrypts and logs in. The caller releases after success.
func (d *delivery) connect(ctx context.Context) error {
	raw, conn, release, err := d.set.dial(ctx, d.srv, "")
	if err != nil {
		return err
	}
	d.raw, d.conn, d.release = raw, conn, release
	raw.expect(smtpPatience)
	if err := d.hello(); err != nil {
		release()
		return err
	}
	if err := d.login(); err != nil {
		release()
		return err
	}
	return nil
}

func (d *delivery) hello() (err error) {
	if d.srv.Security == securityStartTLS {
		if d.client, err = smtp.NewClientStartTLS(d.conn, d.set.tlsConfig(d.srv)); err != nil {
			return fmt.Errorf("no STARTTLS with the SMTP server %s: %w", d.srv.addr(), said(err))
		}
	} else {
		d.client = smtp.NewClient(d.conn)
	}
	d.client.CommandTimeout, d.client.SubmissionTimeout = smtpPatience, finalPatience
	if err := d.client.Hello(d.c.hello()); err != nil {
		return fmt.Errorf("the SMTP server %s does not answer as it should (check port and security): %w", d.srv.addr(), said(err))
	}
	return nil
}

// hello is the name that we say in EHLO.
func (c *Connector) hello() string {
	name := c.cfg.Hello
	if name == "" {
		name, _ = os.Hostname()
	}
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "localhost"
	}
	return name
}

func (d *delivery) login() error {
	if d.srv.Auth == authNone {
		return nil
	}
	if err := d.set.unsigned(d.srv); err != nil {
		return err
	}
	refuse := func(why string) error {
		return &inbox.Error{Code: inbox.Unauthorized, Message: fmt.Sprintf("the SMTP server %s refused the login of %s: %s", d.srv.addr(), d.srv.Username, why)}
	}
	client := d.srv.saslClient()
	switch {
	case client != nil:
	case d.client.SupportsAuth(sasl.Plain):
		client = sasl.NewPlainClient("", d.srv.Username, d.srv.Password)
	case d.client.SupportsAuth(sasl.Login):
		client = sasl.NewLoginClient(d.srv.Username, d.srv.Password)
	default:
		return refuse("it offers no login by password on this connection (a relay that needs none: smtp.auth \"none\")")
	}
	err := d.client.Auth(client)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*refusedError](err); ok {
		return refuse(e.text)
	}
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok && e.Code >= 500 {
		return refuse(said(e).Error())
	}
	return fmt.Errorf("log in at the SMTP server %s: %w", d.srv.addr(), said(err))
}

// deliver makes the one mail transaction.
func (d *delivery) deliver(ctx context.Context, mail *composition, size int64, rcpts []recipient, refused []string, open connectors.OpenFunc) (inbox.Receipt, error) {
	var none inbox.Receipt
	if most, ok := d.client.MaxMessageSize(); ok && most > 0 && size > int64(most) {
		return d.c.failed(fmt.Sprintf("the message has %d bytes, the server takes %d", size, most)), nil
	}
	from, utf8, err := mailAddress(d.out.From.Address)
	if err != nil {
		return d.c.failed(err.Error()), nil
	}
	if can, _ := d.client.Extension("SMTPUTF8"); !can {
		if utf8 {
			return d.c.failed(from + " needs SMTPUTF8, which the server does not offer"), nil
		}
		rcpts = slices.DeleteFunc(rcpts, func(r recipient) bool {
			if r.utf8 {
				refused = append(refused, r.addr+": needs SMTPUTF8, which the server does not offer")
			}
			return r.utf8
		})
	}
	utf8 = utf8 || slices.ContainsFunc(rcpts, func(r recipient) bool { return r.utf8 })
	err = d.client.Mail(envelope(from), &smtp.MailOptions{
		Size: size, UTF8: utf8, Return: smtp.DSNReturnHeaders, EnvelopeID: string(d.out.MessageID),
	})
	if err != nil {
		return d.verdict("MAIL FROM", err)
	}

	accepted := 0
	var later error
	for _, r := range rcpts {
		opts := &smtp.RcptOptions{
			Notify:                []smtp.DSNNotify{smtp.DSNNotifyFailure, smtp.DSNNotifyDelayed},
			OriginalRecipientType: smtp.DSNAddressTypeRFC822, OriginalRecipient: r.addr,
		}
		if r.utf8 {
			opts.OriginalRecipientType = smtp.DSNAddressTypeUTF8
		}
		err := d.client.Rcpt(envelope(r.addr), opts)
		e, isReply := errors.AsType[*smtp.SMTPError](err)
		switch {
		case err == nil:
			accepted++
		case !isReply || e.Code == 421:
			return none, fmt.Errorf("RCPT TO at %s: %w", d.srv.addr(), said(err))
		case e.Code < 500 || wantsLogin(e):
			later = fmt.Errorf("%s: %w", r.addr, said(err))
			refused = append(refused, later.Error())
		default:
			refused = append(refused, r.addr+": "+said(err).Error())
		}
	}
	// Nothing has left yet, so a later try reaches everybody once.
	if later != nil && (accepted == 0 || d.c.cfg.Now().Sub(d.out.Date) < partialWait) {
		return none, fmt.Errorf("refused for now by %s: %w", d.srv.addr(), later)
	}
	if accepted == 0 {
		return d.c.failed(strings.Join(refused, "; ")), nil
	}
	return d.data(ctx, mail, refused, open)
}

// data hands the mail over. Until the final dot is written nothing has left;
// afterwards only an answer says whether it has.
func (d *delivery) data(ctx context.Context, mail *composition, refused []string, open connectors.OpenFunc) (inbox.Receipt, error) {
	w, err := d.client.Data()
	if err != nil {
		return d.verdict("DATA", err)
	}
	// From here on nothing but the final dot may be said: QUIT or RSET in the
	// middle would have the library write the dot first.
	buf := bufio.NewWriterSize(w, 32<<10)
	if err = mail.writeTo(ctx, buf, open); err == nil {
		err = buf.Flush()
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if reply := d.lastWords(); reply != nil {
			return d.verdict("DATA", reply)
		}
		return inbox.Receipt{}, fmt.Errorf("hand over the message to %s: %w", d.srv.addr(), err)
	}
	d.raw.expect(finalPatience)
	resp, err := w.CloseWithResponse()
	if err != nil {
		if _, ok := errors.AsType[*smtp.SMTPError](err); ok {
			return d.verdict("end of DATA", err)
		}
		return inbox.Receipt{
			State:  inbox.Uncertain,
			Detail: "the connection ended before the server confirmed: " + words(err.Error()),
			At:     d.c.cfg.Now(),
		}, nil
	}
	detail := words(resp.StatusText)
	if len(refused) > 0 {
		detail = "not to " + strings.Join(refused, "; ")
	}
	d.raw.expect(5 * time.Second)
	_ = d.client.Quit()
	return inbox.Receipt{State: inbox.Sent, Detail: detail, At: d.c.cfg.Now()}, nil
}

// verdict turns the server's reply to a stage of the transaction into a result.
func (d *delivery) verdict(stage string, err error) (inbox.Receipt, error) {
	e, ok := errors.AsType[*smtp.SMTPError](err)
	switch {
	case ok && wantsLogin(e):
		return inbox.Receipt{}, &inbox.Error{Code: inbox.Unauthorized, Message: fmt.Sprintf("the SMTP server %s wants a login: %v", d.srv.addr(), said(err))}
	case ok && e.Code >= 500:
		return d.c.failed(said(err).Error()), nil
	}
	return inbox.Receipt{}, fmt.Errorf("%s at %s: %w", stage, d.srv.addr(), said(err))
}

// wantsLogin reports replies that are about the account and not about the mail
// (RFC 4954 section 6).
func wantsLogin(e *smtp.SMTPError) bool {
	return e.Code == 530 || e.Code == 534 || e.Code == 535 || e.Code == 538
}

// said puts a reply into its own words, "550 5.1.1 no such user".
func said(err error) error {
	e, ok := errors.AsType[*smtp.SMTPError](err)
	if !ok {
		return err
	}
	text := fmt.Sprint(e.Code)
	if e.EnhancedCode != (smtp.EnhancedCode{}) && e.EnhancedCode != smtp.NoEnhancedCode {
		text += fmt.Sprintf(" %d.%d.%d", e.EnhancedCode[0], e.EnhancedCode[1], e.EnhancedCode[2])
	}
	return errors.New(text + " " + words(e.Message))
}

var replyLine = lazy(`^([245]\d\d)[ -](?:([245])\.(\d{1,3})\.(\d{1,3}) )?`)

// lastWords reads what a server said before it closed the connection in the
// middle of a message, nil for nothing.
func (d *delivery) lastWords() error {
	d.raw.expect(time.Second)
	r := textproto.NewReader(bufio.NewReader(io.LimitReader(d.conn, 4<<10)))
	line, err := r.ReadLine()
	if err != nil {
		return nil
	}
	m := replyLine().FindStringSubmatch(line)
	if m == nil || m[1][0] == '2' {
		return nil
	}
	e := &smtp.SMTPError{EnhancedCode: smtp.NoEnhancedCode, Message: line[len(m[1])+1:]}
	_, _ = fmt.Sscan(m[1], &e.Code)
	return e
}
