package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/imgpolicy/imgpolicy/lint"
)

// shard is part of a run, from 1 to of. The zero value is all of it.
type shard struct{ number, of uint64 }

// maxShards is more than there are machines for it.
const maxShards = 10_000

func shardFlag() cli.Flag {
	return &cli.StringFlag{Name: "shard", Usage: "lint part `K/N` of the files, such as 3/8; the JSON reports\nof all N parts are put together by " + programName + " merge"}
}

func (s shard) String() string { return fmt.Sprintf("%d/%d", s.number, s.of) }

// parseShard reads K/N.
func parseShard(text string) (shard, error) {
	k, n, ok := strings.Cut(text, "/")
	number, err := strconv.ParseUint(k, 10, 32)
	of, err2 := strconv.ParseUint(n, 10, 32)
	s := shard{number, of}
	if !ok || err != nil || err2 != nil || number < 1 || number > of || of > maxShards || s.String() != text {
		return shard{}, usageError(fmt.Sprintf("--shard %q is no part of a whole: write K/N with K from 1 to N, and N at most %d, such as 3/8", text, maxShards))
	}
	return s, nil
}

// shardOption reads --shard, and refuses what one part cannot do.
func shardOption(c *cli.Context, o *lintOptions) (shard, error) {
	if !c.IsSet("shard") {
		return shard{}, nil
	}
	s, err := parseShard(c.String("shard"))
	switch {
	case err != nil:
		return s, err
	case c.Bool("fix"):
		return s, usageError("--shard does not go with --fix, which changes what the other shards find")
	case o.known.baseline != "":
		return s, usageError("--shard does not go with --baseline: give it to " + programName + " merge")
	case o.known.diffBase != "":
		return s, usageError("--shard does not go with --diff-base")
	case slices.Contains(c.Args().Slice(), "-"):
		return s, usageError("--shard parts files, and standard input is one text")
	case o.format.Name != "json" && !slices.ContainsFunc(o.outputs, func(out output) bool { return out.format.Name == "json" }):
		return s, usageError("--shard needs a report for " + programName + " merge: add --format json, or --output json=FILE")
	}
	return s, nil
}

// has tells whether a file is in the shard: by the hash (FNV-1a, 64 bits) of its
// path as it is shown, so that it is in the same one wherever that is asked.
func (s shard) has(name string) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // which never fails
	return h.Sum64()%s.of == s.number-1
}

// lint lints the files of the shard, and adds to the facts what only the program
// knows.
func (s shard) lint(c *cli.Context, o *lintOptions, run *linting) (*lint.Result, []lint.Failure) {
	var files []lint.File
	var numbers []int
	number := map[string]int{}
	for i, f := range run.files {
		if s.has(f.Name) {
			files, numbers = append(files, f), append(numbers, i)
			number[f.Name] = i
		}
	}
	run.linter.LineHashes = true // some format of merge may show them
	run.linter.PolicyName = run.settings.policies.nameOf
	result, unchecked := run.linter.LintPart(c.Context, files, numbers)
	result.Shard = s.String()
	result.Facts.Run = runID(c, o, run.files)
	for _, err := range run.found.failed.texts() {
		result.Facts.Failures = append(result.Facts.Failures, lint.FailureFacts{Number: -1, Text: err, Shared: true})
	}
	for _, f := range unchecked {
		var bad *policyError
		shared := errors.As(f.Err, &bad)
		for _, text := range uncheckedFiles([]lint.Failure{f}).texts() {
			result.Facts.Failures = append(result.Facts.Failures, lint.FailureFacts{Number: number[f.File], Text: text, Shared: shared})
		}
	}
	return result, unchecked
}

// runID is the same for all parts of one run, and another for what is not to be
// put together: other files, flags, days or versions.
func runID(c *cli.Context, o *lintOptions, files []lint.File) string {
	h := sha256.New()
	write := json.NewEncoder(h)
	_ = write.Encode([]string{moduleVersion(), o.now.UTC().Format(time.DateOnly)})
	_ = write.Encode(c.Args().Slice())
	encodeFlags(write, c)
	for _, f := range files {
		_ = write.Encode(f.Name)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
