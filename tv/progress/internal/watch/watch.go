// Package watch holds what a viewer's player tells us and what it must look like.
package watch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"time"
)

const (
	// MaxDuration is the longest programme, in seconds.
	MaxDuration = 24 * 60 * 60
	// MaxAhead is how far a player's clock may run ahead of ours. Further ahead,
	// one wrong clock would shut out the viewer's other devices.
	MaxAhead = time.Minute
)

var oldest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Position is where a viewer stopped in an episode.
type Position struct {
	Viewer   string    `json:"viewer"`
	Episode  string    `json:"episode"`
	Position float64   `json:"position"` // seconds from the start, to the millisecond
	Duration float64   `json:"duration"` // seconds
	At       time.Time `json:"at"`       // when the player was there, to the millisecond
}

// Invalid says what is wrong with a request, in words for its sender.
type Invalid struct {
	Field  string
	Reason string
}

func (e *Invalid) Error() string { return e.Field + ": " + e.Reason }

// heartbeat is the body of a request; pointers tell "missing" from zero.
type heartbeat struct {
	Position *float64   `json:"position"`
	Duration *float64   `json:"duration"`
	At       *time.Time `json:"at"`
}

// Identifier checks the name of a viewer or an episode.
func Identifier(field, value string) error {
	if !identifier(value) {
		return &Invalid{field, "must be 1 to 64 letters, digits, '-' or '_'"}
	}
	return nil
}

func identifier(value string) bool {
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return 1 <= len(value) && len(value) <= 64
}

// Parse reads a heartbeat that arrived at `now`. Errors are *Invalid, except
// those of reading `body` itself.
func Parse(viewer, episode string, body io.Reader, now time.Time) (Position, error) {
	if err := Identifier("viewer", viewer); err != nil {
		return Position{}, err
	}
	if err := Identifier("episode", episode); err != nil {
		return Position{}, err
	}
	beat, err := decode(body)
	if err != nil {
		return Position{}, err
	}
	if err := beat.check(now); err != nil {
		return Position{}, err
	}
	at := now
	if beat.At != nil {
		at = *beat.At
	}
	return Position{
		Viewer:   viewer,
		Episode:  episode,
		Position: milliseconds(*beat.Position),
		Duration: milliseconds(*beat.Duration),
		At:       at.UTC().Truncate(time.Millisecond),
	}, nil
}

func decode(body io.Reader) (heartbeat, error) {
	var beat heartbeat
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&beat); err != nil {
		return beat, explain(err)
	}
	switch _, err := decoder.Token(); {
	case err == io.EOF:
		return beat, nil
	case err == nil:
		return beat, &Invalid{"body", "must be one JSON object"}
	default:
		return beat, explain(err)
	}
}

// explain turns a decoder's error into one for the sender; errors of reading pass.
func explain(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var date *time.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return &Invalid{"body", "is empty"}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Invalid{"body", "is not complete JSON"}
	case errors.As(err, &syntax):
		return &Invalid{"body", fmt.Sprintf("is not JSON at byte %d", syntax.Offset)}
	case errors.As(err, &date):
		return &Invalid{"at", "must be a time such as 2030-01-31T20:15:00Z"}
	case errors.As(err, &kind) && kind.Field == "":
		return &Invalid{"body", "must be a JSON object"}
	case errors.As(err, &kind):
		return &Invalid{kind.Field, "must be a number, not a " + kind.Value}
	case unknownField.MatchString(err.Error()):
		return &Invalid{unknownField.FindStringSubmatch(err.Error())[1], "is not a known field"}
	case notString.MatchString(err.Error()):
		return &Invalid{"at", "must be a time such as 2030-01-31T20:15:00Z"}
	default:
		return err
	}
}

// The standard library has no types for these two.
var (
	unknownField = regexp.MustCompile(`^json: unknown field "(.*)"$`)
	notString    = regexp.MustCompile(`^Time\.UnmarshalJSON: `)
)

func (beat heartbeat) check(now time.Time) error {
	switch {
	case beat.Duration == nil:
		return &Invalid{"duration", "is missing"}
	case beat.Position == nil:
		return &Invalid{"position", "is missing"}
	case *beat.Duration <= 0 || *beat.Duration > MaxDuration:
		return &Invalid{"duration", fmt.Sprintf("must be above 0 and at most %d seconds", MaxDuration)}
	case *beat.Position < 0 || *beat.Position > *beat.Duration:
		return &Invalid{"position", "must be between 0 and the duration"}
	case beat.At != nil && beat.At.After(now.Add(MaxAhead)):
		return &Invalid{"at", "lies in the future"}
	case beat.At != nil && beat.At.Before(oldest):
		return &Invalid{"at", "lies before the year 2000"}
	}
	return nil
}

func milliseconds(seconds float64) float64 { return math.Round(seconds*1000) / 1000 }
