package outbox

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	indexBatch     = 500
	foldBatch      = 5000
	learnBatch     = 5000
	searchBatch    = 200
	partitionEvery = 6 * time.Hour
	analyseEvery   = 3 * time.Second
)

// Data is what the followers keep up.
type Data interface {
	Lead(ctx context.Context, lock, channel string, work func(context.Context, WaitFunc) error) error
	Watch(ctx context.Context, channel string, work func(context.Context, WaitFunc) error) error
	IndexMessages(ctx context.Context, limit int) (int, error)
	IndexHints(ctx context.Context, limit int) (int, error)
	IndexNames(ctx context.Context, limit int) (int, error)
	FoldCounts(ctx context.Context, limit int) (int, error)
	LearnGrammars(ctx context.Context, limit int) (int, error)
	SearchMentions(ctx context.Context, now time.Time, limit int) (int, error)
	EnsurePartitions(ctx context.Context, now time.Time) error
	AnalyseGrown(ctx context.Context) (int, error)
}

// Followers keep up what no transaction should wait for: the full-text index,
// the names by which customers, orders and files are found, the hints by which possible matches are found, the folded counts, how the
// stores number their orders, what was named before that was known, the log's
// partitions, and what the database knows of tables that grow.
type Followers struct {
	data Data
	log  *slog.Logger
}

// NewFollowers returns followers that do nothing before Run.
func NewFollowers(data Data, log *slog.Logger) *Followers {
	return &Followers{data: data, log: log}
}

// Run follows until ctx ends, and returns nil when everything that it started
// has ended.
func (f *Followers) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() {
		again(ctx, f.log, "index", func(ctx context.Context) error {
			return f.data.Watch(ctx, "skein_outbox", func(ctx context.Context, wait WaitFunc) error {
				return follow(ctx, wait, func(ctx context.Context) (bool, error) {
					began := time.Now()
					n, err := f.data.IndexMessages(ctx, indexBatch)
					if err != nil {
						return false, err
					}
					hinted, err := f.data.IndexHints(ctx, indexBatch)
					if err != nil {
						return false, err
					}
					named, err := f.data.IndexNames(ctx, indexBatch)
					if err != nil || n+hinted+named == 0 {
						return false, err
					}
					return true, yield(ctx, wait, time.Since(began))
				})
			})
		})
	})
	wg.Go(func() {
		again(ctx, f.log, "fold", func(ctx context.Context) error {
			return f.data.Lead(ctx, "fold-counts", "skein_fold", func(ctx context.Context, wait WaitFunc) error {
				return follow(ctx, wait, func(ctx context.Context) (bool, error) {
					n, err := f.data.FoldCounts(ctx, foldBatch)
					return n == foldBatch, err
				})
			})
		})
	})
	wg.Go(func() {
		again(ctx, f.log, "learn", func(ctx context.Context) error {
			return f.data.Lead(ctx, "learn-grammars", "skein_outbox", func(ctx context.Context, wait WaitFunc) error {
				return follow(ctx, wait, func(ctx context.Context) (bool, error) {
					n, err := f.data.LearnGrammars(ctx, learnBatch)
					if err != nil || n == learnBatch {
						return true, err
					}
					began := time.Now()
					n, err = f.data.SearchMentions(ctx, began, searchBatch)
					if err != nil || n == 0 {
						return false, err
					}
					return true, yield(ctx, wait, time.Since(began))
				})
			})
		})
	})
	f.every(ctx, &wg, "partitions", partitionEvery, func(ctx context.Context) error {
		return f.data.EnsurePartitions(ctx, time.Now())
	})
	f.every(ctx, &wg, "analyse", analyseEvery, func(ctx context.Context) error {
		_, err := f.data.AnalyseGrown(ctx)
		return err
	})
	wg.Wait()
	return nil
}

// every does work at once and then again and again.
func (f *Followers) every(ctx context.Context, wg *sync.WaitGroup, name string, rest time.Duration, work func(context.Context) error) {
	wg.Go(func() {
		again(ctx, f.log, name, func(ctx context.Context) error {
			for {
				if err := work(ctx); err != nil {
					return err
				}
				pause(ctx, rest)
				if ctx.Err() != nil {
					return ctx.Err()
				}
			}
		})
	})
}

// yield rests after work that took a while, twelve times as long, when commits
// were announced meanwhile: what comes in goes before what can wait.
func yield(ctx context.Context, wait WaitFunc, took time.Duration) error {
	busy := false
	for {
		woken, err := wait(ctx, time.Millisecond)
		if err != nil {
			return err
		}
		if !woken {
			break // that was all that was announced
		}
		if !busy {
			busy = true
			pause(ctx, 12*took)
		}
	}
	return ctx.Err()
}
