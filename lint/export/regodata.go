package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// maxData is how large a data file may get: Buildx reads 4 MiB of one.
const maxData = 4<<20 - 64<<10

// The shapes of a data file, with keys so short because there are many of them.
type (
	dataFile struct {
		Comment string `json:"//"`
		// Export is that of the build policy the file is for.
		Export string                `json:"export"`
		Images map[string]*dataImage `json:"images"`
		// Private has the public names of images by the names of private copies.
		Private map[string]string `json:"private"`
		// Faults are what versions and tags refer to by number. The first one never
		// is: it begins after all days.
		Faults []dataFault `json:"faults"`
	}
	dataImage struct {
		Private  string           `json:"p,omitempty"`
		Versions []dataVersion    `json:"v"`
		Tags     map[string][]int `json:"t"` // faults, the version it means, 1 where some level denies it, and faults of another digest
		Other    [2]int           `json:"o"` // faults of other tags
		Mismatch [2]int           `json:"m"` // faults of a tag with another digest
	}
	dataVersion struct {
		Digests []string `json:"d"`
		Faults  [2]int   `json:"f"` // of the public name, of the private one; -1 without a copy
	}
	dataFault struct {
		From string `json:"from"`
		Rule string `json:"rule"`
		Text string `json:"text"`
	}
)

// none is the number of what is not there.
const none = -1

// never begins after every day.
const never = "9999-99-99"

const dataComment = Mark + ": what the build policy beside it knows of approvals. images by public name: p private copy; " +
	"v versions with their digests d and, as numbers in faults, what is found under the public and the private name f; t the same by tag, with the number of its version, whether it is denied at any level, and what is found with another digest unless that is m; o what is found by other tags."

// builder gathers images into files of bounded size.
type builder struct {
	files []*dataFile
	size  int
	index map[dataFault]int
}

func (b *builder) start() *dataFile {
	f := &dataFile{Comment: dataComment, Images: map[string]*dataImage{}, Private: map[string]string{}, Faults: []dataFault{{From: never}}}
	b.files, b.size, b.index = append(b.files, f), len(dataComment)+256, map[dataFault]int{}
	return f
}

// number is that of a fault in the file that is being filled.
func (b *builder) number(f fault) int {
	if !f.denies {
		return 0
	}
	file := b.files[len(b.files)-1]
	d := dataFault{From: f.from, Rule: f.rule, Text: f.text}
	n, ok := b.index[d]
	if !ok {
		n = len(file.Faults)
		file.Faults = append(file.Faults, d)
		b.index[d] = n
		b.size += len(f.text) + len(f.rule) + 64
	}
	return n
}

// both are the numbers of what is found under a public and a private name.
func (b *builder) both(names [2][]fault, level int) [2]int {
	return [2]int{b.number(names[0][level]), b.number(names[1][level])}
}

// sizeOf is about how much text an image takes.
func sizeOf(im *surveyed) int {
	n := 2*len(im.name) + 2*len(im.private) + 64
	for tag := range im.tags {
		n += len(tag) + 24
	}
	for _, v := range im.versions {
		n += 24 + len(v.digests)*76
	}
	return n
}

// data is what a level's build policy knows of approvals, in as many files as it
// takes.
func (s *survey) data(level int) []*dataFile {
	closed := s.unlisted[level] != ""
	b := &builder{}
	for _, im := range s.images {
		// An image that an exception alone names is of use where others are denied.
		if !im.listed[level] && !im.concerns(level) && (len(im.listed) > 0 || !closed) {
			continue
		}
		if size := sizeOf(im); len(b.files) == 0 || b.size+size > maxData {
			b.start()
		}
		b.add(im, level)
	}
	return b.files
}

// concerns tells whether a level ever denies anything of an image.
func (im *surveyed) concerns(level int) bool {
	denies := func(names [2][]fault) bool { return names[0][level].denies || names[1][level].denies }
	for _, t := range im.tags {
		if denies(t.names) {
			return true
		}
	}
	return slices.ContainsFunc(im.versions, func(v surveyedVersion) bool { return denies(v.names) }) || denies(im.other) || denies(im.mismatch)
}

func (b *builder) add(im *surveyed, level int) {
	file := b.files[len(b.files)-1]
	b.size += sizeOf(im)
	out := &dataImage{Private: im.private, Tags: map[string][]int{}, Versions: []dataVersion{}}
	out.Other, out.Mismatch = b.both(im.other, level), b.both(im.mismatch, level)
	for _, v := range im.versions {
		numbers := [2]int{b.number(v.names[0][level]), none}
		if v.private == im.private {
			numbers[1] = b.number(v.names[1][level])
		}
		out.Versions = append(out.Versions, dataVersion{v.digests, numbers})
	}
	for _, tag := range slices.Sorted(maps.Keys(im.tags)) {
		t := im.tags[tag]
		denied := 0
		if anyDenies(t.names[0]) && (im.private == "" || anyDenies(t.names[1])) {
			denied = 1
		}
		private := none
		if t.copied {
			private = b.number(t.names[1][level])
		}
		out.Tags[tag] = []int{b.number(t.names[0][level]), private, t.version, denied}
		if t.mismatch[0] != nil {
			if other := b.both(t.mismatch, level); other != out.Mismatch {
				out.Tags[tag] = append(out.Tags[tag], other[:]...)
			}
		}
	}
	file.Images[im.name] = out
	if im.private != "" {
		file.Private[im.private] = im.name
	}
}

// encode gives the files their names and texts, and the export its identity: the
// hash of what is in them.
func encode(name string, data []*dataFile) (files []File, id string, err error) {
	hash := sha256.New()
	for round := range 2 { // the first to know the hash
		files = nil
		for i, d := range data {
			d.Export = id
			text, err := lines(d)
			if err != nil {
				return nil, "", err
			}
			if len(text) > 4<<20 {
				return nil, "", fmt.Errorf("one image of the catalog alone takes more than the 4 MiB that Buildx reads of a file")
			}
			fileName := name + ".json"
			if len(data) > 1 {
				fileName = fmt.Sprintf("%s-%d.json", name, i+1)
			}
			if round == 0 {
				hash.Write(text)
			}
			files = append(files, File{Name: fileName, Text: text, bare: true})
		}
		id = hex.EncodeToString(hash.Sum(nil))[:16]
	}
	return files, id, nil
}

// lines writes a data file with a line for each image, so that a review sees what
// has changed.
func lines(d *dataFile) ([]byte, error) {
	images := d.Images
	short := *d
	short.Images = map[string]*dataImage{}
	text, err := json.Marshal(&short)
	if err != nil {
		return nil, err
	}
	all, err := json.Marshal(images)
	if err != nil {
		return nil, err
	}
	all = bytes.ReplaceAll(all, []byte(`},"`), []byte("},\n\"")) // no string has it: quotes are escaped
	text = bytes.Replace(text, []byte(`"images":{}`), append([]byte("\n\"images\":"), all...), 1)
	return append(bytes.Replace(text, []byte(`,"private":`), []byte(",\n\"private\":"), 1), '\n'), nil
}
