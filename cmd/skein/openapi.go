package main

import (
	"context"

	"skein/inbox/api"
)

// openAPI prints the API's OpenAPI document, as /openapi.json serves it.
func openAPI(_ context.Context, e *env) error {
	doc, err := api.OpenAPI()
	if err != nil {
		return err
	}
	_, err = e.stdout.Write(doc)
	return err
}
