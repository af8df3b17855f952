# docker buildx build asks this policy, and imgpolicy lint does before.
package docker

default allow := false

allow if input.local

allow if {
	input.image.fullRepo == "docker.io/library/golang"
	input.image.isCanonical
}

deny_msg contains msg if {
	not allow
	input.image
	msg := sprintf("%s is no image of Docker Hub's golang with a digest, all that this image is built from", [input.image.ref])
}

deny_msg contains "the build fetches images only: add files by a module in go.mod" if {
	not allow
	not input.image
}

decision := {"allow": allow, "deny_msg": deny_msg}
