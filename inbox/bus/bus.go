package bus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"skein/inbox"
)

const (
	// dedupeWindow is how long a stream remembers message ids.
	dedupeWindow = 10 * time.Minute
	// ackWait is how long an item may be held without a sign of life.
	ackWait = 30 * time.Second
	// outAckWait is the same for what is to be sent: shorter, because it is how
	// long a reply waits when its sidecar died.
	outAckWait = 15 * time.Second
	// metaHash, in the metadata of a stream or consumer, is the hash of the
	// configuration that it was made with: what is the same is left alone.
	metaHash = "skein.config"
)

// Config says how the server uses NATS. Its zero value fits the embedded one.
type Config struct {
	Log *slog.Logger // nil: none
	// Channels are those whose sidecars may connect; nil means all.
	Channels []inbox.Channel
	// SecretKey is SKEIN_SECRET_KEY, from which the channels' keys are derived.
	SecretKey []byte
	// Replicas of every stream and bucket; 0 means 1, a cluster wants 3.
	Replicas int
	// InboundBytes is what INBOUND may hold before it refuses; 0 means 1 GiB.
	// A NATS server sets aside what all streams may hold, and refuses them when
	// its max_file_store, or three quarters of what is free of its disk, is
	// smaller: so no stream asks for more than an outage of a day needs.
	InboundBytes int64
	// Keep is how long what was handled stays in INBOUND where there
	// is room; 0 means 14 days.
	Keep time.Duration
	// Metrics takes the counters; nil means none.
	Metrics prometheus.Registerer
}

// A Bus is the server's end: it owns every stream and may do everything.
// Its methods may be called from many goroutines.
type Bus struct {
	nc  *nats.Conn
	js  jetstream.JetStream
	cfg Config
	log *slog.Logger
	n   *metrics
}

// Open makes the streams, consumers and buckets that are missing, brings those
// that differ up to date, and returns the server's end of the bus. The
// connection stays the caller's.
func Open(ctx context.Context, nc *nats.Conn, cfg Config) (*Bus, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Channels == nil {
		cfg.Channels = Channels
	}
	if cfg.Replicas == 0 {
		cfg.Replicas = 1
	}
	if cfg.InboundBytes == 0 {
		cfg.InboundBytes = 1 << 30
	}
	if cfg.Keep == 0 {
		cfg.Keep = 14 * 24 * time.Hour
	}
	for _, c := range cfg.Channels {
		if !validChannel(c) {
			return nil, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%q is no channel", c)}
		}
	}
	js, err := jetstream.New(nc,
		jetstream.WithPublishAsyncMaxPending(publishWindow*4),
		jetstream.WithPublishAsyncTimeout(15*time.Second),
		jetstream.WithDefaultTimeout(15*time.Second))
	if err != nil {
		return nil, fmt.Errorf("open bus: %w", err)
	}
	b := &Bus{nc: nc, js: js, cfg: cfg, log: cfg.Log, n: newMetrics(cfg.Metrics)}
	if err := b.ensure(ctx); err != nil {
		return nil, fmt.Errorf("open bus: %w", err)
	}
	return b, nil
}

// ensure makes what is missing. Looking costs one request for all streams and
// one for the consumers of each stream that has some.
func (b *Bus) ensure(ctx context.Context) error {
	have := map[string]string{}
	list := b.js.ListStreams(ctx)
	for info := range list.Info() {
		have[info.Config.Name] = info.Config.Metadata[metaHash]
	}
	if err := list.Err(); err != nil {
		return fmt.Errorf("list streams: %w", away(err))
	}
	var work []func() error
	for _, cfg := range b.streams() {
		stamp(&cfg.Metadata, cfg)
		if hash, ok := have[cfg.Name]; ok && hash == cfg.Metadata[metaHash] {
			continue
		}
		work = append(work, func() error {
			if _, err := b.js.CreateOrUpdateStream(ctx, cfg); err != nil {
				return fmt.Errorf("make stream %s: %w", cfg.Name, b.tooSmall(away(err)))
			}
			return nil
		})
	}
	if err := parallel(work); err != nil {
		return err
	}

	work = nil
	for stream, consumers := range b.consumers() {
		have := map[string]*jetstream.ConsumerInfo{}
		last, infos, err := b.consumerInfos(ctx, stream)
		if err != nil {
			return err
		}
		for _, info := range infos {
			have[info.Name] = info
		}
		infos = slices.DeleteFunc(infos, func(i *jetstream.ConsumerInfo) bool { return !retired(i.Name) })
		for _, cfg := range consumers {
			stamp(&cfg.Metadata, cfg)
			switch info := have[cfg.Durable]; {
			case info != nil && info.Config.Metadata[metaHash] == cfg.Metadata[metaHash]:
				continue
			case info != nil: // where it began is for good
				cfg.DeliverPolicy, cfg.OptStartSeq = info.Config.DeliverPolicy, info.Config.OptStartSeq
			case len(infos) > 0: // it goes on where those before it are
				cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, floorOf(infos, last)
			}
			work = append(work, func() error {
				if _, err := b.js.CreateOrUpdateConsumer(ctx, stream, cfg); err != nil {
					return fmt.Errorf("make consumer %s: %w", cfg.Durable, away(err))
				}
				return nil
			})
		}
	}
	return parallel(work)
}

// consumerInfos returns a stream's consumers, and what was its newest message
// before it looked.
func (b *Bus) consumerInfos(ctx context.Context, stream string) (last uint64, _ []*jetstream.ConsumerInfo, _ error) {
	s, err := b.js.Stream(ctx, stream)
	if err != nil {
		return 0, nil, fmt.Errorf("look up stream %s: %w", stream, away(err))
	}
	var infos []*jetstream.ConsumerInfo
	list := s.ListConsumers(ctx)
	for info := range list.Info() {
		infos = append(infos, info)
	}
	if err := list.Err(); err != nil {
		return 0, nil, fmt.Errorf("list consumers of %s: %w", stream, away(err))
	}
	return s.CachedInfo().State.LastSeq, infos, nil
}

// stamp puts the hash of cfg into its metadata.
func stamp(metadata *map[string]string, cfg any) {
	b, err := json.Marshal(cfg)
	if err != nil {
		panic(err) // a configuration of ours that isn't JSON
	}
	sum := sha256.Sum256(b)
	*metadata = map[string]string{metaHash: hex.EncodeToString(sum[:8])}
}

// parallel runs all of work, some at a time, and returns the first error.
func parallel(work []func() error) error {
	errs := make([]error, len(work))
	var wg sync.WaitGroup
	slots := make(chan struct{}, 16)
	for i, w := range work {
		slots <- struct{}{}
		wg.Go(func() {
			errs[i] = w()
			<-slots
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// noRoom is JetStream's code for a server whose store is smaller than its
// streams together.
const noRoom jetstream.ErrorCode = 10047

// tooSmall says what to do about a server without room.
func (b *Bus) tooSmall(err error) error {
	if api, ok := errors.AsType[*jetstream.APIError](err); ok && api.ErrorCode == noRoom {
		need := int64(0)
		for _, cfg := range b.streams() {
			if cfg.Storage == jetstream.FileStorage {
				need += cfg.MaxBytes
			}
		}
		return &inbox.Error{Code: inbox.Unavailable, Message: fmt.Sprintf("the NATS server has too little room for Skein's streams, which need %d MiB: free some of its disk, or raise max_file_store in its jetstream settings", need>>20)}
	}
	return err
}

func (b *Bus) streams() []jetstream.StreamConfig {
	// EVENTS can be made again from the log, so it need not wait for the disk;
	// only an unreplicated stream may choose that. VISITOR waits: a visitor
	// resumes by number, and a number must not be given out twice.
	lazy := jetstream.DefaultPersistMode
	if b.cfg.Replicas == 1 {
		lazy = jetstream.AsyncPersistMode
	}
	const day = 24 * time.Hour
	all := []jetstream.StreamConfig{
		{
			Name: streamInbound, Subjects: []string{"skein.in.*.*.*.*"},
			// The hash is of channel, account and key, not of the lane: an
			// import of a thread shares the partition of its live mail.
			SubjectTransform: &jetstream.SubjectTransformConfig{
				Source:      "skein.in.*.*.*.*",
				Destination: fmt.Sprintf("skein.part.{{partition(%d,2,3,4)}}.{{wildcard(1)}}.{{wildcard(2)}}.{{wildcard(3)}}.{{wildcard(4)}}", partitions),
			},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, MaxBytes: b.cfg.InboundBytes,
			Duplicates: dedupeWindow, AllowDirect: true,
		},
		{
			Name: streamTrack, Subjects: []string{"skein.track.*.*"},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, MaxBytes: 256 << 20,
			Duplicates: dedupeWindow,
		},
		{
			Name: streamOutbound, Subjects: []string{"skein.out.*.*"},
			Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew, MaxBytes: 256 << 20,
			Duplicates: dedupeWindow,
		},
		{
			Name: streamEvents, Subjects: []string{"skein.event.>"},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld, MaxBytes: 512 << 20, MaxAge: 3 * day,
			Duplicates: dedupeWindow, PersistMode: lazy,
		},
		{
			Name: streamVisitor, Subjects: []string{"skein.visitor.*.*"},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld, MaxBytes: 128 << 20, MaxAge: 3 * day,
			Duplicates: dedupeWindow, AllowDirect: true,
		},
		{
			Name: streamDead, Subjects: []string{"skein.dead.*.*"},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, MaxBytes: 256 << 20,
			Duplicates: dedupeWindow, AllowDirect: true,
		},
		bucket(bucketStatus, jetstream.StreamConfig{MaxAge: statusLife, Storage: jetstream.MemoryStorage, MaxBytes: 16 << 20}),
	}
	for _, c := range b.cfg.Channels {
		all = append(all,
			bucket(bucketAccounts(c), jetstream.StreamConfig{}),
			bucket(bucketCursors(c), jetstream.StreamConfig{}),
			// A claim outlives any redelivery of what it claims.
			bucket(bucketSends(c), jetstream.StreamConfig{MaxAge: 90 * day, MaxBytes: 128 << 20}),
			jetstream.StreamConfig{
				Name: bucketTransit(c), Subjects: []string{"skein.transit." + string(c) + ".*"},
				Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, MaxBytes: 256 << 20,
				Duplicates: dedupeWindow, AllowDirect: true,
			})
	}
	for i := range all {
		all[i].Replicas = b.cfg.Replicas
	}
	return all
}

// bucket gives cfg the form that clients know as a key-value bucket.
func bucket(name string, cfg jetstream.StreamConfig) jetstream.StreamConfig {
	cfg.Name = "KV_" + name
	cfg.Subjects = []string{"$KV." + name + ".>"}
	cfg.MaxMsgsPerSubject = 1
	cfg.Discard = jetstream.DiscardNew
	cfg.AllowRollup = true
	cfg.DenyDelete = true
	cfg.AllowDirect = true
	cfg.MaxMsgSize = -1
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = 16 << 20
	}
	cfg.Duplicates = 2 * time.Minute
	if cfg.MaxAge > 0 {
		cfg.Duplicates = min(cfg.Duplicates, cfg.MaxAge)
	}
	return cfg
}

func (b *Bus) consumers() map[string][]jetstream.ConsumerConfig {
	all := map[string][]jetstream.ConsumerConfig{}
	for _, lane := range lanes {
		for g := range groups {
			cfg := jetstream.ConsumerConfig{
				Durable:       inConsumer(lane, g),
				DeliverPolicy: jetstream.DeliverAllPolicy,
				AckPolicy:     jetstream.AckExplicitPolicy,
				AckWait:       ackWait,
				MaxDeliver:    -1,
				MaxAckPending: held[lane],
				Replicas:      b.cfg.Replicas,
			}
			for p := g; p < partitions; p += groups {
				cfg.FilterSubjects = append(cfg.FilterSubjects, fmt.Sprintf("skein.part.%d.%s.>", p, lane))
			}
			all[streamInbound] = append(all[streamInbound], cfg)
		}
	}
	all[streamTrack] = []jetstream.ConsumerConfig{{
		Durable:       trackConsumer,
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       ackWait,
		MaxDeliver:    -1,
		MaxAckPending: heldTracks,
		Replicas:      b.cfg.Replicas,
	}}
	for _, c := range b.cfg.Channels {
		all[streamOutbound] = append(all[streamOutbound], jetstream.ConsumerConfig{
			Durable:       outConsumer(c),
			FilterSubject: "skein.out." + string(c) + ".*",
			DeliverPolicy: jetstream.DeliverAllPolicy,
			AckPolicy:     jetstream.AckExplicitPolicy,
			AckWait:       outAckWait,
			MaxDeliver:    -1,
			// What one account has put off must not use up all of it.
			MaxAckPending: 20_000,
			Replicas:      b.cfg.Replicas,
		})
	}
	return all
}

// away makes a [inbox.Unavailable] of whatever NATS answers when it can't do
// now what it may do later. What the caller ended stays as it is.
func away(err error) error {
	var known *inbox.Error
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.As(err, &known):
		return err
	case errors.Is(err, nats.ErrMaxPayload), errors.Is(err, jetstream.ErrStreamMessageExceedsMaximum):
		return &inbox.Error{Code: inbox.TooLarge, Message: "the item is larger than a message may be (2 MiB): bodies of that size go by reference"}
	}
	return &unavailable{cause: err}
}

// An unavailable is the [inbox.Error] of that code, with its cause for the log.
type unavailable struct{ cause error }

func (e *unavailable) Error() string {
	return "the message bus does not take this now: " + e.cause.Error()
}

func (e *unavailable) Unwrap() []error {
	return []error{&inbox.Error{Code: inbox.Unavailable, Message: e.Error()}, e.cause}
}
