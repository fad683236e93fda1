package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// panels opens customers' panels as the page does, so many at a time.
func (c *Config) panels(ctx context.Context, v *visitor, customers, atATime int) (latency, error) {
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	var wg sync.WaitGroup
	began := time.Now()
	for i := range atATime {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(6, uint64(i)))
			for time.Since(began) < warmUp+measured {
				at := time.Now()
				path := "/customers/" + string(benchID(1, perCustomer*r.IntN(customers))) + "/panel"
				status, err := v.get(ctx, path, nil)
				if err == nil && status != http.StatusOK {
					err = fmt.Errorf("%s answered %d", path, status)
				}
				mu.Lock()
				if failed = errors.Join(failed, err); err == nil && at.Sub(began) > warmUp {
					took = append(took, time.Since(at))
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	if failed != nil || len(took) == 0 {
		return latency{}, errors.Join(failed, ctx.Err())
	}
	return latencyOf(took), nil
}

func latencyOf(took []time.Duration) latency {
	slices.Sort(took)
	return latency{n: len(took), p50: took[len(took)/2], p99: took[len(took)*99/100]}
}

// mergeAndUndo joins the two halves and takes them apart again.
func mergeAndUndo(ctx context.Context, v *visitor) (merge, unmerge time.Duration, err error) {
	var found struct {
		Items []struct {
			Customer struct {
				CustomerID string `json:"customerId"`
			} `json:"customer"`
		} `json:"items"`
	}
	if status, err := v.get(ctx, "/conversations?status=closed&limit=100", &found); err != nil || status != http.StatusOK {
		return 0, 0, fmt.Errorf("find who is merged: %d, %w", status, err)
	}
	var who []string
	for _, c := range found.Items {
		if id := c.Customer.CustomerID; !slices.Contains(who, id) {
			who = append(who, id)
		}
	}
	if len(who) != 2 {
		return 0, 0, fmt.Errorf("%d customers to be merged, want 2", len(who))
	}
	began := time.Now()
	var merged struct {
		ID string `json:"id"`
	}
	if err := v.post(ctx, "/customers/"+who[0]+"/merge", map[string]string{"with": who[1]}, &merged); err != nil {
		return 0, 0, fmt.Errorf("merge: %w", err)
	}
	merge = time.Since(began)
	var edges struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if status, err := v.get(ctx, "/customers/"+merged.ID+"/merges", &edges); err != nil || status != http.StatusOK || len(edges.Items) != 1 {
		return 0, 0, fmt.Errorf("read what was merged: %d, %w", status, err)
	}
	began = time.Now()
	err = v.post(ctx, "/customers/"+merged.ID+"/unmerge", map[string]string{"edgeId": edges.Items[0].ID}, nil)
	return merge, time.Since(began), err
}

func (v *visitor) post(ctx context.Context, path string, what, into any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.base+"/api/v1"+path, strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+v.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := v.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("answered %d: %.200s", res.StatusCode, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
