// Package api is Skein's HTTP API: it parses a request, finds out who asks,
// calls the store, and encodes the answer. The OpenAPI document is made of the
// same Go types and served at /openapi.json, readable at /docs.
//
// It promises that every error is a problem document (RFC 9457) written in one
// place, that a fault of ours is logged under an id and shown without its
// insides, that what a caller may not see looks like what is not there, and
// that any body, query, header or cookie gets an answer below 500 when the
// fault is in it.
//
// It holds no SQL and no rule of the inbox, never logs what people wrote or who
// they are, and keeps nothing between two requests but its rate limits.
package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/auth"
)

// Root is below which everything lies but the health checks and the documents.
const Root = "/api/v1"

// A Store keeps what the API shows and takes. See package store, whose Store
// is one.
type Store interface {
	Sessions
	Conversations
	Facts
	Pins
	Customers
	Identities
	Orders
	Actions
	Shops
	Calendars
	Workspace
	Setup
	Tasks
	Drafts
	Calls
	SavedReplies
	Notifications
	QueueSettings
	People
	Teams
	Tags
	Fields
	Senders
	Audit

	Agents(ctx context.Context) ([]inbox.Agent, error)
	Accounts(ctx context.Context) ([]inbox.Account, error)
}

// Sessions are sign-ins and what they may see.
type Sessions interface {
	Credentials(ctx context.Context, email string) (inbox.Agent, string, error)
	CreateSession(ctx context.Context, session inbox.Session, now time.Time) error
	RotateSession(ctx context.Context, id inbox.SessionID, presented, next []byte, now, expires time.Time) (inbox.Session, error)
	RevokeSession(ctx context.Context, id inbox.SessionID, now time.Time) error
	Rights(ctx context.Context, id inbox.AgentID) (inbox.Rights, error)
	SessionRights(ctx context.Context, id inbox.AgentID, session inbox.SessionID) (inbox.Rights, error)
}

// Conversations are what was said, and the ways to say more.
type Conversations interface {
	Conversations(ctx context.Context, rights *inbox.Rights, f inbox.ConversationFilter) ([]inbox.Conversation, inbox.Cursor, error)
	Counts(ctx context.Context, rights *inbox.Rights) ([]inbox.Count, error)
	Conversation(ctx context.Context, rights *inbox.Rights, ref string) (inbox.Conversation, error)
	Patch(ctx context.Context, by *inbox.Caller, ref string, p inbox.Patch, now time.Time) (inbox.Conversation, error)
	Messages(ctx context.Context, rights *inbox.Rights, ref string, before int64, limit int) ([]inbox.Message, int64, error)
	Activity(ctx context.Context, rights *inbox.Rights, ref string) ([]inbox.Activity, error)
	Search(ctx context.Context, rights *inbox.Rights, text string, after inbox.Cursor, limit int) ([]inbox.Hit, inbox.Cursor, error)
	CountConversations(ctx context.Context, rights *inbox.Rights, f inbox.ConversationFilter) (int, error)
	TagCounts(ctx context.Context, rights *inbox.Rights) ([]inbox.TagCount, error)
	Views(ctx context.Context, by *inbox.Caller) ([]inbox.View, error)
	ViewCounts(ctx context.Context, by *inbox.Caller) ([]inbox.ViewCount, error)
	SaveView(ctx context.Context, by *inbox.Caller, v inbox.View, now time.Time) (inbox.View, error)
	DeleteView(ctx context.Context, by *inbox.Caller, id string, now time.Time) error
	Find(ctx context.Context, rights *inbox.Rights, kind, text string, after inbox.Cursor, limit int) ([]inbox.Found, inbox.Cursor, error)
	Reply(ctx context.Context, by *inbox.Caller, ref string, a inbox.Answer) (inbox.Message, error)
	Apply(ctx context.Context, by *inbox.Caller, ref string, a inbox.Actions, snoozeUntil *time.Time, now time.Time) (inbox.Conversation, error)
	Note(ctx context.Context, by *inbox.Caller, ref string, a inbox.Answer) (inbox.Message, error)
	Ways(ctx context.Context, rights *inbox.Rights, ref string, bounds inbox.BoundsFunc) ([]inbox.Way, error)
	HideComment(ctx context.Context, by *inbox.Caller, id inbox.MessageID, hide bool, now time.Time, encode inbox.EncodeHideFunc) (inbox.Message, error)
	Begin(ctx context.Context, by *inbox.Caller, o inbox.Opening) (inbox.Opened, error)
	Sides(ctx context.Context, rights *inbox.Rights, ref string) ([]inbox.Conversation, error)
	Contacts(ctx context.Context) ([]inbox.Contact, error)
	SaveContact(ctx context.Context, by *inbox.Caller, name, address, key string, now time.Time) (inbox.Contact, error)
	RemoveContact(ctx context.Context, id string) error
	Unsend(ctx context.Context, by *inbox.Caller, id inbox.MessageID, now time.Time) (inbox.Unsent, error)
	SendNow(ctx context.Context, by *inbox.Caller, id inbox.MessageID, replyTo func(inbox.ConversationID, *inbox.Account) string, now time.Time) (inbox.Message, error)
	SendAgain(ctx context.Context, by *inbox.Caller, id inbox.MessageID, replyTo func(inbox.ConversationID, *inbox.Account) string, now time.Time) (inbox.Message, error)
	Upload(ctx context.Context, agent inbox.AgentID, a inbox.Attachment, now time.Time) error
	Attachment(ctx context.Context, rights *inbox.Rights, id inbox.AttachmentID) (inbox.Attachment, error)
	Raw(ctx context.Context, rights *inbox.Rights, id inbox.MessageID) (string, error)
}

// Facts are why conversations are one, or messages apart from theirs.
type Facts interface {
	MergeConversations(ctx context.Context, by *inbox.Caller, ref, with string, now time.Time) (inbox.Conversation, inbox.FactID, error)
	Split(ctx context.Context, by *inbox.Caller, ref string, list []inbox.MessageID, into string, now time.Time) (inbox.Conversation, inbox.FactID, error)
	HandOver(ctx context.Context, by *inbox.Caller, ref string, who inbox.IdentityID, now time.Time) (inbox.ConversationFact, error)
	Facts(ctx context.Context, rights *inbox.Rights, ref string) ([]inbox.ConversationFact, error)
	Undo(ctx context.Context, by *inbox.Caller, id inbox.FactID, now time.Time) ([]inbox.Conversation, error)
	Related(ctx context.Context, rights *inbox.Rights, ref string) ([]inbox.Related, error)
}

// Customers are who was spoken with.
type Customers interface {
	Panel(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID, now time.Time) (inbox.Panel, error)
	Customer(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) (inbox.Customer, error)
	CustomerConversations(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID, after inbox.Cursor, limit int) (list []inbox.Conversation, next inbox.Cursor, hidden int, err error)
	Timeline(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID, after inbox.Cursor, limit int) (list []inbox.TimelineEntry, next inbox.Cursor, hidden int, err error)
}

// Identities are which addresses are one customer, and what is said of them.
type Identities interface {
	PatchCustomer(ctx context.Context, by *inbox.Caller, id inbox.CustomerID, fields map[inbox.ClaimField]string, now time.Time) (inbox.Customer, error)
	Matches(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID, now time.Time) ([]inbox.Match, error)
	Merge(ctx context.Context, by *inbox.Caller, id, with inbox.CustomerID, reason string, now time.Time) (inbox.Customer, error)
	Merges(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) ([]inbox.Merge, error)
	Unmerge(ctx context.Context, by *inbox.Caller, id inbox.CustomerID, edge inbox.EdgeID, now time.Time) (kept, restored inbox.Customer, err error)
	Refuse(ctx context.Context, by *inbox.Caller, id, with inbox.CustomerID, forLater bool, now time.Time) error
	Unrefuse(ctx context.Context, by *inbox.Caller, id, with inbox.CustomerID, now time.Time) error
	Keys(ctx context.Context, policy inbox.KeyPolicy, cursor string, limit int) (list []inbox.KeyRule, next string, err error)
	SetKey(ctx context.Context, by *inbox.Caller, kind inbox.IdentityKind, value string, policy inbox.KeyPolicy, note string, now time.Time) (inbox.KeyRule, error)
}

// Shops are what customers bought, and are about to.
type Shops interface {
	Orders(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) ([]inbox.Order, error)
	Carts(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) ([]inbox.Cart, error)
	SavedItems(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) ([]inbox.SavedItem, error)
	Loyalty(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) (inbox.Loyalty, error)
	PageViews(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) ([]inbox.PageView, error)
	Products(ctx context.Context, store string, skus []string) ([]inbox.Product, error)
}

// Drafts are what agents have begun to write.
type Drafts interface {
	Draft(ctx context.Context, by *inbox.Caller, ref string) (inbox.Draft, error)
	SaveDraft(ctx context.Context, by *inbox.Caller, ref string, known int64, content inbox.DraftContent, now time.Time) (inbox.Draft, bool, error)
	Offers(ctx context.Context, by *inbox.Caller, ref string, before time.Time) ([]inbox.Offer, error)
	TakeDraft(ctx context.Context, by *inbox.Caller, ref string, from inbox.AgentID, version int64, now time.Time) error
}

// Tasks are what is to be done, by when and by whom.
type Tasks interface {
	Tasks(ctx context.Context, rights *inbox.Rights, f inbox.TaskFilter) ([]inbox.Task, inbox.Cursor, error)
	FollowUp(ctx context.Context, by *inbox.Caller, ref string, t inbox.Task, now time.Time) (inbox.Task, error)
	PatchTask(ctx context.Context, by *inbox.Caller, id inbox.TaskID, p inbox.TaskPatch, now time.Time) (inbox.Task, error)
}

// Calls are what agents say of calls.
type Calls interface {
	LogCall(ctx context.Context, by *inbox.Caller, ref string, l inbox.LoggedCall, now time.Time) (inbox.Message, error)
	Summarise(ctx context.Context, by *inbox.Caller, id inbox.MessageID, summary string, now time.Time) (inbox.Message, error)
}

// Notifications are what single agents are told, and how.
type Notifications interface {
	Notifications(ctx context.Context, rights *inbox.Rights, f inbox.NotificationFilter) ([]inbox.Notification, inbox.Cursor, error)
	Unread(ctx context.Context, rights *inbox.Rights) (int, error)
	ReadNotifications(ctx context.Context, by *inbox.Caller, sel inbox.ReadSelection, now time.Time) (int, error)
	NotificationSettings(ctx context.Context, id inbox.AgentID) (inbox.NotificationSettings, error)
	PatchNotificationSettings(ctx context.Context, by *inbox.Caller, p inbox.NotificationPatch) (inbox.NotificationSettings, error)
	Mentionable(ctx context.Context, rights *inbox.Rights, ref string) (inbox.Mentionable, error)
	WatchConversation(ctx context.Context, by *inbox.Caller, ref string, on bool, now time.Time) error
	WatchesConversation(ctx context.Context, rights *inbox.Rights, ref string) (bool, error)
	Subscribe(ctx context.Context, by *inbox.Caller, sub inbox.PushSubscription, now time.Time) (inbox.PushSubscription, error)
	Subscriptions(ctx context.Context, by *inbox.Caller) ([]inbox.PushSubscription, error)
	RemoveSubscription(ctx context.Context, by *inbox.Caller, id inbox.PushSubscriptionID) error
}

// Blobs keeps bodies by their SHA-256, in lower-case hex. Open gives a
// NotFound error for one that is not there; a reader that can seek serves
// ranges too.
type Blobs interface {
	Put(ctx context.Context, r io.Reader) (sha256 string, size int64, err error)
	Open(ctx context.Context, sha256 string) (io.ReadCloser, error)
}

// A Bus tells how the connectors are and what could not be handled.
type Bus interface {
	Statuses(ctx context.Context) ([]connectors.Status, error)
	// Dead returns what is dead, of one account or of all ("") with ids below
	// before, newest first (0 = from the newest), and the before of the next
	// page, 0 when there is none.
	Dead(ctx context.Context, account inbox.AccountID, before uint64, limit int) ([]inbox.DeadLetter, uint64, error)
	// DeadCounts returns how much is dead of each account.
	DeadCounts(ctx context.Context) (map[inbox.AccountID]int, error)
	// Replay hands a letter back to be tried again; NotFound when it is gone.
	Replay(ctx context.Context, id uint64) error
	// Discard removes a letter for good, after first has taken note of it: an error
	// of first leaves it where it is. NotFound when it is gone.
	Discard(ctx context.Context, id uint64, first func(inbox.DeadLetter) error) error
}

// A Config is what the API is made of. Fields are required unless their comment
// says what their absence means.
type Config struct {
	Store     Store
	Blobs     Blobs
	Bus       Bus
	Accounts  Accounts
	Grants    Grants
	Tokens    *auth.Tokens
	Passwords *auth.Passwords
	Log       *slog.Logger

	// Seal and MatchKey are as in [inbox.Answer].
	Seal     func(id inbox.MessageID, in inbox.ConversationID, account *inbox.Account) (headerID, replyTo string)
	MatchKey func(address string) string
	// CodeSum is what is kept of a one-time code, and Encode turns the mail that
	// brings it into the row that the relay publishes.
	CodeSum func(code string) []byte
	Encode  func(inbox.Departure) (subject string, payload []byte, err error)
	// Push knows what pushes need. nil: there are none.
	Push Pusher
	// EncodeAction turns what is to be done with an order into a row for the relay.
	EncodeAction inbox.EncodeActionFunc
	// EncodeHide does so with a public comment that is to be hidden or shown again.
	EncodeHide inbox.EncodeHideFunc
	// Orders takes files of old orders. nil: not found.
	Orders OrderImporter
	// Live serves the websocket; it checks its token itself. nil: not found.
	Live http.Handler
	// Here reports whether an agent is at work just now, and not away. nil: nobody is.
	Here func(inbox.AgentID) bool
	// Queues are what supervisors watch. nil: there are none.
	Queues Queues
	// Public is the address by which the outside finds us, without a slash at
	// its end.
	Public string
	// Ingress tells where connectors take what comes to /in/. nil: not found.
	Ingress Instances
	// Web serves every path that is not the API's. nil: not found.
	Web http.Handler
	// Ready says why the server can't serve just now, nil when it can.
	Ready func(ctx context.Context) error
	// Metrics are shown at /metrics and given the API's own. nil: neither.
	Metrics *prometheus.Registry

	// SendDelay is how long a reply waits before it leaves. 0: it leaves at
	// once.
	SendDelay time.Duration
	// SetupCode lets the first admin be made; see [auth.SetupCode]. "": nobody may.
	SetupCode string
	// Demo is shown to the page, which then names the demo's logins.
	Demo bool
	// Secure marks the cookie as one for https only.
	Secure bool
	// TrustedProxies are whose X-Forwarded-For is believed. Empty: nobody's.
	TrustedProxies []netip.Prefix
	// Limits are how often people may try to sign in. Zero: the defaults.
	Limits Limits
	// Now is the clock. nil: time.Now.
	Now func() time.Time
}

// An API is the handler of everything below [Root], of the documents and of the
// health checks.
type API struct {
	cfg     Config
	mux     *http.ServeMux
	huma    huma.API
	logins  *logins
	resets  *logins  // askings for a new password
	links   *buckets // tries at one-time links, by address
	metrics *metrics
	ingress http.Handler
	shown   showing

	guesses, guessers *buckets // tries at orders: at each, and by each agent
}

// New returns the handler. It starts nothing and does no I/O.
func New(cfg Config) http.Handler { return newAPI(cfg) }

func newAPI(cfg Config) *API {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{cfg: cfg, mux: http.NewServeMux(), logins: newLogins(cfg.Limits), metrics: newMetrics(cfg.Metrics)}
	a.shown.last = map[inbox.AccountID]time.Time{}
	a.resets = newLogins(resetLimits)
	a.links = newBuckets(linkBurst, linkEvery, maxBuckets)
	a.guesses = newBuckets(guessBurst, guessEvery, maxBuckets)
	a.guessers = newBuckets(agentGuessBurst, agentGuessEvery, maxBuckets)
	a.huma = humago.New(a.mux, humaConfig())
	a.sessions()
	a.conversations()
	a.savedViews()
	a.facts()
	a.answers()
	a.openings()
	a.pins()
	a.customers()
	a.identities()
	a.orderLinks()
	a.actions()
	a.shops()
	a.tasks()
	a.drafts()
	a.calls()
	a.savedReplies()
	a.agents()
	a.invitations()
	a.passwords()
	a.teams()
	a.tagging()
	a.fields()
	a.blocking()
	a.audit()
	a.notifications()
	a.pushes()
	a.queues()
	a.operations()
	a.accounts()
	a.calendars()
	a.workspace()
	a.setup()
	a.orderImport()
	a.files()
	a.root()
	if cfg.Ingress != nil {
		a.ingress = a.newIngress()
	}
	return a
}

// A timed route ends after this long, unless it moves files.
const requestTimeout = 30 * time.Second

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The websocket takes the connection over: nothing may stand around it.
	if r.URL.Path == Root+"/live" && r.Method == http.MethodGet && a.cfg.Live != nil {
		a.cfg.Live.ServeHTTP(w, r)
		return
	}
	if channel, ok := channelOf(r.URL.Path); ok && a.ingress != nil {
		a.serveConnector(w, r, channel)
		return
	}
	a.guard(w, r, a.mux.ServeHTTP)
}
