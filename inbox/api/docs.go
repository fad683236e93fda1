package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// docsPage shows the document to people. It is one page with nothing around it:
// no script, no file of another server, so that it works where there is no
// network.
var docsPage = template.Must(template.New("docs").Funcs(template.FuncMap{"spans": spans}).Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}} API</title>
<style>
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 18%,transparent);--soft:color-mix(in srgb,currentColor 65%,transparent)}
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:1.5rem}
code,.path{font-family:ui-monospace,monospace;font-size:.92em;overflow-wrap:anywhere}
h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}
details{border:1px solid var(--line);border-radius:8px;margin:.6rem 0;padding:.5rem .8rem}
summary{cursor:pointer}
.method{display:inline-block;min-width:4.2rem;font-weight:650}
.soft,.type{color:var(--soft)}
table{border-collapse:collapse;width:100%;margin:.4rem 0}
td,th{text-align:left;vertical-align:top;padding:.25rem .8rem .25rem 0;border-top:1px solid var(--line)}
h4{margin:.8rem 0 .2rem}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1rem}
</style>
<h1>{{.Title}} API</h1>
<p>{{template "prose" .Description}}</p>
<p>The machine-readable form is <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<nav>{{range .Groups}}<a href="#{{.Name}}">{{.Name}}</a>{{end}}<a href="#types">types</a></nav>
{{range .Groups}}<h2 id="{{.Name}}">{{.Name}}</h2>
{{range .Operations}}<details id="{{.ID}}"><summary><span class="method">{{.Method}}</span> <span class="path">{{.Path}}</span> <span class="soft">{{.Summary}}</span></summary>
{{if .Description}}<p>{{template "prose" .Description}}</p>{{end}}
<p class="soft">{{if .Secured}}Needs <code>Authorization: Bearer</code>.{{else}}Needs no token.{{end}}</p>
{{if .Params}}<h4>Parameters</h4><table>{{range .Params}}<tr><td><code>{{.Name}}</code>{{if .Required}} *{{end}}<td class="soft">{{.In}}<td class="type">{{.Type}}<td>{{.Doc}}</tr>{{end}}</table>{{end}}
{{if .Body}}<h4>Body <span class="type">{{.BodyType}}</span></h4>{{template "fields" .Body}}{{end}}
<h4>Answers</h4><table>{{range .Answers}}<tr><td><code>{{.Status}}</code><td class="type">{{if .Ref}}<a href="#{{.Ref}}">{{.Type}}</a>{{else}}{{.Type}}{{end}}<td>{{.Doc}}</tr>{{end}}</table>
</details>
{{end}}{{end}}
<h2 id="types">types</h2>
{{range .Types}}<details id="type-{{.Name}}"><summary><code>{{.Name}}</code></summary>{{template "fields" .Fields}}</details>
{{end}}</html>
{{define "fields"}}<table>{{range .}}<tr><td><code>{{.Name}}</code>{{if .Required}} *{{end}}<td class="type">{{if .Ref}}<a href="#{{.Ref}}">{{.Type}}</a>{{else}}{{.Type}}{{end}}<td>{{.Doc}}</tr>{{end}}</table>{{end}}
{{define "prose"}}{{range spans .}}{{if .Code}}<code>{{.Text}}</code>{{else}}{{.Text}}{{end}}{{end}}{{end}}`))

type span struct {
	Text string
	Code bool
}

// spans are what stands between the backticks of s and in them.
func spans(s string) []span {
	var list []span
	for i, text := range strings.Split(s, "`") {
		list = append(list, span{text, i%2 == 1})
	}
	return list
}

type docField struct {
	Name, In, Type, Ref, Doc string
	Required                 bool
}

type docAnswer struct{ Status, Type, Ref, Doc string }

type docOperation struct {
	ID, Method, Path, Summary, Description, BodyType string
	Secured                                          bool
	Params, Body                                     []docField
	Answers                                          []docAnswer
}

type docGroup struct {
	Name       string
	Operations []docOperation
}

type docType struct {
	Name   string
	Fields []docField
}

// renderDocs makes the page of the document, in the order of the document's
// tags as they were registered.
func renderDocs(doc *huma.OpenAPI) ([]byte, error) {
	page := struct {
		Title, Description string
		Groups             []docGroup
		Types              []docType
	}{Title: doc.Info.Title, Description: doc.Info.Description}
	groups := map[string]*docGroup{}
	for path, item := range doc.Paths {
		for _, m := range []struct {
			name string
			op   *huma.Operation
		}{{"GET", item.Get}, {"POST", item.Post}, {"PATCH", item.Patch}, {"PUT", item.Put}, {"DELETE", item.Delete}} {
			if m.op == nil {
				continue
			}
			tag := "other"
			if len(m.op.Tags) > 0 {
				tag = m.op.Tags[0]
			}
			if groups[tag] == nil {
				groups[tag] = &docGroup{Name: tag}
			}
			groups[tag].Operations = append(groups[tag].Operations, docOperationOf(doc, m.name, path, m.op))
		}
	}
	for _, g := range groups {
		slices.SortFunc(g.Operations, func(a, b docOperation) int {
			return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
		})
		page.Groups = append(page.Groups, *g)
	}
	slices.SortFunc(page.Groups, func(a, b docGroup) int { return strings.Compare(a.Name, b.Name) })
	for name, s := range doc.Components.Schemas.Map() {
		page.Types = append(page.Types, docType{Name: name, Fields: fieldsOf(s)})
	}
	slices.SortFunc(page.Types, func(a, b docType) int { return strings.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	if err := docsPage.Execute(&out, page); err != nil {
		return nil, fmt.Errorf("render documents: %w", err)
	}
	return out.Bytes(), nil
}

func docOperationOf(doc *huma.OpenAPI, method, path string, op *huma.Operation) docOperation {
	d := docOperation{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Description: op.Description,
		Secured: len(op.Security) > 0}
	for _, p := range op.Parameters {
		d.Params = append(d.Params, docField{Name: p.Name, In: p.In, Type: typeName(p.Schema), Doc: cmp.Or(p.Description, docOf(p.Schema)), Required: p.Required})
	}
	if op.RequestBody != nil {
		for media, m := range op.RequestBody.Content {
			d.BodyType = media
			s := m.Schema
			if s.Ref != "" {
				s = doc.Components.Schemas.SchemaFromRef(s.Ref)
			}
			d.Body = fieldsOf(s)
		}
	}
	for status, r := range op.Responses {
		a := docAnswer{Status: status, Doc: r.Description}
		for media, m := range r.Content {
			a.Type, a.Ref = media, ""
			if m.Schema != nil && (m.Schema.Ref != "" || m.Schema.Format == "") {
				a.Type, a.Ref = typeName(m.Schema), refOf(m.Schema)
			}
		}
		d.Answers = append(d.Answers, a)
	}
	slices.SortFunc(d.Answers, func(a, b docAnswer) int { return strings.Compare(a.Status, b.Status) })
	return d
}

func fieldsOf(s *huma.Schema) []docField {
	var list []docField
	for name, p := range s.Properties {
		list = append(list, docField{Name: name, Type: typeName(p), Ref: refOf(p), Doc: docOf(p), Required: slices.Contains(s.Required, name)})
	}
	slices.SortFunc(list, func(a, b docField) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// typeName is a schema in words.
func typeName(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case s.Type == "array":
		return "list of " + typeName(s.Items)
	case s.Type == "":
		return "anything"
	case s.Format != "" && s.Type == "string":
		return s.Format
	}
	return s.Type
}

func refOf(s *huma.Schema) string {
	for s != nil && s.Type == "array" {
		s = s.Items
	}
	if s == nil || s.Ref == "" {
		return ""
	}
	return "type-" + typeName(s)
}

// docOf is what a schema says of itself, with its bounds.
func docOf(s *huma.Schema) string {
	if s == nil {
		return ""
	}
	parts := []string{}
	if s.Description != "" {
		parts = append(parts, s.Description+".")
	}
	if len(s.Enum) > 0 {
		values, err := json.Marshal(s.Enum)
		if err == nil {
			parts = append(parts, "One of "+strings.Trim(strings.ReplaceAll(string(values), ",", ", "), "[]")+".")
		}
	}
	if s.Default != nil {
		parts = append(parts, fmt.Sprintf("Default %v.", s.Default))
	}
	if s.MaxLength != nil {
		parts = append(parts, fmt.Sprintf("At most %d characters.", *s.MaxLength))
	}
	return strings.Join(parts, " ")
}

// docsPolicy admits the page's own style and nothing else.
const docsPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"

func (a *API) showDocs() http.HandlerFunc {
	render := sync.OnceValues(func() ([]byte, error) { return renderDocs(a.huma.OpenAPI()) })
	return func(w http.ResponseWriter, r *http.Request) {
		page, err := render()
		if err != nil {
			a.fail(w, r, err)
			return
		}
		w.Header().Set("Content-Security-Policy", docsPolicy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page) // the client is gone: nobody to tell
	}
}
