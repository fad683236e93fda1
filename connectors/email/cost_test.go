package email

import (
	"strings"
	"testing"
	"time"
)

// A list of names without an address, cut apart by commas, costs no more than
// its length: one mail must not stop a mailbox.
func TestAddressesCost(t *testing.T) {
	began := time.Now()
	parseAddresses(strings.Repeat("a,", maxAddressField/2), "")
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("%d KiB of commas took %v", maxAddressField>>10, took)
	}
	got := parseAddresses("Doe, Jane, Dr. <jane@x.example>, bo@x.example", "")
	if len(got) != 2 || got[0].Name != "Doe, Jane, Dr." || got[1].Address != "bo@x.example" {
		t.Errorf("a name with commas is read as %+v", got)
	}
}
