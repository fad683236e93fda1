package email

import (
	"bytes"
	"path"
	"strings"
	"unicode"

	"golang.org/x/net/html/charset"
)

// fileName makes a name that is safe to show and to save of what a mail calls a
// file: no path, no control characters, no direction marks that disguise its
// extension, at most 200 bytes with the extension kept.
func fileName(s string) string {
	if strings.Contains(s, "=?") {
		s = decodeWords(s)
	} else if b := []byte(s); !isASCII(b) {
		s = detect(b, "")
	}
	s = cleanLine(s)
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	s = strings.Trim(s, " \"'<>|")
	if s == "." || s == ".." {
		return ""
	}
	if len(s) > 200 {
		ext := path.Ext(s)
		if len(ext) > 20 {
			ext = ""
		}
		s = cut(s[:len(s)-len(ext)], 200-len(ext)) + ext
	}
	return s
}

// subjectName names an attached mail by its subject.
func subjectName(head []byte) string {
	h := quickHeader(head)
	if s := fileName(strings.NewReplacer("/", "-", `\`, "-").Replace(decodeWords(h.get("subject")))); s != "" {
		return cut(s, 150) + ".eml"
	}
	return "message.eml"
}

// quickHeader reads the header that b begins with.
func quickHeader(b []byte) header {
	var h header
	for len(b) > 0 && len(h) < maxFields {
		i := bytes.IndexAny(b, "\r\n")
		l := b
		if i < 0 {
			b = nil
		} else {
			l = b[:i]
			if b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n' {
				i++
			}
			b = b[i+1:]
		}
		if len(bytes.TrimSpace(l)) == 0 {
			if len(h) > 0 {
				return h
			}
			continue
		}
		if (l[0] == ' ' || l[0] == '\t') && len(h) > 0 {
			h[len(h)-1].value += " " + string(bytes.TrimSpace(l))
			continue
		}
		if n := fieldName(l); n > 0 {
			h = append(h, field{strings.ToLower(string(bytes.TrimSpace(l[:n]))), string(bytes.TrimSpace(l[n+1:]))})
		} else if len(h) > 0 {
			return h
		}
	}
	return h
}

var extensions = map[string]string{
	"message/rfc822": ".eml", "message/delivery-status": ".txt", "text/rfc822-headers": ".txt",
	"text/plain": ".txt", "text/html": ".html", "text/csv": ".csv", "text/calendar": ".ics", "text/x-vcard": ".vcf", "text/vcard": ".vcf",
	"image/png": ".png", "image/jpeg": ".jpg", "image/jpg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "image/tiff": ".tif", "image/bmp": ".bmp", "image/svg+xml": ".svg",
	"application/pdf": ".pdf", "application/zip": ".zip", "application/json": ".json", "application/xml": ".xml", "text/xml": ".xml",
	"application/ms-tnef": ".dat", "application/pgp-signature": ".asc", "application/pgp-encrypted": ".asc",
	"application/pkcs7-signature": ".p7s", "application/x-pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m", "application/x-pkcs7-mime": ".p7m",
	"audio/mpeg": ".mp3", "audio/wav": ".wav", "audio/x-wav": ".wav", "audio/amr": ".amr", "video/mp4": ".mp4",
}

func extension(kind string) string {
	if e, ok := extensions[kind]; ok {
		return e
	}
	if strings.HasPrefix(kind, "text/") {
		return ".txt"
	}
	return ".bin"
}

func looksHTML(b []byte) bool {
	b = bytes.TrimLeft(b[:min(len(b), 1000)], " \t\r\n\ufeff")
	return hasPrefixFold(b, "<html") || hasPrefixFold(b, "<!doctype html")
}

// metaCharset is the charset that an HTML text declares for itself.
func metaCharset(b []byte) string {
	head := b[:min(len(b), 1024)]
	if !bytes.Contains(bytes.ToLower(head), []byte("charset")) {
		return ""
	}
	_, name, certain := charset.DetermineEncoding(head, "")
	if !certain && name == "windows-1252" {
		return ""
	}
	return name
}

// unflow joins the lines of format=flowed text (RFC 3676).
func unflow(s string, delsp bool) string {
	var out strings.Builder
	flowing, depth := false, 0
	for _, l := range strings.Split(s, "\n") {
		quote := 0
		for quote < len(l) && l[quote] == '>' {
			quote++
		}
		body := strings.TrimPrefix(l[quote:], " ")
		sig := body == "-- "
		if flowing && (quote != depth || sig) {
			out.WriteByte('\n')
			flowing = false
		}
		if !flowing {
			if quote > 0 {
				out.WriteString(strings.Repeat(">", quote) + " ")
			}
		}
		depth = quote
		if strings.HasSuffix(body, " ") && !sig && strings.TrimSpace(body) != "" {
			if delsp {
				body = body[:len(body)-1]
			}
			out.WriteString(body)
			flowing = true
			continue
		}
		out.WriteString(body)
		out.WriteByte('\n')
		flowing = false
	}
	return strings.TrimSuffix(out.String(), "\n")
}
