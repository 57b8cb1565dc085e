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

// Ensure makes the table where it is missing and waits until it is usable or `ctx` ends.
func (s *Store) Ensure(ctx context.Context) error {
	for {
		status, err := s.status(ctx)
		switch {
		case err != nil:
			return err
		case status == types.TableStatusActive || status == types.TableStatusUpdating:
			return nil
		case status == "":
			if err := s.create(ctx); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("table %s is %s, not ACTIVE: %w", s.table, status, ctx.Err())
		case <-time.After(pollTable):
		}
	}
}

// Missing tells whether `err` means that the table is gone, as after a restart of
// a stand-in that keeps its data in memory.
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
