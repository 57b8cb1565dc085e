package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"tv/progress/internal/flush"
	"tv/progress/internal/store"
)

// settings is what the environment says.
type settings struct {
	port   string
	key    []byte
	places int
	flush  flush.Settings
	store  store.Settings
}

// read takes the settings from variables; what cannot be meant is an error that names its variable.
func read(variable func(string) string) (settings, error) {
	v := variables{get: variable}
	found := settings{
		port:   v.text("PORT", "8100"),
		key:    v.file("PROGRESS_KEY_FILE", "/run/secrets/PROGRESS_KEY"),
		places: v.number("PROGRESS_BUFFER", 100_000, 1_000_000),
		flush: flush.Settings{
			Every:   time.Duration(v.number("PROGRESS_FLUSH_MS", 1000, 60_000)) * time.Millisecond,
			Batch:   v.number("PROGRESS_BATCH", 5000, 100_000),
			Writers: v.number("PROGRESS_WRITERS", 32, 1000),
		},
		store: store.Settings{
			Table:    v.text("PROGRESS_TABLE", "progress"),
			Region:   v.text("AWS_REGION", "us-east-1"),
			Endpoint: v.text("DYNAMODB_ENDPOINT", ""),
			Key:      v.text("AWS_ACCESS_KEY_ID", ""),
			Secret:   v.text("AWS_SECRET_ACCESS_KEY", ""),
		},
	}
	return found, v.err
}

// variables keeps the first error.
type variables struct {
	get func(string) string
	err error
}

func (v *variables) text(name, otherwise string) string {
	if value := v.get(name); value != "" {
		return value
	}
	return otherwise
}

func (v *variables) number(name string, otherwise, most int) int {
	text := v.get(name)
	if text == "" {
		return otherwise
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 || number > most {
		v.fail(fmt.Errorf("%s must be 1 to %d, got %q", name, most, text))
	}
	return number
}

// file is the content of the file that the variable names.
func (v *variables) file(name, otherwise string) []byte {
	data, err := os.ReadFile(v.text(name, otherwise))
	if err != nil {
		v.fail(fmt.Errorf("%s: %w", name, err))
	}
	return bytes.TrimSpace(data)
}

func (v *variables) fail(err error) {
	if v.err == nil {
		v.err = err
	}
}
