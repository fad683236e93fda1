//go:build race

package realtime

// raced says that the race detector looks on, which makes a crowd ten times as
// slow: `make test` has the whole crowd by itself, without it.
const raced = true
