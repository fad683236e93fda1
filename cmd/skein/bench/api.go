package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"skein/cmd/skein/local"
	"skein/inbox"
)

const (
	benchPassword = "bench-password"
	connections   = 16
	warmUp        = time.Second
	measured      = 5 * time.Second
	startPatience = 2 * time.Minute
)

// A latency is what one kind of request took.
type latency struct {
	name     string
	n        int
	p50, p99 time.Duration
}

// serve starts `skein up` on data twice, tells what the second start took and
// holds, and measures the API.
func (c *Config) serve(ctx context.Context, data string, conversations int) ([]latency, error) {
	first, err := c.start(ctx, data)
	if err != nil {
		return nil, err
	}
	if err := first.stop(); err != nil {
		return nil, err
	}
	up, err := c.start(ctx, data)
	if err != nil {
		return nil, err
	}
	defer func() { _ = up.stop() }()
	c.line("first start", "%8.2f s", first.took.Seconds())
	c.line("second start, ready after", "%8.2f s", up.took.Seconds())
	if err := c.memory(up.cmd.Process.Pid, "after the start"); err != nil {
		return nil, err
	}
	if c.Only == "start" {
		return nil, up.stop()
	}
	list, err := c.requests(ctx, up.url, conversations)
	if err != nil {
		return nil, err
	}
	if err := c.memory(up.cmd.Process.Pid, "after the requests"); err != nil {
		return nil, err
	}
	return list, up.stop()
}

// A child is a running `skein up`.
type child struct {
	cmd    *exec.Cmd
	output *bytes.Buffer
	url    string
	took   time.Duration
	ended  chan error

	running struct { // as it says itself
		PID        int                                `json:"pid"`
		URL        string                             `json:"url"`
		Database   string                             `json:"database"`
		Connectors map[inbox.Channel]local.Credential `json:"connectors"`
	}
}

func (c *Config) start(ctx context.Context, data string, env ...string) (*child, error) {
	up := &child{output: &bytes.Buffer{}, ended: make(chan error, 1)}
	up.cmd = exec.CommandContext(ctx, c.Binary, "up", "--addr", "127.0.0.1:0", "--data", data)
	up.cmd.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool {
		return strings.HasPrefix(s, "SKEIN_") || strings.HasPrefix(s, "DATABASE_URL=")
	}), append(env, "SKEIN_LOG=warn")...)
	up.cmd.Stdout, up.cmd.Stderr = up.output, up.output
	began := time.Now()
	if err := up.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { up.ended <- up.cmd.Wait() }()
	for time.Since(began) < startPatience {
		select {
		case err := <-up.ended:
			return nil, fmt.Errorf("skein up ended: %w\n%s", err, up.output)
		case <-time.After(2 * time.Millisecond):
		}
		raw, err := os.ReadFile(filepath.Join(data, "run.json"))
		if err != nil || json.Unmarshal(raw, &up.running) != nil || up.running.PID != up.cmd.Process.Pid {
			continue
		}
		res, err := http.Get(up.running.URL + "/readyz")
		if err != nil {
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			up.url, up.took = up.running.URL, time.Since(began)
			return up, nil
		}
	}
	_ = up.stop()
	return nil, fmt.Errorf("skein up was not ready after %v\n%s", startPatience, up.output)
}

func (c *child) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return nil // has ended
	}
	select {
	case err := <-c.ended:
		if err != nil {
			return fmt.Errorf("skein up ended: %w\n%s", err, c.output)
		}
		return nil
	case <-time.After(startPatience):
		_ = c.cmd.Process.Kill()
		return errors.New("skein up did not stop")
	}
}

// memory prints what skein and its children hold, PostgreSQL apart.
func (c *Config) memory(pid int, when string) error {
	own, err := resident(pid)
	if err != nil {
		c.line("memory "+when, "can't be read here")
		return nil
	}
	var sidecars, postgres int
	for _, child := range children(pid) {
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", child))
		for _, p := range append([]int{child}, children(child)...) {
			kb, err := proportional(p)
			if err != nil {
				continue
			}
			if strings.HasPrefix(string(name), "postgres") {
				postgres += kb
			} else {
				sidecars += kb
			}
		}
	}
	c.line("memory "+when, "%8d MB skein, %d MB connectors, %d MB PostgreSQL", own>>10, sidecars>>10, postgres>>10)
	return nil
}

// resident is a process's memory in kB.
func resident(pid int) (int, error) { return procValue(pid, "status", "VmRSS:") }

// proportional counts what is shared once, over all who share it.
func proportional(pid int) (int, error) { return procValue(pid, "smaps_rollup", "Pss:") }

func procValue(pid int, file, name string) (int, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == name {
			return strconv.Atoi(f[1])
		}
	}
	return 0, fmt.Errorf("%s has no %s", file, name)
}

func children(pid int) (list []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, t := range tasks {
		raw, _ := os.ReadFile(t)
		for _, f := range strings.Fields(string(raw)) {
			if n, err := strconv.Atoi(f); err == nil {
				list = append(list, n)
			}
		}
	}
	return list
}

// requests measures each kind over sixteen connections, as a supervisor who
// sees everything and as an agent of two inboxes by turns.
func (c *Config) requests(ctx context.Context, base string, conversations int) ([]latency, error) {
	var who []*visitor
	for _, email := range []string{"agent0@bench.test", "agent1@bench.test"} {
		v := &visitor{base: base, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}}}
		if err := v.login(ctx, email); err != nil {
			return nil, err
		}
		who = append(who, v)
	}
	kinds := []struct {
		name string
		path func(r *rand.Rand) string
	}{
		{"list", func(r *rand.Rand) string {
			return []string{
				"/conversations?status=open", "/conversations?status=open&assignee=me", "/conversations?status=open&assignee=none",
				"/conversations?status=all", "/conversations?status=closed", "/conversations?status=open&inbox=" + who[0].inboxes[r.IntN(len(who[0].inboxes))],
			}[r.IntN(6)]
		}},
		{"counts", func(*rand.Rand) string { return "/counts" }},
		{"conversation", func(r *rand.Rand) string {
			id := benchID(3, r.IntN(conversations))
			return "/conversations/" + string(id) + []string{"", "/messages"}[r.IntN(2)]
		}},
		{"search, a rare word", func(r *rand.Rand) string {
			return "/search?q=ref" + strconv.Itoa(r.IntN(conversations*perConversation))
		}},
		{"search, two words", func(r *rand.Rand) string {
			return "/search?q=" + url.QueryEscape(words[200+r.IntN(1800)]+" "+words[200+r.IntN(1800)])
		}},
		{"search, a common word", func(r *rand.Rand) string { return "/search?q=" + words[r.IntN(50)] }},
	}
	var list []latency
	for _, k := range kinds {
		l, failed, err := hammer(ctx, who, k.path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.name, err)
		}
		l.name = k.name
		list = append(list, l)
		note := ""
		if failed > 0 {
			note = fmt.Sprintf("   %d refused", failed)
		}
		c.line(k.name, "p50 %8.2f ms   p99 %8.2f ms   %6d requests, %6.0f/s%s", ms(l.p50), ms(l.p99), l.n, float64(l.n)/measured.Seconds(), note)
	}
	return list, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// hammer sends requests over all connections, each the next one when the last
// was answered, and returns how long they took. What is refused (a search that
// takes too long) counts with the time that it took.
func hammer(ctx context.Context, who []*visitor, path func(*rand.Rand) string) (latency, int, error) {
	var mu sync.Mutex
	var took []time.Duration
	refused := 0
	var failed error
	var wg sync.WaitGroup
	began := time.Now()
	for i := range connections {
		wg.Go(func() {
			v, r := who[i%len(who)], rand.New(rand.NewPCG(3, uint64(i)))
			var mine []time.Duration
			var bad int
			var err error
			for time.Since(began) < warmUp+measured && err == nil {
				at := time.Now()
				var status int
				status, err = v.get(ctx, path(r), nil)
				if err == nil && status >= 500 && status != http.StatusServiceUnavailable {
					err = fmt.Errorf("answered %d", status)
				}
				if at.Sub(began) > warmUp {
					mine = append(mine, time.Since(at))
					// An agent may not see every inbox.
					if status != http.StatusOK && status != http.StatusNotFound {
						bad++
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			took, refused, failed = append(took, mine...), refused+bad, errors.Join(failed, err)
		})
	}
	wg.Wait()
	if failed != nil || len(took) == 0 {
		return latency{}, 0, errors.Join(failed, ctx.Err())
	}
	return latencyOf(took), refused, nil
}

// A visitor is one who is logged in.
type visitor struct {
	base    string
	client  *http.Client
	token   string
	inboxes []string
}

func (v *visitor) login(ctx context.Context, email string) error {
	body, _ := json.Marshal(map[string]string{"email": email, "password": benchPassword})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.base+"/api/v1/login", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := v.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		AccessToken string `json:"accessToken"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		return fmt.Errorf("log in as %s: %d, %w", email, res.StatusCode, err)
	}
	v.token = answer.AccessToken
	var me struct {
		Inboxes []struct {
			ID string `json:"id"`
		} `json:"inboxes"`
	}
	status, err := v.get(ctx, "/me", &me)
	if err != nil || status != http.StatusOK || len(me.Inboxes) == 0 {
		return fmt.Errorf("who is %s: %d, %w", email, status, err)
	}
	for _, in := range me.Inboxes {
		v.inboxes = append(v.inboxes, in.ID)
	}
	return nil
}

func (v *visitor) get(ctx context.Context, path string, into any) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+"/api/v1"+path, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+v.token)
	res, err := v.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	if into != nil {
		return res.StatusCode, json.NewDecoder(res.Body).Decode(into)
	}
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}
