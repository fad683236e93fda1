package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"skein/inbox"
)

const (
	pageConversations = 100_000
	// pageScript is what measures, from Skein's own folder.
	pageScript = "web/e2e/press.mjs"
)

// A felt is one measure of the page, in ms.
type felt struct {
	Name string  `json:"name"`
	N    int     `json:"n"`
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	Than string  `json:"than"` // the measure of a bare page that it is held against
	Bar  float64 `json:"bar"`  // what the slowest hundredth may take; 0 is none
	Note string  `json:"note"`
}

// page measures in Chromium what agents wait for after a key press, and how even
// frames are while a long list is scrolled, beside a page that does nothing else.
func (c *Config) page(ctx context.Context, dir string) error {
	chromium, node, err := pageTools()
	if err != nil {
		if c.Only == "" { // the rest can do without
			c.section("The page in a browser")
			c.line("left out", "%v", err)
			return nil
		}
		return err
	}
	data := filepath.Join(dir, "data")
	if err := c.load(ctx, data, 0, pageConversations); err != nil {
		return err
	}
	up, err := c.start(ctx, data)
	if err != nil {
		return err
	}
	defer func() { _ = up.stop() }()
	cmd := exec.CommandContext(ctx, node, filepath.Base(pageScript))
	cmd.Dir = filepath.Dir(pageScript)
	cmd.Env = append(os.Environ(), "SKEIN_URL="+up.url, "SKEIN_EMAIL=agent0@bench.test", "SKEIN_PASSWORD="+benchPassword, "CHROMIUM="+chromium)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.section("The page in Chromium, a list of %d conversations with %d messages", pageConversations, pageConversations*perConversation)
	known := map[string]felt{}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var f felt
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			_ = cmd.Process.Kill()
			return errors.Join(fmt.Errorf("the page said %q", lines.Text()), cmd.Wait())
		}
		known[f.Name] = f
		c.felt(f, known[f.Than])
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("the page: %w\n%s", err, &said)
	}
	return up.stop()
}

func (c *Config) felt(f, bare felt) {
	note := ""
	if bare.P50 > 0 && bare.P99 > 0 {
		note = fmt.Sprintf("   ×%.2f ×%.2f of the bare page", f.P50/bare.P50, f.P99/bare.P99)
	}
	if f.Note != "" {
		note += "   " + f.Note
	}
	if f.Bar > 0 && f.P99 > f.Bar {
		note += fmt.Sprintf("   over %.0f ms", f.Bar)
	}
	c.line(f.Name, "p50 %8.2f ms   p99 %8.2f ms   %4d times%s", f.P50, f.P99, f.N, note)
}

// pageTools finds what drives the page.
func pageTools() (chromium, node string, err error) {
	missing := func(what string) error {
		return &inbox.Error{Code: inbox.NotFound, Message: what}
	}
	if _, err := os.Stat(pageScript); err != nil {
		return "", "", missing(pageScript + " isn't here: run the bench in Skein's own folder")
	}
	if node, err = exec.LookPath("node"); err != nil {
		return "", "", missing("node isn't installed")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if chromium, err = exec.LookPath(name); err == nil {
			return chromium, node, nil
		}
	}
	return "", "", missing("chromium isn't installed")
}
