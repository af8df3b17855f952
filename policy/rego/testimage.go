package rego

import "time"

// testImage is what a unit test mocks of an image (policy.Image of Buildx).
type testImage struct {
	Ref           string            `json:"ref,omitempty"`
	Host          string            `json:"host,omitempty"`
	Repo          string            `json:"repo,omitempty"`
	FullRepo      string            `json:"fullRepo,omitempty"`
	Tag           string            `json:"tag,omitempty"`
	Platform      string            `json:"platform,omitempty"`
	OS            string            `json:"os,omitempty"`
	Arch          string            `json:"arch,omitempty"`
	Variant       string            `json:"variant,omitempty"`
	IsCanonical   bool              `json:"isCanonical,omitempty"`
	Checksum      string            `json:"checksum,omitempty"`
	CreatedTime   string            `json:"createdTime,omitempty"`
	Env           []string          `json:"env,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	User          string            `json:"user,omitempty"`
	Volumes       []string          `json:"volumes,omitempty"`
	WorkingDir    string            `json:"workingDir,omitempty"`
	HasProvenance bool              `json:"hasProvenance,omitempty"`
	Provenance    *testProvenance   `json:"provenance,omitempty"`
	Signatures    []testSignature   `json:"signatures,omitempty"`
}

type testProvenance struct {
	PredicateType string            `json:"predicateType,omitempty"`
	BuildType     string            `json:"buildType,omitempty"`
	BuilderID     string            `json:"builderID,omitempty"`
	InvocationID  string            `json:"invocationID,omitempty"`
	StartedOn     string            `json:"startedOn,omitempty"`
	FinishedOn    string            `json:"finishedOn,omitempty"`
	ConfigSource  *testConfigSource `json:"configSource,omitempty"`
	Frontend      string            `json:"frontend,omitempty"`
	BuildArgs     map[string]string `json:"buildArgs,omitempty"`
	RawArgs       map[string]string `json:"rawArgs,omitempty"`
	Reproducible  *bool             `json:"reproducible,omitempty"`
	Hermetic      *bool             `json:"hermetic,omitempty"`
	Completeness  *testCompleteness `json:"completeness,omitempty"`
	Materials     []testInput       `json:"materials,omitempty"`
}

type testConfigSource struct {
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
	Path   string            `json:"path,omitempty"`
}

type testCompleteness struct {
	Parameters  *bool `json:"parameters,omitempty"`
	Environment *bool `json:"environment,omitempty"`
	Materials   *bool `json:"materials,omitempty"`
}

type testSignature struct {
	Kind            string          `json:"kind,omitempty"`
	Type            string          `json:"type,omitempty"`
	Timestamps      []testTimestamp `json:"timestamps,omitempty"`
	DockerReference string          `json:"dockerReference,omitempty"`
	IsDHI           bool            `json:"isDHI,omitempty"`
	Signer          *testSigner     `json:"signer,omitempty"`
}

type testTimestamp struct {
	Type      string    `json:"type"`
	URI       string    `json:"uri"`
	Timestamp time.Time `json:"timestamp"`
}

// testSigner is a certificate's summary; its first two fields are never absent.
type testSigner struct {
	CertificateIssuer                   string `json:"certificateIssuer"`
	SubjectAlternativeName              string `json:"subjectAlternativeName"`
	Issuer                              string `json:"issuer,omitempty"`
	BuildSignerURI                      string `json:"buildSignerURI,omitempty"`
	BuildSignerDigest                   string `json:"buildSignerDigest,omitempty"`
	RunnerEnvironment                   string `json:"runnerEnvironment,omitempty"`
	SourceRepositoryURI                 string `json:"sourceRepositoryURI,omitempty"`
	SourceRepositoryDigest              string `json:"sourceRepositoryDigest,omitempty"`
	SourceRepositoryRef                 string `json:"sourceRepositoryRef,omitempty"`
	SourceRepositoryIdentifier          string `json:"sourceRepositoryIdentifier,omitempty"`
	SourceRepositoryOwnerURI            string `json:"sourceRepositoryOwnerURI,omitempty"`
	SourceRepositoryOwnerIdentifier     string `json:"sourceRepositoryOwnerIdentifier,omitempty"`
	BuildConfigURI                      string `json:"buildConfigURI,omitempty"`
	BuildConfigDigest                   string `json:"buildConfigDigest,omitempty"`
	BuildTrigger                        string `json:"buildTrigger,omitempty"`
	RunInvocationURI                    string `json:"runInvocationURI,omitempty"`
	SourceRepositoryVisibilityAtSigning string `json:"sourceRepositoryVisibilityAtSigning,omitempty"`
}
