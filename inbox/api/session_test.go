package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"skein/inbox/api"
)

func cookieOf(t testing.TB, res *http.Response) *http.Cookie {
	t.Helper()
	for _, c := range res.Cookies() {
		if c.Name == "skein_refresh" {
			return c
		}
	}
	t.Fatal("no cookie came")
	return nil
}

// The cookie is out of scripts' reach; it is exchanged at every refresh; an old
// one used again ends the session for everybody who holds it.
func TestRefreshReuse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	thief := s.client(t)
	thief.http.Jar = nil
	login := map[string]string{"email": "ANNA@skein.example", "password": password}
	var signed api.Signed
	first := cookieOf(t, thief.want(t, 200, "POST", "/api/v1/login", login, &signed))
	if !first.HttpOnly || first.SameSite != http.SameSiteStrictMode || first.Path != "/api/v1" || first.MaxAge <= 0 {
		t.Errorf("cookie = %+v", first)
	}
	refresh := func(status int, c *http.Cookie) *http.Response {
		t.Helper()
		return thief.want(t, status, "POST", "/api/v1/refresh", nil, nil, "Cookie", c.Name+"="+c.Value)
	}
	second := cookieOf(t, refresh(200, first))
	if twin := cookieOf(t, refresh(200, first)); twin.Value != second.Value {
		t.Error("two tabs at once got two cookies")
	}
	s.now.pass(time.Minute)
	third := cookieOf(t, refresh(200, second))
	thief.token = signed.AccessToken
	thief.want(t, 200, "GET", "/api/v1/me", nil, nil)
	refresh(401, first)
	refresh(401, third)
	thief.want(t, 401, "GET", "/api/v1/me", nil, nil)
	refresh(401, &http.Cookie{Name: "skein_refresh", Value: "x"})
	refresh(401, &http.Cookie{Name: "skein_refresh", Value: ""})
}

// Signing out ends the session at once and takes the cookie away.
func TestLogout(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	anna := s.signIn(t, "anna")
	anna.want(t, 200, "POST", "/api/v1/refresh", nil, nil)
	if c := cookieOf(t, anna.want(t, 204, "POST", "/api/v1/logout", nil, nil)); c.MaxAge >= 0 {
		t.Errorf("cookie = %+v", c)
	}
	anna.want(t, 401, "GET", "/api/v1/me", nil, nil)
	anna.want(t, 401, "POST", "/api/v1/refresh", nil, nil)
	anna.want(t, 204, "POST", "/api/v1/logout", nil, nil)
}

// Access tokens end after ten minutes.
func TestTokenEnds(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	anna := s.signIn(t, "anna")
	s.now.pass(10*time.Minute + time.Second)
	res := anna.want(t, 401, "GET", "/api/v1/me", nil, nil)
	if res.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("WWW-Authenticate = %q", res.Header.Get("WWW-Authenticate"))
	}
	anna.token = ""
	var signed api.Signed
	anna.want(t, 200, "POST", "/api/v1/refresh", nil, &signed)
	anna.token = signed.AccessToken
	anna.want(t, 200, "GET", "/api/v1/me", nil, nil)
}

// What the cookie opens is closed to other pages.
func TestOtherOrigins(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	anna := s.signIn(t, "anna")
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"},
	} {
		for _, path := range []string{"/refresh", "/logout"} {
			anna.want(t, 403, "POST", "/api/v1"+path, nil, nil, header...)
		}
		anna.want(t, 403, "POST", "/api/v1/login", map[string]string{"email": "a", "password": "b"}, nil, header...)
	}
	anna.want(t, 200, "POST", "/api/v1/refresh", nil, nil, "Sec-Fetch-Site", "same-origin")
	anna.want(t, 200, "POST", "/api/v1/refresh", nil, nil, "Origin", s.URL)
}

// Guessing is stopped by email and by address, with the time to wait; who has
// the right password is not, and waiting helps.
func TestLoginLimit(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := s.client(t)
	try := func(email, password string) int {
		res, raw := c.do(t, "POST", "/api/v1/login", map[string]string{"email": email, "password": password})
		checkProblem(t, "login", res, raw)
		if res.StatusCode == 429 && res.Header.Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
		if strings.Contains(string(raw), "guess") {
			t.Errorf("the answer repeats the password: %s", raw)
		}
		return res.StatusCode
	}
	for range 30 {
		if got := try("anna@skein.example", password); got != 200 {
			t.Fatalf("the right password: %d", got)
		}
	}
	for i := range 8 {
		if got := try("anna@skein.example", fmt.Sprint("guess ", i)); got != 401 {
			t.Fatalf("guess %d: %d, want 401", i, got)
		}
	}
	if got := try("Anna@Skein.example ", "guess"); got != 429 {
		t.Errorf("a ninth guess at one address: %d, want 429", got)
	}
	got := 0
	for i := range 20 {
		if got = try(fmt.Sprintf("nobody%d@skein.example", i), "guess"); got == 429 {
			break
		}
	}
	if got != 429 {
		t.Errorf("guesses at many addresses end with %d, want 429", got)
	}
	s.now.pass(time.Hour)
	if got := try("anna@skein.example", password); got != 200 {
		t.Errorf("after an hour: %d, want 200", got)
	}
}
