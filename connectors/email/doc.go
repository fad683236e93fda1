// Package email is the email connector: it receives by IMAP, sends by SMTP and
// turns every mail into an item of the contract in package connectors.
//
// [Normalise] is the half without a network. It is total: whatever bytes a
// mailbox holds, there is an item, and what could not be read is named in the
// item's Problems, so that one broken mail never blocks those behind it. It
// reads a mail as a stream in bounded memory, keeps the raw bytes and every
// attachment through the store that it is handed, and cuts nothing: the visible
// reply is a view beside the whole text. An encoded word is decoded for display
// and never into an address; only the Authentication-Results of the account's
// own receiving server raise a sender's proof.
//
// [Connector] is the half with a network: one mailbox an account, each on its
// own connection and goroutines, from a cursor on, IDLE and a recheck timer;
// and one attempt an outgoing mail, whose outcome is sent, failed or, when
// nobody can know, uncertain.
//
// The package never threads, deduplicates, assigns or refuses a mail, never
// changes a mailbox unless its settings ask for it, and knows no database, no
// bus and no other channel.
package email
