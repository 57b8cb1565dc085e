package jsonlog

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestALineIsOneObjectWithTheCommonFields(t *testing.T) {
	var output bytes.Buffer
	New(&output, Fields{"host": "h"}).Error("two\nlines", Fields{"n": 1})
	var line map[string]any
	if err := json.Unmarshal(output.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["level"] != "error" || line["message"] != "two\nlines" || line["host"] != "h" || line["n"] != 1.0 {
		t.Errorf("got %v", line)
	}
	if bytes.Count(output.Bytes(), []byte("\n")) != 1 {
		t.Errorf("not one line: %q", output.String())
	}
}

func TestAFieldThatIsNoJSONDoesNotLoseTheLine(t *testing.T) {
	var output bytes.Buffer
	New(&output, nil).Info("m", Fields{"c": make(chan int)})
	if !json.Valid(output.Bytes()) {
		t.Errorf("got %q", output.String())
	}
}
