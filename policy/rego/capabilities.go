package rego

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// capabilities are what Buildx lets a policy use: OPA's features, the builtins
// below, and its own functions.
func capabilities(functions []function) *ast.Capabilities {
	caps := &ast.Capabilities{Features: slices.Clone(ast.Features), Builtins: allowedBuiltins()}
	for _, f := range functions {
		caps.Builtins = append(caps.Builtins, &ast.Builtin{Name: f.decl.Name, Decl: f.decl.Decl})
	}
	return caps
}

// allowedBuiltins is the list of Buildx's policy/builtins.go: nothing that
// reaches the network, the environment or the policy itself.
func allowedBuiltins() []*ast.Builtin {
	return []*ast.Builtin{
		ast.Equality, ast.Assign, ast.Member, ast.MemberWithKey, ast.GreaterThan, ast.GreaterThanEq, ast.LessThan,
		ast.LessThanEq, ast.NotEqual, ast.Equal, ast.Plus, ast.Minus, ast.Multiply, ast.Divide, ast.Ceil, ast.Floor,
		ast.Round, ast.Abs, ast.Rem, ast.BitsOr, ast.BitsAnd, ast.BitsNegate, ast.BitsXOr, ast.BitsShiftLeft,
		ast.BitsShiftRight, ast.And, ast.Or, ast.Count, ast.Sum, ast.Product, ast.Max, ast.Min, ast.Any, ast.All,
		ast.ArrayConcat, ast.ArrayFlatten, ast.ArraySlice, ast.ArrayReverse, ast.ToNumber, ast.CastObject, ast.CastNull,
		ast.CastBoolean, ast.CastString, ast.CastSet, ast.CastArray, ast.RegexIsValid, ast.RegexMatch,
		ast.RegexMatchDeprecated, ast.RegexSplit, ast.GlobsMatch, ast.RegexTemplateMatch, ast.RegexFind,
		ast.RegexFindAllStringSubmatch, ast.RegexReplace, ast.SetDiff, ast.Intersection, ast.Union, ast.AnyPrefixMatch,
		ast.AnySuffixMatch, ast.Concat, ast.FormatInt, ast.IndexOf, ast.IndexOfN, ast.Substring, ast.Lower, ast.Upper,
		ast.Contains, ast.StringCount, ast.StartsWith, ast.EndsWith, ast.Split, ast.Replace, ast.ReplaceN, ast.Trim,
		ast.TrimLeft, ast.TrimPrefix, ast.TrimRight, ast.TrimSuffix, ast.TrimSpace, ast.Sprintf, ast.StringReverse,
		ast.RenderTemplate, ast.NumbersRange, ast.NumbersRangeStep, ast.RandIntn, ast.JSONMarshal,
		ast.JSONMarshalWithOptions, ast.JSONUnmarshal, ast.JSONIsValid, ast.Base64Encode, ast.Base64Decode,
		ast.Base64IsValid, ast.Base64UrlEncode, ast.Base64UrlEncodeNoPad, ast.Base64UrlDecode, ast.URLQueryDecode,
		ast.URLQueryEncode, ast.URLQueryEncodeObject, ast.URLQueryDecodeObject, ast.YAMLMarshal, ast.YAMLUnmarshal,
		ast.YAMLIsValid, ast.HexEncode, ast.HexDecode, ast.ObjectUnion, ast.ObjectUnionN, ast.ObjectRemove,
		ast.ObjectFilter, ast.ObjectGet, ast.ObjectKeys, ast.ObjectSubset, ast.JSONFilter, ast.JSONRemove, ast.JSONPatch,
		ast.NowNanos, ast.ParseNanos, ast.ParseRFC3339Nanos, ast.ParseDurationNanos, ast.Format, ast.Date, ast.Clock,
		ast.Weekday, ast.AddDate, ast.Diff, ast.Sort, ast.IsNumber, ast.IsString, ast.IsBoolean, ast.IsArray, ast.IsSet,
		ast.IsObject, ast.IsNull, ast.TypeNameBuiltin, ast.GlobMatch, ast.GlobQuoteMeta, ast.UnitsParse,
		ast.UnitsParseBytes, ast.UUIDRFC4122, ast.UUIDParse, ast.SemVerIsValid, ast.SemVerCompare, ast.Print,
		ast.InternalPrint, ast.InternalTemplateString,
	}
}
