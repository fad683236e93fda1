package bus

import (
	"github.com/nats-io/jwt/v2"

	"skein/inbox"
)

// InboxPrefix returns the prefix of the reply subjects of channel's sidecar:
// its credential admits no other, so that nobody reads another's replies.
func InboxPrefix(channel inbox.Channel) string { return "_INBOX_" + string(channel) }

// Permissions returns what the credential of channel's sidecar may do, and it
// may do nothing else:
//
//   - publish its own channel's items, and a shop's what people do in it;
//   - ask the server, tell what its customers do just now, hear what is said to
//     them, and, of chat alone, read what chat sessions may see;
//   - read the accounts it is to serve; read and write its cursors, its claims
//     of sends, its transit objects, and its own keys of connector_status;
//   - fetch from and acknowledge to the one consumer of its outbound items,
//     which the server made.
//
// It may not make a consumer, not even on what it may read: a consumer's
// deliver subject is the maker's choice, and the server would publish there
// with its own rights. The reply subject of a request is the sender's choice
// too, and no permission bounds it: `skein up` takes sidecars in by a door that
// does. On an external cluster, which has none, what carries the headers of a
// JetStream answer is refused where it is read: by [Bus.Inbound], [Bus.Events],
// [Bus.HearLive], [Link.Sends] and [Link.Visitor]; and [Bus.Asks] answers only
// into the asker's own prefix.
func Permissions(channel inbox.Channel) jwt.Permissions {
	var p jwt.Permissions
	c := string(channel)
	p.Pub.Allow.Add(
		"skein.in.*."+c+".>",
		"skein.ask."+c+".*.*",
		"skein.live."+c+".*.up.*",

		"$JS.API.CONSUMER.INFO."+streamOutbound+"."+outConsumer(channel),
		"$JS.API.CONSUMER.MSG.NEXT."+streamOutbound+"."+outConsumer(channel),
		"$JS.ACK."+streamOutbound+"."+outConsumer(channel)+".>",

		"$KV."+bucketStatus+"."+c+".>",
		transitSubject(channel, "*"),
		"$JS.API.DIRECT.GET."+bucketTransit(channel),
	)
	switch channel {
	case inbox.Shop:
		p.Pub.Allow.Add("skein.track.>")
	case inbox.Chat:
		p.Pub.Allow.Add("$JS.API.DIRECT.GET." + streamVisitor)
		p.Sub.Allow.Add("skein.visitor.*.*")
	}
	for _, bucket := range []string{bucketAccounts(channel), bucketCursors(channel), bucketSends(channel)} {
		p.Pub.Allow.Add(
			"$JS.API.STREAM.INFO.KV_"+bucket,
			"$JS.API.DIRECT.GET.KV_"+bucket,
			"$JS.API.DIRECT.GET.KV_"+bucket+".>",
		)
	}
	p.Pub.Allow.Add("$KV."+bucketCursors(channel)+".>", "$KV."+bucketSends(channel)+".>")
	p.Sub.Allow.Add(InboxPrefix(channel)+".>", accountsHint(channel), "skein.live."+c+".*.down.*")
	return p
}
