package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// byTime is the index that lists a viewer's positions in the order of their times.
const byTime = "by-time"

const pollTable = 200 * time.Millisecond

// expires is when the table may forget a position: who has not been there for so long, often
// without an account, does not come back to it.
const (
	expires  = "expires" // seconds since 1970
	lifetime = 90 * 24 * time.Hour
)

// Ensure makes the table where it is missing, waits until it is usable or `ctx` ends, and has
// it forget what has expired.
func (s *Store) Ensure(ctx context.Context) error {
	for {
		status, err := s.status(ctx)
		switch {
		case err != nil:
			return err
		case status == types.TableStatusActive || status == types.TableStatusUpdating:
			return s.forget(ctx)
		case status == "":
			if err := s.create(ctx); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("table %s is %s, not ACTIVE: %w", s.table, status, ctx.Err())
		case <-time.After(s.poll):
		}
	}
}

// forget turns expiry on where it is not. Another host that did so a moment ago makes it fail
// once; the next try finds it turned on.
func (s *Store) forget(ctx context.Context) error {
	found, err := s.client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &s.table})
	if err != nil {
		return err
	}
	if told := found.TimeToLiveDescription; told != nil &&
		(told.TimeToLiveStatus == types.TimeToLiveStatusEnabled || told.TimeToLiveStatus == types.TimeToLiveStatusEnabling) {
		return nil
	}
	_, err = s.client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &s.table,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String(expires), Enabled: aws.Bool(true),
		},
	})
	return err
}

// Missing tells whether `err` means that the table is gone.
func Missing(err error) bool {
	var missing *types.ResourceNotFoundException
	return errors.As(err, &missing)
}

// status is empty where there is no table.
func (s *Store) status(ctx context.Context) (types.TableStatus, error) {
	found, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &s.table})
	if Missing(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return found.Table.TableStatus, nil
}

func (s *Store) create(ctx context.Context) error {
	_, err := s.client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   &s.table,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("viewer"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("episode"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("at"), AttributeType: types.ScalarAttributeTypeN},
		},
		KeySchema: keys("episode"),
		LocalSecondaryIndexes: []types.LocalSecondaryIndex{{
			IndexName:  aws.String(byTime),
			KeySchema:  keys("at"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
	})
	var exists *types.ResourceInUseException
	if errors.As(err, &exists) {
		return nil // another host was quicker
	}
	return err
}

func keys(sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: aws.String("viewer"), KeyType: types.KeyTypeHash},
		{AttributeName: &sort, KeyType: types.KeyTypeRange},
	}
}
