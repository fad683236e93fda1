package eval

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"skein/connectors/webhook"
)

// signatures measures how webhooks are verified, with requests of which it is
// known whether they are genuine.
func signatures(ctx context.Context, path string, r *Reporter) error {
	var cases []struct {
		ID              string      `json:"id"`
		Scheme          string      `json:"scheme"`
		Secret          string      `json:"secret"`
		Method          string      `json:"method"`
		URL             string      `json:"url"`
		Form            [][2]string `json:"form"`
		Body            *string     `json:"body"`
		Header          string      `json:"header"`
		Value           string      `json:"value"`
		TimestampHeader string      `json:"timestamp_header"`
		Timestamp       string      `json:"timestamp"`
		Valid           bool        `json:"valid"`
	}
	if err := readJSON(path, &cases); err != nil {
		return err
	}
	row := r.Row("webhook signatures")
	row.AtLeast(1)
	for _, c := range cases {
		scheme, ok := webhook.Named(c.Scheme)
		if !ok {
			row.Check(c.Scheme+" "+c.ID, false, "no such scheme", c.Valid)
			continue
		}
		request := webhook.Request{Method: c.Method, URL: c.URL, Header: http.Header{}, Now: time.Now()}
		if c.Header != "" {
			request.Header.Set(c.Header, c.Value)
		}
		if c.TimestampHeader != "" {
			request.Header.Set(c.TimestampHeader, c.Timestamp)
			if at, err := strconv.ParseInt(c.Timestamp, 10, 64); err == nil {
				request.Now = time.Unix(at, 0)
			}
		}
		switch {
		case c.Body != nil:
			request.Body = []byte(*c.Body)
		case len(c.Form) > 0:
			form := url.Values{}
			for _, field := range c.Form {
				form.Add(field[0], field[1])
			}
			request.Body = []byte(form.Encode())
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		got := scheme.Verify(&request, c.Secret)
		row.Check(c.Scheme+" "+c.ID, (got == nil) == c.Valid, got, c.Valid)
	}
	return nil
}
