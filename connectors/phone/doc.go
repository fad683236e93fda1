// Package phone is the telephone connector: whatever an exchange tells of calls
// becomes items of the contract in package connectors.
//
// It takes webhooks of Twilio Voice, of Aircall, of FreeSWITCH (json_cdr and
// xml_cdr) and of anybody who signs by Standard Webhooks; it follows files
// (Asterisk's and FreeSWITCH's Master.csv, any CSV with its columns named) and
// listens to Asterisk's manager interface. Each has a parser that does no I/O,
// is total and makes words of calls: what can't be read arrives as it came, with
// a sentence that says so. Whatever the exchange says of one call, of each of
// its telephones and in whatever order, carries the same id of the call; what
// comes of it is for [inbox.Call.Later].
//
// A caller's number is what the exchange says, which anybody can forge: it
// proves nothing. A number that is withheld is nobody's.
//
// Recordings and voicemail are fetched as soon as they are told of, into the
// channel's transit; which are missing is asked of the server, so that a
// connector that died has lost none. What can't be had is noted on the call.
//
// The package never threads, deduplicates or drops a customer's call, and knows
// no database, no bus and no other channel. It dials nobody: it answers a call
// only where the account's settings say how.
package phone
