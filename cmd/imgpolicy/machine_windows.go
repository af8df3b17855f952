package main

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// machinePolicyPath is the policy of the machine, above all that a repository
// says: %ProgramData%\imgpolicy\policy.yaml, by what Windows itself calls that
// folder. The variable is for everybody to set.
func machinePolicyPath() string {
	data, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, windows.KF_FLAG_DEFAULT)
	if err != nil {
		data = `C:\ProgramData`
	}
	return filepath.Join(data, "imgpolicy", "policy.yaml")
}
