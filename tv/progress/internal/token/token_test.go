package token

import (
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

const key = "0123456789abcdef0123456789abcdef"

var now = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

func sign(t *testing.T, method jwt.SigningMethod, key any, claims jwt.Claims) string {
	t.Helper()
	text, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestViewer(t *testing.T) {
	good := jwt.MapClaims{"sub": "v7", "aud": "progress", "exp": now.Add(time.Hour).Unix()}
	with := func(name string, value any) jwt.MapClaims {
		changed := jwt.MapClaims{}
		for k, v := range good {
			changed[k] = v
		}
		if changed[name] = value; value == nil {
			delete(changed, name)
		}
		return changed
	}
	hs256 := func(claims jwt.Claims) string {
		return "Bearer " + sign(t, jwt.SigningMethodHS256, []byte(key), claims)
	}
	whole := hs256(good)
	cases := []struct{ name, header, viewer, reason string }{
		{"a good one", whole, "v7", ""},
		{"the scheme in small letters", strings.Replace(whole, "Bearer", "bearer", 1), "v7", ""},
		{"one of several audiences", hs256(with("aud", []string{"other", "progress"})), "v7", ""},
		{"none", "", "", "a bearer token is needed"},
		{"another scheme", "Basic djc6eA==", "", "a bearer token is needed"},
		{"an empty one", "Bearer ", "", "a bearer token is needed"},
		{"rubbish", "Bearer rubbish", "", "cannot be read"},
		{"three dots of rubbish", "Bearer a.b.c", "", "cannot be read"},
		{"cut off", whole[:len(whole)-2], "", "not signed by this site"},
		{"another key", "Bearer " + sign(t, jwt.SigningMethodHS256, []byte(strings.Repeat("x", 32)), good), "",
			"not signed by this site"},
		{"another algorithm", "Bearer " + sign(t, jwt.SigningMethodHS512, []byte(key), good), "", "not signed by this site"},
		{"no signature", "Bearer " + sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good), "",
			"not signed by this site"},
		{"claims exchanged under an old signature", exchanged(whole, hs256(with("sub", "v8"))), "", "not signed by this site"},
		{"expired", hs256(with("exp", now.Unix()-1)), "", "has expired"},
		{"without an end", hs256(with("exp", nil)), "", "has expired"},
		{"not yet", hs256(with("nbf", now.Unix()+60)), "", "not valid yet"},
		{"for something else", hs256(with("aud", "playback")), "", "not for this service"},
		{"for nothing", hs256(with("aud", nil)), "", "not for this service"},
		{"of nobody", hs256(with("sub", nil)), "", "names no viewer"},
		{"of a number", hs256(with("sub", 7)), "", "cannot be read"},
	}
	checker, err := NewChecker([]byte(key), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			viewer, err := checker.Viewer(c.header)
			if viewer != c.viewer || (err == nil) != (c.reason == "") || err != nil && !strings.Contains(err.Error(), c.reason) {
				t.Errorf("got %q, %v", viewer, err)
			}
		})
	}
}

// exchanged is the first token with the claims of the second.
func exchanged(first, second string) string {
	parts, others := strings.Split(first, "."), strings.Split(second, ".")
	return strings.Join([]string{parts[0], others[1], parts[2]}, ".")
}

func TestATokenThatWasGoodIsRememberedUntilItExpires(t *testing.T) {
	moment := now
	checker, err := NewChecker([]byte(key), func() time.Time { return moment })
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.MapClaims{"sub": "v7", "aud": "progress", "exp": now.Add(time.Minute).Unix()}
	header := "Bearer " + sign(t, jwt.SigningMethodHS256, []byte(key), claims)
	for _, c := range []struct {
		seconds time.Duration
		good    bool
	}{{0, true}, {59, true}, {60, false}} {
		moment = now.Add(c.seconds * time.Second)
		viewer, err := checker.Viewer(header)
		if (viewer == "v7") != c.good || (err == nil) != c.good {
			t.Errorf("after %d s: got %q, %v", c.seconds, viewer, err)
		}
	}
	moment = now
	if _, err := checker.Viewer(header[:len(header)-1] + "x"); err == nil {
		t.Error("another signature was taken")
	}
}

func TestAKeyThatCouldBeGuessedIsRefused(t *testing.T) {
	for _, short := range []string{"", "secret", key[:31]} {
		if _, err := NewChecker([]byte(short), time.Now); err == nil {
			t.Errorf("%q was taken", short)
		}
	}
}
