package api

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/danielgtaylor/huma/v2"
)

// humaConfig is the document's frame. Bodies are JSON and nothing else, and
// what the API doesn't know it refuses.
func humaConfig() huma.Config {
	hook()
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	registry.Schema(typeOf[Problem](), true, "Problem")
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:   "Skein",
				Version: "1",
				Description: "One inbox for every channel. Sign in with POST " + Root + "/login and send the access token as " +
					"`Authorization: Bearer`. Lists come in pages: hand `next` back as `cursor`. Errors are problem documents " +
					"(RFC 9457): branch on `code`. Changes are pushed over the websocket at " + Root + "/live.",
			},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					scheme: {Type: "http", Scheme: "bearer", BearerFormat: "JWT"},
				},
			},
		},
		OpenAPIPath:   "/openapi",
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",

		RejectUnknownQueryParameters: true, // a misspelt filter would filter nothing
	}
}

// OpenAPI returns the document of the API, indented, the same bytes for the
// same code.
func OpenAPI() ([]byte, error) {
	doc, err := json.Marshal(newAPI(Config{}).huma.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("encode the OpenAPI document: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, doc, "", "  "); err != nil {
		return nil, fmt.Errorf("indent the OpenAPI document: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
