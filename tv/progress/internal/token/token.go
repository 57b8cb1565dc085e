// Package token checks who a request comes from: a JWT that the site made for the viewer.
package token

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

const (
	// audience keeps tokens that were made for something else away.
	audience = "progress"
	// minKey is what RFC 7518 asks of a key for HS256.
	minKey = 32
)

// Invalid says why a request's token is not accepted, in words for its sender.
type Invalid struct{ Reason string }

func (e *Invalid) Error() string { return e.Reason }

// Checker knows the site's key. It may be used by many goroutines.
type Checker struct {
	key    []byte
	parser *jwt.Parser
	now    func() time.Time
	known  *known
}

// NewChecker makes a checker of tokens signed with `key`.
func NewChecker(key []byte, now func() time.Time) (*Checker, error) {
	if len(key) < minKey {
		return nil, fmt.Errorf("the key has %d bytes, and must have at least %d", len(key), minKey)
	}
	// The claims are checked below: the library's own check lets a token without an end pass.
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithoutClaimsValidation(),
	)
	return &Checker{key: key, parser: parser, now: now, known: newKnown()}, nil
}

// Viewer returns whom the value of an Authorization header speaks for. Errors are *Invalid.
func (c *Checker) Viewer(authorization string) (string, error) {
	scheme, text, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return "", &Invalid{"a bearer token is needed"}
	}
	now := c.now()
	slot := c.known.slot(text)
	if found := slot.Load(); found != nil && found.text == text && now.Before(found.expires) {
		return found.viewer, nil
	}
	claims, err := c.check(text, now)
	if err != nil {
		return "", err
	}
	slot.Store(&checked{text: text, viewer: claims.Subject, expires: claims.ExpiresAt.Time})
	return claims.Subject, nil
}

func (c *Checker) check(text string, now time.Time) (claims jwt.RegisteredClaims, err error) {
	_, err = c.parser.ParseWithClaims(text, &claims, func(*jwt.Token) (any, error) { return c.key, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return claims, &Invalid{"the token was not signed by this site"}
	case err != nil:
		return claims, &Invalid{"the token cannot be read"}
	case !claims.VerifyExpiresAt(now, true):
		return claims, &Invalid{"the token has expired"}
	case !claims.VerifyNotBefore(now, false):
		return claims, &Invalid{"the token is not valid yet"}
	case !claims.VerifyAudience(audience, true):
		return claims, &Invalid{"the token is not for this service"}
	case claims.Subject == "":
		return claims, &Invalid{"the token names no viewer"}
	}
	return claims, nil
}
