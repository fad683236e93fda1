package markup

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestSanitise(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		remote   bool
	}{
		{"", "", false},
		{"a < b & c", "a &lt; b &amp; c", false},
		{"<p>Hello <b>you</b></p>", "<p>Hello <b>you</b></p>", false},
		{"a<script>alert(1)</script>b", "ab", false},
		{"a<style>p{}</style>b", "ab", false},
		{"a<!-- c -->b", "ab", false},
		{"<title>x</title>b", "b", false},
		{"<form action=x><input name=y>b</form>", "b", false},
		{`<iframe src="https://x.example"></iframe>b`, "b", false},
		{`<p onclick="x()">b</p>`, "<p>b</p>", false},
		{`<body onload=x background="http://x.example/1.gif">b</body>`, "b", false},
		{`<a href="javascript:x()">b</a>`, "<a>b</a>", false},
		{`<a href="data:text/html,x">b</a>`, "<a>b</a>", false},
		{`<a href="https://x.example/?a=1&amp;b=2">b</a>`, `<a href="https://x.example/?a=1&amp;b=2" rel="nofollow noreferrer noopener" target="_blank">b</a>`, false},
		{`<a href="mailto:a@b.c">b</a>`, `<a href="mailto:a@b.c" rel="nofollow noreferrer">b</a>`, false},
		{`<img src="cid:a@b">`, `<img data-cid="a@b">`, false},
		{`<img src="https://x.example/1.gif" srcset="https://x.example/2.gif 2x" alt="a">`, `<img data-remote-src="https://x.example/1.gif" alt="a">`, true},
		{`<img src="//x.example/1.gif">`, `<img data-remote-src="https://x.example/1.gif">`, true},
		{`<img src="data:image/png;base64,AAAA">`, `<img>`, false},
		{`<img src="file:///etc/passwd">`, `<img>`, false},
		{`<img src="1.gif">`, `<img>`, false},
		{`<img data-remote-src="javascript:x">`, `<img>`, false},
		{`<p style="color:red;position:fixed;background:url(http://x.example/1)">b</p>`, `<p style="color: red">b</p>`, false},
		{`<p style="background:#fff;width:expression(x)">b</p>`, `<p style="background-color: #fff">b</p>`, false},
		{`<p style="margin-top:-100px">b</p>`, `<p>b</p>`, false},
		{`<p style="font-family:&quot;A B&quot;,serif">b</p>`, `<p style="font-family: &#39;A B&#39;,serif">b</p>`, false},
		{`<svg><a xlink:href="javascript:x()">b</a></svg>`, "<a>b</a>", false},
		{`<math><mi//xlink:href="data:x,<script>alert(4)</script>">b`, "b", false},
		{`<blockquote type="cite">b</blockquote>`, `<blockquote type="cite">b</blockquote>`, false},
		{`<base href="https://x.example/"><link rel=stylesheet href="https://x.example/a.css"><meta http-equiv=refresh content="0;url=https://x.example">b`, "b", false},
	} {
		got, remote := Sanitise(tt.in)
		if got != tt.want || remote != tt.remote {
			t.Errorf("Sanitise(%q)\n= %q, %v\nwant %q, %v", tt.in, got, remote, tt.want, tt.remote)
		}
	}
}

// To sanitise twice is to sanitise once, and nothing that acts survives.
func FuzzSanitise(f *testing.F) {
	for _, s := range []string{
		"<p>a</p>", "<scr<script>ipt>x</script>", `<img src="cid:a"><img src="http://a.b/c?d=e&f">`, `<a href=" java	script:x">`,
		`<p style="color:red;a:url(x)">`, "<svg><style><img src=x onerror=y>", "<noscript><p title=\"</noscript><img src=x onerror=y>\">",
		"<table><a href=https://x.example><td>", "<!--><img src=x>-->", "&lt;script&gt;", "<a href=\"https://x.example/%zz ü\">", "<textarea><img title=\"</textarea><img src=x onerror=y>\">",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		safe, remote := Sanitise(src)
		again, remoteAgain := Sanitise(safe)
		if again != safe || remoteAgain != remote {
			t.Fatalf("twice is not once:\n%q\n%q\n%q", src, safe, again)
		}
		z := html.NewTokenizer(strings.NewReader(safe))
		for {
			kind := z.Next()
			if kind == html.ErrorToken {
				return
			}
			if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
				continue
			}
			tok := z.Token()
			switch tok.Data {
			case "script", "style", "iframe", "object", "embed", "form", "input", "link", "meta", "base", "svg", "math", "template", "textarea":
				t.Fatalf("<%s> survived in %q", tok.Data, safe)
			}
			for _, a := range tok.Attr {
				low := strings.ToLower(a.Val)
				if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "srcset" || a.Key == "background" || a.Key == "action" || a.Key == "srcdoc" ||
					a.Key == "style" && (strings.Contains(low, "url(") || strings.Contains(low, "position")) ||
					a.Key == "href" && !strings.HasPrefix(low, "http:") && !strings.HasPrefix(low, "https:") && !strings.HasPrefix(low, "mailto:") && !strings.HasPrefix(low, "tel:") {
					t.Fatalf("%s=%q survived in %q", a.Key, a.Val, safe)
				}
			}
		}
	})
}
