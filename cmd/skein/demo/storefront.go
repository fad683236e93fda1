package demo

import (
	"crypto/rand"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"skein/inbox"
)

// StorePath is where the shop's own pages are, for who wants to chat as a
// customer.
const StorePath = "/demo/shop"

//go:embed storefront
var storefront embed.FS

// storePolicy is as strict as a shop's page can have it: the chat runs under it
// as it is.
const storePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; " +
	"form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// shown are the products that the shop's pages have pictures of.
var shown = []string{"HP-KTL-04", "HP-MUG-05", "HP-BLK-08", "HP-LMP-10", "HP-CPS-24", "HP-BAG-19"}

// ChatSettings are the chat account's settings for this run, in the form that the
// chat connector takes. The chat stands on the pages of the server itself.
func (d *Demo) ChatSettings(public string) (json.RawMessage, error) {
	raw, err := json.Marshal(map[string]any{
		"origins": origins(public),
		"brand":   map[string]any{"name": shopName, "color": "#2f5d50", "greeting": "Hello. Ask us anything about an order, or about a thing of ours."},
		"store":   string(StoreID), "currency": "EUR",
		"secrets": []string{d.chatSecret},
		"mail":    map[string]any{"account": string(AccountID), "after": "2m"},
	})
	if err != nil {
		return nil, fmt.Errorf("encode demo chat settings: %w", err)
	}
	return raw, nil
}

// origins are those under which people open a page of the server: this machine
// has two names.
func origins(public string) []string {
	u, err := url.Parse(public)
	if err != nil {
		return []string{public}
	}
	list := []string{u.Scheme + "://" + u.Host}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		if own := (&url.URL{Scheme: "http", Host: host + ":" + u.Port()}).String(); u.Port() != "" && !slices.Contains(list, own) {
			list = append(list, own)
		}
	}
	return list
}

// Storefront serves the shop's pages under [StorePath]. Whoever reaches them may
// sign in as one customer, the same always.
func (d *Demo) Storefront() http.Handler {
	var items []map[string]any
	for _, p := range catalogue {
		if slices.Contains(shown, p.sku) {
			items = append(items, map[string]any{"sku": p.sku, "title": p.title, "price": p.price, "variants": append([]string{}, p.variants...)})
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+StorePath+"/products.json", func(w http.ResponseWriter, _ *http.Request) { answer(w, items) })
	mux.HandleFunc("GET "+StorePath+"/token", func(w http.ResponseWriter, _ *http.Request) {
		token, name, err := d.signIn(time.Now())
		if err != nil {
			http.Error(w, "no token", http.StatusInternalServerError)
			return
		}
		answer(w, map[string]string{"token": token, "name": name})
	})
	serve := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, storefront, path.Join("storefront", name))
		}
	}
	mux.HandleFunc("GET "+StorePath+"/shop.js", serve("shop.js"))
	mux.HandleFunc("GET "+StorePath+"/shop.css", serve("shop.css"))
	page := func(w http.ResponseWriter, r *http.Request) {
		raw, err := storefront.ReadFile("storefront/index.html")
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(raw) // whoever has gone needs none
	}
	mux.HandleFunc("GET "+StorePath, page)
	mux.HandleFunc("GET "+StorePath+"/{page}", page)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", storePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		mux.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // whoever has gone needs none
}

// signIn is what a shop's backend does for who is signed in: it vouches for them
// by a token that the chat's account has the key of.
func (d *Demo) signIn(now time.Time) (token, name string, err error) {
	c := d.shop.byEmail[d.shop.Orders[len(d.shop.Orders)-20].Email]
	if c == nil {
		return "", "", &inbox.Error{Code: inbox.NotFound, Message: "the order has no customer"}
	}
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": c.ExternalID, "name": c.Name, "email": c.Email, "email_verified": true,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	token, err = t.SignedString([]byte(d.chatSecret))
	return token, c.Name, err
}

// newChatSecret is the key by which this run's shop vouches for its customers.
func newChatSecret() string { return rand.Text() + rand.Text() }
