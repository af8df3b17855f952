package policy

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// TestRecord writes Buildx's answers into the cases that were added here, where
// IMGPOLICY_RECORD is set.
func TestRecord(t *testing.T) {
	const file = "../../cases/policy-extra.json"
	if os.Getenv("IMGPOLICY_RECORD") == "" {
		t.Skip("IMGPOLICY_RECORD is not set")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var raw []map[string]any
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	for i, c := range readCases(t, file) {
		raw[i]["expect"] = expectation(Buildx(t.Context(), c.question()))
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(raw); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// expectation is an answer as the case files have it.
func expectation(a Answer) map[string]any {
	out := map[string]any{"action": a.Action, "caps_probe": a.Probe}
	for key, list := range map[string][]string{"deny_msg": a.Messages, "needs": a.Needs, "print": a.Print} {
		if len(list) > 0 {
			out[key] = list
		}
	}
	if a.Error != "" {
		out["error"] = a.Error
	}
	if a.Convert != "" {
		out["convert"] = a.Convert
	}
	if a.Probe != "ok" {
		out["caps_probe"] = "error: " + a.Probe
	}
	return out
}
