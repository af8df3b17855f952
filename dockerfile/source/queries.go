package source

import "strings"

// secretParameters are the names of query parameters that are credentials, or a
// signature that is as good as one, in lower case: those of the object stores of
// Amazon, Google and Azure, and of forges.
func secretParameters() []string {
	return []string{
		"access_token", "accesstoken", "api_key", "apikey", "auth", "auth_token", "authorization", "awsaccesskeyid",
		"client_secret", "job_token", "jwt", "passwd", "password", "private_token", "pwd", "secret", "sig", "signature", "token",
		"x-amz-credential", "x-amz-security-token", "x-amz-signature", "x-goog-credential", "x-goog-signature",
	}
}

// endOfParameter are the characters that end the value of a parameter in prose.
const endOfParameter = "&#;, \t\r\n\"'`<>|()[]{}\\"

// SecretQueries finds the values of the query parameters that are credentials, in
// a URL or in text that has some: in order, as half-open byte offsets.
func SecretQueries(text string) [][2]int {
	if !strings.ContainsAny(text, "?&") {
		return nil
	}
	var spans [][2]int
	for at := 0; ; {
		i := strings.IndexAny(text[at:], "?&")
		if i < 0 {
			return spans
		}
		at += i + 1
		for _, name := range secretParameters() {
			value := at + len(name) + len("=")
			if value > len(text) || text[value-1] != '=' || !strings.EqualFold(text[at:value-1], name) {
				continue
			}
			end := valueEnd(text, value)
			if end > value {
				spans = append(spans, [2]int{value, end})
			}
			at = end
			break
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
