package bus

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"skein/connectors"
	"skein/inbox"
)

// The streams.
const (
	streamInbound  = "INBOUND"
	streamTrack    = "TRACK"
	streamOutbound = "OUTBOUND"
	streamEvents   = "EVENTS"
	streamVisitor  = "VISITOR"
	streamDead     = "DEAD"
)

// bucketStatus keeps every channel's heartbeats.
const bucketStatus = "connector_status"

// accountsKey is the one key of accounts_<channel>: the whole set in one value,
// so that a sidecar needs no consumer to list them and never sees half a
// change.
const accountsKey = "all"

// partitions is the number of logical partitions of INBOUND. It never changes:
// what was stored under one number must be found under it again.
const partitions = 64

// groups is how many consumers share the partitions of a lane, each with those
// that have its number modulo this. Each consumer looks through the stream for
// what is its own, and keeps a file: sixty-four did so sixty-four times.
const groups = 8

// Channels are all channels that have connectors.
var Channels = []inbox.Channel{inbox.Email, inbox.Chat, inbox.Phone, inbox.Social, inbox.Shop}

func validChannel(c inbox.Channel) bool {
	for _, known := range Channels {
		if c == known {
			return true
		}
	}
	return false
}

func bucketAccounts(c inbox.Channel) string { return "accounts_" + string(c) }
func bucketCursors(c inbox.Channel) string  { return "cursors_" + string(c) }
func bucketSends(c inbox.Channel) string    { return "sends_" + string(c) }
func bucketTransit(c inbox.Channel) string  { return "transit_" + string(c) }
func outConsumer(c inbox.Channel) string    { return "out_" + string(c) }

func inConsumer(lane connectors.Lane, group int) string {
	return fmt.Sprintf("in_%s_g%d", lane, group)
}

// retired knows the consumers of INBOUND from before there were groups, one a
// partition and lane.
func retired(consumer string) bool {
	for _, lane := range lanes {
		if p, ok := strings.CutPrefix(consumer, "in_"+string(lane)+"_"); ok {
			_, err := strconv.Atoi(p)
			return err == nil
		}
	}
	return false
}

// OutboundSubject returns the subject of what account of channel is to send.
func OutboundSubject(channel inbox.Channel, account inbox.AccountID) string {
	return fmt.Sprintf("skein.out.%s.%s", channel, account)
}

// DeadSubject returns the subject of what could not be handled of account of
// channel.
func DeadSubject(channel inbox.Channel, account inbox.AccountID) string {
	return fmt.Sprintf("skein.dead.%s.%s", channel, account)
}

// EventSubject returns the subject of events of kind.
func EventSubject(kind inbox.EventKind) string { return "skein.event." + string(kind) }

// trackConsumer is the one consumer of TRACK.
const trackConsumer = "track"

// InboundSubject returns the subject of an item: items of one key share it, so
// that they share a partition and stay in order. Tracks of a shop go to TRACK;
// another channel's, whose credential may not publish there, go with the rest:
// the subject names no channel, so that it must be one alone that vouches.
func InboundSubject(item *connectors.Inbound) string {
	if item.Kind == connectors.KindTrack && item.Channel == inbox.Shop {
		return fmt.Sprintf("skein.track.%s.%s", item.Account, token(item.Key))
	}
	return fmt.Sprintf("skein.in.%s.%s.%s.%s", item.Lane, item.Channel, item.Account, token(item.Key))
}

// accountsHint is the core subject on which the server says that the accounts
// of channel changed. It is a hint: sidecars also look by themselves.
func accountsHint(c inbox.Channel) string { return "skein.live.accounts." + string(c) }

// token makes a subject token of any string.
func token(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:10])
}

// validToken reports whether s may be one token of a subject as it is: 1 to 64
// letters, digits, - and _.
func validToken(s string) bool {
	return 1 <= len(s) && len(s) <= 64 && strings.IndexFunc(s, func(c rune) bool {
		return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}) < 0
}

// A stored subject is skein.part.<partition>.<lane>.<channel>.<account>.<key>.
type stored struct {
	partition int
	lane      connectors.Lane
	channel   inbox.Channel
	account   inbox.AccountID
	key       string
}

func parseStored(subject string) (stored, error) {
	t := strings.Split(subject, ".")
	var s stored
	if len(t) != 7 || t[0] != "skein" || t[1] != "part" {
		return s, fmt.Errorf("subject %q is none of INBOUND", subject)
	}
	if _, err := fmt.Sscanf(t[2], "%d", &s.partition); err != nil || s.partition < 0 || s.partition >= partitions {
		return s, fmt.Errorf("subject %q names no partition", subject)
	}
	s.lane, s.channel = connectors.Lane(t[3]), inbox.Channel(t[4])
	s.account, s.key = inbox.AccountID(t[5]), t[6]
	return s, nil
}

// parseTrack reads a subject of TRACK, skein.track.<account>.<key>.
func parseTrack(subject string) (stored, error) {
	t := strings.Split(subject, ".")
	if len(t) != 4 || t[0] != "skein" || t[1] != "track" {
		return stored{}, fmt.Errorf("subject %q is none of TRACK", subject)
	}
	return stored{channel: inbox.Shop, account: inbox.AccountID(t[2]), key: t[3]}, nil
}

// published is the subject under which the item came in.
func (s stored) published() string {
	return fmt.Sprintf("skein.in.%s.%s.%s.%s", s.lane, s.channel, s.account, s.key)
}
