package inbox

import "time"

// An Opening begins a conversation from our side, with what is said first. It
// repeats by its Key, see [Answer].
type Opening struct {
	Answer  // To is who it goes to, one of them but for mails
	Account AccountID
	Subject string
	// Identity is whom it is with, of a known customer; "" for the first of To.
	Identity IdentityID
	// Beside is the conversation that it is a side conversation of, an id or a
	// number; "" for one of its own.
	Beside string
}

// An Opened is a conversation that was begun, and what was said first.
type Opened struct {
	Conversation Conversation `json:"conversation"`
	Message      Message      `json:"message"`
}

// A Way is one by which a conversation may be answered.
type Way struct {
	Account Account
	To      []Party
	// HeardAt and StoppedAt are, of a direct message, when who it goes to last
	// wrote there, and asked to be left alone; zero for never.
	HeardAt, StoppedAt time.Time
	First              bool       // they never wrote there
	Locale             string     // BCP 47: of who the conversation is with, or else of its inbox's brand
	Signature          *Signature // what a mail ends with, in the name of who asks; nil for nothing
	// Comment is the public one that an answer stands beside; NoPrivate is why it
	// can't be answered in private, an [*Error].
	Comment   *Comment
	NoPrivate error
	Refused   error // why it can't be gone at all, an [*Error]; nil when it can
}

// A BoundsFunc is what an account's service takes, by its settings.
type BoundsFunc func(*Account) (SendBounds, error)

// A Contact is somebody whom the team writes to about customers' matters, such
// as a warehouse.
type Contact struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Address string `json:"address"`
}
