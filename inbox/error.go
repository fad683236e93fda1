package inbox

import "errors"

// A Code names the kind of an [Error]. Callers branch on it, never on text.
type Code string

const (
	Invalid      Code = "invalid"      // the request or item is wrong in itself
	Unauthorized Code = "unauthorized" // who are you?
	Forbidden    Code = "forbidden"    // you may not
	NotFound     Code = "not_found"
	Conflict     Code = "conflict"    // true of another state than the present one
	TooMany      Code = "too_many"    // slow down
	TooLarge     Code = "too_large"   // over a limit that the message names
	Unavailable  Code = "unavailable" // a part is away: the same call may go through later
)

// An Error is what a person can act on: Message says what is wrong and how to
// mend it, and never holds a secret. Any other error is a fault of ours.
type Error struct {
	Code    Code
	Message string
}

func (e *Error) Error() string { return e.Message }

// CodeOf returns the code of the first [Error] in err's tree, or "".
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
