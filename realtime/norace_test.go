//go:build !race

package realtime

const raced = false
