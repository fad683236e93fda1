package live

import (
	"context"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A visit is a session of a chat.
type visit struct {
	account inbox.AccountID
	session string
}

// A departure is when a visitor went, and from when on that counts: who looks at
// the next page, or loads this one again, is back before.
type departure struct {
	at, due time.Time
}

// maxGone bounds who is waited for; of more nobody knows that they left.
const maxGone = 20_000

// moved notes a visitor of a chat who goes, or is there.
func (d *Desk) moved(word *connectors.Live, account *inbox.Account) {
	if d.cfg.Left == nil || account.Channel != inbox.Chat {
		return
	}
	v := visit{account.ID, word.Key}
	if word.Kind != connectors.LiveOffline {
		d.mu.Lock()
		delete(d.gone, v)
		d.mu.Unlock()
		return
	}
	after := d.cfg.AbandonAfter(account)
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.gone) < maxGone {
		d.gone[v] = departure{now, now.Add(after)}
	}
}

// departures tells of those who have been gone for long enough, until ctx ends.
func (d *Desk) departures(ctx context.Context) {
	tick := time.NewTicker(d.cfg.Tick)
	defer tick.Stop()
	for {
		var now time.Time
		select {
		case <-ctx.Done():
			return
		case now = <-tick.C:
		}
		due := map[visit]departure{}
		d.mu.Lock()
		for v, left := range d.gone {
			if !now.Before(left.due) {
				due[v] = left
				delete(d.gone, v)
			}
		}
		d.mu.Unlock()
		for v, left := range due {
			if err := d.cfg.Left(ctx, v.account, v.session, left.at); err != nil && ctx.Err() == nil {
				d.cfg.Log.Warn("who left a chat is not noted", "account", string(v.account), "error", err)
				d.mu.Lock()
				if _, again := d.gone[v]; !again && len(d.gone) < maxGone {
					d.gone[v] = left // with the next round
				}
				d.mu.Unlock()
			}
		}
	}
}
