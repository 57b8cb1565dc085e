// Libraries are Debian's golang-*-dev packages, which lie below /usr/share/gocode.
// Debian packs the whole AWS SDK as one module, hence `replace` and no go.sum.
module tv/progress

go 1.19

require (
	github.com/VictoriaMetrics/metrics v1.23.0
	github.com/aws/aws-sdk-go-v2 v1.17.1
	github.com/aws/smithy-go v1.13.4
	github.com/golang-jwt/jwt/v4 v4.4.3
	golang.org/x/net v0.7.0
)

require (
	github.com/google/go-cmp v0.5.9 // indirect
	github.com/jmespath/go-jmespath v0.4.0 // indirect
	github.com/valyala/fastrand v1.1.0 // indirect
	github.com/valyala/histogram v1.2.0 // indirect
)

replace (
	github.com/VictoriaMetrics/metrics => /usr/share/gocode/src/github.com/VictoriaMetrics/metrics
	github.com/aws/aws-sdk-go-v2 => /usr/share/gocode/src/github.com/aws/aws-sdk-go-v2
	github.com/aws/smithy-go => /usr/share/gocode/src/github.com/aws/smithy-go
	github.com/golang-jwt/jwt/v4 => /usr/share/gocode/src/github.com/golang-jwt/jwt
	github.com/google/go-cmp => /usr/share/gocode/src/github.com/google/go-cmp
	github.com/jmespath/go-jmespath => /usr/share/gocode/src/github.com/jmespath/go-jmespath
	github.com/valyala/fastrand => /usr/share/gocode/src/github.com/valyala/fastrand
	github.com/valyala/histogram => /usr/share/gocode/src/github.com/valyala/histogram
	golang.org/x/net => /usr/share/gocode/src/golang.org/x/net
)

// Only its tests need this one, and Debian does not ship it as a module.
exclude github.com/jmespath/go-jmespath/internal/testify v1.5.1
