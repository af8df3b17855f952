// Package rules holds the built-in rules, one to a file, and the list of them.
package rules

import "github.com/imgpolicy/imgpolicy/lint"

// All is every rule, sorted by ID. To add a rule, write its file and name it
// here.
func All() []*lint.Rule {
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
		missingChecksum(),
		movedTag(),
		parseError(),
		patternMatchesEmpty(),
		patternOpenTag(),
		patternShadowed(),
		patternShortNameOnly(),
		patternUnanchored(),
		patternUnescapedDot(),
		patternUnused(),
		policyDenied(),
		policyError(),
		policyUnknown(),
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
		staleLock(),
		undefinedArg(),
		unknownRule(),
		unpinnedFrontend(),
		unpinnedGit(),
		unpinnedImage(),
		unresolvedInput(),
		untrustedHost(),
		untrustedRegistry(),
		unusedIgnore(),
	}
}
