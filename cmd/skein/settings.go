package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"skein/inbox"
	"skein/inbox/bus"
)

// settings are what a server is told by flags and variables. A flag wins over
// its variable; secrets have no flag, since a command line can be seen by
// everybody on the machine.
type settings struct {
	addr     string // where HTTP is served
	data     string // the data folder
	demo     bool
	every    time.Duration // between two mails that the demo's customers write by themselves
	answer   time.Duration // the shortest time in which they answer
	database string        // DATABASE_URL, "" runs our own
	nats     string        // SKEIN_NATS_URL, "" runs our own
	creds    string        // SKEIN_NATS_CREDS, a credentials file
	public   string        // SKEIN_PUBLIC_URL, "" is http:// and addr
	given    string        // SKEIN_PUBLIC_URL as it was set
	trusted  string        // SKEIN_TRUSTED_PROXIES
	own      string        // SKEIN_OWN_CONNECTORS
	proxies  []netip.Prefix
	secret   []byte // signs tokens; see secretKey
	logLevel string // SKEIN_LOG, handed on to the children
}

// flags declares the settings of a server on fs. They are complete after
// [settings.check].
func (s *settings) flags(fs *flag.FlagSet, getenv func(string) string) {
	or := func(name, def string) string {
		if v := getenv(name); v != "" {
			return v
		}
		return def
	}
	fs.StringVar(&s.addr, "addr", or("SKEIN_ADDR", "127.0.0.1:8080"), "`address` to serve at; port 0 takes any free one (SKEIN_ADDR)")
	fs.StringVar(&s.data, "data", or("SKEIN_DATA", ".skein"), "data `folder` (SKEIN_DATA)")
	fs.StringVar(&s.public, "public-url", getenv("SKEIN_PUBLIC_URL"), "`address` under which people reach it, when a proxy stands before it (SKEIN_PUBLIC_URL)")
	s.database, s.nats, s.creds = getenv("DATABASE_URL"), getenv("SKEIN_NATS_URL"), getenv("SKEIN_NATS_CREDS")
	s.logLevel = getenv("SKEIN_LOG")
	s.trusted = getenv("SKEIN_TRUSTED_PROXIES")
	s.own = getenv("SKEIN_OWN_CONNECTORS")
}

func (s *settings) demoFlags(fs *flag.FlagSet, getenv func(string) string) error {
	on, err := boolean(getenv, "SKEIN_DEMO")
	if err != nil {
		return err
	}
	fs.BoolVar(&s.demo, "demo", on, "run a made-up shop with customers who write (SKEIN_DEMO=1)")
	if s.every, err = duration(getenv, "SKEIN_DEMO_EVERY", 3*time.Minute); err != nil {
		return err
	}
	if s.answer, err = duration(getenv, "SKEIN_DEMO_ANSWER", 20*time.Second); err != nil {
		return err
	}
	fs.DurationVar(&s.every, "demo-every", s.every, "how often the demo's customers write by themselves, 0 for never (SKEIN_DEMO_EVERY)")
	fs.DurationVar(&s.answer, "demo-answer", s.answer, "how soon at best they answer a reply, 0 for never (SKEIN_DEMO_ANSWER)")
	return nil
}

func boolean(getenv func(string) string, name string) (bool, error) {
	v := getenv(name)
	if v == "" {
		return false, nil
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		return false, invalid("%s=%s is neither 1 nor 0", name, v)
	}
	return b, nil
}

func duration(getenv func(string) string, name string, def time.Duration) (time.Duration, error) {
	v := getenv(name)
	if v == "" {
		return def, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 {
		return 0, invalid("%s=%s is not a duration such as 90s or 3m", name, v)
	}
	return d, nil
}

// parse reads the command line; what stands after the flags is an error.
func parse(fs *flag.FlagSet, e *env) error {
	fs.SetOutput(e.stdout)
	if err := fs.Parse(e.args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return &usageError{err.Error()}
	}
	if fs.NArg() > 0 {
		return &usageError{fmt.Sprintf("%s: %q is one word too many", fs.Name(), fs.Arg(0))}
	}
	return nil
}

// check finds every setting that can't be meant, with a sentence that names it.
func (s *settings) check(getenv func(string) string) error {
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return invalid("--addr %s (SKEIN_ADDR) is not an address: want host:port, such as 127.0.0.1:8080", s.addr)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return invalid("--addr %s (SKEIN_ADDR): the port is a number from 0 to 65535", s.addr)
	}
	if s.demo && !isLoopback(host) {
		return invalid("--demo has logins that everybody knows, so it serves this machine only: use --addr 127.0.0.1:%s instead of %s (SKEIN_ADDR)", port, s.addr)
	}
	for _, name := range s.ownConnectors() {
		if !slices.Contains(bus.Channels, inbox.Channel(name)) {
			return invalid("SKEIN_OWN_CONNECTORS: %q is no channel: want such as social, or phone,social", name)
		}
	}
	if s.every < 0 || s.answer < 0 {
		return invalid("--demo-every and --demo-answer can't be negative")
	}
	if s.database != "" {
		if err := checkURL("DATABASE_URL", s.database, "postgres://user:password@host:5432/name", "postgres", "postgresql"); err != nil {
			return err
		}
	}
	if s.nats != "" {
		for server := range strings.SplitSeq(s.nats, ",") {
			if server = strings.TrimSpace(server); !strings.Contains(server, "://") {
				server = "nats://" + server
			}
			if err := checkURL("SKEIN_NATS_URL", server, "nats://host:4222", "nats", "tls", "ws", "wss"); err != nil {
				return err
			}
		}
	}
	if s.creds != "" {
		if _, err := os.Stat(s.creds); err != nil {
			return invalid("SKEIN_NATS_CREDS=%s can't be read: %v", s.creds, errors.Unwrap(err))
		}
	}
	if s.public != "" {
		u, err := url.Parse(s.public)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return invalid("--public-url %s (SKEIN_PUBLIC_URL) is not an address such as https://support.example.com", s.public)
		}
		s.public = strings.TrimRight(s.public, "/")
	}
	for _, p := range strings.FieldsFunc(s.trusted, func(r rune) bool { return r == ',' || r == ' ' }) {
		prefix, err := netip.ParsePrefix(p)
		if addr, e := netip.ParseAddr(p); e == nil {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return invalid("SKEIN_TRUSTED_PROXIES: %q is no address or network: want such as 127.0.0.1,10.0.0.0/8", p)
		}
		s.proxies = append(s.proxies, prefix)
	}
	if s.data == "" {
		return invalid("--data (SKEIN_DATA) is empty: name a folder, such as .skein")
	}
	return nil
}

// checkURL never repeats what it was given: there may be a password in it.
func checkURL(name, value, want string, schemes ...string) error {
	first, _, _ := strings.Cut(value, ",") // PostgreSQL takes several hosts
	u, err := url.Parse(first)
	if err == nil {
		for _, s := range schemes {
			if u.Scheme == s {
				return nil
			}
		}
	}
	return invalid("%s can't be read: want %s", name, want)
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// minSecret is how many bytes SKEIN_SECRET_KEY holds at least.
const minSecret = 32

// secretKey is what tokens are signed with: SKEIN_SECRET_KEY, else a key that
// is made once and kept in the data folder, readable by its owner only. A node
// beside others must be given the key that they share.
func secretKey(getenv func(string) string, data string) ([]byte, error) {
	if v := getenv("SKEIN_SECRET_KEY"); v != "" {
		key, err := base64.StdEncoding.DecodeString(v)
		if err != nil {
			key = []byte(v)
		}
		if len(key) < minSecret {
			return nil, invalid("SKEIN_SECRET_KEY is too short: want at least %d random bytes, such as openssl rand -base64 48 prints", minSecret)
		}
		return key, nil
	}
	path := filepath.Join(data, "secret.key")
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		key := make([]byte, 48)
		_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
		raw = []byte(base64.StdEncoding.EncodeToString(key) + "\n")
		if err := writeOnce(path, raw); err != nil {
			return nil, fmt.Errorf("keep the secret key: %w", err)
		}
	} else if err != nil {
		return nil, fmt.Errorf("read the secret key: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(raw)))
	if err != nil || len(key) < minSecret {
		return nil, invalid("%s is damaged: restore it from a backup, or delete it, which signs everybody out, makes links in sent mail unknown, and asks for every mailbox to be added again", path)
	}
	return key, nil
}

// writeOnce makes path with its bytes in one step, durable before it is named.
func writeOnce(path string, raw []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	if _, err := f.Write(raw); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// ownConnectors are the channels that somebody else's connectors serve: ours for
// them are not started, and their accounts take any settings.
func (s *settings) ownConnectors() []string {
	return strings.FieldsFunc(s.own, func(r rune) bool { return r == ',' || r == ' ' })
}
