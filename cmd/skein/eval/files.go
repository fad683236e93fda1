package eval

import (
	"bytes"
	"context"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"skein/connectors"
)

// Folders of mail, and of files that are none but must not fail either.
var mailFolders = []string{"email", "bounces", "replies", "threads"}

// mailFiles reads every file of every folder as a mail: none fails, and none
// that has a text comes out without one.
func mailFiles(ctx context.Context, dir string, r *Reporter) error {
	fails, empty := r.Row("every file: never fails"), r.Row("every mail: never empty")
	fails.AtLeast(1)
	empty.AtLeast(1)
	for _, folder := range mailFolders {
		if _, err := os.Stat(filepath.Join(dir, folder)); err != nil {
			continue
		}
		if err := eachFile(ctx, filepath.Join(dir, folder), func(path, name string) error {
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			m, err := readMail(ctx, raw)
			fails.Check(folder+"/"+name, err == nil, err, "no error")
			if err == nil && hasText(raw) {
				empty.Check(folder+"/"+name, strings.TrimSpace(m.Text) != "" || m.HTML != "", "nothing", "its text")
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// decodedParts looks for the parts that another parser took out of mails and laid
// beside them, decoded, among our text and attachments.
func decodedParts(ctx context.Context, dir string, r *Reporter) error {
	row := r.Row("mime: decoded parts")
	row.Note("only reported: the parts of an attached mail stay in it, HTML stays beside a plain text")
	return eachFile(ctx, dir, func(path, name string) error {
		base, ok := strings.CutSuffix(path, ".msg")
		if !ok {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		siblings, err := os.ReadDir(filepath.Dir(path))
		if err != nil {
			return err
		}
		m, err := readMail(ctx, raw)
		if err != nil {
			row.Check(name, false, err, "its parts")
			return nil
		}
		for _, s := range siblings {
			if !strings.HasPrefix(s.Name(), filepath.Base(base)+"_decoded_") || !s.Type().IsRegular() {
				continue
			}
			part, err := os.ReadFile(filepath.Join(filepath.Dir(path), s.Name()))
			if err != nil {
				return err
			}
			kept := slices.ContainsFunc(m.Attachments, func(a connectors.Attachment) bool { return a.Body.SHA256 == hash(part) })
			row.Check(s.Name(), kept || strings.Contains(closed(m.Text), closed(string(part))), m.Attachments, hash(part))
		}
		return nil
	})
}

// hasText reports whether raw is a whole mail with a text that the standard
// library finds, without being told how it is encoded.
func hasText(raw []byte) bool {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil || unclosed(raw) {
		return false
	}
	return textIn(m.Header.Get, m.Body, 0)
}

func textIn(field func(string) string, body io.Reader, depth int) bool {
	kind, attrs := "text/plain", map[string]string{}
	if declared := field("Content-Type"); declared != "" {
		var err error
		if kind, attrs, err = mime.ParseMediaType(declared); err != nil {
			return false
		}
	}
	if strings.HasPrefix(strings.ToLower(field("Content-Disposition")), "attachment") || depth > 20 {
		return false
	}
	if strings.HasPrefix(kind, "multipart/") {
		for parts := multipart.NewReader(body, attrs["boundary"]); ; {
			p, err := parts.NextRawPart()
			if err != nil {
				return false
			}
			if textIn(p.Header.Get, p, depth+1) {
				return true
			}
		}
	}
	if !slices.Contains([]string{"text/plain", "text/html"}, kind) || attrs["name"] != "" {
		return false
	}
	// Markup is passed over: a text of tags alone says nothing.
	b, _ := io.ReadAll(body)
	return strings.TrimSpace(bareText(string(b))) != ""
}
