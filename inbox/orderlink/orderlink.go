// Package orderlink says which order is meant: it finds what a message names,
// ranks a customer's orders, and keeps the ownership gate. It is pure: evidence
// in, links out; it never queries and never reads the clock.
package orderlink

import "skein/inbox"

// Link decides which orders a conversation is about. It implements
// [inbox.LinkFunc].
func Link(ev *inbox.LinkEvidence) []inbox.OrderLink { return nil }
