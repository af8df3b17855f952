package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx"
	"github.com/spdx/tools-golang/spdx/v2/common"
	"github.com/spdx/tools-golang/spdxlib"
)

// writeDocument writes the SPDX document, and reads it again to see that it is one.
func writeDocument(file string, own *module, modules []*module, at time.Time) error {
	doc := &spdx.Document{
		SPDXVersion: spdx.Version, DataLicense: spdx.DataLicense, SPDXIdentifier: "DOCUMENT",
		DocumentName:      "imgpolicy " + own.version,
		DocumentNamespace: "https://" + own.path + "/spdx/" + own.version,
		CreationInfo: &spdx.CreationInfo{
			Creators: []common.Creator{{CreatorType: "Tool", Creator: "imgpolicy-release"}},
			Created:  at.Format(time.RFC3339),
		},
	}
	top := packageOf(own, "APPLICATION")
	top.PackageLicenseDeclared, top.PackageLicenseConcluded = "Apache-2.0", "Apache-2.0"
	doc.Packages = append(doc.Packages, top)
	relate := func(a common.ElementID, how string, b common.ElementID) {
		doc.Relationships = append(doc.Relationships, &spdx.Relationship{
			RefA: common.MakeDocElementID("", string(a)), RefB: common.MakeDocElementID("", string(b)), Relationship: how,
		})
	}
	relate("DOCUMENT", "DESCRIBES", top.PackageSPDXIdentifier)
	for _, m := range modules {
		p := packageOf(m, "LIBRARY")
		p.PackageLicenseDeclared = m.declared()
		doc.Packages = append(doc.Packages, p)
		relate(top.PackageSPDXIdentifier, "DEPENDS_ON", p.PackageSPDXIdentifier)
	}
	if err := spdxlib.ValidateDocument(doc); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Write(doc, &out, json.Indent("  ")); err != nil {
		return err
	}
	if _, err := json.Read(bytes.NewReader(out.Bytes())); err != nil {
		return fmt.Errorf("reading what was written: %w", err)
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// packageOf is a module without its licence.
func packageOf(m *module, purpose string) *spdx.Package {
	purl := "pkg:golang/" + m.path + "@" + strings.ReplaceAll(m.version, "+", "%2B")
	if m.path == "std" {
		purl = "pkg:golang/stdlib@" + strings.TrimPrefix(m.version, "go")
	}
	return &spdx.Package{
		PackageName: m.path, PackageVersion: m.version,
		PackageSPDXIdentifier:   common.ElementID("Package-" + identifier.ReplaceAllString(m.path+"-"+m.version, "-")),
		PackageDownloadLocation: "NOASSERTION", PackageLicenseConcluded: "NOASSERTION", PackageCopyrightText: "NOASSERTION",
		PrimaryPackagePurpose: purpose,
		PackageExternalReferences: []*spdx.PackageExternalReference{
			{Category: "PACKAGE-MANAGER", RefType: "purl", Locator: purl},
		},
	}
}

// identifier is what an identifier of SPDX may not have.
var identifier = regexp.MustCompile(`[^A-Za-z0-9.-]+`)
