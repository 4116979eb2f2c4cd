// Package xsync: see libpf.
package xsync

import "sync"

// RWMutex guards a value. The exporter makes some at its start, also without profiles.
type RWMutex[T any] struct {
	mutex sync.RWMutex
	value T
}

func NewRWMutex[T any](value T) RWMutex[T] { return RWMutex[T]{value: value} }

func (m *RWMutex[T]) WLock() *T {
	m.mutex.Lock()
	return &m.value
}

func (m *RWMutex[T]) WUnlock(held **T) {
	*held = nil
	m.mutex.Unlock()
}
