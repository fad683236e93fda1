package social

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// What we ask of Twilio is as the description of its API has it: a server that
// checks requests by it takes ours, and refuses one by no account.
func TestTwilioOpenAPI(t *testing.T) {
	t.Parallel()
	dir, err := filepath.Abs("../../.tools/twilio")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules/@stoplight/prism-cli")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the server that checks requests is missing: .ci/prepare twilio")
		}
		t.Skip("the server that checks requests is missing: .ci/prepare twilio")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	prism := exec.Command("node", filepath.Join(dir, "node_modules/@stoplight/prism-cli/dist/index.js"), "mock", "--errors", "-h", "127.0.0.1", "-p", fmt.Sprint(port),
		filepath.Join(dir, "package/twilio-oai/spec/json/twilio_api_v2010.json"))
	var said bytes.Buffer
	prism.Stdout, prism.Stderr = &said, &said
	if err := prism.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = prism.Process.Kill(); _ = prism.Wait() })
	account := func(sid string) connectors.Account {
		return connectors.Account{ID: "twilio", Channel: inbox.Social, Address: "+15550783881",
			Settings: fmt.Appendf(nil, `{"provider":"twilio","secrets":["secret"],"accountSid":%q,"apiUrl":"http://127.0.0.1:%d"}`, sid, port)}
	}
	conn := newConnector(nil)
	good := account("AC" + strings.Repeat("0", 32))
	// Without a file: this server reads no list out of a form.
	out := outbound(good, "+14155550123", "Hello")
	var got inbox.Receipt
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if got, err = conn.Send(t.Context(), good, out, opened); err == nil { // until it is up
			break
		}
	}
	if err != nil || got.State != inbox.Sent || len(got.ExternalIDs) != 1 {
		t.Fatalf("it is %+v, %v; the server said %s", got, err, said.String())
	}
	if got, err := conn.Send(t.Context(), account("ACnone"), out, opened); err == nil && got.State == inbox.Sent {
		t.Errorf("what is no account's id gets %+v: the server checks nothing", got)
	}
}
