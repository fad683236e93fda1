package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// MaxOrderFile bounds a file of old orders; what is larger comes by skein import.
const MaxOrderFile = 64 << 20

// An OrderImporter takes files of old orders.
type OrderImporter interface {
	// ImportOrders brings the orders of a file, JSON or CSV, into a shop's account;
	// when dry it only reads them. What came before is not doubled. NotFound is the
	// account, Invalid what the file is not, or an account that is no shop.
	ImportOrders(ctx context.Context, id inbox.AccountID, file io.Reader, dry bool) (inbox.OrderImport, error)
}

// bringsOrders tells a file of orders from what has a body of the usual size.
func bringsOrders(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, Root+"/accounts/") && strings.HasSuffix(r.URL.Path, "/orders")
}

func (a *API) orderImport() {
	answer := a.huma.OpenAPI().Components.Schemas.Schema(typeOf[inbox.OrderImport](), true, "OrderImport")
	a.document("POST", Root+"/accounts/{id}/orders", a.importOrders, &huma.Operation{OperationID: "import-orders", Tags: []string{"accounts"},
		Summary: "Bring a file of old orders into a shop's account",
		Description: fmt.Sprintf("For admins. Lines or a list of JSON, or CSV with headings, of at most %d MB. A line that can't be read is named and the others are taken; "+
			"the same file again changes nothing. They are worked in within seconds.", MaxOrderFile>>20),
		Parameters: []*huma.Param{
			{Name: "id", In: "path", Required: true, Description: "An account of the channel shop", Schema: &huma.Schema{Type: "string"}},
			{Name: "dry", In: "query", Description: "1: only look at it", Schema: &huma.Schema{Type: "string", Enum: []any{"1"}}},
		},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {
			Schema: &huma.Schema{Type: "string", Format: "binary"}}}},
		Responses: map[string]*huma.Response{"200": {Description: "What the file came to", Content: map[string]*huma.MediaType{
			"application/json": {Schema: answer}}}}})
}

func (a *API) importOrders(w http.ResponseWriter, r *http.Request) {
	by, err := a.authenticate(r, false)
	if err == nil {
		err = mayAdminister(by)
	}
	if err == nil && a.cfg.Orders == nil {
		err = &inbox.Error{Code: inbox.NotFound, Message: "this server takes no files of orders"}
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	movesFile(w)
	r.Body = http.MaxBytesReader(w, r.Body, MaxOrderFile)
	out, err := a.cfg.Orders.ImportOrders(r.Context(), inbox.AccountID(r.PathValue("id")), r.Body, r.URL.Query().Get("dry") == "1")
	if err != nil {
		a.fail(w, r, tooLarge(err, MaxOrderFile))
		return
	}
	a.answer(w, http.StatusOK, out)
}
