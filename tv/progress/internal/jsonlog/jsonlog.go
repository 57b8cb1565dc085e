// Package jsonlog writes one JSON object per line, for journald and those who read it.
package jsonlog

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// Fields are the particulars of a line.
type Fields map[string]any

// Logger may be used by many goroutines.
type Logger struct {
	mutex  sync.Mutex
	output io.Writer
	common Fields
}

// New makes a logger that adds `common` to every line.
func New(output io.Writer, common Fields) *Logger {
	return &Logger{output: output, common: common}
}

// Info notes something ordinary.
func (l *Logger) Info(message string, fields Fields) { l.write("info", message, fields) }

// Error notes something that someone should look at.
func (l *Logger) Error(message string, fields Fields) { l.write("error", message, fields) }

func (l *Logger) write(level, message string, fields Fields) {
	line := Fields{
		"time":    time.Now().UTC().Format(time.RFC3339Nano),
		"level":   level,
		"message": message,
	}
	for _, more := range []Fields{l.common, fields} {
		for key, value := range more {
			line[key] = value
		}
	}
	data, err := json.Marshal(line)
	if err != nil {
		data = []byte(`{"level":"error","message":"a log line could not be written as JSON"}`)
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	// Nothing sensible can be done where even the log fails.
	_, _ = l.output.Write(append(data, '\n'))
}
