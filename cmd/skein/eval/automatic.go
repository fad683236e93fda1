package eval

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// automatic measures which mail is a machine's, and which of our own automatic
// answers it allows.
func automatic(ctx context.Context, dir string, r *Reporter) error {
	var cases []struct {
		Headers  map[string]string `json:"headers"`
		Is       any               `json:"is_auto"` // "heuristic": either
		MayReply bool              `json:"may_autoreply"`
		Kind     string            `json:"kind"`
	}
	if err := readJSON(dir, &cases); err != nil {
		return err
	}
	row := r.Row("automatic mail")
	row.AtLeast(1)
	for i, c := range cases {
		headers := map[string]string{"From": "ann@customer.example", "To": "shop@shop.example", "Subject": "A question"}
		maps.Copy(headers, c.Headers)
		var raw strings.Builder
		for _, name := range slices.Sorted(maps.Keys(headers)) {
			fmt.Fprintf(&raw, "%s: %s\r\n", name, headers[name])
		}
		raw.WriteString("\r\nGood day.\r\n")
		m, err := readMail(ctx, []byte(raw.String()))
		name := fmt.Sprintf("%d %s", i, c.Kind)
		if err != nil {
			row.Check(name, false, err, "")
			continue
		}
		is, certain := c.Is.(bool)
		a := m.Automatic
		right := (!certain || a.Is == is) && a.MayAutoReply == c.MayReply
		row.Check(name, right, fmt.Sprintf("is %v, may reply %v", a.Is, a.MayAutoReply), fmt.Sprintf("is %v, may reply %v", c.Is, c.MayReply))
	}
	return nil
}
