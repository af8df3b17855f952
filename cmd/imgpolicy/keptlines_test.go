package main

import (
	"strings"
	"testing"
)

func TestKeptLines(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, old, now, want string }{
		{"the same", "a b c", "a b c", "+++"},
		{"added", "a b", "x a y b z", "-+-+-"},
		{"taken away", "a b c", "a c", "++"},
		{"altered", "a b c", "a x c", "+-+"},
		{"moved", "a b c", "c a b", "-++"},
		{"one more at the end", "a a", "a a a", "++-"},
		{"all new", "a", "b c", "--"},
		{"nothing left", "a b", "", "-"},
		{"other line ends", "a\r b", "a b\r c", "++-"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			lines := func(s string) string { return strings.ReplaceAll(s, " ", "\n") }
			got := ""
			for _, kept := range keptLines(lines(tt.old), lines(tt.now)) {
				got += map[bool]string{true: "+", false: "-"}[kept]
			}
			if got != tt.want {
				t.Errorf("keptLines(%q, %q) = %s, want %s", tt.old, tt.now, got, tt.want)
			}
		})
	}
	// Beyond the bound the ends are still compared.
	x, y := strings.Repeat("x\n", 2000), strings.Repeat("y\n", 2000)
	kept := keptLines("a\n"+x+"b", "a\n"+y+"b")
	if !kept[0] || kept[1] || kept[2000] || !kept[2001] {
		t.Error("of large texts the first and the last line are not kept")
	}
}
