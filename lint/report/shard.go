package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/imgpolicy/imgpolicy/lint"
)

// withFacts adds facts as the last key of a JSON object, on one line: nobody reads
// them but the program.
func withFacts(text []byte, facts *lint.Facts) ([]byte, error) {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(facts); err != nil {
		return nil, err
	}
	text = bytes.TrimSuffix(text, []byte("\n}\n"))
	text = append(text, ",\n  \"facts\": "...)
	return append(append(text, bytes.TrimSpace(line.Bytes())...), "\n}\n"...), nil
}

// Shard is what the report of part of a run says of the whole: the part, as
// --shard names it, and the facts. The diagnostics of its own are left out.
type Shard struct {
	Version int         `json:"version"`
	Shard   string      `json:"shard"`
	Facts   *lint.Facts `json:"facts"`
}

// ReadShard reads the JSON report of part of a run. An error says what is wrong
// with the text, without its name.
func ReadShard(text []byte) (*Shard, error) {
	var s Shard
	err := json.Unmarshal(text, &s)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("is no JSON from byte %d on: %w", syntax.Offset, err)
	case err != nil:
		return nil, fmt.Errorf("is no report of %s: %w", programName, err)
	case s.Version != jsonVersion:
		return nil, fmt.Errorf("is no report of this version: \"version\" is %d and not %d", s.Version, jsonVersion)
	case s.Shard == "" || s.Facts == nil:
		return nil, errors.New("is no report of a shard: it has no \"shard\" and \"facts\"")
	}
	return &s, nil
}
