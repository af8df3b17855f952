package source

import "strings"

// isSecretParameter tells of the name of a query parameter, in lower case, whether
// its value is a credential, or a signature that is as good as one: those of the
// object stores of Amazon, Google and Azure, and of forges.
func isSecretParameter(name string) bool {
	switch name {
	case "access_token", "accesstoken", "api_key", "apikey", "auth", "auth_token", "authorization", "awsaccesskeyid",
		"client_secret", "job_token", "jwt", "passwd", "password", "private_token", "pwd", "secret", "sig", "signature", "token",
		"x-amz-credential", "x-amz-security-token", "x-amz-signature", "x-goog-credential", "x-goog-signature":
		return true
	}
	return false
}

// maxParameter is the length of the longest of these names.
const maxParameter = len("x-amz-security-token")

// endOfParameter are the characters that end the value of a parameter in prose.
const endOfParameter = "&#;, \t\r\n\"'`<>|()[]{}\\"

// SecretQueries finds the values of the query parameters that are credentials, in
// a URL or in text that has some: in order, as half-open byte offsets.
func SecretQueries(text string) [][2]int {
	var spans [][2]int
	for at := 0; ; {
		i := strings.IndexAny(text[at:], "?&")
		if i < 0 {
			return spans
		}
		at += i + 1
		name, _, ok := strings.Cut(text[at:min(len(text), at+maxParameter+1)], "=")
		if !ok || !isSecretParameter(strings.ToLower(name)) {
			continue
		}
		start := at + len(name) + len("=")
		if at = valueEnd(text, start); at > start {
			spans = append(spans, [2]int{start, at})
		}
	}
}

// valueEnd is where the value that begins at start ends. Variables are part of it.
func valueEnd(text string, start int) int {
	for at := start; at < len(text); at++ {
		if strings.HasPrefix(text[at:], "${") {
			if end := strings.IndexAny(text[at:], "}\n"); end > 0 && text[at+end] == '}' {
				at += end
				continue
			}
		}
		if strings.IndexByte(endOfParameter, text[at]) >= 0 {
			return at
		}
	}
	return len(text)
}
