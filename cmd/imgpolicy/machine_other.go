//go:build !windows

package main

// machinePolicyPath is the policy of the machine, above all that a repository
// says. Its place is fixed: nobody who runs the program moves it.
func machinePolicyPath() string { return "/etc/imgpolicy/policy.yaml" }
