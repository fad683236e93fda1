package local

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"skein/inbox"
	"skein/inbox/bus"
)

func hello(t testing.TB, channel inbox.Channel) string {
	t.Helper()
	dir := t.TempDir()
	keys, err := makeKeys(dir + "/keys.json")
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := keys.user("connector", bus.Permissions(channel))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`CONNECT {"jwt":%q,"verbose":false}`, token) + "\r\n"
}

func filtered(in string) (string, error) {
	var out bytes.Buffer
	f := filter{in: bufio.NewReaderSize(strings.NewReader(in), maxControlLine), out: bufio.NewWriter(&out), greeted: func() {}}
	err := f.run()
	_ = f.out.Flush()
	return out.String(), err
}

func TestFilter(t *testing.T) {
	chat := hello(t, inbox.Chat)
	for _, tt := range []struct{ in, want, refused string }{
		{"PUB a 3\r\nabc\r\n", "PUB a 3\r\nabc\r\n", ""},
		{"pub\ta 3\r\nabc\r\n", "", "nothing that a client says"},
		{"pub  a   3\r\nabc\r\n", "PUB a 3\r\nabc\r\n", ""},
		{"PUB a _INBOX_chat.1 0\r\n\r\n", "PUB a _INBOX_chat.1 0\r\n\r\n", ""},
		{"PUB a _INBOX_email.1 0\r\n\r\n", "", "may not listen"},
		{"PUB a _INBOX_chat.* 0\r\n\r\n", "", "may not listen"},
		{"PUB a\tskein.event.x 0\r\n\r\n", "", "may not listen"},
		{"HPUB a $JS.API.STREAM.DELETE.INBOUND 0 0\r\n\r\n", "", "may not listen"},
		{"HPUB a _INBOX_chat.1 2 3\r\nabc\r\n", "HPUB a _INBOX_chat.1 2 3\r\nabc\r\n", ""},
		{"HPUB a 4 3\r\nabc\r\n", "", "more header"},
		{"PUB a 03\r\nabc\r\n", "", "bytes: at most"},
		{"PUB a -1\r\n", "", "bytes: at most"},
		{"PUB a 99999999999\r\n", "", "bytes: at most"},
		{"PUB a 1\r\nabc\r\n", "PUB a 1\r\na", "another size"},
		{"PUB a b c d\r\n", "", "can't be read"},
		{"SUB _INBOX_chat.* 1\r\nUNSUB 1 1\r\nPING\r\n", "SUB _INBOX_chat.* 1\r\nUNSUB 1 1\r\nPING\r\n", ""},
		{"INFO {}\r\n", "", "nothing that a client says"},
		{"MSG a 1 1\r\n", "", "nothing that a client says"},
		{"RMSG a b 1\r\n", "", "nothing that a client says"},
		{chat, "", "comes twice"},
		{strings.Repeat("a", maxControlLine+1), "", "too long"},
	} {
		got, err := filtered(chat + tt.in)
		_, got, _ = strings.Cut(got, "\r\n")
		if tt.refused == "" && fmt.Sprint(err) != "EOF" || tt.refused != "" && !strings.Contains(fmt.Sprint(err), tt.refused) {
			t.Errorf("%.60q: %v, want %s", tt.in, err, tt.refused)
		}
		if got != tt.want {
			t.Errorf("%.60q passed on as %q, want %q", tt.in, got, tt.want)
		}
	}
	for _, in := range []string{"PUB a 0\r\n\r\n", "CONNECT {}\r\n", `CONNECT {"jwt":"x"}` + "\r\n", "CONNECT x\r\n"} {
		if got, err := filtered(in); got != "" || fmt.Sprint(err) == "EOF" {
			t.Errorf("%q passed on as %q, %v", in, got, err)
		}
	}
}

// What is passed on reads as it was meant, and never names a foreign reply.
func FuzzFilter(f *testing.F) {
	chat := hello(f, inbox.Chat)
	f.Add("PUB a 3\r\nabc\r\nPUB a _INBOX_chat.1 1\r\nx\r\n")
	f.Add("HPUB a b 0 0\r\n\r\n")
	f.Fuzz(func(t *testing.T, in string) {
		out, _ := filtered(chat + in)
		again, _ := filtered(out)
		if again != out {
			t.Errorf("%q passed on as %q and then %q", in, out, again)
		}
	})
}
