// Package basehash: see libpf.
package basehash

import "errors"

var errNoProfiles = errors.New("this collector is built without profiles")

type Hash128 struct{}

func New128(_, _ uint64) Hash128              { panic(errNoProfiles) }
func New128FromBytes([]byte) (Hash128, error) { return Hash128{}, errNoProfiles }
func (Hash128) Base64() string                { panic(errNoProfiles) }
