package docker

test_pinned if {
	decision.allow with input as {"image": {"fullRepo": "docker.io/library/golang", "isCanonical": true}}
}

test_tag_alone if {
	not decision.allow with input as {"image": {"ref": "docker.io/library/golang:1", "fullRepo": "docker.io/library/golang", "isCanonical": false}}
}

test_other_registry if {
	not decision.allow with input as {"image": {"ref": "registry.example/library/golang:1", "fullRepo": "registry.example/library/golang", "isCanonical": true}}
}

test_download if {
	not decision.allow with input as {"http": {"url": "https://example.com/tool.tar.gz"}}
}

test_context if decision.allow with input as {"local": {"name": "context"}}
