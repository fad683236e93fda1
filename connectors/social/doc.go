// Package social is the connector of direct messages and SMS: WhatsApp Cloud,
// Facebook Messenger, Instagram, Telegram, LINE, and Twilio's SMS and WhatsApp,
// one provider an account.
//
// Each provider has a reader of what its webhooks (or, of Telegram, its long
// poll) say, which does no I/O, is total and makes items of the contract in
// package connectors: what it doesn't know arrives as it came, shown as
// unsupported. And each has a writer that makes the requests of its API; what
// becomes of one is told in its own words. Pictures and other files are fetched
// before a webhook is answered, since their addresses expire.
//
// What is said under the posts of a page or an Instagram account for everybody to
// read comes as messages too, a thread for each writer and post, and is answered
// there, or once by a direct message.
//
// A message leaves at most once: what can't be known, because the answer to a
// request that had left was lost, is uncertain and never sent again by itself.
// LINE alone takes a key by which a repetition is none.
//
// Who somebody is: WhatsApp vouches for a number, and SMS for none; what a
// platform calls its users is kept with the platform's name before it
// (telegram:23), as two platforms may call two people the same.
//
// The package never threads, deduplicates or drops what a customer says, and
// knows no database, no bus and no other channel.
package social
