// Package bus is all of NATS: the streams, consumers, buckets and subjects by
// which the parts of Skein reach each other, and what a sidecar's credential
// may do with them.
//
//	Stream    Subjects                                     Kept
//	INBOUND   skein.in.<lane>.<channel>.<account>.<key>    until handled, and 14 days where there is room; refuses when full
//	TRACK     skein.track.<account>.<key>                  until handled, and an hour; refuses when full
//	OUTBOUND  skein.out.<channel>.<account>                until acknowledged; refuses when full
//	EVENTS    skein.event.<kind>                           72 hours: what a browser can resume from
//	VISITOR   skein.visitor.<account>.<session>            72 hours
//	DEAD      skein.dead.<channel>.<account>               until replayed; refuses when full
//	transit_<channel>  skein.transit.<channel>.<ref>       bodies on their way, until moved
//
// INBOUND stores an item as skein.part.<p>.<lane>.<channel>.<account>.<key>,
// where p is one of 64 partitions, hashed by the server of channel, account and
// key; eight durable consumers a lane, in_<lane>_g<g>, share the partitions, each
// with those whose number modulo eight is its own. TRACK, which
// is of the shop channel alone, has one consumer, track: what people do in a
// shop is the same in any order, so it needs no partitions, and it never stands
// before a message. OUTBOUND has one consumer a channel, out_<channel>.
//
//	Bucket                Keys
//	accounts_<channel>    all: every account to serve, settings sealed
//	cursors_<channel>     <account>
//	sends_<channel>       <account>.<message>.<attempt>
//	connector_status      <channel>.<account>.<instance>, and <channel>.HTTP.<instance> for where one takes HTTP, fading after 30 s
//
// Core subjects, never stored: skein.live.accounts.<channel> says that the
// accounts changed (a hint: sidecars look by themselves too);
// skein.live.<channel>.<account>.up.<key> is what customers do just now, and
// .down.<key> what is said to them; skein.live.nodes is what servers tell each
// other; skein.ask.<channel>.<account>.<verb> is a question to the server,
// answered by one node.
//
// It promises: what is acknowledged is on disk; items of one partition and lane are
// handed over in order, and none overtakes one that is being retried; a
// repetition within ten minutes is swallowed; a credential reaches its own
// channel and nothing else, see [Permissions].
//
// It never decides what an item means, never drops one, and never retries
// without a count in its metrics.
package bus
