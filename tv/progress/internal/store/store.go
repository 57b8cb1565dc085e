// Package store keeps positions in DynamoDB: one item per viewer and episode.
package store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"tv/progress/internal/watch"
)

var (
	// ErrOlder says that a newer position is stored already.
	ErrOlder = errors.New("a newer position is stored")
	// ErrNone says that nothing is stored.
	ErrNone = errors.New("no position is stored")
)

const (
	// patience is for one operation with its repetitions, attempt for one of them.
	// A player sends the next heartbeat in a few seconds: waiting longer is no use.
	patience    = 3 * time.Second
	attempt     = 1500 * time.Millisecond
	maxBackoff  = 200 * time.Millisecond
	connections = 64
	// idle is shorter than servers wait for another request: one that is sent as they
	// close the connection fails.
	idle = 30 * time.Second
)

// unlimited lets every operation be repeated within its patience. The SDK's own limit is
// used up by an outage and comes back by one with each success: for minutes afterwards a
// single lost connection would be an error to a viewer.
type unlimited struct{}

func (unlimited) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}

func (unlimited) AddTokens(uint) error { return nil }

// torn makes the SDK repeat a request whose answer cannot be read, mostly because it broke off.
// Later versions do so by themselves where our own end had closed the connection (aws-sdk-go-v2
// pull request 2949). What we write may be written twice.
func torn(err error) aws.Ternary {
	var unread *smithy.DeserializationError
	if errors.As(err, &unread) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

// Settings say where the table is.
type Settings struct {
	Table    string
	Region   string
	Endpoint string // empty: DynamoDB of the region
	Key      string // with Secret; empty: a stand-in takes any, on AWS the host's role is asked
	Secret   string
}

// Store reads and writes positions. It may be used by many goroutines.
type Store struct {
	client *dynamodb.Client
	table  string
	poll   time.Duration // between two looks at a table that is being made
}

// New makes a store; it asks nothing of the network yet.
func New(settings Settings) *Store {
	return &Store{client: dynamodb.New(options(settings)), table: settings.Table, poll: pollTable}
}

func options(settings Settings) dynamodb.Options {
	options := dynamodb.Options{
		Region:      settings.Region,
		Credentials: aws.NewCredentialsCache(provider(settings)),
		HTTPClient: awshttp.NewBuildableClient().WithTimeout(attempt).
			WithTransportOptions(func(transport *http.Transport) {
				transport.MaxIdleConns = connections
				transport.MaxIdleConnsPerHost = connections
				transport.IdleConnTimeout = idle
			}),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxBackoff = maxBackoff
			o.RateLimiter = unlimited{}
			o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(torn))
		}),
	}
	if settings.Endpoint != "" {
		options.EndpointResolver = dynamodb.EndpointResolverFromURL(settings.Endpoint)
	}
	return options
}

func provider(settings Settings) aws.CredentialsProvider {
	switch {
	case settings.Key != "":
		return credentials.NewStaticCredentialsProvider(settings.Key, settings.Secret, "")
	case settings.Endpoint != "":
		return credentials.NewStaticCredentialsProvider("local", "local", "")
	default:
		return ec2rolecreds.New()
	}
}

// Put stores a position unless a newer one is there, which is ErrOlder.
func (s *Store) Put(ctx context.Context, p watch.Position) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           &s.table,
		Key:                 key(p.Viewer, p.Episode),
		UpdateExpression:    aws.String("SET #position = :position, #duration = :duration, #at = :at, #expires = :expires"),
		ConditionExpression: aws.String("attribute_not_exists(#at) OR #at <= :at"),
		ExpressionAttributeNames: map[string]string{
			"#position": "position", "#duration": "duration", "#at": "at", "#expires": expires,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":position": number(p.Position),
			":duration": number(p.Duration),
			":at":       whole(p.At.UnixMilli()),
			":expires":  whole(p.At.Add(lifetime).Unix()),
		},
	})
	var refused *types.ConditionalCheckFailedException
	if errors.As(err, &refused) {
		return ErrOlder
	}
	return err
}

// Get returns a viewer's position in an episode, or ErrNone.
func (s *Store) Get(ctx context.Context, viewer, episode string) (watch.Position, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &s.table,
		Key:            key(viewer, episode),
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return watch.Position{}, err
	}
	if len(found.Item) == 0 {
		return watch.Position{}, ErrNone
	}
	return position(found.Item)
}

// Recent returns at most `limit` positions of a viewer, the latest first.
func (s *Store) Recent(ctx context.Context, viewer string, limit int) ([]watch.Position, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := s.client.Query(ctx, &dynamodb.QueryInput{
		TableName:              &s.table,
		IndexName:              aws.String(byTime),
		KeyConditionExpression: aws.String("viewer = :viewer"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":viewer": &types.AttributeValueMemberS{Value: viewer},
		},
		ConsistentRead:   aws.Bool(true),
		ScanIndexForward: aws.Bool(false),
		Limit:            aws.Int32(int32(limit)),
	})
	if err != nil {
		return nil, err
	}
	positions := make([]watch.Position, 0, len(found.Items))
	for _, item := range found.Items {
		p, err := position(item)
		if err != nil {
			return nil, err
		}
		positions = append(positions, p)
	}
	return positions, nil
}

func key(viewer, episode string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"viewer":  &types.AttributeValueMemberS{Value: viewer},
		"episode": &types.AttributeValueMemberS{Value: episode},
	}
}

func number(value float64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatFloat(value, 'f', -1, 64)}
}

func whole(value int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(value, 10)}
}

func position(item map[string]types.AttributeValue) (watch.Position, error) {
	viewer, okViewer := item["viewer"].(*types.AttributeValueMemberS)
	episode, okEpisode := item["episode"].(*types.AttributeValueMemberS)
	if !okViewer || !okEpisode {
		return watch.Position{}, errors.New("an item without viewer and episode")
	}
	var values [3]float64
	for i, name := range [...]string{"position", "duration", "at"} {
		attribute, ok := item[name].(*types.AttributeValueMemberN)
		if !ok {
			return watch.Position{}, fmt.Errorf("item %s/%s: %s is no number", viewer.Value, episode.Value, name)
		}
		value, err := strconv.ParseFloat(attribute.Value, 64)
		if err != nil {
			return watch.Position{}, fmt.Errorf("item %s/%s: %s: %w", viewer.Value, episode.Value, name, err)
		}
		values[i] = value
	}
	return watch.Position{
		Viewer: viewer.Value, Episode: episode.Value,
		Position: values[0], Duration: values[1],
		At: time.UnixMilli(int64(values[2])).UTC(), // exact: below 2^53
	}, nil
}
