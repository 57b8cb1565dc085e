package watch

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

var now = time.Date(2026, 11, 22, 20, 15, 0, 123456789, time.UTC)

func TestAValidHeartbeatBecomesAPosition(t *testing.T) {
	cases := []struct {
		name, body string
		want       Position
	}{
		{"without a time it is now, to the millisecond", `{"position": 61.5, "duration": 2700}`,
			Position{"v-1", "e_2", 61.5, 2700, now.Truncate(time.Millisecond)}},
		{"its own time counts, in UTC", `{"position":0,"duration":1,"at":"2026-11-22T21:14:59.9999+01:00"}`,
			Position{"v-1", "e_2", 0, 1, time.Date(2026, 11, 22, 20, 14, 59, 999e6, time.UTC)}},
		{"a clock may run a little ahead", `{"position":1,"duration":1,"at":"2026-11-22T20:15:59Z"}`,
			Position{"v-1", "e_2", 1, 1, time.Date(2026, 11, 22, 20, 15, 59, 0, time.UTC)}},
		{"fractions are kept to the millisecond", `{"position":0.12345,"duration":10.00049}`,
			Position{"v-1", "e_2", 0.123, 10, now.Truncate(time.Millisecond)}},
		{"white space around it is fine", " \n{\"position\":1,\"duration\":2}\n",
			Position{"v-1", "e_2", 1, 2, now.Truncate(time.Millisecond)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse("v-1", "e_2", strings.NewReader(c.body), now)
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestAnInvalidHeartbeatNamesItsField(t *testing.T) {
	cases := []struct{ name, viewer, episode, body, field string }{
		{"no viewer", "", "e", `{}`, "viewer"},
		{"viewer with a slash", "a/b", "e", `{}`, "viewer"},
		{"viewer too long", strings.Repeat("v", 65), "e", `{}`, "viewer"},
		{"episode with a dot", "v", "..", `{}`, "episode"},
		{"empty body", "v", "e", ``, "body"},
		{"cut off", "v", "e", `{"position": 1`, "body"},
		{"not JSON", "v", "e", `position=1`, "body"},
		{"an array", "v", "e", `[]`, "body"},
		{"two objects", "v", "e", `{"position":1,"duration":2}{}`, "body"},
		{"rubbish behind", "v", "e", `{"position":1,"duration":2} x`, "body"},
		{"unknown field", "v", "e", `{"position":1,"duration":2,"speed":2}`, "speed"},
		{"position missing", "v", "e", `{"duration":2}`, "position"},
		{"position null", "v", "e", `{"position":null,"duration":2}`, "position"},
		{"duration missing", "v", "e", `{"position":2}`, "duration"},
		{"a string", "v", "e", `{"position":"1","duration":2}`, "position"},
		{"negative", "v", "e", `{"position":-0.001,"duration":2}`, "position"},
		{"behind the end", "v", "e", `{"position":2.001,"duration":2}`, "position"},
		{"no duration", "v", "e", `{"position":0,"duration":0}`, "duration"},
		{"longer than a day", "v", "e", `{"position":0,"duration":86401}`, "duration"},
		{"number out of range", "v", "e", `{"position":1e999,"duration":2}`, "position"},
		{"a time that is none", "v", "e", `{"position":1,"duration":2,"at":"yesterday"}`, "at"},
		{"a time as a number", "v", "e", `{"position":1,"duration":2,"at":5}`, "at"},
		{"in the future", "v", "e", `{"position":1,"duration":2,"at":"2026-11-22T20:16:01Z"}`, "at"},
		{"long ago", "v", "e", `{"position":1,"duration":2,"at":"1999-12-31T23:59:59Z"}`, "at"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(c.viewer, c.episode, strings.NewReader(c.body), now)
			var invalid *Invalid
			if !errors.As(err, &invalid) || invalid.Field != c.field {
				t.Errorf("got %v; want a complaint about %s", err, c.field)
			}
		})
	}
}

func TestAnErrorOfReadingIsNotTheSendersFault(t *testing.T) {
	_, err := Parse("v", "e", iotest.ErrReader(io.ErrClosedPipe), now)
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}
