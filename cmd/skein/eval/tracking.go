package eval

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"skein/inbox/orderlink"
)

// tracking measures which numbers are taken for a carrier's.
func tracking(ctx context.Context, dir string, r *Reporter) error {
	type file struct {
		Courier string `json:"courier_code"`
		Numbers []struct {
			Name  string `json:"name"`
			Tests struct {
				Valid   []string `json:"valid"`
				Invalid []string `json:"invalid"`
			} `json:"test_numbers"`
		} `json:"tracking_numbers"`
	}
	valid := r.Row("tracking numbers: carrier in two")
	invalid := r.Row("tracking numbers: not that carrier")
	valid.AtLeast(1)
	invalid.AtLeast(1)
	return eachFile(ctx, dir, func(path, name string) error {
		if filepath.Ext(path) != ".json" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var f file
		if err := json.Unmarshal(text, &f); err != nil {
			return err
		}
		if f.Courier == "" {
			return nil // no carrier's
		}
		for _, n := range f.Numbers {
			for _, number := range n.Tests.Valid {
				found := orderlink.Tracking(number)
				ok := len(found) == 1 && slices.Contains(found[0].Carriers[:min(2, len(found[0].Carriers))], f.Courier) &&
					found[0].Key == orderlink.TrackingKey(number)
				valid.Check(n.Name+" "+number, ok, found, f.Courier)
			}
			for _, number := range n.Tests.Invalid {
				found := orderlink.Tracking(number)
				claimed := slices.ContainsFunc(found, func(p orderlink.Parcel) bool {
					return p.Key == orderlink.TrackingKey(number) && slices.Contains(p.Carriers, f.Courier)
				})
				invalid.Check(n.Name+" "+number, !claimed, found, "not "+f.Courier)
			}
		}
		return nil
	})
}
