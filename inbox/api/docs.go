package api

import "net/http"

func (a *API) showDocs(w http.ResponseWriter, r *http.Request) { a.nowhere(w, r) }
