package inbox

import "time"

// A Comment says of a message that it stands under a post, a picture or an ad, for
// everybody to read; or, of one of ours, that it answers one that does.
type Comment struct {
	ID        string `json:"id" doc:"What its service calls it; of an answer of ours, what is answered"`
	Link      string `json:"link,omitempty" doc:"Where it, or what it stands under, can be seen"`
	Private   bool   `json:"private,omitempty" doc:"Of an answer: only who wrote the comment gets it, as a message"`
	Elsewhere bool   `json:"elsewhere,omitempty" doc:"It stands under what is somebody else's: it can't be hidden, or answered in private"`
	Live      bool   `json:"live,omitempty" doc:"It was written during a live video: it can be answered in private only"`
	Thread    string `json:"thread,omitempty" doc:"What the service calls the messages with who wrote it"`

	WrittenAt time.Time  `json:"writtenAt,omitzero" doc:"Of an answer: when what it answers was written"`
	Hidden    bool       `json:"hidden,omitempty" doc:"The public doesn't see it"`
	HiddenAt  *time.Time `json:"hiddenAt,omitempty" doc:"When that changed last, by its service's clock"`
	Hiding    *Hiding    `json:"hiding,omitempty" doc:"What was last asked of its service"`
}

// A Hiding is a comment being hidden, or shown again.
type Hiding struct {
	Hide    bool   `json:"hide" doc:"false: shown again"`
	State   State  `json:"state" enum:"sending,sent,failed,uncertain"`
	Detail  string `json:"detail,omitempty" doc:"The service's own words"`
	Attempt int    `json:"attempt"`
	By      string `json:"by" doc:"The agent's name"`
}

// A Concealed says that the public doesn't see a comment any more, or does again.
type Concealed struct {
	Message Key // see [ExternalKey]
	Hidden  bool
	At      time.Time // by its service's clock
}

// Conceal applies what a service says of a comment, and reports whether that is
// news: a word that is older than the last one is none.
func (c *Comment) Conceal(hidden bool, at time.Time) bool {
	if c.HiddenAt != nil && !at.After(*c.HiddenAt) {
		return false
	}
	c.Hidden, c.HiddenAt = hidden, &at
	return true // also where it stays as it is: an older word that comes later counts no more
}

// PrivateFor is how long after a comment its writer may be written to in private,
// once: developers.facebook.com/documentation/business-messaging/messenger-platform/discovery/private-replies.
const PrivateFor = 7 * 24 * time.Hour

// Public is why an answer to c can't stand beside it, nil when it can.
func (c *Comment) Public() error {
	switch {
	case c.Live:
		return &Error{Code: Conflict, Message: "What is written under a live video can be answered in a private message only."}
	case c.Hidden:
		return &Error{Code: Conflict, Message: "The comment is hidden: show it again, and it can be answered there."}
	}
	return nil
}

// InPrivate is why who wrote c at that time can't be sent a private message now,
// nil when they can; done says that they have been sent one for it.
func (c *Comment) InPrivate(written, now time.Time, done bool) error {
	switch {
	case c.Elsewhere:
		return &Error{Code: Conflict, Message: "It stands under somebody else's post: there it can be answered for everybody to read only."}
	case done:
		return &Error{Code: Conflict, Message: "One private message was sent for this comment, and the service takes no second: they have to answer first."}
	case now.Sub(written) > PrivateFor:
		return &Error{Code: Conflict, Message: "The comment is older than seven days: the service takes no private message for it any more."}
	}
	return nil
}

// A SendComment is a public comment that an answer goes to.
type SendComment struct {
	Link       string `json:"link,omitempty"`
	Private    bool   `json:"private" doc:"Whether it may be answered in a private message now"`
	PrivateWhy string `json:"privateWhy,omitempty" doc:"Why it may not"`
}

// An EncodeHideFunc turns what is asked of a comment's service into a row for the
// relay.
type EncodeHideFunc func(m *Message, at time.Time) (subject string, payload []byte, err error)
