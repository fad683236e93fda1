package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"testing"

	"skein/cmd/skein/local"
)

// made is the folder of what tests build, which goes when they have ended.
var made string

// TestMain lets the test binary stand in for skein where a part starts this
// same program as its child.
func TestMain(m *testing.M) {
	if local.IsSidecar() || os.Getenv("SKEIN_TEST_MAIN") == "1" {
		main()
	}
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if wide := flag.Lookup("test.parallel"); !given && wide != nil {
		// These tests wait more than they work: for mail, for browsers, for what is
		// away to come back. On two processors two at a time leave half of it idle.
		if n, err := strconv.Atoi(wide.Value.String()); err == nil {
			_ = wide.Value.Set(strconv.Itoa(max(n, 4)))
		}
	}
	var err error
	if made, err = os.MkdirTemp("", "skein-built-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(made)
	os.Exit(code)
}
