package policy

import (
	"math"
	"strconv"
)

const (
	// epsilon is how near to a whole number a result counts as that number, so
	// that 13.000000000000002 servers are 13 and not 14.
	epsilon = 1e-9

	// maxCount is where numbers of servers saturate, as in the HPA.
	maxCount = math.MaxInt32
)

// saturate keeps the quotient of two finite numbers finite.
func saturate(x float64) float64 { return math.Min(math.Max(x, -maxCount), maxCount) }

// snap returns the whole number that x is next to, or x.
func snap(x float64) float64 {
	if nearest := math.Round(x); math.Abs(x-nearest) < epsilon {
		return nearest
	}
	return x
}

// roundUp returns the number of whole servers that are at least x, never below 0.
func roundUp(x float64) int { return max(int(math.Ceil(snap(saturate(x)))), 0) }

// number writes x for people, the same for the same x: at most three decimals, or
// four significant digits for what is nearer to 0 than that.
func number(x float64) string {
	if x == 0 {
		return "0" // also for negative zero
	}
	if rounded := math.Round(x*1000) / 1000; math.Abs(x) >= 1 && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(rounded, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

// part writes a tolerance with at least two decimals.
func part(x float64) string {
	two := strconv.FormatFloat(x, 'f', 2, 64)
	if exact, err := strconv.ParseFloat(two, 64); err == nil && exact == x {
		return two
	}
	return number(x)
}
