// Package rules holds the built-in rules, one to a file, and the list of them.
package rules

import (
	"slices"
	"strings"

	"github.com/imgpolicy/imgpolicy/lint"
)

// All is every rule, sorted by ID. To add a rule, write its file and name it in
// the list for what it is about.
func All() []*lint.Rule {
	all := slices.Concat(ofFiles(), ofPolicies(), ofApproval())
	slices.SortFunc(all, func(a, b *lint.Rule) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// ofFiles are the rules about Dockerfiles and what goes with them.
func ofFiles() []*lint.Rule {
	return []*lint.Rule{
		buildError(),
		credentialsInURL(),
		digestGone(),
		digestMismatch(),
		expiredIgnore(),
		ignoreWithoutReason(),
		insecureGit(),
		insecureURL(),
		invalidIgnore(),
		invalidReference(),
		latestTag(),
		levelLoosens(),
		missingChecksum(),
		movedTag(),
		parseError(),
		policyDenied(),
		policyError(),
		policyUnknown(),
		staleLock(),
		undefinedArg(),
		unknownRule(),
		unpinnedFrontend(),
		unpinnedGit(),
		unpinnedImage(),
		unresolvedInput(),
		untrustedHost(),
		untrustedRegistry(),
		unusedException(),
		unusedIgnore(),
	}
}

// ofPolicies are the rules about what policies themselves say.
func ofPolicies() []*lint.Rule {
	return []*lint.Rule{
		patternMatchesEmpty(),
		patternOpenTag(),
		patternShadowed(),
		patternShortNameOnly(),
		patternUnanchored(),
		patternUnescapedDot(),
		patternUnused(),
		regoAbsentComparison(),
		regoConflictingMetadata(),
		regoDenyMsgType(),
		regoDigestPass(),
		regoMissingFile(),
		regoNoDefault(),
		regoNoLocal(),
		regoPathPrefix(),
		regoRepoHost(),
		regoUnknownField(),
		regoUntriggeredField(),
	}
}
