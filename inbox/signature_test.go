package inbox

import (
	"strings"
	"testing"
)

// A signature is filled in for who writes, safely in its HTML, and goes under both
// forms of a mail, or makes the second where it alone has looks.
func TestSignature(t *testing.T) {
	t.Parallel()
	ana := &Agent{Name: "Ana <b>Vidal"}
	s := Signature{Text: "Kind regards,\n{{agent.name}} ({{ agent.firstname }})", HTML: "<p>Regards, <b>{{agent.name}}</b></p>"}
	got := s.For(ana)
	if want := (Signature{Text: "Kind regards,\nAna <b>Vidal (Ana)", HTML: "<p>Regards, <b>Ana &lt;b&gt;Vidal</b></p>"}); *got != want {
		t.Errorf("For() = %+v, want %+v", *got, want)
	}
	older := Signature{Text: "{{agent.firstname}} of {{shop.name}}"}
	if got := older.For(&Agent{Name: " Ana Vidal"}).Text; got != "Ana of {{shop.name}}" {
		t.Errorf("a variable that there is none of, or a blank before the name, makes it %q", got)
	}
	if none := (Signature{}).For(ana); none != nil {
		t.Errorf("an empty signature is %+v", none)
	}
	plain := &Signature{Text: "Ana\nThe <shop>"}
	looks := &Signature{Text: "Ana", HTML: "<b>Ana</b>"}
	for _, c := range []struct {
		name                     string
		s                        *Signature
		text, html, wantText, to string
	}{
		{"none", nil, "Hi", "<p>Hi</p>", "Hi", "<p>Hi</p>"},
		{"text alone", plain, "Hi", "", "Hi\n\n-- \nAna\nThe <shop>", ""},
		{"text under both", plain, "Hi", "<p>Hi</p>", "Hi\n\n-- \nAna\nThe <shop>", `<p>Hi</p><br><div class="gmail_signature">Ana<br>The &lt;shop&gt;</div>`},
		{"looks under both", looks, "Hi", "<p>Hi</p>", "Hi\n\n-- \nAna", `<p>Hi</p><br><div class="gmail_signature"><b>Ana</b></div>`},
		{"looks under text", looks, "1 < 2\nb\n\nc", "", "1 < 2\nb\n\nc\n\n-- \nAna", `<p>1 &lt; 2<br>b</p><p>c</p><br><div class="gmail_signature"><b>Ana</b></div>`},
		{"a file alone", plain, "", "", "-- \nAna\nThe <shop>", ""},
	} {
		if text, html := c.s.Under(c.text, c.html); text != c.wantText || html != c.to {
			t.Errorf("%s: Under() = %q, %q, want %q, %q", c.name, text, html, c.wantText, c.to)
		}
	}
}

// A variable that there is none of is refused when the signature is written, by
// its name, and so is one that mails without formatting would lack.
func TestSignatureVariables(t *testing.T) {
	t.Parallel()
	in := Inbox{Name: "Help"}
	for _, c := range []struct {
		s     Signature
		names string
	}{
		{Signature{Text: "Regards, {{agent.nam}}"}, "{{agent.nam}}"},
		{Signature{Text: "Regards", HTML: "<p>{{agent.surname}}</p>"}, "{{agent.surname}}"},
		{Signature{Text: " \n", HTML: "<p>Regards</p>"}, "no text"},
	} {
		in.Signature = c.s
		if err := in.Check(); CodeOf(err) != Invalid || !strings.Contains(err.Error(), c.names) {
			t.Errorf("Check() of %+v = %v, want it to name %s", c.s, err, c.names)
		}
	}
	in.Signature = Signature{Text: "Regards, {{agent.name}} {not one}"}
	if err := in.Check(); err != nil {
		t.Errorf("Check() = %v", err)
	}
}
