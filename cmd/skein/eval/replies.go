package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// repliesFile is where the rows of visible replies are.
const repliesFile = "replies/replies.jsonl"

// Kinds on which all sources agree what a visible reply is.
var scoredReplies = []string{"plain", "fragment0", "trim", "reply"}

// A reply is a text, or a list of it and of the signature that is cut off.
type reply string

func (r *reply) UnmarshalJSON(b []byte) error {
	if !bytes.HasPrefix(b, []byte("[")) {
		return json.Unmarshal(b, (*string)(r))
	}
	var list []*string
	if err := json.Unmarshal(b, &list); err != nil || len(list) == 0 || list[0] == nil {
		return err
	}
	*r = reply(*list[0])
	return nil
}

// replies measures the part of a mail that its author wrote for it.
func replies(ctx context.Context, path string, r *Reporter) error {
	type row struct {
		Source   string  `json:"source"`
		ID       string  `json:"id"`
		Kind     string  `json:"kind"`
		Input    *string `json:"input"`
		Mail     string  `json:"input_eml"`
		HTML     string  `json:"input_html"`
		Expected reply   `json:"expected"`
		Before   string  `json:"expected_before"`
		Closed   *string `json:"expected_text_ws_stripped"`
	}
	cases, err := readLines[row](path)
	if err != nil {
		return err
	}
	// The files that rows name are given from the folder of all cases.
	root := strings.TrimSuffix(filepath.ToSlash(path), repliesFile)
	scored := r.Row("visible reply")
	scored.AtLeast(.95)
	rows := map[string]*Row{}
	for _, c := range cases {
		if rows[c.Kind] == nil {
			rows[c.Kind] = r.Row("visible reply: " + c.Kind)
		}
	}
	for _, c := range cases {
		name := c.Source + " " + c.ID
		check := func(right bool, got, want any) {
			rows[c.Kind].Check(name, right, got, want)
			if slices.Contains(scoredReplies, c.Kind) {
				scored.Check(name, right, got, want)
			}
		}
		var raw []byte
		var err error
		switch {
		case c.Mail != "":
			raw, err = os.ReadFile(filepath.Join(root, c.Mail))
		case c.HTML != "":
			raw, err = os.ReadFile(filepath.Join(root, c.HTML))
			raw = textMail("text/html", string(raw))
		case c.Input != nil:
			raw = textMail("text/plain", *c.Input)
		}
		if err != nil {
			check(false, err, "")
			continue
		}
		m, err := readMail(ctx, raw)
		if err != nil {
			check(false, err, "")
			continue
		}
		switch {
		case c.Closed != nil:
			check(closed(m.VisibleText) == closed(*c.Closed), m.VisibleText, *c.Closed)
		case c.Before != "":
			check(folded(m.VisibleText) == folded(c.Before), m.VisibleText, c.Before)
		default:
			check(folded(m.VisibleText) == folded(string(c.Expected)), m.VisibleText, c.Expected)
		}
	}
	return nil
}

// textMail is a mail of one text.
func textMail(kind, text string) []byte {
	return []byte("From: ann@customer.example\r\nTo: shop@shop.example\r\nSubject: A question\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: " + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + text)
}
