package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// A body is an answer that is nothing but JSON.
type body[T any] struct{ Body T }

// A page is one page of a list and where the next begins.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next" doc:"The cursor of the next page; empty when there is none"`
}

const scheme = "bearer"

// handle registers an operation that anybody may call.
func handle[I, O any](a *API, op huma.Operation, fn func(context.Context, *I) (*O, error)) {
	op.Responses = withProblem(a, op.Responses)
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// secured registers an operation for who is signed in.
func secured[I, O any](a *API, op huma.Operation, fn func(context.Context, *inbox.Caller, *I) (*O, error)) {
	op.Middlewares = append(op.Middlewares, a.signedIn)
	op.Security = []map[string][]string{{scheme: {}}}
	handle(a, op, func(ctx context.Context, in *I) (*O, error) { return fn(ctx, infoOf(ctx).caller, in) })
}

// withProblem documents what every operation answers when it doesn't do it.
func withProblem(a *API, responses map[string]*huma.Response) map[string]*huma.Response {
	if responses == nil {
		responses = map[string]*huma.Response{}
	}
	responses["default"] = &huma.Response{
		Description: "What is wrong",
		Content: map[string]*huma.MediaType{problemType: {
			Schema: &huma.Schema{Ref: "#/components/schemas/Problem"},
		}},
	}
	return responses
}
