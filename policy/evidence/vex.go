package evidence

import (
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/policy"
)

func keysOf[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

// VEX is what a supplier says of vulnerabilities: an OpenVEX document.
type VEX struct {
	File       string
	Author     string
	statements []statement
}

// statement is about vulnerabilities in products; none stands for every one.
type statement struct {
	ids      []string
	products []string
	status   string
}

// ReadVEX reads an OpenVEX document: https://github.com/openvex/spec, version 0.2.
// Errors are of type *policy.LoadError.
func ReadVEX(file policy.File) (*VEX, error) {
	keys, err := open(file)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(string(keys["@context"]), "openvex") {
		return nil, located(file, errors.New("this is no OpenVEX document: its @context does not say so"))
	}
	var doc struct {
		Author     string
		Statements []struct {
			Vulnerability json.RawMessage
			Products      []json.RawMessage
			Status        string
			Justification string
		}
	}
	if err := json.Unmarshal(file.Text, &doc); err != nil {
		return nil, located(file, err)
	}
	v := &VEX{File: file.Name, Author: doc.Author}
	for _, s := range doc.Statements {
		if !slices.Contains([]string{"not_affected", "affected", "fixed", "under_investigation"}, s.Status) {
			return nil, located(file, errors.New("a statement has the status "+quote(s.Status)+", which OpenVEX does not know"))
		}
		one := statement{status: s.Status, ids: vulnerabilities(s.Vulnerability)}
		if len(one.ids) == 0 {
			return nil, located(file, errors.New("a statement names no vulnerability"))
		}
		for _, p := range s.Products {
			one.products = append(one.products, products(p)...)
		}
		v.statements = append(v.statements, one)
	}
	return v, nil
}

func quote(s string) string { b, _ := json.Marshal(s); return string(b) }

// vulnerabilities are the IDs that a statement is about: a name of its own before
// version 0.2, and since an object.
func vulnerabilities(raw json.RawMessage) []string {
	var name string
	if json.Unmarshal(raw, &name) == nil && name != "" {
		return []string{name}
	}
	var object struct {
		Name    string
		Aliases []string
	}
	if json.Unmarshal(raw, &object) != nil || object.Name == "" {
		return nil
	}
	return append([]string{object.Name}, object.Aliases...)
}

// products are all that identifies a product.
func products(raw json.RawMessage) []string {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		return []string{id}
	}
	var object struct {
		ID          string `json:"@id"`
		Identifiers map[string]string
		Hashes      map[string]string
	}
	if json.Unmarshal(raw, &object) != nil {
		return nil
	}
	out := []string{object.ID}
	for _, value := range object.Identifiers {
		out = append(out, value)
	}
	for algorithm, hex := range object.Hashes {
		out = append(out, strings.ReplaceAll(strings.ToLower(algorithm), "-", "")+":"+hex)
	}
	return out
}

// Status is what the document says of a finding in an image with these digests,
// known by any of the IDs: the last statement that is about it, "" for none. A
// product without a digest is about no content, and does not count.
func (v *VEX) Status(ids, digests []string) string {
	status := ""
	for _, s := range v.statements {
		if slices.ContainsFunc(s.ids, func(id string) bool { return slices.Contains(ids, id) }) && s.about(digests) {
			status = s.status
		}
	}
	return status
}

func (s *statement) about(digests []string) bool {
	return slices.ContainsFunc(s.products, func(product string) bool {
		product = strings.NewReplacer("%3A", ":", "%3a", ":", "%40", "@").Replace(product)
		return slices.ContainsFunc(digests, func(digest string) bool { return strings.Contains(product, digest) })
	})
}
