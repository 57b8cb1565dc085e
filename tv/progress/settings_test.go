package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tv/progress/internal/flush"
)

func keyFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "PROGRESS_KEY")
	if err := os.WriteFile(path, []byte("a key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSettings(t *testing.T) {
	set := map[string]string{
		"PROGRESS_KEY_FILE": keyFile(t), "PROGRESS_BATCH": "100", "PROGRESS_FLUSH_MS": "250", "DYNAMODB_ENDPOINT": "http://d",
	}
	got, err := read(func(name string) string { return set[name] })
	if err != nil {
		t.Fatal(err)
	}
	if string(got.key) != "a key" || got.port != "8100" || got.store.Endpoint != "http://d" || got.store.Table != "progress" {
		t.Errorf("got %+v", got)
	}
	if want := (flush.Settings{Every: 250 * time.Millisecond, Batch: 100, Writers: 32}); got.flush != want {
		t.Errorf("got %+v", got.flush)
	}
}

func TestASettingThatCannotBeMeantIsNamed(t *testing.T) {
	cases := map[string]map[string]string{
		`PROGRESS_BUFFER must be 1 to 1000000, got "many"`: {"PROGRESS_BUFFER": "many"},
		`PROGRESS_BATCH must be 1 to 100000, got "0"`:      {"PROGRESS_BATCH": "0"},
		`PROGRESS_FLUSH_MS must be 1 to 60000, got "1h"`:   {"PROGRESS_FLUSH_MS": "1h"},
		`PROGRESS_WRITERS must be 1 to 1000, got "-4"`:     {"PROGRESS_WRITERS": "-4"},
		`PROGRESS_KEY_FILE: open /nowhere`:                 {"PROGRESS_KEY_FILE": "/nowhere"},
	}
	file := keyFile(t)
	for want, set := range cases {
		_, err := read(func(name string) string {
			if value := set[name]; value != "" || name != "PROGRESS_KEY_FILE" {
				return value
			}
			return file
		})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v; want %s", err, want)
		}
	}
}
