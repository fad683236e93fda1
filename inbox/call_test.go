package inbox

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

func at(seconds int) *time.Time {
	t := time.Date(2026, 6, 2, 10, 0, seconds, 0, time.UTC)
	return &t
}

// leg is a word on one telephone.
func leg(l CallLeg) Call {
	c := Call{Direction: In, From: "+43 660 1", To: "100", StartedAt: *at(0), Legs: []CallLeg{l}}
	if l.Main {
		c.To = "+43 1 100"
	}
	return c
}

// told puts words together in every order of them, each said again, and fails
// where two orders come to something else.
func told(t *testing.T, words ...Call) Call {
	t.Helper()
	var first *Call
	order := make([]int, len(words))
	for i := range order {
		order[i] = i
	}
	for round := range 200 {
		var c Call
		for n, i := range append(append([]int{}, order...), order...) {
			if n == 0 {
				c = words[i].Settled()
				continue
			}
			c = c.Later(words[i])
		}
		if first == nil {
			first = &c
		} else if !first.Same(&c) {
			t.Fatalf("round %d, order %v:\n%+v\nand before:\n%+v", round, order, c, *first)
		}
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	return *first
}

// What exchanges say of one call comes to the same in whatever order and however
// often they say it: who answered wins, and what has ended doesn't ring.
func TestCallLater(t *testing.T) {
	t.Parallel()
	main := func(d Disposition, ended *time.Time) Call {
		return leg(CallLeg{ID: "m", Main: true, Disposition: d, StartedAt: at(0), EndedAt: ended})
	}
	ext := func(id string, d Disposition, answered, ended *time.Time) Call {
		l := CallLeg{ID: id, Extension: id, Agent: "Agent " + id, Disposition: d, StartedAt: at(2), AnsweredAt: answered, EndedAt: ended}
		if answered != nil && ended != nil {
			l.TalkSeconds = int(ended.Sub(*answered) / time.Second)
		}
		return leg(l)
	}
	outward := func(c Call) Call { c.Direction = Out; return c }
	for _, c := range []struct {
		name  string
		words []Call
		want  string
	}{
		{"it rings", []Call{main(CallRinging, nil), ext("11", CallRinging, nil, nil)}, "ringing, rang 0, talked 0, "},
		{"nobody", []Call{main(CallAnswered, at(20)), ext("11", CallMissed, nil, at(12)), ext("12", CallBusy, nil, at(3))}, "missed, rang 20, talked 0, "},
		{"one of many answers", []Call{
			main(CallRinging, nil), main(CallAnswered, at(70)), ext("11", CallMissed, nil, at(10)), ext("12", CallRinging, nil, nil), ext("12", CallAnswered, at(10), at(70)),
		}, "answered, rang 10, talked 60, Agent 12 12"},
		{"handed on", []Call{main(CallAnswered, at(100)), ext("11", CallAnswered, at(10), at(30)), ext("12", CallAnswered, at(40), at(100))}, "answered, rang 10, talked 80, Agent 12 12"},
		{"many speak at once", []Call{main(CallAnswered, at(60)), ext("11", CallAnswered, at(10), at(60)), ext("12", CallAnswered, at(10), at(60))}, "answered, rang 10, talked 50, Agent 11 11"},
		{"the next one rings", []Call{main(CallAnswered, nil), ext("11", CallMissed, nil, at(12))}, "ringing, rang 0, talked 0, "},
		{"the exchange alone spoke", []Call{main(CallRinging, nil), main(CallAnswered, at(30))}, "answered, rang 0, talked 0, "},
		{"voicemail", []Call{main(CallAnswered, at(40)), ext("11", CallMissed, nil, at(22)), {Audio: []CallAudio{{ID: "r", Kind: Voicemail, State: AudioWanted}}}}, "voicemail, rang 22, talked 0, "},
		{"answered after all", []Call{main(CallVoicemail, at(90)), ext("11", CallAnswered, at(50), at(90))}, "answered, rang 50, talked 40, Agent 11 11"},
		{"the caller gives up", []Call{main(CallMissed, at(9)), ext("11", CallRinging, nil, nil)}, "missed, rang 9, talked 0, "},
		{"only the others are known", []Call{ext("11", CallMissed, nil, at(12)), ext("12", CallMissed, nil, at(15))}, "missed, rang 15, talked 0, "},
		{"ours, busy", []Call{outward(main(CallRinging, nil)), outward(main(CallBusy, at(5)))}, "busy, rang 5, talked 0, "},
		{"ours, from two phones", []Call{outward(ext("11", CallBusy, nil, at(5)))}, "busy, rang 5, talked 0, Agent 11 11"},
		{"no telephones are named", []Call{
			{Direction: In, StartedAt: *at(0), Disposition: CallRinging}, {Direction: In, Disposition: CallMissed, RingSeconds: 9}, {Disposition: CallAnswered, TalkSeconds: 30, Agent: "Kim"},
		}, "answered, rang 9, talked 30, Kim "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := told(t, c.words...)
			said := fmt.Sprintf("%s, rang %d, talked %d, %s", got.Disposition, got.RingSeconds, got.TalkSeconds, got.Agent)
			if got.Extension != "" || got.Agent != "" {
				said += " " + got.Extension
			}
			if said != c.want {
				t.Errorf("it came to %q, want %q", said, c.want)
			}
		})
	}
}

// The customer's own telephone says best who called whom.
func TestCallSidesAreTheCustomers(t *testing.T) {
	t.Parallel()
	main := Call{Direction: Out, From: "client:ann", To: "", Legs: []CallLeg{{ID: "p", Main: true}}}
	child := Call{Direction: In, From: "+43 1 100", To: "+43 660 1", Legs: []CallLeg{{ID: "c"}}}
	if got := told(t, main, child); got.From != "client:ann" || got.To != "+43 660 1" || got.Direction != Out {
		t.Errorf("it is %s from %q to %q", got.Direction, got.From, got.To)
	}
}

// A recording only comes closer: what is kept is not wanted again, and what was
// said of it stays.
func TestCallAudioLater(t *testing.T) {
	t.Parallel()
	a := func(s AudioState, note, sum string) Call {
		return Call{Direction: In, Audio: []CallAudio{{ID: "RE1", Kind: Recording, URL: "https://x.example/1", State: s, Note: note, SHA256: sum}}}
	}
	got := told(t, a(AudioWanted, "", ""), a(AudioNone, "It is gone.", ""), a(AudioKept, "It says it is text.", "ab"))
	if len(got.Audio) != 1 || got.Audio[0].State != AudioKept || got.Audio[0].SHA256 != "ab" || got.Audio[0].Note != "It says it is text." || got.Audio[0].URL == "" {
		t.Errorf("audio is %+v", got.Audio)
	}
}

// A house full of telephones keeps who answered and who called.
func TestCallLegsAreBounded(t *testing.T) {
	t.Parallel()
	c := leg(CallLeg{ID: "zz", Main: true})
	for i := range 3 * maxLegs {
		c = c.Later(leg(CallLeg{ID: fmt.Sprintf("%03d", i), Disposition: CallMissed}))
	}
	c = c.Later(leg(CallLeg{ID: "zy", Disposition: CallAnswered, Agent: "Kim"}))
	if len(c.Legs) != maxLegs || c.Disposition != CallAnswered || c.Agent != "Kim" || !hasMain(c.Legs) {
		t.Errorf("%d telephones, %s by %q", len(c.Legs), c.Disposition, c.Agent)
	}
}
