// Package dynamotest plays recorded conversations with DynamoDB over HTTP.
package dynamotest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Exchange is one request that is expected, and the reply to it.
type Exchange struct {
	Operation string
	Contains  []string // parts of the request's JSON
	Reply     Reply
}

// On is an exchange: a request for `operation` that contains `parts` gets `reply`.
func On(operation string, reply Reply, parts ...string) Exchange {
	return Exchange{Operation: operation, Contains: parts, Reply: reply}
}

// Reply is what DynamoDB answered.
type Reply struct {
	Status int
	Body   string
}

// Replies as recorded.
var (
	OK       = Reply{Status: 200, Body: `{}`}
	NoTable  = failure("ResourceNotFoundException", "Requested resource not found")
	InUse    = failure("ResourceInUseException", "Table already exists: progress")
	Refused  = failure("ConditionalCheckFailedException", "The conditional request failed")
	Active   = Reply{Status: 200, Body: `{"Table": {"TableName": "progress", "TableStatus": "ACTIVE"}}`}
	Creating = Reply{Status: 200, Body: `{"Table": {"TableName": "progress", "TableStatus": "CREATING"}}`}
	Kept     = Reply{Status: 200, Body: `{"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}`}
	Forgets  = Reply{Status: 200, Body: `{"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}}`}
	Denied   = failure("AccessDeniedException", "User is not authorized")
	Item     = Reply{Status: 200, Body: `{"Item": ` + item + `}`}
	Items    = Reply{Status: 200, Body: `{"Items": [` + item + `], "Count": 1, "ScannedCount": 1}`}
	NoItems  = Reply{Status: 200, Body: `{"Items": [], "Count": 0, "ScannedCount": 0}`}
	Torn     = Reply{Status: 200, Body: `{"Item": {"viewer": {"S": "v1"}, "episode": {"S": "e1"}, "position": {"S": "?"}}}`}
)

const item = `{"viewer": {"S": "v1"}, "episode": {"S": "e1"}, "position": {"N": "61.5"}, ` +
	`"duration": {"N": "2700"}, "at": {"N": "1795377600000"}}`

func failure(kind, message string) Reply {
	return Reply{Status: 400, Body: `{"__type": "com.amazonaws.dynamodb.v20120810#` + kind + `", "message": "` + message + `"}`}
}

// Play serves the exchanges in their order and returns the endpoint. The test
// fails where another request comes, or where not all of them came.
func Play(t *testing.T, exchanges ...Exchange) string {
	t.Helper()
	var mutex sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		defer mutex.Unlock()
		operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_20120810.")
		body, err := io.ReadAll(r.Body)
		if err != nil || len(exchanges) == 0 || exchanges[0].Operation != operation {
			t.Errorf("unexpected %s %s (%v)", operation, body, err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for _, part := range exchanges[0].Contains {
			if !strings.Contains(string(body), part) {
				t.Errorf("%s: %s is not in %s", operation, part, body)
			}
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(exchanges[0].Reply.Status)
		_, _ = io.WriteString(w, exchanges[0].Reply.Body)
		exchanges = exchanges[1:]
	}))
	t.Cleanup(func() {
		server.Close()
		for _, missing := range exchanges {
			t.Errorf("%s did not come", missing.Operation)
		}
	})
	return server.URL
}
