package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/bus"
	"skein/inbox/store"
	"skein/inbox/threader"
)

const (
	hookAccount   = "line"
	chatAccount   = "web"
	socialAccount = "whatsapp"
	shopAccount   = "lamps"
	hookSecret    = "a secret of the exchange for one run"
	shopOrigin    = "https://shop.example"
)

// An outside is a whole `skein up` with accounts that the outside reaches: its
// sidecars are processes of their own.
type outside struct {
	*child
	pool  *pgxpool.Pool
	store *store.Store
	inbox inbox.InboxID
}

// outside starts Skein on data for as long as work takes.
func (c *Config) outside(ctx context.Context, data string, work func(context.Context, *outside) error) (err error) {
	if err := os.MkdirAll(data, 0o711); err != nil {
		return err
	}
	up, err := c.start(ctx, data, "SKEIN_TRUSTED_PROXIES=127.0.0.1")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, up.stop()) }()
	st, err := store.Open(ctx, up.running.Database, 2, threader.Rules())
	if err != nil {
		return err
	}
	defer st.Close()
	if _, err := c.business(ctx, st); err != nil {
		return err
	}
	known, err := st.Accounts(ctx)
	if err != nil {
		return err
	}
	for _, a := range []inbox.Account{
		{ID: hookAccount, Channel: inbox.Phone, Address: "+4315550100", Region: "AT", MaxProof: inbox.Proven, Settings: []byte(`{"provider": "webhook", "secrets": ["` + hookSecret + `"]}`)},
		{ID: socialAccount, Channel: inbox.Social, Address: "+4315550101", Region: "AT", MaxProof: inbox.Proven, Settings: []byte(`{"provider": "whatsapp", "secrets": ["` + hookSecret + `"], "token": "t", "verifyToken": "v", "id": "106"}`)},
		{ID: shopAccount, Channel: inbox.Shop, MaxProof: inbox.Signed, Settings: []byte(`{"provider": "shopify", "secrets": ["` + hookSecret + `"], "currency": "EUR"}`)},
		{ID: chatAccount, Channel: inbox.Chat, MaxProof: inbox.Signed, Settings: []byte(`{"origins": ["` + shopOrigin + `"]}`)},
	} {
		a.Name, a.InboxID = string(a.ID), known[0].InboxID
		if _, err := st.SaveAccount(ctx, a, time.Now()); err != nil {
			return err
		}
	}
	pool, err := pgxpool.New(ctx, up.running.Database)
	if err != nil {
		return err
	}
	defer pool.Close()
	return work(ctx, &outside{up, pool, st, known[0].InboxID})
}

// count is the number of rows of a table.
func (o *outside) count(ctx context.Context, table string) (n int64, err error) {
	err = o.pool.QueryRow(ctx, `SELECT count(*) FROM `+table).Scan(&n)
	return n, err
}

// await waits until what is asked for is answered with status.
func await(ctx context.Context, status int, method, url, origin string) error {
	for began := time.Now(); ; {
		req, err := http.NewRequestWithContext(ctx, method, url, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Origin", origin)
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == status {
				return nil
			}
			err = fmt.Errorf("%s answers %d", url, res.StatusCode)
		}
		if time.Since(began) > fanPatience {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// A sidecar is an instance of the chat's connector in a process of its own.
type sidecar struct {
	cfg   *Config
	runs  sync.WaitGroup
	ended error
}

func (s *sidecar) handle(ctx context.Context, o order) (answer, error) {
	if o.Do != "start" {
		return answer{}, fmt.Errorf("a sidecar doesn't %s", o.Do)
	}
	key, err := bus.ParseChannelKey(o.Link.Key)
	if err != nil {
		return answer{}, err
	}
	nc, err := bus.ConnectLink(o.Link.URL, o.Link.Creds, inbox.Chat, s.cfg.Log)
	if err != nil {
		return answer{}, err
	}
	link, err := bus.NewLink(nc, bus.LinkConfig{Channel: inbox.Chat, Key: key, Log: s.cfg.Log})
	if err != nil {
		return answer{}, err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return answer{}, err
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		return answer{}, err
	}
	s.runs.Go(func() { // ends with the process
		s.ended = connectors.Run(ctx, connectors.Config{Link: link, Log: s.cfg.Log, Connector: s.cfg.Chat(link), Listen: address})
	})
	return answer{Address: address}, await(ctx, http.StatusOK, http.MethodGet, "http://"+address+"/in/chat/"+chatAccount+"/config", shopOrigin)
}
