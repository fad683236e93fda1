package identity

import (
	"math/rand/v2"
	"testing"
)

// How far apart two words are is what the plainest way to count says, up to the
// limit, whichever comes first.
func TestDistance(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	word := func() string {
		b := make([]rune, r.IntN(9))
		for i := range b {
			b[i] = []rune("abcß")[r.IntN(4)]
		}
		return string(b)
	}
	for range 20_000 {
		a, b, limit := word(), word(), 1+r.IntN(2)
		want := min(plainly([]rune(a), []rune(b)), limit+1)
		if got, back := distance(a, b, limit), distance(b, a, limit); got != want || back != want {
			t.Fatalf("distance(%q, %q, %d) = %d, back %d, want %d", a, b, limit, got, back, want)
		}
	}
}

// plainly counts from the ends of both words, without bounds.
func plainly(x, y []rune) int {
	n, m := len(x), len(y)
	at := make([][]int, n+1)
	for i := range at {
		at[i] = make([]int, m+1)
		for j := range at[i] {
			switch {
			case i == 0 || j == 0:
				at[i][j] = i + j
				continue
			case x[i-1] == y[j-1]:
				at[i][j] = at[i-1][j-1]
			default:
				at[i][j] = 1 + min(at[i-1][j-1], at[i-1][j], at[i][j-1])
			}
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				at[i][j] = min(at[i][j], at[i-2][j-2]+1)
			}
		}
	}
	return at[n][m]
}
