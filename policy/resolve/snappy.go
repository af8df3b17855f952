package resolve

import "encoding/binary"

// unsnap unpacks a block of the Snappy format, of at most limit bytes. The usual
// module computes a table for its checksums, which blocks do not have, each time
// that a program starts.
//
// The format: https://github.com/google/snappy/blob/main/format_description.txt
func unsnap(packed []byte, limit int) ([]byte, bool) {
	size, n := binary.Uvarint(packed)
	if n <= 0 || size > uint64(limit) { // #nosec G115 -- limit is no negative number
		return nil, false
	}
	packed = packed[n:]
	out := make([]byte, 0, min(size, uint64(len(packed))*8))
	for len(packed) > 0 {
		length, offset, used := snapElement(packed)
		if used == 0 || length < 1 || length > int(size)-len(out) { // #nosec G115 -- at most limit
			return nil, false
		}
		packed = packed[used:]
		if offset == 0 { // bytes as they are
			if length > len(packed) {
				return nil, false
			}
			out = append(out, packed[:length]...)
			packed = packed[length:]
			continue
		}
		if offset < 0 || offset > len(out) {
			return nil, false
		}
		for range length { // what is copied may overlap what it makes
			out = append(out, out[len(out)-offset])
		}
	}
	return out, len(out) == int(size) // #nosec G115 -- at most limit
}

// snapElement reads the head of an element: length bytes that follow, or that
// are copied from offset bytes before. used is its size, 0 where it is cut off
// or makes no sense.
func snapElement(from []byte) (length, offset, used int) {
	tag := int(from[0])
	extra := []int{0, 1, 2, 4}[tag&3] // bytes of a number behind the tag
	length = tag>>2 + 1
	if literal := tag&3 == 0; literal && length > 60 {
		extra = length - 60
	}
	if len(from) < 1+extra {
		return 0, 0, 0
	}
	number := 0
	for i := extra; i > 0; i-- {
		number = number<<8 | int(from[i])
	}
	switch {
	case tag&3 == 0 && extra > 0:
		return number + 1, 0, 1 + extra
	case tag&3 == 0:
		return length, 0, 1
	case tag&3 == 1:
		length, number = tag>>2&7+4, tag>>5<<8|number
	}
	if number == 0 {
		return 0, 0, 0
	}
	return length, number, 1 + extra
}
