package api_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"skein/inbox"
	"skein/inbox/api"
)

type fakeOrders struct{}

func (fakeOrders) ImportOrders(_ context.Context, id inbox.AccountID, file io.Reader, dry bool) (inbox.OrderImport, error) {
	if id != "lamps" {
		return inbox.OrderImport{}, &inbox.Error{Code: inbox.NotFound, Message: "there is no such account"}
	}
	n, err := io.Copy(io.Discard, file)
	if dry {
		n = -n
	}
	return inbox.OrderImport{Orders: int(n), Broken: []inbox.BrokenLine{}, First: []inbox.ImportedOrder{}}, err
}

// A file of orders is an admin's to bring, may be larger than other bodies, and
// has a bound all the same.
func TestImportOrders(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	send := func(name, path, file string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+path, strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if name != "" {
			req.Header.Set("Authorization", "Bearer "+s.signIn(t, name).token)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	const path = "/api/v1/accounts/lamps/orders"
	for _, c := range []struct {
		who, path, file string
		status          int
		says            string
	}{
		{"", path, "x", 401, ""}, {"anna", path, "x", 403, "admins"},
		{"admin", path, "three", 200, `"orders":5`}, {"admin", path + "?dry=1", "three", 200, `"orders":-5`},
		{"admin", "/api/v1/accounts/nowhere/orders", "x", 404, "no such account"},
		{"admin", path, strings.Repeat("x", 3<<20), 200, `"orders":3145728`},
		{"admin", path, strings.Repeat("x", api.MaxOrderFile+1), 413, "64 MB"},
	} {
		if status, body := send(c.who, c.path, c.file); status != c.status || !strings.Contains(body, c.says) {
			t.Errorf("POST %s of %d bytes as %q: %d %s, want %d with %s", c.path, len(c.file), c.who, status, body, c.status, c.says)
		}
	}
}
