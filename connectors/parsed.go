package connectors

import (
	"bytes"
	"slices"
	"sync"

	"skein/inbox"
)

// Parsed reads accounts' own settings, each once for each of its versions. It may
// be used by several goroutines at once.
type Parsed[S any] struct {
	parse func(Account) (*S, error)

	mu sync.Mutex // guards of
	of map[inbox.AccountID]parsedAccount[S]
}

type parsedAccount[S any] struct {
	account Account
	set     *S
	err     error
}

// NewParsed returns a Parsed that reads by parse.
func NewParsed[S any](parse func(Account) (*S, error)) *Parsed[S] {
	return &Parsed[S]{parse: parse, of: map[inbox.AccountID]parsedAccount[S]{}}
}

// Of are an account's settings, which nobody may change, or what is wrong with
// them.
func (p *Parsed[S]) Of(account Account) (*S, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	got, has := p.of[account.ID]
	if is := &got.account; !has || !bytes.Equal(is.Settings, account.Settings) || is.Address != account.Address || is.Region != account.Region || !slices.Equal(is.Own, account.Own) {
		got.account = account
		got.set, got.err = p.parse(account)
		p.of[account.ID] = got
	}
	return got.set, got.err
}
