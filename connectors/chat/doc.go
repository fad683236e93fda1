// Package chat is the web chat: it keeps the websockets of a shop's visitors,
// takes what they say and shows them what is said to them.
//
// It promises that a visitor is told "sent" only when the stream has the message
// on disk, and that saying the same again under the same id is one message; that
// every word of the own session is shown once and in order on each socket, over
// breaks, other instances and restarts, without a gap; that any instance goes on
// where another stopped, since all that it needs is in the visitor's signed token
// and on the bus; and that who floods is told, slowed and cut off while others
// notice nothing.
//
// A visitor sees the own session and nothing else, whoever they say or prove to
// be: the package knows no customer. What it believes are its own tokens, and the
// shop's signature on who is signed in.
//
// It never stores anything, never decides which conversation a message belongs
// to, and fetches no address that a visitor names.
package chat
