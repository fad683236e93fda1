package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// Audit is the log of who did what.
type Audit interface {
	Audit(ctx context.Context, by *inbox.Caller, f inbox.AuditFilter) ([]inbox.AuditEntry, inbox.Cursor, error)
	LogDiscard(ctx context.Context, by *inbox.Caller, l inbox.DeadLetter, now time.Time) error
}

// An export holds at most this many lines, read in pages of this many.
const (
	exportMost = 50_000
	exportPage = 1000
)

// AuditParams narrow the audit log.
type AuditParams struct {
	Actor string    `query:"actor" maxLength:"36" doc:"The id of an agent"`
	Kind  []string  `query:"kind" maxItems:"50" doc:"Kinds of events, separated by commas"`
	From  time.Time `query:"from" doc:"Not before"`
	To    time.Time `query:"to" doc:"Before"`
}

type auditInput struct {
	AuditParams
	CursorParams
}

type auditExportInput struct{ AuditParams }

func (a *API) audit() {
	tag := []string{"operations"}
	secured(a, huma.Operation{OperationID: "audit", Method: "GET", Path: Root + "/audit", Tags: tag,
		Summary: "Read who did what", Description: "For admins. The newest first: what agents did, and what was done to agents and accounts by whomever."}, a.readAudit)
	secured(a, huma.Operation{OperationID: "audit-export", Method: "GET", Path: Root + "/audit.csv", Tags: tag,
		Summary: "Read who did what, as a table", Description: "For admins. Comma-separated values (RFC 4180) in UTF-8, the newest first, at most 50,000 lines.",
		Responses: map[string]*huma.Response{"200": {Description: "The table", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: "string"}}}}}}, a.exportAudit)
}

func (p *AuditParams) filter() (inbox.AuditFilter, error) {
	f := inbox.AuditFilter{Actor: inbox.AgentID(p.Actor), From: p.From, Before: p.To}
	if p.Actor != "" && !inbox.ValidID(p.Actor) {
		return f, invalid("query.actor", "is no agent's id")
	}
	for _, k := range p.Kind {
		kind, err := plain("query.kind", k)
		if err != nil {
			return f, err
		}
		f.Kinds = append(f.Kinds, inbox.EventKind(kind))
	}
	return f, nil
}

func (a *API) readAudit(ctx context.Context, by *inbox.Caller, in *auditInput) (*body[page[inbox.AuditEntry]], error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	if f.After, err = inbox.ParseCursor(in.Cursor); err != nil {
		return nil, err
	}
	f.Limit = in.Limit
	list, next, err := a.cfg.Store.Audit(ctx, by, f)
	if err != nil {
		return nil, err
	}
	return pageOf(list, next), nil
}

func (a *API) exportAudit(ctx context.Context, by *inbox.Caller, in *auditExportInput) (*huma.StreamResponse, error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	f.Limit = exportPage
	first, next, err := a.cfg.Store.Audit(ctx, by, f)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(res huma.Context) {
		res.SetHeader("Content-Type", "text/csv; charset=utf-8")
		res.SetHeader("Content-Disposition", `attachment; filename="audit.csv"`)
		w := csv.NewWriter(res.BodyWriter())
		_ = w.Write([]string{"at", "who", "whoId", "what", "subject", "conversation", "changes", "entity", "session", "request", "id"})
		for n, list := 0, first; ; {
			for i := range list {
				_ = w.Write(csvLine(&list[i])) // who has gone away reads no more
			}
			w.Flush()
			if n += len(list); next.IsZero() || n >= exportMost || w.Error() != nil {
				return
			}
			f.After = next
			if list, next, err = a.cfg.Store.Audit(ctx, by, f); err != nil {
				panic(http.ErrAbortHandler) // a table that ends short must not look whole
			}
		}
	}}, nil
}

func csvLine(e *inbox.AuditEntry) []string {
	number := ""
	if e.Number > 0 {
		number = strconv.FormatInt(e.Number, 10)
	}
	changes := ""
	if len(e.Changes) > 0 {
		raw, _ := json.Marshal(e.Changes) // of strings and JSON
		changes = string(raw)
	}
	who := e.Actor.Name
	if who == "" {
		who = string(e.Actor.Kind)
	}
	line := []string{e.At.Format(time.RFC3339Nano), who, e.Actor.ID, string(e.Kind), e.Subject, number, changes, e.Entity, string(e.SessionID), e.RequestID, string(e.ID)}
	for i, cell := range line {
		// A spreadsheet would run what begins so.
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			line[i] = "'" + cell
		}
	}
	return line
}
