package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"time"

	"skein/inbox"
)

// apiVersion is the version of Shopify's Admin API that is spoken. Of GraphQL:
// the REST Admin API is a legacy one since October 2024
// (shopify.dev/docs/api/admin-rest).
const apiVersion = "2026-07"

// A refusal is the shop's word that it won't do what it was asked.
type refusal struct{ words string }

func (e *refusal) Error() string { return e.words }

// unsure says that a request went out and that nobody knows what became of it.
type unsure struct{ err error }

func (e *unsure) Error() string { return e.err.Error() }
func (e *unsure) Unwrap() error { return e.err }

// A later says that the shop wants to be asked again, and when.
type later struct {
	wait  time.Duration
	words string
}

func (e *later) Error() string { return e.words }

// maxAnswer is what is read of an answer, bytes.
const maxAnswer = 32 << 20

// An asker asks one shop by its API. Its errors are a refusal, a later, an
// unsure, or any other where nothing has left.
type asker struct {
	set    *Settings
	client *http.Client
	now    func() time.Time
	tries  []time.Duration
}

func (c *Connector) asker(set *Settings) *asker {
	return &asker{set, c.cfg.Client, c.cfg.Now, c.cfg.Tries}
}

// do makes one request and reads its answer into into, which may be nil.
func (a *asker) do(ctx context.Context, method, path string, body, into any) (http.Header, error) {
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		payload = bytes.NewReader(b)
	}
	left := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { left = true }})
	req, err := http.NewRequestWithContext(ctx, method, a.set.URL+path, payload)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Skein")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	switch {
	case a.set.Provider == Shopify:
		req.Header.Set("X-Shopify-Access-Token", a.set.Token)
	case req.URL.Scheme == "https":
		req.SetBasicAuth(a.set.ConsumerKey, a.set.ConsumerSecret)
	default: // it takes no password in the clear
		a.set.sign(req, a.now())
	}
	resp, err := a.client.Do(req)
	if err != nil {
		if left {
			return nil, &unsure{fmt.Errorf("the shop didn't answer: %w", err)}
		}
		return nil, &inbox.Error{Code: inbox.Unavailable, Message: fmt.Sprintf("the shop can't be reached: %v", err)}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, &unsure{fmt.Errorf("the shop's answer broke off: %w", err)}
	}
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		return nil, &later{a.retryAfter(resp.Header), "the shop is asked too often"}
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return nil, &refusal{fmt.Sprintf("the shop refuses our key (%d): %s", code, wordsOf(raw))}
	case code >= 500:
		return nil, &unsure{fmt.Errorf("the shop has a fault of its own (%d)", code)}
	case code >= 300:
		return nil, &refusal{fmt.Sprintf("the shop refuses (%d): %s", code, wordsOf(raw))}
	}
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			return nil, &unsure{fmt.Errorf("the shop's answer can't be read: %w", err)}
		}
	}
	return resp.Header, nil
}

// retryAfter is what RFC 9110 section 10.2.3 says, within reason.
func (a *asker) retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	wait := 2 * time.Second
	if s, err := strconv.ParseFloat(text, 64); err == nil { // Shopify says 2.0
		wait = time.Duration(s * float64(time.Second))
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(a.now())
	}
	return min(max(wait, 100*time.Millisecond), 5*time.Minute)
}

// wordsOf is what an answer says of what is wrong.
func wordsOf(raw []byte) string {
	var said struct {
		Message string          `json:"message"`
		Errors  json.RawMessage `json:"errors"`
	}
	text := strings.TrimSpace(string(raw))
	if json.Unmarshal(raw, &said) == nil {
		switch {
		case said.Message != "":
			text = said.Message
		case len(said.Errors) > 0:
			text = strings.Trim(string(said.Errors), `"`)
		}
	}
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return text
}

// patiently repeats f while the shop asks to come later, half a minute at most.
func patiently(ctx context.Context, f func() error) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := f()
		l, ok := errors.AsType[*later](err)
		if !ok || time.Now().Add(l.wait).After(deadline) {
			return err
		}
		t := time.NewTimer(l.wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
}

// A throttle is where a Shopify app's bucket of query costs stands
// (shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits).
type throttle struct {
	Requested float64 `json:"requestedQueryCost"`
	Status    struct {
		Available float64 `json:"currentlyAvailable"`
		Restore   float64 `json:"restoreRate"`
	} `json:"throttleStatus"`
}

// wait is how long until there is enough for another such query.
func (t *throttle) wait() time.Duration {
	if t.Status.Restore <= 0 || t.Status.Available >= t.Requested {
		return 0
	}
	return time.Duration((t.Requested - t.Status.Available) / t.Status.Restore * float64(time.Second))
}

// graphql asks Shopify's Admin API.
func (a *asker) graphql(ctx context.Context, query string, variables map[string]any, into any) (cost throttle, err error) {
	var answer struct {
		Data   json.RawMessage `json:"data"`
		Errors []struct {
			Message    string `json:"message"`
			Extensions struct {
				Code string `json:"code"`
			} `json:"extensions"`
		} `json:"errors"`
		Extensions struct {
			Cost throttle `json:"cost"`
		} `json:"extensions"`
	}
	body := map[string]any{"query": query, "variables": variables}
	if _, err := a.do(ctx, http.MethodPost, "/admin/api/"+apiVersion+"/graphql.json", body, &answer); err != nil {
		return cost, err
	}
	cost = answer.Extensions.Cost
	if len(answer.Errors) > 0 {
		e := answer.Errors[0]
		switch e.Extensions.Code {
		case "THROTTLED":
			return cost, &later{max(cost.wait(), 500*time.Millisecond), "the shop is asked too often"}
		case "IDEMPOTENCY_CONCURRENT_REQUEST": // the first one is still at work
			return cost, &later{time.Second, "the shop is still at it"}
		case "INTERNAL_SERVER_ERROR":
			return cost, &unsure{errors.New("the shop has a fault of its own: " + e.Message)}
		}
		return cost, &refusal{e.Message}
	}
	if err := json.Unmarshal(answer.Data, into); err != nil {
		return cost, &unsure{fmt.Errorf("the shop's answer can't be read: %w", err)}
	}
	return cost, nil
}
