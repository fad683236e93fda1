package inbox

import "slices"

// A QueueFigure names a figure of the queues that can be marked.
type QueueFigure string

// The figures of the queues. Those of time are in seconds; those of a window are of
// the last hour.
const (
	WaitingFigure       QueueFigure = "waiting"
	LongestFigure       QueueFigure = "longest"
	BacklogFigure       QueueFigure = "backlog"
	OfferedFigure       QueueFigure = "offered"
	AbandonedFigure     QueueFigure = "abandoned"
	FirstResponseFigure QueueFigure = "firstResponse" // the median
)

var queueFigures = []QueueFigure{WaitingFigure, LongestFigure, BacklogFigure, OfferedFigure, AbandonedFigure, FirstResponseFigure}

// A QueueThreshold is from where on a figure is marked.
type QueueThreshold struct {
	Figure QueueFigure `json:"figure" enum:"waiting,longest,backlog,offered,abandoned,firstResponse" doc:"longest and firstResponse in seconds"`
	Levels []float64   `json:"levels" minItems:"3" maxItems:"3" doc:"From where on it is raised, high and critical, each no less than the one before"`
}

// Check says what is wrong with t, nil when nothing is.
func (t *QueueThreshold) Check() error {
	switch {
	case !slices.Contains(queueFigures, t.Figure):
		return &Error{Code: Invalid, Message: "there is no such figure"}
	case len(t.Levels) != 3:
		return &Error{Code: Invalid, Message: "a figure has three thresholds"}
	case !(t.Levels[0] > 0) || !slices.IsSorted(t.Levels) || !(t.Levels[2] <= 1e9):
		return &Error{Code: Invalid, Message: "thresholds are above zero, and each is no less than the one before"}
	}
	return nil
}
