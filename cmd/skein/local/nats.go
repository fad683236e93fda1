package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"skein/inbox"
	"skein/inbox/bus"
)

// maxPayload is what one message may hold, bytes: an item of
// connectors.MaxInline with its base64, and room for what surrounds it.
const maxPayload = 2 << 20

// NATSConfig says how to run the embedded NATS server.
type NATSConfig struct {
	// Dir is the server's folder within the data folder. It is made when it is
	// missing, and locked.
	Dir string
	Log *slog.Logger
	// Unsafe acknowledges before anything is on disk: for tests only.
	Unsafe bool
}

// NATS is a NATS server with JetStream inside this process. Every connection
// is authenticated by a user JWT that it signed itself.
type NATS struct {
	server *server.Server
	gate   *gate
	lock   *Lock
	keys   *natsKeys
}

// StartNATS starts the server on cfg.Dir and returns when it is ready, having
// recovered what an earlier one left. The first start makes its keys.
//
// A folder in use is a [inbox.Conflict].
func StartNATS(cfg NATSConfig) (_ *NATS, err error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, err
	}
	n := &NATS{}
	if n.lock, err = LockDir(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			n.lock.Unlock()
		}
	}()
	if n.keys, err = loadKeys(filepath.Join(dir, "keys.json")); err != nil {
		return nil, err
	}
	opts, err := n.keys.options()
	if err != nil {
		return nil, fmt.Errorf("sign NATS accounts: %w", err)
	}
	opts.ServerName = "skein"
	opts.DontListen = true // sidecars come by the gate
	opts.JetStream = true
	opts.StoreDir = filepath.Join(dir, "store")
	opts.SyncAlways = !cfg.Unsafe
	opts.MaxPayload = maxPayload
	opts.MaxPending = 64 << 20
	opts.NoSigs = true
	opts.NoSystemAccount = false
	opts.DisableJetStreamBanner = true
	opts.JetStreamMaxMemory = 64 << 20
	// The streams' own limits hold; a disk that is full refuses writes.
	opts.JetStreamMaxStore = 1 << 50

	if err := os.MkdirAll(opts.StoreDir, 0o700); err != nil {
		return nil, fmt.Errorf("make NATS folder: %w", err)
	}
	if n.server, err = server.NewServer(opts); err != nil {
		return nil, fmt.Errorf("start NATS: %w", err)
	}
	n.server.SetLoggerV2(natsLog{cfg.Log}, false, false, false)
	n.server.Start()
	if !n.server.ReadyForConnections(time.Minute) || !n.server.JetStreamEnabled() {
		n.server.Shutdown()
		n.server.WaitForShutdown()
		return nil, fmt.Errorf("start NATS: not ready within a minute: is %s writable, and is there room?", opts.StoreDir)
	}
	if n.gate, err = openGate(n.server, cfg.Log); err != nil {
		n.server.Shutdown()
		n.server.WaitForShutdown()
		return nil, err
	}
	return n, nil
}

// URL returns the address at which a sidecar on this machine reaches the
// server.
func (n *NATS) URL() string { return n.gate.url() }

// Connect returns a connection without a socket, with all rights but those of
// the system account, for the server itself.
func (n *NATS) Connect(opts ...nats.Option) (*nats.Conn, error) {
	token, seed, err := n.keys.user("server", jwt.Permissions{})
	if err != nil {
		return nil, fmt.Errorf("sign the server's NATS user: %w", err)
	}
	opts = append([]nats.Option{
		nats.Name("server"),
		nats.InProcessServer(n.server),
		nats.UserJWTAndSeed(token, string(seed)),
		nats.MaxReconnects(-1),
	}, opts...)
	nc, err := nats.Connect("", opts...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	return nc, nil
}

// Credential mints a credential for the sidecar of channel, as the text of a
// NATS credentials file. It holds until the keys of the data folder change.
func (n *NATS) Credential(channel inbox.Channel) (string, error) {
	token, seed, err := n.keys.user("connector "+string(channel), bus.Permissions(channel))
	if err != nil {
		return "", fmt.Errorf("sign credential of %s: %w", channel, err)
	}
	creds, err := jwt.FormatUserConfig(token, seed)
	return string(creds), err
}

// Stop disconnects everybody, writes what is open and ends the server. It may
// be called more than once.
func (n *NATS) Stop(context.Context) error {
	n.gate.close()
	n.server.Shutdown()
	n.server.WaitForShutdown()
	return n.lock.Unlock()
}

// natsKeys are the seeds from which the server's operator and accounts are
// signed anew at every start: only keys are kept, and kept secret.
type natsKeys struct {
	Operator string `json:"operator"`
	Account  string `json:"account"`
	System   string `json:"system"`
}

func loadKeys(path string) (*natsKeys, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return makeKeys(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read NATS keys: %w", err)
	}
	k := &natsKeys{}
	if err := json.Unmarshal(b, k); err != nil {
		return nil, &inbox.Error{Code: inbox.Invalid, Message: path + " is damaged: restore it, or start afresh with an empty data folder"}
	}
	return k, nil
}

func makeKeys(path string) (*natsKeys, error) {
	var seeds [3]string
	for i, create := range []func() (nkeys.KeyPair, error){nkeys.CreateOperator, nkeys.CreateAccount, nkeys.CreateAccount} {
		kp, err := create()
		if err != nil {
			return nil, err
		}
		seed, err := kp.Seed()
		if err != nil {
			return nil, err
		}
		seeds[i] = string(seed)
	}
	k := &natsKeys{Operator: seeds[0], Account: seeds[1], System: seeds[2]}
	b, err := json.Marshal(k)
	if err != nil {
		return nil, err
	}
	return k, writeFile(path, b)
}

func keyPair(seed string) (nkeys.KeyPair, string, error) {
	kp, err := nkeys.FromSeed([]byte(seed))
	if err != nil {
		return nil, "", err
	}
	pub, err := kp.PublicKey()
	return kp, pub, err
}

// options returns server options that trust only these keys.
func (k *natsKeys) options() (*server.Options, error) {
	operator, operatorKey, err := keyPair(k.Operator)
	if err != nil {
		return nil, err
	}
	_, systemKey, err := keyPair(k.System)
	if err != nil {
		return nil, err
	}
	_, accountKey, err := keyPair(k.Account)
	if err != nil {
		return nil, err
	}
	claims := jwt.NewOperatorClaims(operatorKey)
	claims.Name = "skein"
	claims.SystemAccount = systemKey
	signed, err := claims.Encode(operator)
	if err != nil {
		return nil, err
	}
	if claims, err = jwt.DecodeOperatorClaims(signed); err != nil {
		return nil, err
	}

	resolver := &server.MemAccResolver{}
	for name, key := range map[string]string{"system": systemKey, "skein": accountKey} {
		account := jwt.NewAccountClaims(key)
		account.Name = name
		if name == "skein" {
			account.Limits.JetStreamLimits = jwt.JetStreamLimits{
				MemoryStorage: jwt.NoLimit, DiskStorage: jwt.NoLimit, Streams: jwt.NoLimit, Consumer: jwt.NoLimit,
				MaxAckPending: jwt.NoLimit, MemoryMaxStreamBytes: jwt.NoLimit, DiskMaxStreamBytes: jwt.NoLimit,
			}
		}
		signed, err := account.Encode(operator)
		if err != nil {
			return nil, err
		}
		if err := resolver.Store(key, signed); err != nil {
			return nil, err
		}
	}
	return &server.Options{
		TrustedOperators: []*jwt.OperatorClaims{claims},
		SystemAccount:    systemKey,
		AccountResolver:  resolver,
	}, nil
}

// user signs a user of the account. Without permissions it may do everything
// there.
func (k *natsKeys) user(name string, may jwt.Permissions) (token string, seed []byte, err error) {
	account, _, err := keyPair(k.Account)
	if err != nil {
		return "", nil, err
	}
	kp, err := nkeys.CreateUser()
	if err != nil {
		return "", nil, err
	}
	pub, err := kp.PublicKey()
	if err != nil {
		return "", nil, err
	}
	claims := jwt.NewUserClaims(pub)
	claims.Name = name
	claims.Permissions = may
	if token, err = claims.Encode(account); err != nil {
		return "", nil, err
	}
	seed, err = kp.Seed()
	return token, seed, err
}

// natsLog passes the server's words to slog. Its notices are of no interest to
// who runs Skein.
type natsLog struct{ log *slog.Logger }

func (l natsLog) Noticef(format string, v ...any) { l.write(slog.LevelDebug, format, v) }
func (l natsLog) Warnf(format string, v ...any)   { l.write(slog.LevelWarn, format, v) }
func (l natsLog) Errorf(format string, v ...any)  { l.write(slog.LevelError, format, v) }
func (l natsLog) Fatalf(format string, v ...any)  { l.write(slog.LevelError, format, v) }
func (l natsLog) Debugf(format string, v ...any)  { l.write(slog.LevelDebug, format, v) }
func (l natsLog) Tracef(format string, v ...any)  { l.write(slog.LevelDebug, format, v) }

func (l natsLog) write(level slog.Level, format string, v []any) {
	l.log.Log(context.Background(), level, "nats", "line", strings.TrimSpace(fmt.Sprintf(format, v...)))
}
