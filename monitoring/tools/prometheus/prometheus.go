//go:build tools

// Package prometheus pins the Prometheus that is built where Debian's is not at hand.
package prometheus

import (
	_ "github.com/prometheus/prometheus/cmd/prometheus"
	_ "github.com/prometheus/prometheus/cmd/promtool"
)
