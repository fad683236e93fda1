package inbox

import "time"

// An OrderImport is what a file of old orders came to.
type OrderImport struct {
	Orders int             `json:"orders" doc:"That were read, and taken unless they were only looked at"`
	Failed int             `json:"failed" doc:"Lines that could not be read"`
	Broken []BrokenLine    `json:"broken" doc:"The first of them"`
	First  []ImportedOrder `json:"first" doc:"The first orders, as they were understood"`
}

// A BrokenLine is one that could not be read; the others are taken.
type BrokenLine struct {
	Line   int    `json:"line" doc:"Counted from 1"`
	Reason string `json:"reason"`
}

// An ImportedOrder is the head of one.
type ImportedOrder struct {
	Number   string    `json:"number"`
	Email    string    `json:"email"`
	Status   string    `json:"status"`
	Currency string    `json:"currency"`
	Total    int64     `json:"total" doc:"In the currency's minor unit"`
	Items    int       `json:"items"`
	PlacedAt time.Time `json:"placedAt"`
}
