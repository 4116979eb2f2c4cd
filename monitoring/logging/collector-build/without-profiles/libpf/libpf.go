// Package libpf has the names that the Elasticsearch exporter needs to compile its support of profiles. This collector
// has no pipeline of profiles, so nothing here ever runs; the real module would add an eBPF profiler to the build.
package libpf

import "errors"

var errNoProfiles = errors.New("this collector is built without profiles")

type (
	FileID          struct{}
	AddressOrLineno uint64
	FrameType       int
)

func NewFileID(_, _ uint64) FileID            { panic(errNoProfiles) }
func FileIDFromBytes([]byte) (FileID, error)  { return FileID{}, errNoProfiles }
func FileIDFromString(string) (FileID, error) { return FileID{}, errNoProfiles }
func FrameTypeFromString(string) FrameType    { panic(errNoProfiles) }
func (FileID) Base64() string                 { panic(errNoProfiles) }
func (FileID) Bytes() []byte                  { panic(errNoProfiles) }
func (FileID) IsZero() bool                   { panic(errNoProfiles) }
func (FrameType) IsError() bool               { panic(errNoProfiles) }
