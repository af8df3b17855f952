
# From here on the text is the same for every level.

default allow := false

# The build context and the Dockerfile itself, which every build reads.
allow if input.local

allow if {
	known_kind
	count(deny_msg) == 0
}

known_kind if input.image

known_kind if input.http

known_kind if input.git

decision := {"allow": allow, "deny_msg": deny_msg}

deny_msg contains msg if {
	enforced
	some msg in denials
}

today := time.format([time.now_ns(), "UTC", "2006-01-02"])

# Approvals. A file that is missing, of another export, or cut at the 4 MiB that
# Buildx reads of one, denies every image.
loaded := [d | some file in data_files; d := load_json(file); d.export == export_id]

complete if count(loaded) == count(data_files)

denials contains msg if {
	input.image
	not complete
	msg := sprintf("image %s cannot be judged: the approvals of %s, %s, are not at the root of the build context, or are of another export", [shown, level_title, concat(" and ", data_files)])
}

denials contains msg if {
	input.image
	complete
	not own_image
	count(found) == 0
	unlisted != ""
	msg := replace(unlisted, "{}", short_name)
}

denials contains msg if {
	complete
	count(judged) > 0
	faults := [f | some i in judged; f := found[0].data.faults[i]; f.from <= today]
	count(faults) == count(judged)
	msg := said(faults[0])
}

# Own images may be in a catalog, too: what is found of them stands in the data.
denials contains msg if {
	complete
	count(found) > 0
	count(judged) == 0
	fault := found[0].data.faults[missed]
	fault.from <= today
	msg := said(fault)
}

missed := found[0].image.o[found[0].form] if not mismatched

missed := n if {
	mismatched
	n := found[0].image.t[input.image.tag][4 + found[0].form]
}

missed := found[0].image.m[found[0].form] if {
	mismatched
	count(found[0].image.t[input.image.tag]) == 4
}

said(fault) := sprintf("%s%s", [replace(replace(fault.text, "{}", shown), "{name}", image_name), instead(fault)])

own_image if {
	some prefix in internal_images
	startswith(sprintf("%s/", [input.image.fullRepo]), sprintf("%s/", [prefix]))
}

# An image is found by its public name, else by that of its private copy.
public := [e | some d in loaded; e := {"data": d, "image": d.images[input.image.fullRepo], "form": 0}]

private := [e | some d in loaded; e := {"data": d, "image": d.images[d.private[input.image.fullRepo]], "form": 1}]

found := public if count(public) > 0

found := private if count(public) == 0

# A build asks about an image with a tag twice: by the tag and, once it knows what
# the tag stands for, by tag and digest. The digest alone decides where there is
# one. judged are the numbers of what was found about the versions it means.
digest := split(input.image.ref, "@")[1]

judged contains n if {
	some v in found[0].image.v
	digest in v.d
	n := v.f[found[0].form]
	n >= 0
}

judged contains n if {
	not digest
	n := found[0].image.t[input.image.tag][found[0].form]
	n >= 0
}

mismatched if {
	digest
	found[0].image.t[input.image.tag]
}

approved_digest := found[0].image.v[found[0].image.t[input.image.tag][2]].d[0]

default approved_versions := ""

approved_versions := sprintf(": approved versions are %s", [concat(", ", array.slice(tags, 0, 8))]) if {
	tags := sort([t | some t, n in found[0].image.t; n[3] == 0; found[0].data.faults[n[0]].from > today])
	count(tags) > 0
}

default instead(_) := ""

instead(fault) := approved_versions if fault.rule == "other-version"

instead(fault) := sprintf("%s:%s is approved with the digest %s, and this is %s", [short_name, input.image.tag, approved_digest, digest]) if {
	fault.rule == "approved-digest-mismatch"
}

instead(fault) := sprintf(": write %s:%s@%s", [found[0].image.p, input.image.tag, approved_digest]) if {
	fault.rule == "public-registry"
	not digest
}

instead(fault) := sprintf(": write %s%s", [found[0].image.p, trim_prefix(input.image.ref, input.image.fullRepo)]) if {
	fault.rule == "public-registry"
	digest
}

# What messages call an image, and its repository: as it is mostly written.
short_name := input.image.repo if not ambiguous

short_name := input.image.fullRepo if ambiguous

ambiguous if {
	input.image.repo != input.image.fullRepo
	regex.match(`^([^/]*[.:A-Z][^/]*|localhost)/|^[a-f0-9]{64}$`, input.image.repo)
}

image_name := short_name if count(public) > 0

image_name := public_name if count(public) == 0

shown := sprintf("%s%s", [short_name, trim_prefix(input.image.ref, input.image.fullRepo)])

# Image policies: a whitelist hit allows, else a blacklist hit denies, else the
# default decides about images. Each is tried on every spelling of a source.
suffixes contains sprintf(":%s", [input.image.tag])

suffixes contains sprintf("%s%s", [sign, digest]) if some sign in {"@", ":"}

suffixes contains sprintf(":%s@%s", [input.image.tag, digest])

spellings contains concat("", [name, suffix]) if {
	some name in {short_name, input.image.fullRepo}
	some suffix in suffixes
}

spellings contains regex.replace(input.http.url, `^([^:/?#]*://)[^/?#]*@`, "$1")

spellings contains git_remote

git_remote := regex.replace(input.git.remote, `^([^:/?#]*://)[^/?#]*@`, "$1") if contains(input.git.remote, "://")

git_remote := regex.replace(input.git.remote, `^[^@]*@`, "") if not contains(input.git.remote, "://")

hit(patterns) if {
	some pattern in patterns
	some text in spellings
	regex.match(pattern, text)
}

denials contains msg if {
	some list in image_policies
	not hit(list.whitelist)
	hit(list.blacklist)
	not waived("policy-denied")
	msg := sprintf("%s is denied by the image policy %s: a blacklist entry matches", [named, list.place])
}

denials contains msg if {
	input.image
	some list in image_policies
	not list.default_allow
	not hit(list.whitelist)
	not hit(list.blacklist)
	not waived("policy-denied")
	msg := sprintf("%s is denied by the image policy %s: no whitelist entry matches", [named, list.place])
}

named := shown if input.image

named := sprintf("download from %s", [input.http.host])

named := sprintf("git repository on %s", [input.git.host])

# Registries and hosts.
denials contains msg if {
	some list in registries
	name := regex.replace(input.image.fullRepo, `^[^/]*`, lower(split(input.image.fullRepo, "/")[0]))
	count([p | some p in list.patterns; regex.match(p, name)]) == 0
	not waived("untrusted-registry")
	msg := sprintf("%s is from no allowed registry: %s", [input.image.ref, list.told])
}

denials contains msg if {
	host != ""
	some list in hosts
	count([p | some p in list.patterns; some h in host_forms; regex.match(p, h)]) == 0
	not waived("untrusted-host")
	msg := sprintf("host %s is not allowed: %s", [host, list.told])
}

denials contains msg if {
	not input.image
	not input.local
	host == ""
	some list in hosts
	msg := sprintf("a host that cannot be told is not allowed: %s (%s)", [list.told, list.place])
}

default host := ""

host := lower(input.http.host)

host := lower(input.git.host)

host_forms contains trim_suffix(regex.replace(host, `:[0-9]*$`, ""), ".")

host_forms contains regex.replace(host, `\.(:[0-9]*)?$`, "$1")

host_forms contains sprintf("%s:%s", [trim_suffix(host, "."), default_port]) if not regex.match(`:[0-9]*$`, host)

default_port := {"https": "443", "http": "80"}[input.http.schema]

default_port := {"https": "443", "http": "80", "ssh": "22", "git": "9418"}[lower(input.git.schema)]

# Exceptions hold to the end of their last day.
waived(rule) if {
	some e in exceptions
	e.rule == rule
	e.until >= today
	e.source in sources
}

sources contains sprintf("%s@%s", [name, d]) if {
	some name in {input.image.fullRepo, public_name}
	some d in digests
}

# An approved version is known by the digest of its index as well.
digests contains digest

digests contains approved_digest if not digest

digests contains v.d[0] if {
	some v in found[0].image.v
	digest in v.d
}

default public_name := ""

public_name := found[0].data.private[input.image.fullRepo]

sources contains input.http.url

sources contains input.git.remote
