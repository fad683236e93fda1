package main

import (
	"os"
	"testing"

	"skein/cmd/skein/local"
)

// TestMain lets the test binary stand in for skein where a part starts this
// same program as its child.
func TestMain(m *testing.M) {
	if local.IsSidecar() || os.Getenv("SKEIN_TEST_MAIN") == "1" {
		main()
	}
	os.Exit(m.Run())
}
