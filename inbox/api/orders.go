package api

import (
	"context"
	"crypto/rand"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// Orders are which orders conversations are about, and agents' words on that.
type Orders interface {
	ConversationOrders(ctx context.Context, rights *inbox.Rights, ref string) ([]inbox.OrderLink, error)
	JudgeOrder(ctx context.Context, by *inbox.Caller, ref string, order inbox.OrderID, word, override string, now time.Time) ([]inbox.OrderLink, error)
	LinkNumber(ctx context.Context, by *inbox.Caller, ref, number string, now time.Time) ([]inbox.OrderLink, error)
	JudgeClaim(ctx context.Context, by *inbox.Caller, ref, claim, word string, now time.Time) ([]inbox.OrderLink, error)
	SendCode(ctx context.Context, by *inbox.Caller, ref, claim string, coder inbox.Coder, now time.Time) ([]inbox.OrderLink, error)
	VerifyClaim(ctx context.Context, by *inbox.Caller, ref, claim string, says inbox.Proofing, override string, now time.Time) ([]inbox.OrderLink, error)
	Render(ctx context.Context, rights *inbox.Rights, ref, text string, to, cc []inbox.Party, matchKey func(string) string) (string, error)
	ShopStores(ctx context.Context) ([]inbox.ShopStore, error)
}

type verdictInput struct {
	RefParam
	Order inbox.OrderID `path:"orderId" maxLength:"36"`
	Body  struct {
		Verdict  string `json:"verdict" enum:"linked,rejected,none" doc:"none takes the last one back"`
		Override string `json:"override,omitempty" maxLength:"500" doc:"Why an order that is not the customer's own is linked all the same; kept in the log"`
	}
}

type numberInput struct {
	RefParam
	Body struct {
		Number string `json:"number" minLength:"1" maxLength:"100"`
	}
}

type verifyInput struct {
	ClaimParam
	Body struct {
		Postcode string `json:"postcode,omitempty" maxLength:"20"`
		Item     string `json:"item,omitempty" maxLength:"300" doc:"In the customer's words"`
		Code     string `json:"code,omitempty" maxLength:"20" doc:"That was sent to the order's address, as the customer tells it"`
		Override string `json:"override,omitempty" maxLength:"500" doc:"Why it is sure without them; kept in the log"`
	}
}

// ClaimParam names a claim of a conversation.
type ClaimParam struct {
	RefParam
	Claim string `path:"claimId" maxLength:"36"`
}

type claimVerdictInput struct {
	ClaimParam
	Body struct {
		Verdict string `json:"verdict" enum:"rejected,none" doc:"none takes it back"`
	}
}

type renderInput struct {
	RefParam
	Body struct {
		Text string        `json:"text" maxLength:"500000"`
		To   []inbox.Party `json:"to,omitempty" maxItems:"50" doc:"Absent: whoever wrote last"`
		Cc   []inbox.Party `json:"cc,omitempty" maxItems:"50"`
	}
}

type rendered struct {
	Text string `json:"text"`
}

func (a *API) orderLinks() {
	tag := []string{"orders"}
	secured(a, huma.Operation{OperationID: "conversation-orders", Method: "GET", Path: Root + "/conversations/{id}/orders", Tags: tag,
		Summary:     "List the orders that a conversation is about, the one that is meant first",
		Description: "A claimed one carries no order and looks the same whether or not there is one."}, a.conversationOrders)
	secured(a, huma.Operation{OperationID: "judge-order", Method: "PUT", Path: Root + "/conversations/{id}/orders/{orderId}", Tags: tag,
		Summary: "Link or reject an order, or take that back"}, a.judgeOrder)
	secured(a, huma.Operation{OperationID: "link-order", Method: "POST", Path: Root + "/conversations/{id}/orders", Tags: tag,
		DefaultStatus: http.StatusOK, Summary: "Link an order of the customer's own by its number",
		Description: "What is somebody else's and what is not there are answered alike."}, a.linkNumber)
	secured(a, huma.Operation{OperationID: "judge-claim", Method: "PUT", Path: Root + "/conversations/{id}/claims/{claimId}", Tags: tag,
		Summary:     "Say that a claim is no order of the customer's, or take that back",
		Description: "It holds for whatever names the same in that conversation, later too."}, a.judgeClaim)
	secured(a, huma.Operation{OperationID: "verify-claim", Method: "POST", Path: Root + "/conversations/{id}/claims/{claimId}/verify", Tags: tag,
		DefaultStatus: http.StatusOK, Summary: "Link the order that a claim names, to who knows it",
		Description: "By post code and an item, by the code that was sent, or by an override. Wrong details and an order that is not there are answered alike. Each try is in the log."}, a.verifyClaim)
	secured(a, huma.Operation{OperationID: "send-code", Method: "POST", Path: Root + "/conversations/{id}/claims/{claimId}/code", Tags: tag,
		DefaultStatus: http.StatusAccepted, Summary: "Mail a one-time code to the address of the order that a claim names",
		Description: "The answer is the same whether or not there is an order, or an address to send to, and neither is shown. When the customer tells the code in the conversation, the order is linked."}, a.sendCode)
	secured(a, huma.Operation{OperationID: "render", Method: "POST", Path: Root + "/conversations/{id}/render", Tags: tag,
		DefaultStatus: http.StatusOK, Summary: "Fill in the variables of a text",
		Description: "Those of the linked order, such as {{order.number}}, and of the customer. It is a conflict, which names the variable, when no order is linked or its data may not go to all recipients."}, a.render)
	secured(a, huma.Operation{OperationID: "stores", Method: "GET", Path: Root + "/stores", Tags: []string{"operations"},
		Summary: "List the stores whose orders are known, and how they number them", Description: "For supervisors and admins."}, a.stores)
}

func (a *API) conversationOrders(ctx context.Context, by *inbox.Caller, in *RefParam) (*body[items[inbox.OrderLink]], error) {
	return linksOf(a.cfg.Store.ConversationOrders(ctx, &by.Rights, in.ID))
}

func linksOf(list []inbox.OrderLink, err error) (*body[items[inbox.OrderLink]], error) {
	return &body[items[inbox.OrderLink]]{items[inbox.OrderLink]{list}}, err
}

func (a *API) judgeOrder(ctx context.Context, by *inbox.Caller, in *verdictInput) (*body[items[inbox.OrderLink]], error) {
	if err := checkIDs("path.orderId", in.Order); err != nil {
		return nil, err
	}
	override, err := plain("body.override", in.Body.Override)
	if err != nil {
		return nil, err
	}
	return linksOf(a.cfg.Store.JudgeOrder(ctx, by, in.ID, in.Order, in.Body.Verdict, override, a.cfg.Now()))
}

func (a *API) linkNumber(ctx context.Context, by *inbox.Caller, in *numberInput) (*body[items[inbox.OrderLink]], error) {
	number, err := plain("body.number", in.Body.Number)
	if err != nil {
		return nil, err
	}
	at := "number " + in.ID
	if err := a.mayGuess(by, at); err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.LinkNumber(ctx, by, in.ID, number, a.cfg.Now())
	return linksOf(list, a.guessed(by, at, err))
}

func (a *API) verifyClaim(ctx context.Context, by *inbox.Caller, in *verifyInput) (*body[items[inbox.OrderLink]], error) {
	if err := checkIDs("path.claimId", in.Claim); err != nil {
		return nil, err
	}
	b := &in.Body
	for _, f := range []struct {
		name string
		text *string
	}{{"body.postcode", &b.Postcode}, {"body.item", &b.Item}, {"body.code", &b.Code}, {"body.override", &b.Override}} {
		s, err := plain(f.name, *f.text)
		if err != nil {
			return nil, err
		}
		*f.text = strings.TrimSpace(s)
	}
	says := inbox.Proofing{Postcode: b.Postcode, Item: b.Item}
	if b.Code != "" {
		code := strings.NewReplacer(" ", "", "-", "").Replace(b.Code)
		if len(code) != codeDigits || strings.Trim(code, "0123456789") != "" {
			return nil, invalid("body.code", "is not six digits")
		}
		says.Code = a.cfg.CodeSum(code)
	}
	if b.Override == "" && b.Code == "" && (b.Postcode == "" || b.Item == "") {
		return nil, invalid("body", "needs code, or postcode and item, or override")
	}
	at := "claim " + in.Claim
	if err := a.mayGuess(by, at); err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.VerifyClaim(ctx, by, in.ID, in.Claim, says, b.Override, a.cfg.Now())
	return linksOf(list, a.guessed(by, at, err))
}

func (a *API) judgeClaim(ctx context.Context, by *inbox.Caller, in *claimVerdictInput) (*body[items[inbox.OrderLink]], error) {
	if err := checkIDs("path.claimId", in.Claim); err != nil {
		return nil, err
	}
	return linksOf(a.cfg.Store.JudgeClaim(ctx, by, in.ID, in.Claim, in.Body.Verdict, a.cfg.Now()))
}

func (a *API) sendCode(ctx context.Context, by *inbox.Caller, in *ClaimParam) (*body[items[inbox.OrderLink]], error) {
	if err := checkIDs("path.claimId", in.Claim); err != nil {
		return nil, err
	}
	return linksOf(a.cfg.Store.SendCode(ctx, by, in.ID, in.Claim, inbox.Coder{
		New: a.newCode, Encode: a.cfg.Encode,
		HeaderID: func(id inbox.MessageID, from *inbox.Account) string {
			headerID, _ := a.cfg.Seal(id, "", from)
			return headerID
		},
	}, a.cfg.Now()))
}

// codeDigits is how long a one-time code is.
const codeDigits = 6

func (a *API) newCode() (code string, sum []byte) {
	for range codeDigits {
		n, err := rand.Int(rand.Reader, big.NewInt(10))
		if err != nil {
			panic(err) // crypto/rand never fails
		}
		code += n.String()
	}
	return code, a.cfg.CodeSum(code)
}

// Limits of guessing at orders: so many at once and one more every so often,
// for an agent and for what is guessed at.
const (
	guessBurst      = 5
	guessEvery      = time.Minute
	agentGuessBurst = 30
	agentGuessEvery = 20 * time.Second
)

// mayGuess counts a try at what an agent is not shown.
func (a *API) mayGuess(by *inbox.Caller, at string) error {
	now := a.cfg.Now()
	wait := max(a.guesses.take(at, now), a.guessers.take(string(by.Agent.ID), now))
	if wait <= 0 {
		return nil
	}
	p := newProblem(http.StatusTooManyRequests, "too many tries: wait a moment, and ask the customer again")
	p.retryAfter = wait
	return p
}

// guessed gives a try back to who was right: that was no guess.
func (a *API) guessed(by *inbox.Caller, at string, err error) error {
	if err == nil {
		a.guesses.give(at)
		a.guessers.give(string(by.Agent.ID))
	}
	return err
}

func (a *API) render(ctx context.Context, by *inbox.Caller, in *renderInput) (*body[rendered], error) {
	text, err := plain("body.text", in.Body.Text)
	if err != nil {
		return nil, err
	}
	to, err := a.parties("body.to", in.Body.To)
	if err != nil {
		return nil, err
	}
	cc, err := a.parties("body.cc", in.Body.Cc)
	if err != nil {
		return nil, err
	}
	out, err := a.cfg.Store.Render(ctx, &by.Rights, in.ID, text, to, cc, a.cfg.MatchKey)
	return &body[rendered]{rendered{out}}, err
}

func (a *API) stores(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.ShopStore]], error) {
	if err := mayOperate(by); err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.ShopStores(ctx)
	return &body[items[inbox.ShopStore]]{items[inbox.ShopStore]{list}}, err
}
