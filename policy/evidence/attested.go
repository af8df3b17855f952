package evidence

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy/catalog"
)

// readStatement reads an in-toto statement about vulnerabilities: predicates
// https://in-toto.io/attestation/vulns/v0.1 and v0.2, and cosign's
// https://cosign.sigstore.dev/attestation/vuln/v1, whose result is the report of
// the scanner itself.
func readStatement(text []byte, r *Report) error {
	var doc struct {
		Subject []struct {
			Name   string
			Digest map[string]string
		}
		PredicateType string
		Predicate     struct {
			Scanner struct {
				URI, Version string
				DB           struct {
					LastUpdate string `json:"lastUpdate"`
				}
				Result json.RawMessage
			}
			Metadata struct{ ScanFinishedOn string }
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	if !strings.Contains(doc.PredicateType, "/vulns/") && !strings.Contains(doc.PredicateType, "/vuln/") {
		return fmt.Errorf("the statement is about %q, and not about vulnerabilities", doc.PredicateType)
	}
	scanner := doc.Predicate.Scanner
	if err := r.result(scanner.Result); err != nil {
		return err
	}
	// What the statement says goes before what is in the scanner's own report: it
	// is what was signed for this image.
	r.Digests, r.Names = nil, nil
	for _, s := range doc.Subject {
		for algorithm, hex := range s.Digest {
			r.digest(algorithm + ":" + hex)
		}
		r.Names = append(r.Names, s.Name)
	}
	if scanner.URI != "" {
		r.Scanner = scanner.URI
	}
	if scanner.Version != "" {
		r.Version = scanner.Version
	}
	if t := moment(scanner.DB.LastUpdate); !t.IsZero() {
		r.DB = t
	}
	if t := moment(doc.Predicate.Metadata.ScanFinishedOn); !t.IsZero() {
		r.ScannedAt = t
	}
	return nil
}

// result reads the result of a scanner: a list of findings, or its report.
func (r *Report) result(raw json.RawMessage) error {
	var list []struct {
		ID       string
		Severity []struct{ Method, Score string }
	}
	if len(raw) == 0 || string(raw) == "null" {
		return errors.New("the statement has no scanner.result")
	}
	if json.Unmarshal(raw, &list) != nil {
		var keys map[string]json.RawMessage
		if json.Unmarshal(raw, &keys) != nil {
			return errors.New("scanner.result is neither a list of findings nor a report")
		}
		inner := &Report{}
		if err := inner.read(keys, raw); err != nil {
			return fmt.Errorf("scanner.result: %w", err)
		}
		r.Scanner, r.Version, r.DB, r.ScannedAt, r.OS = inner.Scanner, inner.Version, inner.DB, inner.ScannedAt, inner.OS
		r.Platforms, r.Findings, r.Licenses = inner.Platforms, inner.Findings, inner.Licenses
		return nil
	}
	for _, v := range list {
		f := Finding{ID: v.ID, Severity: catalog.Unknown, Fixable: true}
		for _, s := range v.Severity {
			graded := severity(s.Score)
			if score, err := strconv.ParseFloat(s.Score, 64); err == nil {
				graded = scored(score)
			}
			f.merge(Finding{ID: v.ID, Severity: graded, Fixable: true})
		}
		r.found(f)
	}
	return nil
}

// readEnvelope reads a DSSE envelope: https://github.com/secure-systems-lab/dsse.
// Its signatures are not verified.
func readEnvelope(text []byte, r *Report) error {
	var doc struct{ PayloadType, Payload string }
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	payload, err := base64.StdEncoding.DecodeString(doc.Payload)
	if err != nil {
		if payload, err = base64.URLEncoding.DecodeString(doc.Payload); err != nil {
			return errors.New("the payload is not in base64")
		}
	}
	if err := strict(payload); err != nil {
		return fmt.Errorf("the payload: %w", errors.New(err.Error())) // its places are not those of the file
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(payload, &keys); err != nil {
		return errors.New("the payload is no JSON object")
	}
	if keys["_type"] == nil {
		return errors.New("the payload is no in-toto statement")
	}
	if err := readStatement(payload, r); err != nil {
		return errors.New("the payload: " + err.Error())
	}
	return nil
}

// readBundle reads a Sigstore bundle around a DSSE envelope, unverified:
// https://github.com/sigstore/protobuf-specs, bundle.proto.
func readBundle(text []byte, r *Report) error {
	var doc struct{ DsseEnvelope json.RawMessage }
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	return readEnvelope(doc.DsseEnvelope, r)
}
