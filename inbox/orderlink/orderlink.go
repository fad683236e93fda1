// Package orderlink says which order is meant: it finds what a message names,
// ranks a customer's orders, and keeps the ownership gate. It is pure: evidence
// in, links out; it never queries and never reads the clock.
//
// It promises that nothing which it returns depends on an order that isn't the
// sender's to see, but for the state of its parcel to who receives it: a
// stranger's order and one that nobody knows look the same. A number is looked
// up exactly; a near miss is offered among the sender's own orders only.
package orderlink
