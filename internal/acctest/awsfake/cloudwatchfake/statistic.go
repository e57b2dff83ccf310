package cloudwatchfake

import (
	"math"
	"regexp"
	"slices"
	"strconv"
)

// percentile is the form of the one kind of extended statistic that is computed here.
var percentile = regexp.MustCompile(`^p([0-9]{1,2}(?:\.[0-9]{1,10})?|100)$`)

func isStatistic(name string) bool {
	return slices.Contains([]string{"SampleCount", "Average", "Sum", "Minimum", "Maximum"}, name) || percentile.MatchString(name)
}

// summarize returns the statistic of at least one value.
func summarize(values []float64, statistic string) float64 {
	sum := 0.0
	for _, value := range values {
		sum += value
	}
	switch statistic {
	case "SampleCount":
		return float64(len(values))
	case "Average":
		return sum / float64(len(values))
	case "Sum":
		return sum
	case "Minimum":
		return slices.Min(values)
	case "Maximum":
		return slices.Max(values)
	}
	return rank(values, statistic)
}

// rank returns a percentile by the nearest rank.
func rank(values []float64, statistic string) float64 {
	share, err := strconv.ParseFloat(percentile.FindStringSubmatch(statistic)[1], 64)
	if err != nil {
		panic(err) // The form has been checked.
	}
	sorted := slices.Sorted(slices.Values(values))
	at := int(math.Ceil(share / 100 * float64(len(sorted))))
	return sorted[max(at, 1)-1]
}
