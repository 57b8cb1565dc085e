// Libraries are Debian's golang-*-dev packages, which lie below /usr/share/gocode.
// Debian packs the whole AWS SDK as one module, hence `replace` and no go.sum.
module tv/progress

go 1.19

require (
	github.com/aws/aws-sdk-go-v2 v1.17.1
	github.com/aws/smithy-go v1.13.4
)

require (
	github.com/google/go-cmp v0.5.9 // indirect
	github.com/jmespath/go-jmespath v0.4.0 // indirect
)

replace (
	github.com/aws/aws-sdk-go-v2 => /usr/share/gocode/src/github.com/aws/aws-sdk-go-v2
	github.com/aws/smithy-go => /usr/share/gocode/src/github.com/aws/smithy-go
	github.com/google/go-cmp => /usr/share/gocode/src/github.com/google/go-cmp
	github.com/jmespath/go-jmespath => /usr/share/gocode/src/github.com/jmespath/go-jmespath
)

// Only its tests need this one, and Debian does not ship it as a module.
exclude github.com/jmespath/go-jmespath/internal/testify v1.5.1
