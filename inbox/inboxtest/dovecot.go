package inboxtest

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// MailPassword is the password of every user of [Dovecot] and [SMTPSink].
const MailPassword = "open-sesame"

const dovecotBinary = "/usr/sbin/dovecot"

// A Dovecot is a real IMAP server of a test's own, on loopback ports of its
// own. Every user name exists, with [MailPassword] and an empty Maildir.
type Dovecot struct {
	Host    string // 127.0.0.1
	Port    int    // plain and STARTTLS
	TLSPort int
	CA      string // PEM of the authority that signed its certificate

	oauth    string // where access tokens are looked into, "" for none
	dir      string
	greeting string
	uid, gid int
	cmd      *exec.Cmd
	ended    chan struct{}
	drops    atomic.Int64
}

// StartDovecot starts a server that ends with the test. Where Dovecot isn't
// installed it skips the test, and fails it with CI=true.
func StartDovecot(t testing.TB) *Dovecot {
	t.Helper()
	return startDovecot(t, "")
}

// StartDovecotOAuth is one that takes no passwords but access tokens, by XOAUTH2
// and OAUTHBEARER, which it looks into at introspection (RFC 7662): who it is
// says username.
func StartDovecotOAuth(t testing.TB, introspection string) *Dovecot {
	t.Helper()
	return startDovecot(t, introspection)
}

func startDovecot(t testing.TB, oauth string) *Dovecot {
	t.Helper()
	if _, err := os.Stat(dovecotBinary); err != nil {
		text := "Dovecot is not here (" + dovecotBinary + "): install the package dovecot-imapd"
		if os.Getenv("CI") == "true" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	// A short path: a unix socket's name has room for 107 bytes.
	dir, err := os.MkdirTemp("", "dove")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := &Dovecot{Host: "127.0.0.1", oauth: oauth, dir: dir, uid: os.Getuid(), gid: os.Getgid()}
	if d.uid == 0 {
		// Mail is never served as root; any other id will do.
		d.uid, d.gid = 8, 8
	}
	for _, f := range []func() error{
		func() error { return os.Chmod(dir, 0o755) },
		func() error { return os.Mkdir(filepath.Join(dir, "mail"), 0o755) },
		func() error { return os.Chown(filepath.Join(dir, "mail"), d.uid, d.gid) },
	} {
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
	ca, cert, key := certificate(t)
	d.CA = ca
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("cert.pem", cert)
	write("key.pem", key)
	// A copy of each token's answer is kept for no time: what was revoked is.
	write("oauth2.conf.ext", "introspection_url = "+oauth+"\nintrospection_mode = post\nusername_attribute = username\nactive_attribute = active\nactive_value = true\n")
	token := make([]byte, 8)
	_, _ = rand.Read(token)
	d.greeting = "test " + hex.EncodeToString(token)
	d.Start(t)
	t.Cleanup(d.Stop)
	return d
}

// Start starts the server again after Stop, on the same ports.
func (d *Dovecot) Start(t testing.TB) {
	t.Helper()
	for try := 0; ; try++ {
		if d.Port == 0 {
			d.Port, d.TLSPort = freePort(t), freePort(t)
		}
		if err := os.WriteFile(filepath.Join(d.dir, "dovecot.conf"), []byte(d.config()), 0o600); err != nil {
			t.Fatal(err)
		}
		d.cmd = exec.Command(dovecotBinary, "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
		var stderr bytes.Buffer
		d.cmd.Stderr = &stderr
		if err := d.cmd.Start(); err != nil {
			t.Fatalf("start dovecot: %v", err)
		}
		d.ended = make(chan struct{})
		go func() { // ended by the process, which Stop waits for
			_ = d.cmd.Wait()
			close(d.ended)
		}()
		if d.answers() {
			return
		}
		d.Stop()
		if try == 4 {
			log, _ := os.ReadFile(filepath.Join(d.dir, "log"))
			t.Fatalf("dovecot does not start: %s\n%s", stderr.String(), log)
		}
		d.Port = 0 // perhaps somebody else took the port meanwhile
	}
}

// answers waits for the greeting that only this server says.
func (d *Dovecot) answers() bool {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		select {
		case <-d.ended:
			return false
		case <-time.After(20 * time.Millisecond):
		}
		conn, err := net.DialTimeout("tcp", d.Addr(), time.Second)
		if err != nil {
			continue
		}
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		line, _ := bufio.NewReader(conn).ReadString('\n')
		_ = conn.Close()
		if line != "" {
			return strings.Contains(line, d.greeting)
		}
	}
	return false
}

// Stop ends the server and all its connections. What it stores stays.
func (d *Dovecot) Stop() {
	if d.cmd == nil || d.cmd.Process == nil {
		return
	}
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-d.ended:
	case <-time.After(5 * time.Second):
		_ = d.cmd.Process.Kill()
		<-d.ended
	}
	d.cmd = nil
}

// Addr is the address of the plain port.
func (d *Dovecot) Addr() string { return net.JoinHostPort(d.Host, strconv.Itoa(d.Port)) }

// Maildir returns where a folder of user is stored, made if need be.
func (d *Dovecot) Maildir(t testing.TB, user, folder string) string {
	t.Helper()
	dir := filepath.Join(d.dir, "mail", user, "Maildir")
	if folder != "INBOX" {
		dir = filepath.Join(dir, "."+folder)
	}
	for _, sub := range []string{"tmp", "new", "cur"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for p := filepath.Join(dir, "new"); p != d.dir && p != "/"; p = filepath.Dir(p) {
		d.chown(t, p)
	}
	d.chown(t, filepath.Join(dir, "tmp"))
	d.chown(t, filepath.Join(dir, "cur"))
	return dir
}

func (d *Dovecot) chown(t testing.TB, path string) {
	if os.Getuid() != 0 {
		return
	}
	if err := os.Chown(path, d.uid, d.gid); err != nil {
		t.Fatal(err)
	}
}

// Deliver drops a mail into a folder, as a delivery agent does.
func (d *Dovecot) Deliver(t testing.TB, user, folder string, raw []byte) {
	t.Helper()
	dir := d.Maildir(t, user, folder)
	name := fmt.Sprintf("%d.M%dP%dQ%d.test", time.Now().Unix(), time.Now().Nanosecond()/1000, os.Getpid(), d.drops.Add(1))
	tmp := filepath.Join(dir, "tmp", name)
	if err := os.WriteFile(tmp, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	d.chown(t, tmp)
	if err := os.Rename(tmp, filepath.Join(dir, "new", name)); err != nil {
		t.Fatal(err)
	}
}

// Renumber makes the server forget the UIDs of user's folder: it stops it,
// throws its lists away and starts it again. UIDVALIDITY is another afterwards.
func (d *Dovecot) Renumber(t testing.TB, user, folder string) {
	t.Helper()
	d.Stop()
	dir := d.Maildir(t, user, folder)
	for _, pattern := range []string{"dovecot-uidlist*", "dovecot.index*"} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, f := range found {
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.Start(t)
}

func (d *Dovecot) config() string {
	mechanisms, passdb := "plain login", " driver = static\n args = password="+MailPassword
	if d.oauth != "" {
		mechanisms, passdb = "xoauth2 oauthbearer", fmt.Sprintf(" driver = oauth2\n mechanisms = xoauth2 oauthbearer\n args = %s/oauth2.conf.ext", d.dir)
	}
	login, internal, chroot := "dovenull", "dovecot", ""
	if os.Getuid() != 0 {
		login = strconv.Itoa(os.Getuid())
		if out, err := exec.Command("id", "-un").Output(); err == nil {
			login = strings.TrimSpace(string(out))
		}
		internal = login
		chroot = "service anvil {\n chroot =\n}\nservice imap-login {\n chroot =\n}\n"
	}
	return fmt.Sprintf(`protocols = imap
base_dir = %[1]s/run
state_dir = %[1]s/run
log_path = %[1]s/log
listen = 127.0.0.1
login_greeting = %[2]s
default_login_user = %[3]s
default_internal_user = %[4]s
default_internal_group =
first_valid_uid = 1
first_valid_gid = 1
disable_plaintext_auth = no
auth_mechanisms = %[11]s
auth_failure_delay = 0
mail_max_userip_connections = 100
mail_location = maildir:~/Maildir
ssl = yes
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
passdb {
%[9]s
}
userdb {
 driver = static
 args = uid=%[5]d gid=%[6]d home=%[1]s/mail/%%u
}
namespace inbox {
 inbox = yes
}
service imap-login {
 inet_listener imap {
  port = %[7]d
 }
 inet_listener imaps {
  port = %[8]d
  ssl = yes
 }
}
service anvil {
 unix_listener anvil-auth-penalty {
  mode = 0
 }
}
service auth-worker {
 user = %[4]s
}
%[10]s`, d.dir, d.greeting, login, internal, d.uid, d.gid, d.Port, d.TLSPort, passdb, chroot, mechanisms)
}

func freePort(t testing.TB) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// certificate makes an authority and a certificate of it for 127.0.0.1 and
// localhost.
func certificate(t testing.TB) (ca, cert, key string) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	encode := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	caCert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, caCert, caCert, caKey.Public(), caKey)
	must(err)
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, caCert, leafKey.Public(), caKey)
	must(err)
	keyDER, err := x509.MarshalECPrivateKey(leafKey)
	must(err)
	return encode("CERTIFICATE", caDER), encode("CERTIFICATE", leafDER), encode("EC PRIVATE KEY", keyDER)
}
