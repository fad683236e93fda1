package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// trackData is what the timeline reads of a track.
type trackData struct {
	Store      string          `json:"store"`
	Name       string          `json:"name"`
	Properties json.RawMessage `json:"properties,omitempty"`
	Problems   []string        `json:"problems,omitempty"`
	Rating     string          `json:"rating,omitempty"`
}

// finishTrack makes a rating's words its detail, and leaves the properties of
// what nobody knows as they came.
func finishTrack(e *inbox.TimelineEntry) error {
	var d trackData
	if err := json.Unmarshal(e.Data, &d); err != nil {
		return fmt.Errorf("track %s: %w", e.ID, err)
	}
	e.Title = cmp.Or(e.Title, d.Name, e.Detail)
	switch inbox.TrackKind(e.Kind) {
	case inbox.TrackedRating:
		var said struct {
			Rating     any    `json:"rating"`
			ReviewBody string `json:"review_body"`
		}
		_ = json.Unmarshal(d.Properties, &said) // of another form: shown without
		if said.Rating != nil {
			d.Rating = fmt.Sprint(said.Rating)
		}
		e.Detail, d.Properties = said.ReviewBody, nil
	case inbox.TrackedPage:
		d.Properties = nil
	default:
		e.Kind = string(inbox.TrackedPage)
	}
	if len(d.Problems) == 0 {
		d.Problems = nil
	}
	var err error
	e.Data, err = json.Marshal(d)
	return err
}

func trackEntry(id string, t *inbox.Tracked) (inbox.TimelineEntry, error) {
	data, err := json.Marshal(trackData{Store: t.Store, Name: t.Name, Properties: t.Properties, Problems: t.Problems})
	if err != nil {
		return inbox.TimelineEntry{}, err
	}
	e := inbox.TimelineEntry{ID: "track:" + id, At: t.At, Kind: string(t.Kind), Title: t.Title, Detail: t.URL, Data: data}
	return e, finishTrack(&e)
}

type loyaltyData struct {
	Store  string `json:"store"`
	Points int64  `json:"points"`
}

func finishLoyalty(e *inbox.TimelineEntry) error {
	var d loyaltyData
	if err := json.Unmarshal(e.Data, &d); err != nil {
		return fmt.Errorf("loyalty %s: %w", e.ID, err)
	}
	e.Detail = fmt.Sprintf("%+d", d.Points)
	var err error
	e.Data, err = json.Marshal(d)
	return err
}

func loyaltyEntry(x *inbox.LoyaltyEntry) (inbox.TimelineEntry, error) {
	data, err := json.Marshal(loyaltyData{x.Store, x.Points})
	if err != nil {
		return inbox.TimelineEntry{}, err
	}
	e := inbox.TimelineEntry{ID: "loyalty:" + madeID("loyalty\x00"+x.Store+"\x00"+x.ExternalID), At: x.At, Kind: "loyalty", Title: x.Reason, Data: data}
	return e, finishLoyalty(&e)
}

// A news is an entry that is told of by itself: it has no entity whose change
// would tell.
type news struct {
	who   inbox.IdentityID
	entry inbox.TimelineEntry
}

// tell announces entries: see [newsChanges].
func (d *delivery) tell(ctx context.Context, list []news) error {
	changes, err := newsChanges(ctx, d.tx, list)
	for _, ch := range changes {
		d.add(ch, inbox.Actor{Kind: inbox.BySystem})
	}
	return err
}

// newsChanges announce entries to those who may see their customers, and not
// those of people with whom nobody has spoken: no page shows them, and visitors
// are many. What it is about is a log already, so nothing is logged.
func newsChanges(ctx context.Context, q querier, list []news) ([]change, error) {
	who := make([]inbox.IdentityID, 0, len(list))
	for _, n := range list {
		who = append(who, n.who)
	}
	seenBy, err := knownTo(ctx, q, who)
	if err != nil {
		return nil, fmt.Errorf("read who may see a timeline: %w", err)
	}
	var changes []change
	for i := range list {
		n := &list[i]
		if in := seenBy.spoken[n.who]; len(in) > 0 {
			// An undone merge is told of on both sides, each with its own words.
			entity := n.entry.ID + "/" + string(n.who)
			changes = append(changes, change{quiet: true, event: inbox.Event{
				Kind: inbox.TimelineAdded, Entity: entity, Version: 1, Timeline: &n.entry, IdentityID: n.who, Audience: inbox.Audience{Inboxes: in},
			}})
		}
	}
	return changes, nil
}

type mergeData struct {
	EdgeID    inbox.EdgeID `json:"edgeId"`
	Automatic bool         `json:"automatic"`
	Actor     string       `json:"actor"`
	Undone    bool         `json:"undone"`
}

func finishMerge(e *inbox.TimelineEntry) error {
	var d mergeData
	if err := json.Unmarshal(e.Data, &d); err != nil {
		return fmt.Errorf("merge %s: %w", e.ID, err)
	}
	var err error
	e.Data, err = json.Marshal(d)
	return err
}

// tie notes that an edge is made or revoked.
func (r *roster) tie(e inbox.Edge) { r.tied = append(r.tied, e.A, e.B) }

// mergeNews are the entries of the edges that the transaction made or revoked,
// as the timelines of those whom they concern have them. What an import joins is
// no news.
func (r *roster) mergeNews(ctx context.Context) ([]change, error) {
	if len(r.tied) == 0 {
		return nil, nil
	}
	// What this transaction wrote bears its number.
	rows, err := r.tx.Query(ctx, `
		SELECT e.id, coalesce(e.revoked_at, e.created_at), e.revoked_at IS NOT NULL, e.automatic, e.actor_kind,
			a.id, a.customer_id, a.value, b.id, b.customer_id, b.value
		FROM identity_edges e JOIN identities a ON a.id = e.a JOIN identities b ON b.id = e.b
		WHERE (e.a = ANY($1::uuid[]) OR e.b = ANY($1::uuid[])) AND e.xmin = pg_current_xact_id()::xid ORDER BY e.id`, ids(r.tied))
	if err != nil {
		return nil, fmt.Errorf("read merges: %w", err)
	}
	var told []news
	var d mergeData
	var at time.Time
	var a, b inbox.Identity
	if _, err := pgx.ForEachRow(rows, []any{&d.EdgeID, &at, &d.Undone, &d.Automatic, &d.Actor,
		&a.ID, &a.CustomerID, &a.Value, &b.ID, &b.CustomerID, &b.Value}, func() error {
		data, err := json.Marshal(d)
		if err != nil {
			return err
		}
		add := func(of *inbox.Identity, detail string) {
			if in := r.cause[of.CustomerID]; in != nil && in.History {
				return
			}
			e := inbox.TimelineEntry{ID: "merge:" + string(d.EdgeID), At: at.UTC(), Kind: "merge", Title: "merged", Detail: detail, Data: data}
			if d.Undone {
				e.ID, e.Title = "unmerge:"+string(d.EdgeID), "unmerged"
			}
			told = append(told, news{of.ID, e})
		}
		if a.CustomerID == b.CustomerID {
			add(&a, a.Value+", "+b.Value)
			return nil
		}
		add(&a, a.Value)
		add(&b, b.Value)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read merges: %w", err)
	}
	return newsChanges(ctx, r.tx, told)
}
