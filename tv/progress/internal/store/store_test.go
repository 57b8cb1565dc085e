package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tv/progress/internal/dynamotest"
	"tv/progress/internal/watch"
)

type exchange = dynamotest.Exchange

var (
	background = context.Background()
	moment     = time.UnixMilli(1795377600000).UTC()
	watched    = watch.Position{Viewer: "v1", Episode: "e1", Position: 61.5, Duration: 2700, At: moment}
)

func open(t *testing.T, exchanges ...exchange) *Store {
	return New(Settings{Table: "progress", Region: "us-east-1", Endpoint: dynamotest.Play(t, exchanges...)})
}

func TestPutWritesUnderTheConditionThatNothingNewerIsThere(t *testing.T) {
	s := open(t, dynamotest.On("UpdateItem", dynamotest.OK,
		`"TableName":"progress"`,
		`"ConditionExpression":"attribute_not_exists(#at) OR #at <= :at"`,
		`"viewer":{"S":"v1"}`, `"episode":{"S":"e1"}`,
		`":at":{"N":"1795377600000"}`, `":expires":{"N":"1803153600"}`, `":position":{"N":"61.5"}`, `":duration":{"N":"2700"}`,
	))
	if err := s.Put(background, watched); err != nil {
		t.Error(err)
	}
}

func TestPutOfAnOlderPositionIsErrOlderAndNotTriedAgain(t *testing.T) {
	s := open(t, dynamotest.On("UpdateItem", dynamotest.Refused))
	if err := s.Put(background, watched); !errors.Is(err, ErrOlder) {
		t.Errorf("got %v", err)
	}
}

func TestGet(t *testing.T) {
	cases := []struct {
		name  string
		reply dynamotest.Reply
		want  watch.Position
		err   string
	}{
		{"what is stored comes back", dynamotest.Item, watched, ""},
		{"nothing stored", dynamotest.OK, watch.Position{}, ErrNone.Error()},
		{"an item that is damaged", dynamotest.Torn, watch.Position{}, "item v1/e1: position is no number"},
		{"no permission", dynamotest.Denied, watch.Position{}, "AccessDeniedException"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, dynamotest.On("GetItem", c.reply, `"ConsistentRead":true`))
			got, err := s.Get(background, "v1", "e1")
			if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestRecentAsksForTheLatestFirst(t *testing.T) {
	s := open(t,
		dynamotest.On("Query", dynamotest.Items,
			`"IndexName":"by-time"`, `"ScanIndexForward":false`, `"Limit":7`, `":viewer":{"S":"v1"}`,
		),
		dynamotest.On("Query", dynamotest.NoItems))
	if got, err := s.Recent(background, "v1", 7); err != nil || !reflect.DeepEqual(got, []watch.Position{watched}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := s.Recent(background, "v1", 7); err != nil || got == nil || len(got) != 0 {
		t.Errorf("got %+v, %v; want an empty list that is not null in JSON", got, err)
	}
}

func TestEnsure(t *testing.T) {
	describe := func(reply dynamotest.Reply) exchange { return dynamotest.On("DescribeTable", reply) }
	create := dynamotest.On("CreateTable", dynamotest.OK,
		`"BillingMode":"PAY_PER_REQUEST"`, `"AttributeName":"viewer","KeyType":"HASH"`, `"IndexName":"by-time"`,
	)
	kept := dynamotest.On("DescribeTimeToLive", dynamotest.Kept)
	forgets := dynamotest.On("DescribeTimeToLive", dynamotest.Forgets)
	forget := dynamotest.On("UpdateTimeToLive", dynamotest.OK,
		`"TableName":"progress"`, `"AttributeName":"expires"`, `"Enabled":true`,
	)
	cases := []struct {
		name      string
		exchanges []exchange
	}{
		{"a table that is there is left alone", []exchange{describe(dynamotest.Active), forgets}},
		{"one that keeps all for ever is told not to", []exchange{describe(dynamotest.Active), kept, forget}},
		{"a missing one is made and waited for",
			[]exchange{describe(dynamotest.NoTable), create, describe(dynamotest.Creating), describe(dynamotest.Active), kept, forget}},
		{"another host was quicker",
			[]exchange{describe(dynamotest.NoTable), dynamotest.On("CreateTable", dynamotest.InUse), describe(dynamotest.Active), forgets}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if err := open(t, c.exchanges...).Ensure(background); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEnsureEndsWithItsContextAndSaysWhatItWaitedFor(t *testing.T) {
	t.Parallel() // The time is for a machine that is busy with other tests.
	s := open(t, dynamotest.On("DescribeTable", dynamotest.Creating))
	s.poll = time.Minute
	ctx, cancel := context.WithTimeout(background, 2*time.Second)
	defer cancel()
	if err := s.Ensure(ctx); err == nil || !strings.Contains(err.Error(), "table progress is CREATING") {
		t.Errorf("got %v", err)
	}
}

func TestALostTableIsTold(t *testing.T) {
	s := open(t, dynamotest.On("UpdateItem", dynamotest.NoTable))
	if err := s.Put(background, watched); !Missing(err) {
		t.Errorf("got %v", err)
	}
}

func TestAStoreThatIsDownFailsSoon(t *testing.T) {
	s := New(Settings{Table: "progress", Region: "us-east-1", Endpoint: "http://127.0.0.1:1"})
	started := time.Now()
	if err := s.Put(background, watched); err == nil || time.Since(started) > patience+time.Second {
		t.Errorf("got %v after %v", err, time.Since(started))
	}
}

// breaking fails to read the first answers that it lets through, one for each of its errors.
type breaking struct {
	errors []error
}

func (b *breaking) Do(request *http.Request) (*http.Response, error) {
	answer, err := http.DefaultClient.Do(request)
	if err == nil && len(b.errors) > 0 {
		answer.Body = io.NopCloser(iotest.ErrReader(b.errors[0]))
		b.errors = b.errors[1:]
	}
	return answer, err
}

func TestAnAnswerThatBreaksOffIsAskedForAgain(t *testing.T) {
	for _, cause := range []error{&net.OpError{Op: "read", Err: net.ErrClosed}, io.ErrUnexpectedEOF} {
		asks := dynamotest.On("GetItem", dynamotest.Item)
		settings := options(Settings{Region: "us-east-1", Endpoint: dynamotest.Play(t, asks, asks)})
		settings.HTTPClient = &breaking{[]error{cause}}
		s := &Store{client: dynamodb.New(settings), table: "progress"}
		if got, err := s.Get(background, "v1", "e1"); err != nil || got != watched {
			t.Errorf("%v: got %+v, %v", cause, got, err)
		}
	}
}

// TestAConnectionThatIsLostAfterAnOutageIsNoError holds the SDK to repeating what is lost
// however much an outage before has repeated.
func TestAConnectionThatIsLostAfterAnOutageIsNoError(t *testing.T) {
	var down, lost atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() || lost.CompareAndSwap(true, false) {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, dynamotest.NoItems.Body)
	}))
	defer server.Close()
	s := New(Settings{Table: "progress", Region: "us-east-1", Endpoint: server.URL})
	down.Store(true)
	var asked sync.WaitGroup
	for n := 0; n < 60; n++ {
		asked.Add(1)
		go func() {
			defer asked.Done()
			if _, err := s.Get(background, "v1", "e1"); err == nil || errors.Is(err, ErrNone) {
				t.Error("a store that is down answered")
			}
		}()
	}
	asked.Wait()
	down.Store(false)
	lost.Store(true)
	if _, err := s.Get(background, "v1", "e1"); !errors.Is(err, ErrNone) {
		t.Errorf("got %v, want %v", err, ErrNone)
	}
}
